"""Points of two dimensions in shapes that no straight line takes apart, for classifiers to learn.

Each shape is a curve for each class, on which points lie at even distances of their parameter, class
after class; ``noise`` is the standard deviation of what is then added to each coordinate.
"""

import math
import operator
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from autodiff.data.preparing import as_generator
from autodiff.scalars import as_float


class Points(NamedTuple):
    """Points ``[x, y]``, and the class of each, from 0."""

    points: list[list[float]]
    labels: list[int]


def moons(count: int, *, noise: float = 0.0, generator: random.Random) -> Points:
    """Return ``count`` points on two interleaving half circles of radius 1, the upper 0 and the lower 1.

    The upper one is (cos t, sin t), the lower one (1 - cos t, 1/2 - sin t), t from 0 to π.

    Args:
        count: how many points, at least 4; class 0 has one more if it is odd.
        noise: the standard deviation of the normal noise in each coordinate.
        generator: where the noise comes from.

    Raises:
        ValueError: for too few points, and for noise that is negative or not finite.
        TypeError: for a count that is no integer, and a generator that is no ``random.Random``.

    >>> points, labels = moons(4, generator=random.Random(0))
    >>> [[round(x, 9) for x in point] for point in points]
    [[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [2.0, 0.5]]
    >>> labels
    [0, 0, 1, 1]
    """
    # The quotient first: it ends at exactly 1, so no angle is beyond π.
    upper, lower = ([math.pi * (i / (size - 1)) for i in range(size)] for size in _sizes(count, 2))
    curves = [
        [(math.cos(t), math.sin(t)) for t in upper],
        [(1 - math.cos(t), 0.5 - math.sin(t)) for t in lower],
    ]
    return _scattered(curves, noise, generator)


def circles(count: int, *, noise: float = 0.0, factor: float = 0.5, generator: random.Random) -> Points:
    """Return ``count`` points on two circles around the origin, the outer 0 and the inner 1.

    Args:
        count: how many points, at least 4; class 0 has one more if it is odd.
        noise: the standard deviation of the normal noise in each coordinate.
        factor: the radius of the inner circle, between 0 and 1; that of the outer one is 1.
        generator: where the noise comes from.

    Raises:
        ValueError: for too few points, noise that is negative or not finite, and a factor that is not
            between 0 and 1.
        TypeError: for a count that is no integer, and a generator that is no ``random.Random``.

    >>> points, labels = circles(4, generator=random.Random(0))
    >>> [[round(x, 9) for x in point] for point in points]
    [[1.0, 0.0], [-1.0, 0.0], [0.5, 0.0], [-0.5, 0.0]]
    >>> labels
    [0, 0, 1, 1]
    """
    inner = as_float(factor, "factor")
    if not 0 < inner < 1:
        raise ValueError(f"factor: expected a radius between 0 and 1, got {factor!r}")
    curves = []
    for radius, size in zip((1.0, inner), _sizes(count, 2), strict=True):
        angles = [2 * math.pi * i / size for i in range(size)]
        curves.append([(radius * math.cos(t), radius * math.sin(t)) for t in angles])
    return _scattered(curves, noise, generator)


def spirals(
    count: int, *, noise: float = 0.0, classes: int = 2, turns: float = 1.0, generator: random.Random
) -> Points:
    """Return ``count`` points on the arms of a spiral, which wind from the origin to the unit circle.

    Arm k of C has at radius r the angle 2π (turns · r + k / C). Its n points have the radii
    1/n, 2/n, …, 1: the origin, which all arms share, would be of every class.

    Args:
        count: how many points, at least 2 for each class; the first classes have one more where
            ``count`` is no multiple of ``classes``.
        noise: the standard deviation of the normal noise in each coordinate.
        classes: how many arms, at least 2.
        turns: how often an arm winds around the origin, more than 0.
        generator: where the noise comes from.

    Raises:
        ValueError: for too few points or classes, noise that is negative or not finite, and turns that
            are not positive or not finite.
        TypeError: for counts that are no integers, and a generator that is no ``random.Random``.

    >>> points, labels = spirals(4, generator=random.Random(0))
    >>> [round(math.hypot(x, y), 9) for x, y in points]
    [0.5, 1.0, 0.5, 1.0]
    >>> labels
    [0, 0, 1, 1]
    """
    arms = _integer(classes, "classes")
    if arms < 2:
        raise ValueError(f"classes: expected at least 2, got {classes!r}")
    winding = as_float(turns, "turns")
    if not 0 < 2 * math.pi * winding < math.inf:
        raise ValueError(f"turns: expected a finite number > 0, got {turns!r}")
    curves = []
    for k, size in enumerate(_sizes(count, arms)):
        radii = [(i + 1) / size for i in range(size)]
        angles = [2 * math.pi * (winding * r + k / arms) for r in radii]
        arm = zip(radii, angles, strict=True)
        curves.append([(r * math.cos(t), r * math.sin(t)) for r, t in arm])
    return _scattered(curves, noise, generator)


def xor(count: int, *, noise: float = 0.0, generator: random.Random) -> Points:
    """Return ``count`` points at the corners of the unit square, labelled x XOR y, or in clouds there.

    Class 0 is at (0, 0) and (1, 1), class 1 at (0, 1) and (1, 0), in turns. With noise, each corner is
    the mean of a normal distribution.

    Args:
        count: how many points, at least 4; class 0 has one more if it is odd.
        noise: the standard deviation of the normal noise in each coordinate.
        generator: where the noise comes from.

    Raises:
        ValueError: for too few points, and for noise that is negative or not finite.
        TypeError: for a count that is no integer, and a generator that is no ``random.Random``.

    >>> xor(4, generator=random.Random(0))
    Points(points=[[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]], labels=[0, 0, 1, 1])
    """
    corners = [((0.0, 0.0), (1.0, 1.0)), ((0.0, 1.0), (1.0, 0.0))]
    sizes = _sizes(count, 2)
    curves = [[pair[i % 2] for i in range(size)] for pair, size in zip(corners, sizes, strict=True)]
    return _scattered(curves, noise, generator)


def _sizes(count: int, classes: int) -> list[int]:
    """Return how many of ``count`` points each class has: as equal as can be, more in the first ones."""
    whole = _integer(count, "count")
    if whole < 2 * classes:
        raise ValueError(f"count: expected at least {2 * classes}, 2 for each class, got {count!r}")
    size, extra = divmod(whole, classes)
    return [size + (k < extra) for k in range(classes)]


def _scattered(
    curves: Sequence[Sequence[tuple[float, float]]], noise: float, generator: random.Random
) -> Points:
    generator = as_generator(generator)
    deviation = as_float(noise, "noise")
    if not 0 <= deviation < math.inf:
        raise ValueError(f"noise: expected a finite standard deviation >= 0, got {noise!r}")
    points = [[x + generator.gauss(0, deviation) for x in point] for curve in curves for point in curve]
    return Points(points, [k for k, curve in enumerate(curves) for _ in curve])


def _integer(number: Any, place: str) -> int:
    try:
        return operator.index(number)
    except TypeError:
        raise TypeError(f"{place}: expected an integer, got {type(number).__name__}") from None
