"""Rules with 60 digits: whether a mutant is another function at all."""

import ast
import copy
import functools
from collections.abc import Sequence
from typing import Any

from mpmath import mp, mpc, mpf

import autodiff as ad
from autodiff.primitive import Primitive
from autodiff.testing.reference import DIGITS, exact, exact_sides
from tests.mutation.mutants import Mutant, base_text
from tests.mutation.points import Point, interior, kinks, where_it_matters

APART = mpf(10) ** -25
"""Relative, or absolute below 1. Rules lose a handful of 60 digits: what agrees to 25 is the same."""

_LISTS = {
    "total": mp.fsum,
    "count": len,
    "shares": lambda xs, out: [mpf(x == out) / sum(x == out for x in xs) for x in xs],
    "products_of_others": lambda xs: [mp.fprod([*xs[:i], *xs[i + 1 :]]) for i in range(len(xs))],
}


class _Total(ast.NodeTransformer):
    """Constants are exact numbers; a power or quotient without a real value is nan."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Call(ast.Name("mpf", ast.Load()), [node], [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = {ast.Div: "quotient", ast.Pow: "power"}.get(type(node.op))
        return ast.Call(ast.Name(name, ast.Load()), [node.left, node.right], []) if name else node


def _real(number: Any) -> Any:
    return number if not isinstance(number, mpc) else mp.nan if number.imag else number.real


def _quotient(x: Any, y: Any) -> Any:
    return x / y if y else mp.nan


def _power(x: Any, y: Any) -> Any:
    return mp.nan if not x and y < 0 else _real(x**y)


def _called(name: str) -> Any:
    """Return a row as a function of mpmath's numbers, nan where it has no value."""
    row = ad.PRIMITIVES[name]

    def function(*operands: Any) -> Any:
        numbers = operands[0] if row.operands.variadic else operands
        try:
            return exact(row, numbers)
        except (ArithmeticError, ValueError):
            return mp.nan

    return function


@functools.lru_cache(maxsize=4096)
def _code(text: str) -> tuple[Any, tuple[str, ...]]:
    tree = ast.parse(text, mode="eval")
    called = tuple(
        {node.func.id: None for node in ast.walk(tree) if isinstance(node, ast.Call)}  # type: ignore[attr-defined]
    )
    changed = ast.fix_missing_locations(_Total().visit(copy.deepcopy(tree)))
    return compile(changed, "<rule>", "eval"), called


def partials(row: Primitive, position: int, text: str, values: Sequence[float]) -> list[Any]:
    """Return what a rule gives for the operands it belongs to, as mpmath's numbers."""
    code, called = _code(text)
    with mp.workdps(DIGITS):
        operands = [mpf(x) for x in values]
        spec, count = row.operands, len(values)
        names: dict[str, Any] = {"out": exact(row, operands), "pi": +mp.pi, "mpf": mpf}
        names |= {"quotient": _quotient, "power": _power}
        names |= {name: _LISTS.get(name) or _called(name) for name in called}
        for name, group in zip(spec.names, spec.groups, strict=True):
            own = [x for i, x in enumerate(operands) if spec.name_of(i, count) == name]
            names[name] = own if group else own[0]
        found = eval(code, names)
        return [_real(x) for x in found] if spec.groups[position] else [_real(found)]


@functools.lru_cache(maxsize=20_000)
def _right(name: str, position: int, values: tuple[float, ...]) -> list[Any]:
    row = ad.PRIMITIVES[name]
    return partials(row, position, row.partial_rules[position].text, values)


def differs_at(mutant: Mutant, point: Point) -> bool:
    """Return whether a mutant gives another derivative by an operand that moves."""
    row, count = ad.PRIMITIVES[mutant.row], len(point.values)
    moving = [
        moves for i, moves in enumerate(point.moving) if row.rule_position(i, count) == mutant.position
    ]
    right = _right(mutant.row, mutant.position, point.values)
    got = partials(row, mutant.position, mutant.text, point.values)
    if len(got) != len(right):
        return True
    return any(
        moves and not abs(x - y) <= APART * max(1, abs(y))  # nan differs from every number
        for x, y, moves in zip(got, right, moving, strict=True)
    )


@functools.cache
def points_for(name: str, position: int, at_kinks: bool = False) -> tuple[Point, ...]:
    """Return the points at which a rule's mutants are looked at: those where the base of all is right.

    One that is written out for them is not, at ties and zeros: every mutant of it would be wrong there.
    """
    base = Mutant(name, position, "", base_text(ad.PRIMITIVES[name], position))
    points = where_it_matters(name, position, kinks(name) if at_kinks else interior(name))
    return tuple(point for point in points if not differs_at(base, point))


def differs_between_kinks(mutant: Mutant) -> bool:
    """Return whether a mutant is another function anywhere off the kinks."""
    return any(differs_at(mutant, point) for point in points_for(mutant.row, mutant.position))


def kinks_where_it_differs(mutant: Mutant) -> list[Point]:
    """Return the kinks at which a mutant gives something else: a mistake, or another convention."""
    points = points_for(mutant.row, mutant.position, at_kinks=True)
    return [point for point in points if differs_at(mutant, point)]


def is_between_slopes(mutant: Mutant, point: Point) -> bool:
    """Return whether what a mutant gives at a kink lies between the slopes on both sides, each time."""
    row, count = ad.PRIMITIVES[mutant.row], len(point.values)
    places = [i for i in range(count) if row.rule_position(i, count) == mutant.position]
    got = partials(row, mutant.position, mutant.text, point.values)
    for i, partial in zip(places, got, strict=True):
        low, high = sorted(exact_sides(row, point.values, i))
        if point.moving[i] and not low - APART <= partial <= high + APART:
            return False
    return True
