"""Where the rows are tested: points spaced logarithmically over all that a float can hold.

``AUTODIFF_TABLE_DENSITY=10`` in the environment tests ten times as many points.
"""

import itertools
import math
import os
from collections.abc import Iterator, Sequence
from random import Random

import autodiff as ad
from tests.table.oracles import Region

DENSITY = int(os.environ.get("AUTODIFF_TABLE_DENSITY", "1"))

TINY = 5e-324  # the smallest float above 0
SMALLEST_NORMAL = 2.0**-1022
LARGEST = 1.7976931348623157e308

_TAILS = [10.0**k for k in range(-320, 309, 23)] + [TINY, SMALLEST_NORMAL, LARGEST, 1e-308, 1e308]
_CLOSE_TO_1 = [1 + sign * 10.0**-k for k in (1, 2, 4, 8, 12, 15) for sign in (-1, 1)]
_MODERATE = [
    1e-12, 1e-8, 1e-5, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, math.pi / 2, math.pi,
    5.0, 7.3, 10.0, 20.0, 27.0, 37.5, 40.0, 100.0, 355.0, 700.0, 709.5, 720.0, 746.0, 1e4, 1e6, 1e9,
    1e16,
]  # fmt: skip
_FEW = [0.1, 0.5, 1.0, 2.0, 7.5, 40.0]


def _signed(xs: Sequence[float]) -> list[float]:
    return [sign * x for x in xs for sign in (1.0, -1.0)]


def _log_uniform(random: Random) -> float:
    """Return a float of any magnitude and sign, half of the time a moderate one."""
    bound = random.choice([2, 320])
    return random.choice([1.0, -1.0]) * 10 ** random.uniform(-bound, min(bound, 308))


UNIVERSE = [0.0, *_signed(_TAILS), *_signed(_CLOSE_TO_1), *_signed(_MODERATE)]


def _unary(random: Random) -> Iterator[tuple[float, ...]]:
    yield from ((x,) for x in UNIVERSE)
    yield from ((_log_uniform(random),) for _ in range(200 * (DENSITY - 1)))


def _several(count: int, random: Random) -> Iterator[tuple[float, ...]]:
    few = list(itertools.product(_signed(_FEW), repeat=count)) if count < 3 else []
    yield from few if count > 1 else []
    for _ in range(40 * DENSITY):
        yield tuple(random.choice(UNIVERSE) for _ in range(count))
        yield tuple(_log_uniform(random) for _ in range(count))
        yield tuple(random.choice(_signed(_MODERATE)) for _ in range(count))
        # Operands of like size, and almost equal ones: where ties, overflow and cancellation are.
        scale = _log_uniform(random)
        yield tuple(scale * random.uniform(-2.0, 2.0) for _ in range(count))
        yield tuple(scale * (1 + random.choice([-4, -1, 1, 4]) * 1e-9) for _ in range(count))


def points(row: ad.Primitive, count: int) -> list[tuple[float, ...]]:
    """Return the points at which ``row`` is tested with ``count`` operands: finite, in its domain."""
    random = Random(f"{row.name} of {count}")
    found = _unary(random) if count == 1 else _several(count, random)
    finite = [point for point in found if all(map(math.isfinite, point))]
    if row.domain is None:
        return finite
    return [point for point in finite if Region(row, point).holds(row.domain.tree)]
