"""The polynomials of ``elementary``, derived: Chebyshev fits of exact functions with 60 digits."""

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
from mpmath import mp, mpf

EDGE = 1.0005  # an interval reaches a little further than the reduced argument: it is rounded, too


class Fit(NamedTuple):
    """A function, the limit it has at 0, and the interval on which it is fitted."""

    function: Callable[[Any], Any]
    at_zero: Callable[[], Any]
    low: Callable[[], Any]
    high: Callable[[], Any]


def _odd(f: Callable[[Any], Any], z: Any) -> Any:
    """Return (f(x) / x - 1) / z with z = x²."""
    return (f(mp.sqrt(z)) / mp.sqrt(z) - 1) / z


FITS = {
    "EXP": Fit(
        lambda r: (mp.exp(r) - 1 - r) / r**2, lambda: mpf(1) / 2,
        lambda: -mp.log(2) / 2 * EDGE, lambda: mp.log(2) / 2 * EDGE,
    ),
    "LOG": Fit(
        lambda z: 2 * _odd(mp.atanh, z), lambda: mpf(2) / 3,
        lambda: mpf(0), lambda: (mp.sqrt(2) - 1) ** 4 * EDGE,
    ),
    "SIN": Fit(
        lambda z: _odd(mp.sin, z), lambda: -mpf(1) / 6,
        lambda: mpf(0), lambda: (mp.pi / 4) ** 2 * EDGE,
    ),
    "COS": Fit(
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, lambda: mpf(1) / 24,
        lambda: mpf(0), lambda: (mp.pi / 4) ** 2 * EDGE,
    ),
    "ATAN": Fit(
        lambda z: _odd(mp.atan, z), lambda: -mpf(1) / 3,
        lambda: mpf(0), lambda: mp.tan(mp.pi / 8) ** 2 * EDGE,
    ),
    "ASIN": Fit(
        lambda z: _odd(mp.asin, z), lambda: mpf(1) / 6, lambda: mpf(0), lambda: mpf(1) / 4,
    ),
}  # fmt: skip


def fitted(name: str, count: int) -> tuple[float, ...]:
    """Return the ``count`` coefficients of one polynomial, the constant first."""
    fit = FITS[name]
    with mpmath.workdps(60):
        tiny = mpf(10) ** -20  # below it the function cancels away, and is its limit to 20 digits

        def function(x: Any) -> Any:
            return fit.function(x) if abs(x) > tiny else fit.at_zero()

        found = mp.chebyfit(function, [fit.low(), fit.high()], count)
        return tuple(float(c) for c in reversed(found))
