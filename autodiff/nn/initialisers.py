"""Initialisers: how large weights are before anything is learned.

An initialiser is called with a generator, the number of inputs and of outputs of the layer, and
returns one weight. Biases start at 0.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite, sqrt
from random import Random
from types import MappingProxyType
from typing import Any

Initialiser = Callable[[Random, int, int], float]


def zeros(generator: Random, fan_in: int, fan_out: int) -> float:
    """Return 0.0: units that start equal stay equal, which is what to show with it."""
    return 0.0


def gaussian(scale: float = 0.01) -> Initialiser:
    """Return the initialiser that draws from ``scale`` · N(0, 1).

    >>> from random import Random
    >>> round(gaussian(0.01)(Random(0), 3, 16), 4)
    0.0094
    """
    return partial(_gaussian, _positive(scale))


def uniform(scale: float = 0.01) -> Initialiser:
    """Return the initialiser that draws from [-``scale``, ``scale``]."""
    return partial(_uniform, _positive(scale))


def _gaussian(scale: float, generator: Random, fan_in: int, fan_out: int) -> float:
    return scale * generator.gauss(0.0, 1.0)


def _uniform(scale: float, generator: Random, fan_in: int, fan_out: int) -> float:
    return generator.uniform(-scale, scale)


def xavier(generator: Random, fan_in: int, fan_out: int) -> float:
    """Return a weight that keeps the variance of what goes forwards and backwards.

    Source: Glorot & Bengio 2010, eq. 16 (the uniform form).
    """
    return _uniform(sqrt(6 / (fan_in + fan_out)), generator, fan_in, fan_out)


def he(generator: Random, fan_in: int, fan_out: int) -> float:
    """Return a weight that keeps the variance through rectified units.

    Source: He, Zhang, Ren & Sun 2015, eq. 10.
    """
    return _gaussian(sqrt(2 / fan_in), generator, fan_in, fan_out)


def _positive(scale: Any) -> float:
    if not isinstance(scale, (int, float)) or not isfinite(scale) or scale <= 0:
        raise ValueError(f"scale: expected a number above 0, got {scale!r}")
    return float(scale)


INITIALISERS: Mapping[str, Initialiser] = MappingProxyType(
    {"zeros": zeros, "gaussian": gaussian(), "uniform": uniform(), "xavier": xavier, "he": he}
)
"""The initialisers that can be named by a word; the two with a scale have 0.01."""


def initialiser_of(chosen: str | Initialiser) -> Initialiser:
    """Return the initialiser that is meant by a word, or the function itself.

    Raises:
        ValueError: for a word that is none.
    """
    if callable(chosen):
        return chosen
    if chosen not in INITIALISERS:
        raise ValueError(f"initialiser {chosen!r}: there are {', '.join(INITIALISERS)}, or a function")
    return INITIALISERS[chosen]
