"""Finite differences with an error estimate of their own."""

import math
from collections.abc import Callable
from typing import NamedTuple


class Estimate(NamedTuple):
    """A derivative found by finite differences, and a bound for how far it is off."""

    value: float
    error: float


_SCALES = (1e-6, 1e-4, 1e-2, 1.0)  # from fine to wide
_STEPS = 12
_SHRINK = 2.0


def finite_difference(f: Callable[[float], float], x: float, noise: float = 0.0) -> Estimate:
    """Return f'(x) by central differences, extrapolated to a vanishing step.

    Steps shrink by halves; each table entry removes one more order of the truncation error, and the
    entry whose neighbours agree best is taken. The error is that disagreement, plus the rounding of
    f's values divided by the step, plus the gap between the slopes on both sides of x, extrapolated
    likewise: it vanishes where f is smooth, and only there; plus what other steps say otherwise. An
    error of inf says that f' was not found. ``noise`` is what else rounding does to f's values.

    Source: Ridders 1982, "Accurate computation of F'(x) and F'(x)F''(x)".

    >>> estimate = finite_difference(math.sin, 1.0)
    >>> abs(estimate.value - math.cos(1.0)) <= estimate.error < 1e-8
    True
    >>> finite_difference(abs, 0.0).error > 1
    True
    """
    best = Estimate(math.nan, math.inf)
    found = [_ridders(f, x, scale * max(abs(x), 0.1) / 4, noise) for scale in _SCALES]
    for i, (value, error) in enumerate(found):
        # Steps too wide for f disagree with finer ones, steps lost in its rounding with the next:
        # what the others' own errors do not explain counts (nan, where another found nothing).
        others = found[:i] or found[1:2]
        error += sum(max(abs(value - other.value) - other.error, 0.0) for other in others)
        if error < best.error:
            best = Estimate(value, error)
    return best


def _ridders(f: Callable[[float], float], x: float, widest: float, noise: float) -> Estimate:
    best = Estimate(math.nan, math.inf)
    middle = f(x)
    slopes: list[float] = []  # their error has the powers 2, 4, 6 … of the step
    gaps: list[float] = []  # 1, 3, 5 …
    for i in range(_STEPS):
        step = widest / _SHRINK**i
        above, below = x + step, x - step
        if above == below:
            break
        upper, lower = f(above), f(below)
        slope = (upper - lower) / (above - below)
        # f rounds its values, and on the way to them what it makes of x
        rounding = 2.0**-52 * (abs(upper) + abs(lower) + 2 * abs(x * slope)) / (above - below)
        rounding += 2 * noise / (above - below)
        gap = (upper - middle) / (above - x) - (middle - lower) / (x - below)
        previous, slopes = slopes, _extrapolated(slope, slopes, 2)
        gaps = _extrapolated(gap, gaps, 1)
        for order, coarser in enumerate(previous, 1):
            apart = max(abs(slopes[order] - slopes[order - 1]), abs(slopes[order] - coarser))
            error = apart + 2 * rounding + abs(gaps[order])
            if error < best.error:
                best = Estimate(slopes[order], error)
    return best


def one_sided(f: Callable[[float], float], x: float, side: float) -> Estimate:
    """Return the slope of f on one side of x, 1.0 for the right and -1.0 for the left.

    Differences from x on, extrapolated to a vanishing step; the error is the best entry's disagreement
    with its neighbours, plus rounding. At a jump it does not come to rest: the error is inf, or large.

    >>> one_sided(abs, 0.0, -1.0).value
    -1.0
    """
    best, row = Estimate(math.nan, math.inf), list[float]()
    middle = f(x)
    for i in range(_STEPS):
        step = side * 0.05 * max(abs(x), 0.1) / 4**i
        moved = x + step
        value = f(moved)
        slope = (value - middle) / (moved - x)
        rounding = 2.0**-52 * (abs(value) + abs(middle) + abs(x * slope)) / abs(moved - x)
        previous, row = row, [slope]
        for order, coarser in enumerate(previous, 1):
            row.append((row[-1] * 4.0**order - coarser) / (4.0**order - 1))
            error = max(abs(row[order] - row[order - 1]), abs(row[order] - coarser)) + 2 * rounding
            if error < best.error:
                best = Estimate(row[order], error)
    return best


def _extrapolated(finest: float, coarser: list[float], power: int) -> list[float]:
    """Return the next row of the table: each entry rids the one before of one more power of the step."""
    row = [finest]
    for order, entry in enumerate(coarser):
        weight = _SHRINK ** (2 * order + power)
        row.append((row[-1] * weight - entry) / (weight - 1))
    return row
