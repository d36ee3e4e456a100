"""Mutants of the derivative table: rule texts with one small mistake in them.

mutant      a row's name, which of its partial rules is changed, the kind of mistake, the new text
element     the expression of a rule for one operand: of a list ``[… for x in xs]`` its first part
change      a function from a node of a rule's syntax tree to nodes that may stand in its place
"""

import ast
import copy
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import autodiff as ad
from autodiff.expressions import CONSTANTS, parse_rule
from autodiff.primitive import Primitive
from autodiff.rows import checked_rule


class Mutant(NamedTuple):
    """One mistake in the table."""

    row: str
    position: int  # of the rule among the row's partial rules
    kind: str
    text: str

    def __str__(self) -> str:
        row = ad.PRIMITIVES[self.row]
        return f"{self.row}, ∂/∂{row.operands.names[self.position]}: {self.text}  ({self.kind})"


FACTOR = 1e-6  # what the smallest mistake is off by, relatively

FUNCTIONS = {
    "sin": ("cos",), "cos": ("sin",), "sinh": ("cosh",), "cosh": ("sinh",), "tanh": ("sech",),
    "sech": ("tanh",), "exp": ("expm1",), "log": ("log1p",), "sqrt": ("cbrt",), "square": ("abs",),
    "abs": ("square",), "sign": ("abs",), "erf": ("erfc",), "erfc": ("erf",), "sigmoid": ("tanh",),
    "hypot": ("atan2",),
}  # fmt: skip
"""What is mistaken for what."""

WRITTEN_OUT = {
    "shares(xs, out)": "[1 if x == out else 0 for x in xs]",  # the same where no two are largest
    "products_of_others(xs)": "[out / x for x in xs]",  # the same where no x is 0
}
"""Rules that are one call, as a list that can be changed; a test says that they are the same."""

_OTHER_OPERATOR: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.Div(), ast.Div: ast.Mult(),
}  # fmt: skip
_OTHER_COMPARISONS: dict[type[ast.cmpop], tuple[ast.cmpop, ...]] = {
    ast.Lt: (ast.LtE(), ast.Gt()), ast.LtE: (ast.Lt(), ast.GtE()), ast.Gt: (ast.GtE(), ast.Lt()),
    ast.GtE: (ast.Gt(), ast.LtE()), ast.Eq: (ast.NotEq(),), ast.NotEq: (ast.Eq(),),
}  # fmt: skip


# ── what may stand in a node's place ────────────────────────────────────────────────────────────────


def _negated(node: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.USub(), node)


def _combined(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, operator, right)


def _number(value: float) -> ast.expr:
    # A negative constant would be written without the parentheses that it needs before **.
    return _negated(ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _other_operators(node: ast.expr) -> Iterator[ast.expr]:
    """+ for -, * for /, and the reverse; an exponent that is one more or less."""
    match node:
        case ast.BinOp(left, ast.Pow(), exponent):
            for sign in (ast.Add(), ast.Sub()):
                yield _combined(left, ast.Pow(), _combined(exponent, sign, ast.Constant(1)))
        case ast.BinOp(left, operator, right):
            yield _combined(left, _OTHER_OPERATOR[type(operator)], right)


def _dropped(node: ast.expr) -> Iterator[ast.expr]:
    """One of two terms, factors or branches; a base without its exponent."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Mult(), right):
            yield from (left, right)
        case ast.BinOp(left, ast.Sub(), right):
            yield from (left, _negated(right))
        case ast.BinOp(left, ast.Div(), right):
            yield from (left, _combined(ast.Constant(1), ast.Div(), right))
        case ast.BinOp(left, ast.Pow(), _):
            yield left
        case ast.IfExp(_, body, orelse):
            yield from (body, orelse)


def _other_constants(node: ast.expr) -> Iterator[ast.expr]:
    """c + 1, c - 1, 2 c and -c for a number c; the same for π."""
    match node:
        case ast.Constant(int() | float() as value):
            others = (value + 1, value - 1, 2 * value, -value)
            yield from (_number(other) for other in others if other != value)
        case ast.Name(name) if name in CONSTANTS:
            yield from (_combined(node, sign, ast.Constant(1)) for sign in (ast.Add(), ast.Sub()))
            yield _combined(ast.Constant(2), ast.Mult(), node)
            yield _negated(node)


def _other_functions(node: ast.expr) -> Iterator[ast.expr]:
    """A function's neighbour, and its operand without it."""
    match node:
        case ast.Call(ast.Name(name), arguments):
            for other in FUNCTIONS.get(name, ()):
                yield ast.Call(ast.Name(other, ast.Load()), arguments, [])
            if len(arguments) == 1 and not isinstance(arguments[0], ast.ListComp) and name != "count":
                yield arguments[0]


def _other_comparisons(node: ast.expr) -> Iterator[ast.expr]:
    """The same with or without equality, the reverse; and for or."""
    match node:
        case ast.Compare(left, operators, right):
            for i, operator in enumerate(operators):
                for other in _OTHER_COMPARISONS[type(operator)]:
                    yield ast.Compare(left, [*operators[:i], other, *operators[i + 1 :]], right)
        case ast.BoolOp(operator, parts):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), parts)


# ── where in a rule ─────────────────────────────────────────────────────────────────────────────────


def _element(tree: ast.expr) -> ast.expr:
    return tree.elt if isinstance(tree, ast.ListComp) else tree


def _signed(tree: ast.expr) -> Iterator[ast.expr]:
    """The parts of a rule that have a sign: all of it, its terms, branches, and what functions take."""
    yield _element(tree)
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(left, ast.Add() | ast.Sub(), right):
                yield from (left, right)
            case ast.IfExp(_, body, orelse):
                yield from (body, orelse)
            case ast.Call(ast.Name(name), arguments) if name != "count":
                yield from (_element(argument) for argument in arguments)


def _exchangeable(
    tree: ast.AST, numbers: tuple[str, ...], groups: tuple[str, ...]
) -> Iterator[tuple[ast.Name, tuple[str, ...]]]:
    """Each name in a rule, and the names that could stand there: of numbers, or of groups."""
    if isinstance(tree, ast.ListComp):
        (loop,) = tree.generators
        yield from _exchangeable(loop.iter, numbers, groups)
        yield from _exchangeable(tree.elt, (*numbers, ast.unparse(loop.target)), groups)
    elif isinstance(tree, ast.Name):
        alike = next((names for names in (numbers, groups) if tree.id in names), ())
        yield tree, tuple(name for name in alike if name != tree.id)
    else:
        for child in ast.iter_child_nodes(tree):
            yield from _exchangeable(child, numbers, groups)


def _with(tree: ast.expr, *changes: tuple[ast.expr, ast.expr]) -> str:
    """Return the text of a rule with some nodes replaced by others."""
    # deepcopy takes what its memo has for an object as the copy of it
    replaced = copy.deepcopy(tree, {id(old): new for old, new in changes})
    return ast.unparse(ast.fix_missing_locations(replaced))


def _everywhere(
    change: Callable[[ast.expr], Iterator[ast.expr]],
) -> Callable[[ast.expr, Primitive], Iterator[str]]:
    """Return the texts of a rule with ``change`` made at one node, for each node."""

    def texts(tree: ast.expr, row: Primitive) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.expr):
                yield from (_with(tree, (node, other)) for other in change(node))

    return texts


def _other_signs(tree: ast.expr, row: Primitive) -> Iterator[str]:
    return (_with(tree, (part, _negated(part))) for part in _signed(tree))


def _other_operands(tree: ast.expr, row: Primitive) -> Iterator[str]:
    """Another operand, or the value, in one place; two of them exchanged in all."""
    spec = row.operands
    numbers, groups = (
        tuple(name for name, group in zip(spec.names, spec.groups, strict=True) if group is wanted)
        for wanted in (False, True)
    )
    places = list(_exchangeable(tree, (*numbers, "out"), groups))
    for node, others in places:
        yield from (_with(tree, (node, ast.Name(other, ast.Load()))) for other in others)
    for one, two in itertools.combinations(dict.fromkeys(node.id for node, _ in places), 2):
        both = {one: two, two: one}
        changes = [
            (node, ast.Name(both[node.id], ast.Load()))
            for node, others in places
            if both.get(node.id) in others
        ]
        yield _with(tree, *changes)


def _scaled(tree: ast.expr, row: Primitive) -> Iterator[str]:
    factor = _combined(ast.Constant(1), ast.Add(), ast.Constant(FACTOR))
    yield _with(tree, (_element(tree), _combined(_element(tree), ast.Mult(), factor)))


KINDS: dict[str, Callable[[ast.expr, Primitive], Iterator[str]]] = {
    "sign": _other_signs,
    "operator": _everywhere(_other_operators),
    "operand": _other_operands,
    "dropped": _everywhere(_dropped),
    "constant": _everywhere(_other_constants),
    "function": _everywhere(_other_functions),
    "comparison": _everywhere(_other_comparisons),
    "factor": _scaled,
}
"""Each kind of mistake: the texts that it makes of a rule."""


# ── mutants of a row ────────────────────────────────────────────────────────────────────────────────


def base_text(row: Primitive, position: int) -> str:
    """Return the rule that is changed: the row's own, written out where it is one call."""
    text = row.partial_rules[position].text
    return WRITTEN_OUT.get(text, text)


def mutants(row: Primitive) -> Iterator[Mutant]:
    """Yield every mutant of a row's partial rules, each text once, under the first kind that makes it.

    >>> [mutant.text for mutant in mutants(ad.sin)]
    ['-cos(x)', 'cos(-x)', 'cos(out)', 'sin(x)', 'x', 'cos(x) * (1 + 1e-06)']
    """
    for position in range(len(row.partial_rules)):
        tree = ast.parse(base_text(row, position), mode="eval").body
        made = {ast.unparse(tree)}
        for kind, texts in KINDS.items():
            found = list(texts(tree, row))
            if kind == "operand":
                found += _rules_of_others(row, position)
            for text in found:
                if text not in made:
                    made.add(text)
                    yield Mutant(row.name, position, kind, text)


def _rules_of_others(row: Primitive, position: int) -> list[str]:
    """Return the partial rules of the row's other operands: what has them in the wrong order."""
    own = row.operands.groups[position]
    return [
        ast.unparse(rule.tree)
        for other, rule in enumerate(row.partial_rules)
        if other != position and row.operands.groups[other] is own
    ]


def row_with(row: Primitive, position: int, text: str) -> Primitive:
    """Return a row that differs from ``row`` in one partial rule, and in name; no table has it.

    Raises:
        RuleError: when the text is no rule for these operands.
    """
    rules = list(row.partial_rules)
    rules[position] = checked_rule(parse_rule(text, {*row.operands.names, "out"}))
    changed = Primitive(f"mutant_of_{row.name}", row.operands, row.forward, tuple(rules))
    changed.domain, changed.kinks, changed.convention = row.domain, row.kinks, row.convention
    changed.formula, changed.source = row.formula, row.source
    return changed
