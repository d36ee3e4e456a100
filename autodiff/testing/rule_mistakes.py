"""The likely mistake in a derivative rule: what its numbers are taken for, at several points."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autodiff.primitive import Primitive, evaluated

NO_VALUE = "the rule has no value here, the derivative has"
LOST_DIGITS = "the rule cancels: its digits are lost"

_POINTS = 3
_ELSEWHERE: tuple[Callable[[float], float], ...] = (
    lambda x: x * 1.25 + 0.125,
    lambda x: x * 0.8,
    lambda x: x * 0.75 - 0.125,
    lambda x: x * 2.0 + 0.3125,
    lambda x: x * 1.0625,
    lambda x: x * 0.9375,
)


class Seen(NamedTuple):
    """A rule at one point: what it gives for each operand, and what is right (nan: not known)."""

    values: Sequence[float]
    out: float
    got: Sequence[float]
    right: Sequence[float]


def of_rule(
    row: Primitive, position: int, here: Seen, seen_at: Callable[[Sequence[float]], Seen | None]
) -> str:
    """Return what is likely wrong with the rule for the operand at ``position``.

    Arguments:
        row: the operation.
        position: the operand's.
        here: the rule where it is wrong.
        seen_at: the same at other operands, None where there is no reference.
    """
    moved = (seen_at([step(x) for x in here.values]) for step in _ELSEWHERE)
    flat = here.right[position] == 0.0
    known = (one for one in moved if one and (flat or abs(one.right[position]) > 0.0))
    points = [here, *itertools.islice(known, _POINTS - 1)]

    def holds(claim: Callable[[Seen], bool]) -> bool:
        return all(map(claim, points))

    if holds(lambda at: at.got[position] == 0.0):
        return "a missing term: the rule gives 0"
    if holds(lambda at: _like(at.got[position], -at.right[position])):
        return "the sign"
    factors = [at.got[position] / at.right[position] - 1 for at in points if at.right[position]]
    if len(factors) > 1 and all(math.isclose(one, factors[0], rel_tol=1e-4) for one in factors):
        return f"a constant factor of {factors[0] + 1:.10g}"
    names = [operand_name(row, i, len(here.values)) for i in range(len(here.values))]
    for i, name in enumerate(names):
        if i != position and all(_like(at.got[position], at.right[i]) for at in points):
            return f"swapped operands: that is the derivative by {name}"
    if not row.operands.variadic and holds(lambda at: _exchanged(row, position, at)):
        return "the operand used for the value, or the value for the operand"
    if holds(lambda at: _like(at.got[position], at.out)):
        return "the value in place of the derivative"
    return f"a wrong or missing term: {here.right[position] - here.got[position]:.10g} is missing"


def operand_name(row: Primitive, position: int, count: int) -> str:
    """Return what an operand is called: its name in the rules, with its place where it is one of many.

    >>> import autodiff as ad
    >>> operand_name(ad.mul, 1, 2), operand_name(ad.dot, 3, 4)
    ('y', 'ys[1]')
    """
    spec = row.operands
    name = spec.name_of(position, count)
    if not spec.groups[spec.names.index(name)]:
        return name
    first = next(i for i in range(count) if spec.name_of(i, count) == name)
    return f"{name}[{position - first}]"


def _exchanged(row: Primitive, position: int, at: Seen) -> bool:
    name = row.operands.names[position]
    own = dict(zip(row.operands.names, at.values, strict=True))
    try:
        found = evaluated(row.partial_rules[position].tree, {**own, name: at.out, "out": own[name]})
    except (ArithmeticError, ValueError, TypeError):
        return False
    return _like(float(found), at.right[position])


def _like(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-300)
