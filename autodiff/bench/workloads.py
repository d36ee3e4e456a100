"""The work that is timed, as plain numbers: every engine is given the same.

What an engine makes of a workload is a ``Prepared``: a step to be timed, and how to read its outcome.
Parameters and gradients are laid out flat, in one order for all engines.
"""

import itertools
import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from autodiff.data import iris

PENALTY = 1e-4  # the factor of the squared weights in workload D
RATE = 0.1  # of the gradient descent in workload I
COMPARED = 1000  # steps of a descent, after which engines can be compared: later it amplifies rounding


class Outcome(NamedTuple):
    """What a step computed: a value, and the gradient with respect to each parameter in order."""

    value: float
    gradient: list[float]


class Prepared(NamedTuple):
    """A workload in the hands of an engine."""

    step: Callable[[], Any]  # one timed piece of work, from the parameters' numbers to the gradient
    outcome: Callable[[Any], Outcome]  # what the step's result says, as plain numbers
    per: int = 1  # how many steps of the workload one call is


class Network(NamedTuple):
    """Workload D, micrograd's demo: a 2-16-16-1 ReLU network, hinge loss and penalty, 100 points.

    A layer is a list of neurons; a neuron is its weights and, last, its bias. Flat, the parameters
    come neuron by neuron.
    """

    inputs: list[list[float]]
    labels: list[float]
    layers: list[list[list[float]]]


class Experiment(NamedTuple):
    """Workload I, the lecture's Iris experiment: V (D×M), logistic units, W (M×C), softmax, N flowers.

    Inputs are two features and a 1 for the bias; labels are one-hot. Flat, V comes before W, row by row.
    """

    inputs: list[list[float]]
    labels: list[list[float]]
    V: list[list[float]]
    W: list[list[float]]


def moons(count: int, noise: float, generator: random.Random) -> tuple[list[list[float]], list[float]]:
    """Return ``count`` points on two interleaving half circles, labelled +1 (upper) and -1 (lower)."""
    half = count // 2
    angles = [math.pi * i / (half - 1) for i in range(half)]
    points = [[math.cos(angle), math.sin(angle)] for angle in angles]
    points += [[1 - math.cos(angle), 0.5 - math.sin(angle)] for angle in angles]
    noisy = [[x + generator.gauss(0, noise) for x in point] for point in points]
    return noisy, [1.0] * half + [-1.0] * half


def network() -> Network:
    """Return workload D: the same numbers on every machine."""
    generator = random.Random(1337)
    inputs, labels = moons(100, 0.1, generator)
    sizes = (2, 16, 16, 1)
    layers = [
        [[generator.uniform(-1, 1) for _ in range(fan_in)] + [0.0] for _ in range(fan_out)]
        for fan_in, fan_out in itertools.pairwise(sizes)
    ]
    return Network(inputs, labels, layers)


def compared(workload: str, size: int | None) -> int | None:
    """Return the size at which engines are compared before they are timed at ``size``."""
    return min(size, COMPARED) if workload == "descent" and size is not None else size


def experiment() -> Experiment:
    """Return workload I at the descent's first step: all 150 flowers, weights 0.01·N(0, 1)."""
    flowers = iris()
    kinds = list(dict.fromkeys(flowers.species))
    inputs = [[length, width, 1.0] for length, width, *_ in flowers.measurements]
    labels = [[float(kind == species) for kind in kinds] for species in flowers.species]
    generator = random.Random(551)

    def weights(rows: int, columns: int) -> list[list[float]]:
        return [[generator.gauss(0, 1) * 0.01 for _ in range(columns)] for _ in range(rows)]

    return Experiment(inputs, labels, weights(3, 16), weights(16, 3))


FACTOR = 1 - 1e-7  # a product of ten million of them is still a number of ordinary size
START = 1.5


def fan_out_weights(count: int) -> list[float]:
    """Return the multiples in the wide fan-out: all different, so that none is computed once for two."""
    return [1 + i / count for i in range(count)]
