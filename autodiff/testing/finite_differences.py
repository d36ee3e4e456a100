"""Finite differences with an error estimate of their own."""

import math
from collections.abc import Callable
from typing import NamedTuple


class Estimate(NamedTuple):
    """A derivative found by finite differences, and a bound for how far it is off."""

    value: float
    error: float


_STEPS = 12
_SHRINK = 2.0


def finite_difference(f: Callable[[float], float], x: float) -> Estimate:
    """Return f'(x) by central differences, extrapolated to a vanishing step.

    Steps shrink by halves; each table entry removes one more order of the truncation error, and the
    entry whose neighbours agree best is taken. The error is that disagreement, plus the rounding of
    f's values divided by the step.

    Source: Ridders 1982, "Accurate computation of F'(x) and F'(x)F''(x)".

    >>> estimate = finite_difference(math.sin, 1.0)
    >>> abs(estimate.value - math.cos(1.0)) <= estimate.error < 1e-9
    True
    """
    best = Estimate(math.nan, math.inf)
    for scale in (1.0, 1e-2, 1e-4):  # a first step too wide for f is found out by its error
        candidate = _ridders(f, x, scale * max(abs(x), 0.1) / 4)
        if candidate.error < best.error:
            best = candidate
    return best


def _ridders(f: Callable[[float], float], x: float, widest: float) -> Estimate:
    best = Estimate(math.nan, math.inf)
    row: list[float] = []
    for i in range(_STEPS):
        step = widest / _SHRINK**i
        above, below = x + step, x - step
        if above == below:
            break
        upper, lower = f(above), f(below)
        rounding = 2.0**-52 * (abs(upper) + abs(lower)) / (above - below)
        previous, row = row, [(upper - lower) / (above - below)]
        for order, coarser in enumerate(previous, 1):
            weight = _SHRINK ** (2 * order)
            row.append((row[-1] * weight - coarser) / (weight - 1))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser)) + 2 * rounding
            if error < best.error:
                best = Estimate(row[-1], error)
    return best
