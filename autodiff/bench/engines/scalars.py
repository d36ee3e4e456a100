"""The workloads in scalar arithmetic, for every engine that has its own kind of number.

The inner sums are written as micrograd writes them: ``zip``'s keyword alone would cost plain floats a
tenth of their time.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autodiff.bench.workloads import PENALTY, fan_out_weights


def weighted(weights: Sequence[Any], x: Sequence[Any]) -> Any:
    """Return the sum of the products."""
    return sum(w * xi for w, xi in zip(weights, x, strict=True))


def score(layers: Sequence[Any], x: Sequence[Any], relu: Callable[[Any], Any]) -> Any:
    """Return what the network makes of one point."""
    *hidden, [(weights, bias)] = layers
    for layer in hidden:
        x = [relu(sum((wi * xi for wi, xi in zip(w, x)), b)) for w, b in layer]  # noqa: B905
    return sum((wi * xi for wi, xi in zip(weights, x)), bias)  # noqa: B905


def network_loss(
    layers: Sequence[Any], inputs: Sequence[Any], labels: Sequence[Any], relu: Callable[[Any], Any]
) -> Any:
    """Return the loss of workload D, as micrograd's demo computes it."""
    losses = [relu(1 + -label * score(layers, x, relu)) for x, label in zip(inputs, labels, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + PENALTY * sum(p * p for p in flat(layers))


def layers_of(kind: Callable[[float], Any], layers: list[list[list[float]]]) -> list[Any]:
    """Return the network's parameters as numbers of an engine's own kind, a neuron (weights, bias)."""
    return [[([kind(w) for w in weights], kind(bias)) for *weights, bias in layer] for layer in layers]


def flat(layers: Sequence[Any]) -> list[Any]:
    """Return the network's parameters in one list, neuron by neuron."""
    return [p for layer in layers for weights, bias in layer for p in (*weights, bias)]


def chain(x: Any, c: Any, count: int) -> Any:
    """Return x·c·c·…: ``count`` nodes, one on top of the other."""
    for _ in range(count):
        x = x * c
    return x


def fan_out(x: Any, c: Any, count: int) -> Any:
    """Return c·(w1·x + w2·x + …), ``count`` different multiples of one leaf added in pairs."""
    terms = [x * w for w in fan_out_weights(count)]
    while len(terms) > 1:
        left_over = terms[-1:] if len(terms) % 2 else []
        terms = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)] + left_over
    return terms[0] * c
