"""Rules as formulas: for one operation of a graph, in symbols or with the numbers put in.

A rule text is about ``x`` and ``out``; a formula is about *this* node's operands, which it calls
``$0``, ``$1`` … and its value, ``$out``. Branches the numbers did not take are gone, constants stand
as numbers, lists are written out. ``notation`` then writes it, given what to write for each.
"""

import ast
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autodiff.expressions import Operands, Rule
from autodiff.primitive import Primitive, evaluated

OUT = "$out"
MOST_WRITTEN_OUT = 8  # terms, factors or operands; more are abbreviated with ELLIPSIS
ELLIPSIS = "…"

# Rows that exist only to tell a constant from a variable are called what the user called.
_PUBLIC_NAMES = {"lower_bound": "max", "upper_bound": "min"}


def forward_formula(
    primitive: Primitive, values: Sequence[float], constants: Sequence[bool]
) -> ast.expr:
    """Return the value of one node as a formula: ``$0 * $1``, ``sin($0)``."""
    rule = primitive.forward
    shown_by_rule = primitive.operands.variadic or not any(
        isinstance(part, (ast.Call, ast.IfExp)) for part in ast.walk(rule.tree)
    )
    if shown_by_rule and primitive.name != "softmax":
        return _specialised(primitive, rule, values, None, constants)
    operands = [_operand(i, values, constants) for i in range(len(values))]
    return _call(public_name(primitive), _abbreviated(operands))


def public_name(primitive: Primitive) -> str:
    """Return the name of the function that a user called to get this operation."""
    return _PUBLIC_NAMES.get(primitive.name, primitive.name)


def partial_formula(
    primitive: Primitive,
    position: int,
    values: Sequence[float],
    out: float,
    constants: Sequence[bool],
    *,
    textbook: bool = False,
) -> ast.expr:
    """Return the local derivative of one node by the operand at ``position``, as a formula.

    ``textbook`` asks for the form that textbooks print, where the rule is written more carefully.
    """
    if out != out:
        return ast.Name("nan", ast.Load())  # a nan value has a nan derivative, whatever the rule says
    rules = primitive.textbook if textbook else primitive.partial_rules
    rule = rules[primitive.rule_position(position, len(values))]
    return _specialised(primitive, rule, values, out, constants, position)


def _operand(i: int, values: Sequence[float], constants: Sequence[bool]) -> ast.expr:
    return ast.Constant(values[i]) if constants[i] else ast.Name(f"${i}", ast.Load())


def _call(name: str, arguments: Sequence[ast.expr]) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def product(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return the formula ``left · right``."""
    return ast.BinOp(left, ast.Mult(), right)


def sum_of(terms: Sequence[ast.expr]) -> ast.expr:
    """Return the formula of a sum; a long one keeps its ends."""
    return _chained(terms, ast.Add(), 0.0)


def product_of(factors: Sequence[ast.expr]) -> ast.expr:
    """Return the formula of a product; a long one keeps its ends."""
    return _chained(factors, ast.Mult(), 1.0)


def _chained(parts: Sequence[ast.expr], operator: ast.operator, empty: float) -> ast.expr:
    kept = _abbreviated(parts) or [ast.Constant(empty)]
    result = kept[0]
    for part in kept[1:]:
        result = ast.BinOp(result, operator, part)
    return result


def _abbreviated(parts: Sequence[ast.expr]) -> list[ast.expr]:
    if len(parts) <= MOST_WRITTEN_OUT:
        return list(parts)
    return [*parts[:3], ast.Name(ELLIPSIS, ast.Load()), parts[-1]]


def is_abbreviated(formula: ast.expr) -> bool:
    """Return whether a part of ``formula`` was left out, so that it cannot be computed."""
    return any(isinstance(part, ast.Name) and part.id == ELLIPSIS for part in ast.walk(formula))


def name(symbol: str) -> ast.expr:
    """Return the formula that is one symbol."""
    return ast.Name(symbol, ast.Load())


def _specialised(
    primitive: Primitive,
    rule: Rule,
    values: Sequence[float],
    out: float | None,
    constants: Sequence[bool],
    position: int | None = None,
) -> ast.expr:
    """Return ``rule`` for one node's operands."""
    places = _places(primitive.operands, len(values))
    numbers: dict[str, Any] = {
        name: values[place.start : place.stop] if isinstance(place, range) else values[place]
        for name, place in places.items()
    }
    symbols: dict[str, ast.expr] = {}
    if out is not None:
        symbols["out"], numbers["out"] = ast.Name(OUT, ast.Load()), out
    index = 0  # which of its group's operands the derivative is by
    for place in places.values():
        if position is not None and isinstance(place, range) and position in place:
            index = position - place.start

    def symbol_at(place: int) -> ast.expr:
        return _operand(place, values, constants)

    specialiser = _Specialiser(symbol_at, places, symbols, numbers, index)
    return specialiser.visit(copy.deepcopy(rule.tree))  # type: ignore[no-any-return]


def _places(spec: Operands, count: int) -> dict[str, int | range]:
    """Return the position of each operand of a rule, the positions of a group."""
    if spec.groups == (True, True):
        return dict(zip(spec.names, (range(count // 2), range(count // 2, count)), strict=True))
    named = enumerate(zip(spec.names, spec.groups, strict=True))
    return {name: range(i, count) if group else i for i, (name, group) in named}


class _Specialiser(ast.NodeTransformer):
    """Replace a rule's names by symbols, take the branches the numbers took, write lists out."""

    def __init__(
        self,
        symbol_at: Callable[[int], ast.expr],
        places: Mapping[str, int | range],
        symbols: Mapping[str, ast.expr],
        numbers: dict[str, Any],
        index: int,
    ) -> None:
        self.symbol_at, self.places, self.symbols = symbol_at, places, symbols
        self.numbers, self.index = numbers, index

    def visit_Name(self, node: ast.Name) -> Any:
        place = self.places.get(node.id)
        if isinstance(place, int):
            return self.symbol_at(place)
        if place is not None:
            return [self.symbol_at(i) for i in place]
        return self.symbols.get(node.id, node)

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self.visit(node.body if evaluated(node.test, self.numbers) else node.orelse)

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        """Return the element for the operand that is asked about."""
        return self._element(node, self.index)

    def _element(self, node: ast.ListComp, index: int) -> ast.expr:
        generator = node.generators[0]
        assert isinstance(generator.target, ast.Name) and isinstance(generator.iter, ast.Name)
        variable, group = generator.target.id, generator.iter.id
        place = self.places[group]
        assert isinstance(place, range)
        places = {**self.places, variable: place[index]}
        numbers = self.numbers | {variable: self.numbers[group][index]}
        inner = _Specialiser(self.symbol_at, places, self.symbols, numbers, self.index)
        return inner.visit(copy.deepcopy(node.elt))  # type: ignore[no-any-return]

    def _elements(self, node: ast.expr) -> list[ast.expr]:
        """Return a list of the rule, element by element."""
        if not isinstance(node, ast.ListComp):
            elements: list[ast.expr] = self.visit(node)
            return elements
        return [self._element(node, index) for index in range(len(self._group(node)))]

    def _group(self, node: ast.expr) -> Sequence[float]:
        """Return the numbers that a list of the rule has an element for."""
        source = node.generators[0].iter if isinstance(node, ast.ListComp) else node
        group: Sequence[float] = self.numbers[ast.unparse(source)]
        return group

    def visit_Call(self, node: ast.Call) -> Any:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function in ("total", "product", "maximum", "minimum", "logsumexp") and len(node.args) == 1:
            return _reduced(function, self._elements(node.args[0]))
        if function == "count":
            return ast.Constant(float(len(self._group(node.args[0]))))
        if function == "dot":
            pairs = zip(*(self._elements(argument) for argument in node.args), strict=True)
            return sum_of([product(x, y) for x, y in pairs])
        if function == "products_of_others":
            factors = self._elements(node.args[0])
            return _reduced("product", factors[: self.index] + factors[self.index + 1 :])
        if function == "shares":
            group = node.args[0]
            xs = self.numbers[group.id] if isinstance(group, ast.Name) else []
            out = self.numbers["out"]
            winners = xs.count(out)
            if xs[self.index] != out:
                return ast.Constant(0.0)
            one = ast.Constant(1.0)
            return one if winners == 1 else ast.BinOp(one, ast.Div(), ast.Constant(float(winners)))
        arguments: list[ast.expr] = []
        for argument in node.args:
            named_list = isinstance(argument, ast.Name) and isinstance(
                self.places.get(argument.id), range
            )
            whole = named_list or isinstance(argument, ast.ListComp)
            arguments += self._elements(argument) if whole else [self.visit(argument)]
        if function == "square":
            return ast.BinOp(arguments[0], ast.Pow(), ast.Constant(2.0))
        return _call(function, arguments)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        operand = self.visit(node.operand)
        if isinstance(operand, ast.Constant):
            return ast.Constant(-float(operand.value))  # type: ignore[arg-type]
        return ast.UnaryOp(node.op, operand)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.visit(node.left), self.visit(node.right)
        if "out" not in self.symbols:
            return ast.BinOp(left, node.op, right)  # a value is shown as the program computed it
        a, b = _number(left), _number(right)
        if isinstance(node.op, ast.Sub) and a is not None and b is not None:
            return ast.Constant(a - b)  # the exponent of y·x**(y - 1)
        if isinstance(node.op, ast.Pow) and b == 1:
            return left
        if isinstance(node.op, ast.Pow) and b == 0:
            return ast.Constant(1.0)
        if isinstance(node.op, ast.Mult) and a == 1:
            return right
        if isinstance(node.op, ast.Mult) and b == 1:
            return left
        return ast.BinOp(left, node.op, right)


def _number(node: ast.expr) -> float | None:
    return float(node.value) if isinstance(node, ast.Constant) else None  # type: ignore[arg-type]


def _reduced(function: str, elements: list[ast.expr]) -> ast.expr:
    if function == "total":
        return sum_of(elements)
    if function == "product":
        return product_of(elements)
    return _call({"maximum": "max", "minimum": "min"}.get(function, function), _abbreviated(elements))


def squares_multiplied_out(formula: ast.expr) -> ast.expr:
    """Return ``formula`` with ``z·z`` for ``z²``, as a rule's ``square(z)`` is computed.

    A power may differ from the product in the last digit.
    """
    return _SquaresMultipliedOut().visit(copy.deepcopy(formula))  # type: ignore[no-any-return]


class _SquaresMultipliedOut(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        squared = isinstance(node.op, ast.Pow) and _number(node.right) == 2
        return product(node.left, node.left) if squared else node


def general(rule: Rule) -> ast.expr:
    """Return a rule as a formula about no node in particular, for the reference page."""
    return ast.parse(rule.text, mode="eval").body
