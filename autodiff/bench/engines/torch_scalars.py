"""PyTorch with a tensor for every number."""

from collections.abc import Callable
from typing import Any

import torch

from autodiff.bench import workloads
from autodiff.bench.engines import scalars
from autodiff.bench.workloads import FACTOR, START, Outcome, Prepared

torch.set_num_threads(1)


def _leaf(number: float) -> Any:
    return torch.tensor(number, dtype=torch.float64, requires_grad=True)


def network() -> Prepared:
    """Return workload D."""
    inputs, labels, numbers = workloads.network()
    layers = scalars.layers_of(_leaf, numbers)
    return _prepared(
        scalars.flat(layers), lambda: scalars.network_loss(layers, inputs, labels, torch.relu)
    )


def chain(count: int) -> Prepared:
    """Return the deep chain."""
    x, c = _leaf(START), _leaf(FACTOR)
    return _prepared([x, c], lambda: scalars.chain(x, c, count))


def fan_out(count: int) -> Prepared:
    """Return the wide fan-out."""
    x, c = _leaf(START), _leaf(FACTOR)
    return _prepared([x, c], lambda: scalars.fan_out(x, c, count))


def grown(count: int) -> Any:
    """Return a graph of ``count`` nodes."""
    return scalars.chain(_leaf(START), _leaf(FACTOR), count)


def _prepared(parameters: list[Any], forward: Callable[[], Any]) -> Prepared:
    def step() -> Any:
        for parameter in parameters:
            parameter.grad = None
        loss = forward()
        loss.backward()
        return loss

    return Prepared(step, lambda loss: Outcome(loss.item(), [p.grad.item() for p in parameters]))
