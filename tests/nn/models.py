"""One small model of every kind that a file can name, for the tests that hold for each of them."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np

from autodiff import nn


class Example(NamedTuple):
    """A model, and samples for it; for a cell, a sequence."""

    make: Callable[[Random], nn.Module]
    X: Sequence[Any]


ROWS = [[0.3, -0.8], [1.1, 0.4], [-0.6, 0.9]]
SEQUENCES = [[[0.3, -0.8], [1.1, 0.4]], [[-0.6, 0.9], [0.2, 0.7]]]


def _sequential(generator: Random) -> nn.Module:
    return nn.Sequential(
        nn.Layer(2, 3, generator=generator, name="first"),
        nn.BatchNorm(3),
        nn.RandomisedLeakyReLU(generator=generator),
        nn.Residual(nn.Sequential(nn.Layer(3, 3, "tanh", generator=generator), nn.BatchNorm(3))),
        nn.Layer(3, 1, generator=generator, bias=False, atomic=True),
    )


EXAMPLES = {
    "Layer": Example(lambda g: nn.Layer(2, 3, "softmax", generator=g, name="only"), ROWS),
    "Sequential": Example(_sequential, ROWS),
    "MLP": Example(lambda g: nn.MLP([2, 3, 2], "elu", "logistic", generator=g), ROWS),
    "Maxout": Example(lambda g: nn.Maxout(2, 2, 3, generator=g), ROWS),
    "RandomisedLeakyReLU": Example(lambda g: nn.RandomisedLeakyReLU(0.1, 0.5, generator=g), ROWS),
    "Residual": Example(lambda g: nn.Residual(nn.Layer(2, 2, "silu", generator=g)), ROWS),
    "Gated": Example(lambda g: nn.Gated(2, 3, "tanh", generator=g), ROWS),
    "BatchNorm": Example(lambda g: nn.BatchNorm(2, 1e-3), ROWS),
    "LSTMCell": Example(lambda g: nn.LSTMCell(2, 2, generator=g), ROWS),
    "GRUCell": Example(lambda g: nn.GRUCell(2, 2, generator=g), ROWS),
    "Recurrent": Example(
        lambda g: nn.Recurrent(nn.LSTMCell(2, 2, generator=g), nn.Layer(2, 1, generator=g)), SEQUENCES
    ),
    "SelfAttention": Example(lambda g: nn.SelfAttention(2, 3, generator=g), SEQUENCES),
    "EachElement": Example(
        lambda g: nn.EachElement(nn.MLP([2, 2, 1], "gelu", generator=g, bias=False)), SEQUENCES
    ),
}


def moved(model: nn.Module, seed: int = 7) -> nn.Module:
    """Return the model with other parameters; no bias stays 0, and no γ 1."""
    generator = Random(seed)
    for parameter in model.parameters():
        parameter.data += generator.uniform(-0.5, 0.5)
    return model


def outputs(model: Any, X: Sequence[Any]) -> list[Any]:
    """Return all outputs for all samples, a flat list; of a cell, its state after every element."""
    if not hasattr(model, "step"):
        return list(np.array(model.batch(X), dtype=object).ravel())
    state = model.start()
    found = []
    for x in X:
        state = model.step(x, state)
        found += [number for part in state for number in part]
    return found


def numbers(outs: Sequence[Any]) -> list[float]:
    """Return the numbers alone."""
    return [x if isinstance(x, float) else x.data for x in outs]
