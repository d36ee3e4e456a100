"""Finite differences with an error estimate of their own."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autodiff.testing.noise import Noise, noises


class Estimate(NamedTuple):
    """A derivative found by finite differences, and a bound for how far it is off."""

    value: float
    error: float


_SCALES = (1e-6, 1e-4, 1e-2, 1.0)  # from fine to wide
_SMALL_SCALES = (1e-3, 1.0)  # beside these, relative to numbers far below 1, or to 1 beside large ones
_STEPS = 12
_SHRINK = 2.0


def finite_difference(
    f: Callable[[float], float], x: float, noise: float = 0.0, size: float | None = None
) -> Estimate:
    """Return f'(x) by central differences, extrapolated to a vanishing step.

    Steps shrink by halves; each table entry removes one more order of the truncation error, and the
    entry whose neighbours agree best is taken. The error is that disagreement, plus the irregularity of
    f's values divided by the step, plus the gap between the slopes on both sides of x, extrapolated
    likewise: it vanishes where f is smooth, and only there; plus what other steps say otherwise. An
    error of inf says that f' was not found.

    Arguments:
        f: the function.
        x: where.
        noise: what rounding does to f's values that does not show in them.
        size: of what is moved, where that is not x itself.

    Sources: Ridders 1982, "Accurate computation of F'(x) and F'(x)F''(x)"; Moré & Wild 2011,
    "Estimating computational noise".

    >>> estimate = finite_difference(math.sin, 1.0)
    >>> abs(estimate.value - math.cos(1.0)) <= estimate.error < 1e-8
    True
    >>> finite_difference(abs, 0.0).error > 1
    True
    """
    if not math.isfinite(x):
        return Estimate(math.nan, math.inf)
    widths = _widths(x, abs(x) if size is None else size)
    scales = [
        (_ridders(f, x, width, noise + own), is_plateau)
        for width, (own, is_plateau) in zip(widths, _noises(f, x, widths), strict=True)
        if math.isfinite(own)
    ]
    # How little f changes unseen, where it does not change at all, only other steps can tell.
    unseen = min((estimate.error for estimate, is_plateau in scales if not is_plateau), default=0.0)
    best = Estimate(math.nan, math.inf)
    for i, ((value, error), is_plateau) in enumerate(scales):
        # Steps too wide for f disagree with finer ones, steps lost in its rounding with the next, and
        # plateaus with any: what the others' own errors do not explain counts (nan, where another
        # found nothing).
        others = scales if is_plateau else scales[:i] or scales[1:2]
        error = max(error, unseen if is_plateau else 0.0)
        error += sum(max(abs(value - other.value) - other.error, 0.0) for other, _ in others)
        if error < best.error:
            best = Estimate(value, error)
    return best


def _noises(f: Callable[[float], float], x: float, widths: Sequence[float]) -> list[Noise]:
    """Return how irregular f is for the steps of each scale."""
    return noises(f, x, [(width / _SHRINK ** (_STEPS - 1), width) for width in widths])


def noise_of(f: Callable[[float], float], x: float) -> float:
    """Return how irregular f's values are around x: inf where that hides how they change.

    >>> noise_of(math.sin, 1.0) < 1e-14 < noise_of(lambda x: round(math.sin(x), 9), 1.0)
    True
    """
    return max(noise for noise, _ in _noises(f, x, _widths(x, abs(x))))


def _widths(x: float, size: float) -> list[float]:
    """Return the widest steps of each scale, from fine to wide."""
    widths = [scale * max(abs(x), 0.1) / 4 for scale in _SCALES]
    size = min(size, 1.0)
    return [scale * size / 4 for scale in _SMALL_SCALES if 0 < scale * size / 4 < widths[0]] + widths


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


def _extrapolated(finest: float, coarser: list[float], power: int) -> list[float]:
    """Return the next row of the table: each entry rids the one before of one more power of the step."""
    row = [finest]
    for order, entry in enumerate(coarser):
        weight = _SHRINK ** (2 * order + power)
        row.append((row[-1] * weight - entry) / (weight - 1))
    return row


def one_sided(f: Callable[[float], float], x: float, side: float, noise: float = 0.0) -> Estimate:
    """Return the slope of f on one side of x, 1.0 for the right and -1.0 for the left.

    Differences from x on, extrapolated to a vanishing step; the error is the best entry's disagreement
    with its neighbours, plus rounding and ``noise`` in f's values. At a jump it does not come to rest:
    the error is inf, or large.

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
        rounding += noise / abs(moved - x)
        previous, row = row, [slope]
        for order, coarser in enumerate(previous, 1):
            row.append((row[-1] * 4.0**order - coarser) / (4.0**order - 1))
            error = max(abs(row[order] - row[order - 1]), abs(row[order] - coarser)) + 2 * rounding
            if error < best.error:
                best = Estimate(row[order], error)
    return best
