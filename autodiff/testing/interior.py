"""Points inside an operation's domain, off its kinks, and where it is not too steep."""

import functools
import itertools
import math
from collections.abc import Sequence

from autodiff.errors import DomainError
from autodiff.primitive import Primitive

MARGIN = 0.1
"""How far points keep from kinks and from the edges of domains."""

STEEPEST = 20.0
"""The largest value and local derivative: compositions stay well-conditioned enough."""

# The simplest stand first: a failing example is told at one of them.
VARIABLES = (0.5, 1.5, -0.5, -1.5, 0.8, 2.2, -0.3, -2.3)
CONSTANTS = (2.0, 0.5, -1.0, 3.0, -0.4, 0.7)
_MOST_CORNERS = 4  # operands: of more, each is moved alone


def operand_counts(row: Primitive) -> tuple[int, ...]:
    """Return how many operands to try an operation with: a reduction with one and with several.

    >>> import autodiff as ad
    >>> operand_counts(ad.mul), operand_counts(ad.sum), operand_counts(ad.dot)
    ((2,), (1, 2, 3), (2, 4))
    """
    if row.operands.groups == (True, True):
        return 2, 4
    return (1, 2, 3) if row.operands.variadic else (len(row.operands.names),)


def is_interior(
    row: Primitive,
    values: Sequence[float],
    moving: Sequence[bool],
    *,
    margin: float = MARGIN,
    steepest: float = STEEPEST,
) -> bool:
    """Return whether ``values`` are inside the row's domain, off its kinks, and not too steep.

    Only the operands that move have to keep their distance from the domain's edge.

    >>> import autodiff as ad
    >>> is_interior(ad.log, [0.5], [True]), is_interior(ad.log, [0.05], [True])
    (True, False)
    """
    try:
        for moved in _around(row, values, moving, margin):
            row.check_domain(moved, row.evaluate(*moved))
    except DomainError:
        return False
    out = row.evaluate(*values)
    steep = [p for p, moves in zip(row.partials(out, *values), moving, strict=True) if moves]
    flat = all(math.isfinite(number) and abs(number) <= steepest for number in (out, *steep))
    return flat and all(abs(gap) >= margin and gap != 0 for gap in row.margins(values))


def _around(
    row: Primitive, values: Sequence[float], moving: Sequence[bool], margin: float
) -> list[list[float]]:
    """Return the operands, and where there is a domain those at the corners around them."""
    if row.domain is None or not margin:
        return [[*values]]
    if len(values) <= _MOST_CORNERS:
        reaches = [(-margin, 0.0, margin) if moves else (0.0,) for moves in moving]
        steps = itertools.product(*reaches)
        return [[x + step for x, step in zip(values, corner, strict=True)] for corner in steps]
    sides = [(i, side) for i, moves in enumerate(moving) if moves for side in (-margin, margin)]
    alone = [[*values[:i], values[i] + side, *values[i + 1 :]] for i, side in sides]
    return [[*values], *alone]


@functools.lru_cache(maxsize=1024)
def interior_points(row: Primitive, moving: tuple[bool, ...]) -> Sequence[tuple[float, ...]]:
    """Return points inside the row's domain, for so many operands, those that move and the others.

    >>> import autodiff as ad
    >>> interior_points(ad.acosh, (True,))
    ((1.5,), (2.2,))
    """
    thinned = 1 if len(moving) < 3 else 2 if len(moving) == 3 else 3
    pools = [VARIABLES[::thinned] if moves else CONSTANTS for moves in moving]
    return tuple(values for values in itertools.product(*pools) if is_interior(row, values, moving))
