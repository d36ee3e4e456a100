"""Modules, losses and optimisers against PyTorch's numbers, which ``reference/make.py`` recorded."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn

REFERENCE = json.loads((Path(__file__).parent / "reference" / "pytorch.json").read_text())

# Each number is a few dozen operations, each off by an ulp or two in either library, at numbers around 1
# whose condition is ten or so: some 1e-14, and 6e-14 is what is found. The bound is the one promised to
# users; a wrong formula, a left out ε or another order of gates is off by far more.
RELATIVE = 1e-10

seeded = Random(0)


def close(found: Sequence[Any], wanted: Any) -> None:
    """Assert that numbers agree, each relative to its own size."""
    np.testing.assert_allclose([float(x) for x in found], np.ravel(wanted), rtol=RELATIVE, atol=0)


def flat(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [x for row in rows for x in row]


# ── modules ─────────────────────────────────────────────────────────────────────────────────────


def steps_of(cell: Any, X: Sequence[Sequence[Any]]) -> list[Any]:
    """Return h after every step, and an LSTM's last c."""
    state = cell.start()
    outs = []
    for x in X:
        state = cell.step(x, state)
        outs += state[0]
    return [*outs, *flat(state[1:])]


def of_batch(model: nn.Module, X: Sequence[Sequence[Any]]) -> list[Any]:
    return flat(model.batch(X))


def attention_of(_: None, x: Sequence[Sequence[Any]]) -> list[Any]:
    queries, keys, values = [r[:3] for r in x[:4]], [r[:3] for r in x[4:]], [r[3:] for r in x[4:]]
    return flat(nn.attention(queries, keys, values))


def normalised(case: Any) -> nn.Module:
    model = nn.BatchNorm(3)
    if "whole" in case:
        nn.settle(model, case["whole"])
        model.eval()
    return model


Run = Callable[[Any, Any], list[Any]]
MODULES: dict[str, tuple[Callable[[Any], Any], Run]] = {
    f"layer {name}": (
        lambda case, name=name: nn.Layer(3, 4, name, generator=seeded), lambda model, x: model(x)
    )
    for name in nn.ACTIVATIONS
} | {
    "maxout": (lambda case: nn.Maxout(2, 3, 4, generator=seeded), lambda model, x: model(x)),
    "residual": (
        lambda case: nn.Residual(nn.Layer(3, 3, "tanh", generator=seeded)), lambda model, x: model(x)
    ),
    "gated": (lambda case: nn.Gated(3, 4, "tanh", generator=seeded), lambda model, x: model(x)),
    "batch norm in training": (normalised, of_batch),
    "batch norm in testing": (normalised, of_batch),
    "lstm": (lambda case: nn.LSTMCell(2, 3, generator=seeded), steps_of),
    "gru": (lambda case: nn.GRUCell(2, 3, generator=seeded), steps_of),
    "attention": (lambda case: None, attention_of),
    "self attention": (
        lambda case: nn.SelfAttention(2, 4, generator=seeded), lambda model, x: flat(model(x))
    ),
}  # fmt: skip


def test_every_recorded_module_is_compared():
    assert MODULES.keys() == REFERENCE["modules"].keys()


@pytest.mark.parametrize("name", MODULES)
def test_a_modules_values_and_gradients_are_pytorchs(name):
    case = REFERENCE["modules"][name]
    make, run = MODULES[name]
    model = make(case)
    theta = model.parameters() if model else []
    for parameter, number in zip(theta, case["theta"], strict=True):
        parameter.data = number
    x = np.vectorize(ad.Value, otypes=[object])(case["x"])
    y = run(model, x.tolist())
    close([yi.data for yi in y], case["y"])
    ad.backward(y, np.ravel(case["y_bar"]).tolist())
    close([parameter.grad for parameter in theta], case["theta_bar"])
    close([xi.grad for xi in x.ravel()], case["x_bar"])


def test_a_recurrent_model_reads_out_the_last_h():
    case = REFERENCE["modules"]["gru"]
    cell = nn.GRUCell(2, 3, generator=seeded)
    for parameter, number in zip(cell.parameters(), case["theta"], strict=True):
        parameter.data = number
    readout = nn.Layer(3, 3, generator=seeded, bias=False)
    for i, neuron in enumerate(readout.neurons):
        for j, w in enumerate(neuron.w):
            w.data = float(i == j)
    close([y.data for y in nn.Recurrent(cell, readout)(case["x"])], case["y"][-3:])


# ── losses ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", nn.LOSSES)
def test_a_losss_value_and_gradient_are_pytorchs(name):
    for case in REFERENCE["losses"][name]:
        y = [ad.Value(number) for number in case["y"]]
        loss = nn.LOSSES[name](y, case["d"])
        close([loss.data], case["loss"])
        loss.backward()
        close([yi.grad for yi in y], case["y_bar"])


def test_every_recorded_loss_is_compared():
    assert nn.LOSSES.keys() == REFERENCE["losses"].keys()


# ── optimisers ──────────────────────────────────────────────────────────────────────────────────

OPTIMISERS = {
    "sgd": partial(nn.SGD, 0.05),
    "momentum": partial(nn.SGD, 0.05, momentum=0.9),
    "weight decay": partial(nn.SGD, 0.05, momentum=0.9, weight_decay=0.1),
    "adam": partial(nn.Adam, 0.05, betas=(0.8, 0.95)),
    "adamw": partial(nn.Adam, 0.05, betas=(0.8, 0.95), weight_decay=0.1),
}


def test_every_recorded_optimiser_is_compared():
    assert OPTIMISERS.keys() == REFERENCE["optimisers"].keys()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_optimisers_steps_are_pytorchs(name):
    start, *path = REFERENCE["optimisers"][name]["path"]
    optimiser = OPTIMISERS[name]()
    theta = [ad.Value(number) for number in start]
    for wanted in path:
        ad.zero_grad(theta)
        ad.sum([x**4 / 4 - x for x in theta]).backward()
        optimiser.step(theta)
        close([x.data for x in theta], wanted)
