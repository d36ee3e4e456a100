"""Rules as formulas: for one operation of a graph, in symbols or with the numbers put in.

A rule text is about ``x`` and ``out``; a formula is about *this* node's operands, which it calls
``$0``, ``$1`` … and its value, ``$out``. Branches the numbers did not take are gone, constants stand
as numbers, lists are written out. ``notation`` then writes it, given what to write for each.
"""

import ast
import copy
from collections.abc import Sequence
from typing import Any

from autodiff.expressions import Rule
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
    name = _PUBLIC_NAMES.get(primitive.name, primitive.name)
    operands = [_operand(i, values, constants) for i in range(len(values))]
    return _call(name, _abbreviated(operands))


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
    spec, count = primitive.operands, len(values)
    symbols: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    for place in range(count):
        own = spec.name_of(place, count)
        if spec.groups[spec.names.index(own)]:
            symbols.setdefault(own, []).append(_operand(place, values, constants))
            numbers.setdefault(own, []).append(values[place])
        else:
            symbols[own] = _operand(place, values, constants)
            numbers[own] = values[place]
    for group in spec.names:
        symbols.setdefault(group, [])
        numbers.setdefault(group, [])
    if out is not None:
        symbols["out"], numbers["out"] = ast.Name(OUT, ast.Load()), out
    index = 0
    if position is not None:
        index = position - [spec.name_of(i, count) for i in range(count)].index(
            spec.name_of(position, count)
        )
    return _Specialiser(symbols, numbers, index).visit(ast.parse(rule.text, mode="eval").body)  # type: ignore[no-any-return]


class _Specialiser(ast.NodeTransformer):
    """Replace a rule's names by symbols, take the branches the numbers took, write lists out."""

    def __init__(self, symbols: dict[str, Any], numbers: dict[str, Any], index: int) -> None:
        self.symbols, self.numbers, self.index = symbols, numbers, index

    def visit_Name(self, node: ast.Name) -> Any:
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
        inner = _Specialiser(
            self.symbols | {variable: self.symbols[group][index]},
            self.numbers | {variable: self.numbers[group][index]},
            self.index,
        )
        return inner.visit(copy.deepcopy(node.elt))  # type: ignore[no-any-return]

    def _elements(self, node: ast.expr) -> list[ast.expr]:
        """Return a list of the rule, element by element."""
        if not isinstance(node, ast.ListComp):
            elements: list[ast.expr] = self.visit(node)
            return elements
        group = ast.unparse(node.generators[0].iter)
        return [self._element(node, index) for index in range(len(self.symbols[group]))]

    def visit_Call(self, node: ast.Call) -> Any:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function in ("total", "product", "maximum", "minimum", "logsumexp") and len(node.args) == 1:
            return _reduced(function, self._elements(node.args[0]))
        if function == "count":
            return ast.Constant(float(len(self._elements(node.args[0]))))
        if function == "dot":
            pairs = zip(*(self._elements(argument) for argument in node.args), strict=True)
            return sum_of([product(x, y) for x, y in pairs])
        if function == "products_of_others":
            factors = self._elements(node.args[0])
            return _reduced("product", factors[: self.index] + factors[self.index + 1 :])
        if function == "shares":
            xs, out = self.numbers["xs"], self.numbers["out"]
            winners = xs.count(out)
            if xs[self.index] != out:
                return ast.Constant(0.0)
            one = ast.Constant(1.0)
            return one if winners == 1 else ast.BinOp(one, ast.Div(), ast.Constant(float(winners)))
        arguments = [self.visit(argument) for argument in node.args]
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
