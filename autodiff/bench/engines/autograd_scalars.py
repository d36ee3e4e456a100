"""HIPS autograd with plain numbers."""

from typing import Any

import autograd.numpy as np
from autograd import value_and_grad

from autodiff.bench import workloads
from autodiff.bench.engines import scalars
from autodiff.bench.workloads import FACTOR, START, Outcome, Prepared


def network() -> Prepared:
    """Return workload D."""
    inputs, labels, numbers = workloads.network()
    layers = scalars.layers_of(float, numbers)

    def loss(layers: Any) -> Any:
        # Unpacked once: every access to a list that is differentiated costs as much as the list is long.
        unpacked = [[(list(weights), bias) for weights, bias in layer] for layer in layers]
        return scalars.network_loss(unpacked, inputs, labels, lambda x: np.maximum(x, 0.0))

    both = value_and_grad(loss)
    return Prepared(
        lambda: both(layers), lambda got: Outcome(float(got[0]), list(map(float, scalars.flat(got[1]))))
    )


def chain(count: int) -> Prepared:
    """Return the deep chain."""
    return _of_two(lambda x, c: scalars.chain(x, c, count))


def fan_out(count: int) -> Prepared:
    """Return the wide fan-out."""
    return _of_two(lambda x, c: scalars.fan_out(x, c, count))


def _of_two(graph: Any) -> Prepared:
    both = value_and_grad(graph, argnum=(0, 1))
    return Prepared(
        lambda: both(START, FACTOR), lambda got: Outcome(float(got[0]), list(map(float, got[1])))
    )
