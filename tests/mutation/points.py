"""Where mutants are looked at: points inside the domains of the rows, drawn once and for all."""

import functools
import itertools
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import autodiff as ad
from autodiff.primitive import Primitive
from autodiff.testing.interior import MARGIN, is_interior


class Point(NamedTuple):
    """Operands, and which of them are variables; the others are constants of the function."""

    values: tuple[float, ...]
    moving: tuple[bool, ...]

    @property
    def variables(self) -> tuple[float, ...]:
        """The values of the operands that move."""
        return tuple(x for x, moves in zip(self.values, self.moving, strict=True) if moves)


EACH = 16  # points drawn for each set of operands that move
_MOST_DRAWN = 4000  # tries for them: a domain that is met more rarely gets fewer
_SPECIAL = (0.0, 1.0, -1.0, 0.5, 1.5, 2.0, -2.0, 800.0, -800.0)
"""Where rules and conditions have exceptions: at equal operands, at 0 and 1, where exp(x) underflows."""
_FEW = (0.0, 1.0, -1.0)  # the same for three operands or more


def _operand_counts(row: Primitive) -> tuple[int, ...]:
    if not row.operands.variadic:
        return (len(row.operands.names),)
    return (4, 2) if row.operands.groups == (True, True) else (3, 2)


def _masks(count: int) -> Iterator[tuple[bool, ...]]:
    """All operands move; and each alone."""
    yield (True,) * count
    if count > 1:
        yield from (tuple(i == position for i in range(count)) for position in range(count))


def _drawn(row: Primitive, moving: tuple[bool, ...]) -> Iterator[Point]:
    """Points anywhere in the domain, off the kinks."""
    random = Random(f"{row.name} {moving}")
    found = 0
    for _ in range(_MOST_DRAWN):
        values = tuple(random.uniform(-3.0, 3.0) for _ in moving)
        if is_interior(row, values, moving):
            found += 1
            yield Point(values, moving)
        if found == EACH:
            return


def _special(row: Primitive, moving: tuple[bool, ...]) -> Iterator[Point]:
    """All combinations of special operands, in the domain or not, off the kinks or at one."""
    values = _SPECIAL if len(moving) < 3 else _FEW
    return (Point(point, moving) for point in itertools.product(values, repeat=len(moving)))


def _all_masks(row: Primitive) -> list[tuple[bool, ...]]:
    return [mask for count in _operand_counts(row) for mask in _masks(count)]


@functools.cache
def interior(name: str) -> tuple[Point, ...]:
    """Return the points of a row off its kinks: where all operands move, then one, then special ones."""
    row = ad.PRIMITIVES[name]
    masks = sorted(_all_masks(row), key=lambda mask: not all(mask))
    drawn = [point for mask in masks for point in _drawn(row, mask)]
    special = [point for mask in masks for point in _special(row, mask) if is_interior(row, *point)]
    return (*drawn, *special)


@functools.cache
def kinks(name: str) -> tuple[Point, ...]:
    """Return the special points of a row at one of its kinks, off the edges of its domain."""
    row = ad.PRIMITIVES[name]
    return tuple(
        point
        for mask in _all_masks(row)
        for point in _special(row, mask)
        if 0.0 in row.margins(point.values) and _in_domain(row, point)
    )


def _in_domain(row: Primitive, point: Point) -> bool:
    """Return whether a point is in the domain of a row, and so are its neighbours on both sides."""
    reaches = [(-MARGIN, 0.0, MARGIN) if moves else (0.0,) for moves in point.moving]
    try:
        for reach in itertools.product(*reaches):
            moved = [x + step for x, step in zip(point.values, reach, strict=True)]
            row.check_domain(moved, row.evaluate(*moved))
    except ad.DomainError:
        return False
    return True


def matters(row: Primitive, position: int, point: Point) -> bool:
    """Return whether the rule at ``position`` has a say at a point: an operand of it moves."""
    count = len(point.moving)
    return any(moves and row.rule_position(i, count) == position for i, moves in enumerate(point.moving))


def where_it_matters(name: str, position: int, points: tuple[Point, ...]) -> list[Point]:
    """Return those points of a row at which the rule at ``position`` has a say."""
    return [point for point in points if matters(ad.PRIMITIVES[name], position, point)]
