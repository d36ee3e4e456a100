"""Along what a derivative is looked at: each number alone, or of many some, and random directions."""

import math
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

MOST_COORDINATES = 48  # checked one by one; of more some, and random directions
_RANDOM = 6
_SEEN = 2.0**-20  # of the largest change of f: beside it, smaller ones cannot be seen to some digits
_CHOSEN = 8  # of many: those with the largest derivatives, and as many drawn, the first and the last


class Direction(NamedTuple):
    """A direction, one number for each argument's, and what a derivative along it is called."""

    label: str  # such as ∂f/∂w[1]
    steps: list[float]


def directions(
    name: str,
    labels: Sequence[str],
    sizes: Sequence[float],
    slopes: Sequence[float],
    generator: Random,
) -> Iterator[Direction]:
    """Yield what is differentiated along.

    Arguments:
        name: the function's.
        labels: what each number is called.
        sizes: of the numbers: random directions change each in proportion.
        slopes: the derivatives by each: of many, the largest are looked at.
        generator: draws the random ones.
    """
    count = len(labels)
    for i in chosen(slopes, generator):
        yield Direction(label_of(name, labels[i]), alone(i, count))
    if count > MOST_COORDINATES:
        change = [abs(slope * size) for slope, size in zip(slopes, sizes, strict=True)]
        known = [one for one in change if 0 < one < math.inf]
        least = max(min(known, default=1.0), _SEEN * max(known, default=0.0))
        for k in range(_RANDOM):
            steps = [
                generator.choice((-1.0, 1.0)) * generator.uniform(0.5, 1.0) * size for size in sizes
            ]
            if k % 2:  # so that what changes f little counts as much as what changes it most
                steps = [
                    d * least / one if 0 < one < math.inf else d
                    for d, one in zip(steps, change, strict=True)
                ]
            yield Direction(f"{_called(name)} along direction {k + 1}", steps)


def label_of(name: str, label: str) -> str:
    """Return what the derivative of a function by one number is called: ``∂f/∂w[1]``."""
    return f"∂{_called(name)}/∂{label}"


def _called(name: str) -> str:
    return name if name.isidentifier() else "f"


def chosen(slopes: Sequence[float], generator: Random) -> list[int]:
    """Return which numbers are looked at alone."""
    count = len(slopes)
    if count <= MOST_COORDINATES:
        return list(range(count))
    largest = sorted(range(count), key=lambda i: -abs(slopes[i]))[:_CHOSEN]
    return sorted({0, count - 1, *largest, *generator.sample(range(count), _CHOSEN)})


def chosen_note(count: int) -> list[str]:
    """Return what is said of so many numbers."""
    if count <= MOST_COORDINATES:
        return []
    return [f"{count:,} numbers: finite differences along some of them, and {_RANDOM} random directions"]


def second_directions(
    labels: Sequence[str], sizes: Sequence[float], generator: Random
) -> list[Direction]:
    """Return along what second derivatives are looked at."""
    if len(labels) <= 3:
        return [Direction(label, alone(i, len(labels))) for i, label in enumerate(labels)]
    return [Direction("a random direction", [generator.uniform(-1, 1) * size for size in sizes])]


def alone(i: int, count: int) -> list[float]:
    """Return the direction of number ``i`` of ``count``."""
    return [float(i == j) for j in range(count)]
