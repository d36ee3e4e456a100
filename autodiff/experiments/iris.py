"""The lecture's experiment: three species of Iris, told apart by two measurements.

D = 3 inputs (two features and a constant 1), M = 16 logistic units, C = 3 classes; softmax and
cross-entropy; weights from 0.01 · N(0, 1); gradient descent with learning rate 0.1 until the gradient's
norm is at most 1e-9, or for 100,000 steps (COMP551, Gradient computation, 6.1-6.3).
"""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from autodiff import nn
from autodiff.data import iris as flowers
from autodiff.experiments.outcome import Outcome, Settings, shares
from autodiff.experiments.pictures import Boundaries
from autodiff.nn.costs import cost_of_tape

UNITS = 16
RATE = 0.1
EPS = 1e-9
STEPS = 100_000
DIFFERENCE = 1e-6  # of a central difference: its error is about 1e-10 for numbers around 1


def network(seed: int) -> nn.Sequential:
    """Return the lecture's network g(W h(V x)), with no biases but the constant input."""
    generator = Random(seed)
    return nn.Sequential(
        nn.Layer(3, UNITS, "logistic", generator=generator, initialiser=nn.gaussian(0.01), bias=False),
        nn.Layer(UNITS, 3, generator=generator, initialiser=nn.gaussian(0.01), bias=False),
    )


def experiment(settings: Settings) -> Outcome:
    """Return what the lecture's experiment gives."""
    table = flowers()
    length, width = (feature.replace("_", " ") for feature in table.features[:2])
    X = [[*measured[:2], 1.0] for measured in table.measurements]
    species = tuple(dict.fromkeys(table.species))
    classes = [species.index(name) for name in table.species]
    Y = np.eye(len(species))[classes]
    model = network(settings.seed)
    checked = gradient_errors(model, X, Y)
    history = nn.fit(
        model, X, Y, loss="cross_entropy_from_logits", optimiser=nn.SGD(RATE), eps=EPS,
        steps=settings.steps or STEPS, compiled=settings.compiled, progress=settings.progress,
    )  # fmt: skip

    def decide(points: Any) -> Any:
        return nn.predictions(model, np.column_stack([points, np.ones(len(points))])).argmax(axis=1)

    right = int((nn.predictions(model, X).argmax(axis=1) == classes).sum())
    why = {
        "steps": "its number of steps", "gradient": "its small gradient", "interrupted": "Ctrl-C",
    }  # fmt: skip
    lines = [
        f"Iris: {len(X)} flowers, their {length} and {width}, a constant 1",
        f"network: 3 inputs, {UNITS} logistic units, {len(species)} classes, softmax and cross-entropy",
        *checked.lines,
        f"stopped by {why.get(history.stopped, history.stopped)}: {history.steps:,} steps, "
        f"gradient norm {history.gradient_norm:.2e}",
        f"cost {history.costs[0]:.6f} -> {history.costs[-1]:.6f}",
        f"accuracy {shares(right, len(X))}",
        f"time {history.seconds:.1f} s, {'replayed from a tape' if history.replayed else 'on graphs'}",
    ]
    figures = {"cost": history.costs[-1], "right": right, "steps": history.steps, **checked.figures}
    picture = Boundaries(
        "Iris: what the network decides", (f"{length} in cm", f"{width} in cm"), [x[:2] for x in X],
        classes, species, decide,
    )  # fmt: skip
    return Outcome(lines, figures, picture, model)


class Checked:
    """How far the gradient is from finite differences."""

    def __init__(self, lines: list[str], figures: dict[str, float]) -> None:
        self.lines = lines
        self.figures = figures


def gradient_errors(model: nn.Module, X: Any, Y: Any) -> Checked:
    """Return how far the engine's gradient is from central differences, and what SciPy says of it."""
    X, Y = np.array(X), np.array(Y)
    replayed = cost_of_tape(model, nn.LOSSES["cross_entropy_from_logits"], 0.0)
    theta = np.array([parameter.data for parameter in model.parameters()])

    def cost(at: Any) -> float:
        return replayed(at, X, Y)[0]

    def gradient(at: Any) -> Any:
        return replayed(at, X, Y)[1]

    error = float(np.abs(gradient(theta) - central_differences(cost, theta)).max())
    lines = [f"gradient against central differences: at most {error:.0e} apart, {len(theta)} weights"]
    figures = {"difference": error}
    try:
        from scipy.optimize import check_grad
    except ImportError:
        lines.append("scipy.optimize.check_grad: not installed (pip install scipy)")
    else:
        figures["check_grad"] = float(check_grad(cost, gradient, theta))
        lines.append(f"scipy.optimize.check_grad: {figures['check_grad']:.0e}")
    return Checked(lines, figures)


def central_differences(cost: Callable[[Any], float], theta: Any) -> Any:
    """Return (cost(theta + h) - cost(theta - h)) / 2h for every parameter."""
    found = np.empty_like(theta)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = DIFFERENCE
        found[i] = (cost(theta + step) - cost(theta - step)) / (2 * DIFFERENCE)
    return found
