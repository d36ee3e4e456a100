"""How irregular the values of a function are: rounding inside it, lower precision, plateaus."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

_POINTS = 7
_ORDERS = (3, 4, 5)  # of differences: those of a smooth function vanish with the spacing, noise stays
_LIKE = 8.0  # noise is as large, up to this factor, in each of these orders
_STEADY = 4.0  # and at each spacing
_BOUND = 4.0  # standard deviations
_VISIBLE = 0.1  # of what the values differ by: noise below lets their slope be seen
_ROUNDED = 2.0**-44  # of the largest value: noise below may be floats' own
_COARSE = 4.0  # units in the last place: values that all are multiples of more are of lower precision


class Noise(NamedTuple):
    """What to add to the error of f's values, inf where steps see nothing but a plateau of the noise."""

    size: float
    is_plateau: bool  # the finest steps see no change


def noises(f: Callable[[float], float], x: float, scales: Sequence[tuple[float, float]]) -> list[Noise]:
    """Return the noise for steps of each scale, given as (finest, widest) steps.

    What is as irregular at one spacing of points as at another many times as wide is noise. A kink is
    none: what it does grows with the spacing. Where f has a plateau, but noise at wider spacings, that
    is a plateau of the noise.

    Source: Moré & Wild 2011, "Estimating computational noise".
    """
    spacings = sorted(finest * wider for finest, _ in scales for wider in (1.0, 10.0))
    values = {
        spacing: [f(x + (i - _POINTS // 2) * spacing) for i in range(_POINTS)] for spacing in spacings
    }
    seen = {spacing: _irregularity(own) for spacing, own in values.items()}
    grain = _grain([value for own in values.values() for value in own])
    steady = [
        (wider, min(seen[spacing], seen[wider]))
        for spacing, wider in itertools.combinations(spacings, 2)
        if 0 < seen[spacing] < _STEADY * seen[wider] and seen[wider] < _STEADY * seen[spacing]
    ]
    found = []
    for finest, widest in scales:
        is_plateau = seen[finest] == 0.0
        own = max((noise for spacing, noise in steady if spacing <= widest), default=0.0)
        if _hides(own, values[max(spacing for spacing in spacings if spacing <= widest)]):
            own = math.inf
        beyond = grain or any(noise for spacing, noise in steady if spacing > widest)
        found.append(Noise(math.inf if is_plateau and beyond else _BOUND * own + grain, is_plateau))
    return found


def _hides(noise: float, values: Sequence[float]) -> bool:
    """Return whether noise is all that is seen: waves too short for the steps, say, and no rounding."""
    apart, largest = max(values) - min(values), max(map(abs, values))
    return noise > _ROUNDED * largest and not noise < _VISIBLE * apart


def _irregularity(values: Sequence[float]) -> float:
    """Return the standard deviation of noise in values at equal spacing, nan if smooth, 0 if equal."""
    if len({*values}) == 1:
        return 0.0
    found = []
    for order in range(1, max(_ORDERS) + 1):
        values = [right - left for left, right in itertools.pairwise(values)]
        if order in _ORDERS:
            found.append(math.hypot(*values) / math.sqrt(len(values) * math.comb(2 * order, order)))
    return found[0] if max(found) < _LIKE * min(found) < math.inf else math.nan


def _grain(values: Sequence[float]) -> float:
    """Return half of what all values are multiples of, where that is coarser than floats are.

    >>> _grain([1.0, 1.0009765625, 1.001953125]), _grain([0.1, 0.2, 0.3])
    (0.00048828125, 0.0)
    """
    known = {abs(value) for value in values if math.isfinite(value) and value}
    if len(known) < 3:
        return 0.0
    coarsest = min(map(_lowest_bit, known))
    return coarsest / 2 if coarsest > _COARSE * math.ulp(max(known)) else 0.0


def _lowest_bit(value: float) -> float:
    mantissa, exponent = math.frexp(value)
    whole = int(math.ldexp(mantissa, 53))
    return math.ldexp(whole & -whole, exponent - 53)
