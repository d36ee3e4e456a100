"""Backpropagation layer by layer: what the graph holds, against the lecture's matrix formulas.

∇ŷ = -e_l/ŷ_l, ∇a_L = ŷ - e_l; ∇h = Wᵀ∇a, ∇a = ∇h ⊙ g'; ∇W_k = ∇a_k h_{k-1}ᵀ, ∇b = ∇a
(CS6910 4.5-4.7).
"""

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np

from autodiff import nn
from autodiff.experiments.outcome import Outcome, Settings
from autodiff.experiments.pictures import Curves
from autodiff.value import Value

SIZES = (3, 3, 3)
INPUT = (0.5, -1.0, 2.0)
CLASS = 1


class Quantity(NamedTuple):
    """A gradient: as the graph holds it, and as the formula gives it."""

    name: str
    formula: str
    graph: Any
    matrix: Any


class Pass(NamedTuple):
    """A forward pass with every layer's numbers kept."""

    layers: Sequence[nn.Layer]
    a: list[list[Value]]
    h: list[list[Any]]
    loss: Value


def forward(model: nn.Sequential, x: Sequence[float], wanted: Sequence[float]) -> Pass:
    """Return the pre-activations and outputs of each layer, and the loss."""
    layers = [layer for layer in model.layers if isinstance(layer, nn.Layer)]
    a, h = [], [list(x)]
    for layer in layers:
        a.append([neuron(h[-1]) for neuron in layer.neurons])
        h.append(layer.activation.of(a[-1]))
    return Pass(layers, a, h, nn.cross_entropy(h[-1], wanted))


def quantities(model: nn.Sequential, x: Sequence[float], wanted: Sequence[float]) -> list[Quantity]:
    """Return each gradient of the lecture's table, from the output back."""
    run = forward(model, x, wanted)
    run.loss.backward()
    y, e = _numbers(run.h[-1]), np.array(wanted)
    last = len(run.layers)
    a_bar = y - e
    found = [
        Quantity("∇ŷ", "-e/ŷ", _gradients(run.h[-1]), -e / y),
        Quantity(f"∇a_{last}", "ŷ - e", _gradients(run.a[-1]), a_bar),
    ]
    for k in range(last, 0, -1):
        layer = run.layers[k - 1]
        W = np.array([_numbers(neuron.w) for neuron in layer.neurons])
        below = _numbers(run.h[k - 1])
        weights = np.array([_gradients(neuron.w) for neuron in layer.neurons])
        biases = np.array([neuron.b.grad for neuron in layer.neurons if neuron.b is not None])
        found.append(Quantity(f"∇W_{k}", f"∇a_{k} h_{k - 1}ᵀ", weights, np.outer(a_bar, below)))
        found.append(Quantity(f"∇b_{k}", f"∇a_{k}", biases, a_bar))
        if k > 1:
            h_bar = W.T @ a_bar
            a_bar = h_bar * below * (1 - below)  # of a logistic layer, g' = h(1 - h)
            found.append(Quantity(f"∇h_{k - 1}", f"W_{k}ᵀ ∇a_{k}", _gradients(run.h[k - 1]), h_bar))
            shown = f"∇h_{k - 1} ⊙ g'(a_{k - 1})"
            found.append(Quantity(f"∇a_{k - 1}", shown, _gradients(run.a[k - 2]), a_bar))
    return found


def experiment(settings: Settings) -> Outcome:
    """Return every gradient of a small network, from the graph and from the formulas."""
    generator = Random(settings.seed)
    model = nn.MLP(SIZES, "logistic", "softmax", generator=generator)
    wanted = [float(i == CLASS) for i in range(SIZES[-1])]
    lines = [
        f"network {'-'.join(map(str, SIZES))}: logistic, softmax, cross-entropy; "
        f"x = {INPUT}, class {CLASS + 1}"
    ]
    worst, sizes = 0.0, {}
    for one in quantities(model, INPUT, wanted):
        apart = float(np.abs(one.graph - one.matrix).max())
        worst = max(worst, apart)
        lines.append(f"{one.name} = {one.formula}   (at most {apart:.1e} apart)")
        lines += [f"  {row}" for row in _rows(one.graph)]
        sizes[one.name] = float(np.abs(one.graph).max())
    picture = Curves(
        "How large the gradients are, from the output back", "largest entry",
        {", ".join(sizes): list(sizes.values())}, along="quantity, in the order of the legend",
    )  # fmt: skip
    return Outcome([*lines, f"at most {worst:.1e} apart"], {"worst": worst}, picture, model)


def _numbers(values: Sequence[Any]) -> Any:
    return np.array([x.data if isinstance(x, Value) else x for x in values])


def _gradients(values: Sequence[Value]) -> Any:
    return np.array([x.grad for x in values])


def _rows(array: Any) -> list[str]:
    return ["  ".join(f"{x: .6f}" for x in row) for row in np.atleast_2d(array)]
