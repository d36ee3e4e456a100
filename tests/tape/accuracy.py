"""How far the elementary functions of the lanes are from exact numbers.

    python -m tests.tape.accuracy [POINTS]

prints the largest error found at so many random arguments of each kind, and at all the hard ones.
"""

import math
import sys
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from mpmath import mp, mpf

from autodiff.tape import elementary
from tests.table.errors import ulp

PRECISION = 220  # bits: sin near a multiple of π at 2**20 cancels 80 of them


class Found(NamedTuple):
    """The largest error of a function, in ulp, and where it is."""

    ulps: float
    operands: tuple[float, ...]


def _neighbours(x: float) -> Iterator[float]:
    yield x
    for direction in (math.inf, -math.inf):
        near = x
        for _ in range(2):
            near = math.nextafter(near, direction)
            yield near


def _exponentials(random: Random, count: int) -> Iterator[float]:
    for k in range(-1075, 1026, 25):
        yield from _neighbours((k + 0.5) * math.log(2))  # where the reduced argument is largest
    for edge in (-746.0, -745.13, -708.39, -40.0, -37.4, 22.0, 36.7, 44.0, 709.78, 710.47, 710.6):
        yield from _neighbours(edge)
    for _ in range(count):
        yield random.uniform(-745, 710)
        yield random.uniform(-40, 40)
        yield random.uniform(-1, 1)
        yield random.choice([-1, 1]) * 2.0 ** random.uniform(-1074, 9.4)


def _logarithms(random: Random, count: int) -> Iterator[float]:
    for k in range(-1074, 1024, 25):
        for m in (1.0, math.sqrt(2), 2.0 - 2.0**-52):
            yield from _neighbours(m * 2.0**k)
    for _ in range(count):
        yield 2.0 ** random.uniform(-1074, 1024)
        yield random.uniform(0.5, 2)
        yield 1 + random.choice([-1, 1]) * 2.0 ** random.uniform(-53, -1)
        yield random.uniform(1, 8)


def _logarithms_of_sums(random: Random, count: int) -> Iterator[float]:
    yield from (x - 1 for x in _logarithms(random, count))
    for _ in range(count):
        yield random.choice([-1, 1]) * 2.0 ** random.uniform(-1074, 0)
        yield random.uniform(-0.3, 0.45)


def _turns(random: Random, count: int) -> Iterator[float]:
    limit = elementary.LIMITED["sin"]
    most = int(limit / math.pi * 4)
    for k in [*range(-40, 40), *(random.randint(-most, most) for _ in range(count))]:
        yield from _neighbours(k * (math.pi / 4))
    for _ in range(count):
        yield random.uniform(-limit, limit)
        yield random.uniform(-10, 10)
        yield random.choice([-1, 1]) * 2.0 ** random.uniform(-1074, 0)


def _unit_interval(random: Random, count: int) -> Iterator[float]:
    for edge in (0.0, 0.5, 1.0, 2.0**-54, 2.0**-27):
        yield from _neighbours(edge)
        yield from _neighbours(-edge)
    for _ in range(count):
        yield random.uniform(-1, 1)
        yield random.uniform(-0.6, 0.6)
        yield random.choice([-1, 1]) * (1 - 2.0 ** random.uniform(-53, 0))
        yield random.choice([-1, 1]) * 2.0 ** random.uniform(-1074, 0)


def _everywhere(random: Random, count: int) -> Iterator[float]:
    for edge in (math.tan(math.pi / 8), 1.0, math.tan(3 * math.pi / 8), 2.0**28, 2.0**60, 2.0**-54):
        yield from _neighbours(edge)
        yield from _neighbours(-edge)
    for _ in range(count):
        yield random.choice([-1, 1]) * 2.0 ** random.uniform(-1074, 1024)
        yield random.uniform(-4, 4)
        yield random.choice([-1, 1]) * 2.0 ** random.uniform(-30, 30)


def _from_one(random: Random, count: int) -> Iterator[float]:
    yield from _neighbours(2.0**28)
    for _ in range(count):
        yield 1 + 2.0 ** random.uniform(-52, 4)
        yield 2.0 ** random.uniform(0, 1024)


def _pairs(random: Random, count: int) -> Iterator[tuple[float, float]]:
    for x in (5e-324, 2.0**-1022, 2.0**-600, 1.0, 2.0**600, 1.7e308):
        for y in (5e-324, 2.0**-1022, 2.0**-600, 1.0, 2.0**600, 1.7e308):
            yield from ((x, y), (-x, y), (x, -y), (-x, -y))
    for _ in range(count):
        x = random.choice([-1, 1]) * 2.0 ** random.uniform(-1074, 1024)
        ratio = random.choice([-1, 1]) * 2.0 ** random.uniform(-60, 60)
        yield x, max(-1.7e308, min(1.7e308, x * ratio))
        yield random.uniform(-4, 4), random.uniform(-4, 4)
        yield x, random.choice([-1, 1]) * 2.0 ** random.uniform(-1074, 1024)


KINDS: dict[str, tuple[Callable[..., Any], Callable[[Random, int], Iterator[Any]]]] = {
    "exp": (mp.exp, _exponentials),
    "expm1": (mp.expm1, _exponentials),
    "sinh": (mp.sinh, _exponentials),
    "cosh": (mp.cosh, _exponentials),
    "tanh": (mp.tanh, _exponentials),
    "log": (mp.log, _logarithms),
    "log2": (lambda x: mp.log(x) / mp.ln2, _logarithms),
    "log10": (lambda x: mp.log(x) / mp.ln10, _logarithms),
    "log1p": (mp.log1p, _logarithms_of_sums),
    "sin": (mp.sin, _turns),
    "cos": (mp.cos, _turns),
    "tan": (mp.tan, _turns),
    "asin": (mp.asin, _unit_interval),
    "acos": (mp.acos, _unit_interval),
    "atan": (mp.atan, _everywhere),
    "atan2": (mp.atan2, _pairs),
    "hypot": (mp.hypot, _pairs),
    "asinh": (mp.asinh, _everywhere),
    "acosh": (mp.acosh, _from_one),
    "atanh": (mp.atanh, _unit_interval),
}
"""Each function: its exact form, and the arguments it is tried at."""


def arguments(name: str, count: int) -> list[tuple[float, ...]]:
    """Return the arguments a function is tried at, the same ones on every run."""
    found = KINDS[name][1](Random(name), count)
    return [x if isinstance(x, tuple) else (x,) for x in found]


def error(name: str, operands: tuple[float, ...], got: float) -> float:
    """Return how far ``got`` is from the exact number at some operands, in ulp of that number."""
    exact = KINDS[name][0](*map(mpf, operands))
    if not isinstance(exact, mpf) or not mp.isfinite(exact):  # outside the domain, or a pole
        return 0.0 if not math.isfinite(got) else math.inf
    if math.isinf(got):
        return 0.0 if abs(exact) >= mpf(2) ** 1024 - mpf(2) ** 970 else math.inf
    return math.inf if math.isnan(got) else float(abs(mpf(got) - exact) / ulp(exact))


def largest_error(name: str, count: int) -> Found:
    """Return the largest error of a function found at its arguments."""
    function = getattr(elementary, name)
    with mp.workprec(PRECISION):
        return max(Found(error(name, x, function(*x)), x) for x in arguments(name, count))


if __name__ == "__main__":
    for name in KINDS:
        found = largest_error(name, int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
        print(f"{name:8}{found.ulps:6.3f} ulp at {', '.join(map(repr, found.operands))}")
