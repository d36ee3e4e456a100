"""The shape of a network's cost: symmetries, a saddle that noise leaves, units that start equal.

COMP551 3 and 8: permuting hidden units, negating an odd unit, and rescaling a rectified one leave
every output as it is; gradient descent can end at a saddle, stochastic gradient descent leaves it;
units with equal weights get equal gradients for ever.
"""

from collections.abc import Sequence
from math import fsum
from random import Random
from typing import Any

from autodiff import nn
from autodiff.data import moons
from autodiff.experiments.outcome import Outcome, Settings, finished
from autodiff.experiments.pictures import Curves
from autodiff.value import Value

UNITS = 6
TRAINED = 200
FACTOR = 4.0  # a power of two: rescaling by it rounds nothing


def trained(activation: str, seed: int, steps: int) -> tuple[nn.MLP, Any, Any]:
    """Return a network that has learned the two moons, and the moons."""
    generator = Random(seed)
    points, labels = moons(40, noise=0.1, generator=generator)
    model = nn.MLP([2, UNITS, 1], activation, generator=generator)
    wanted = [float(label) for label in labels]
    history = nn.fit(
        model,
        points,
        wanted,
        loss="binary_cross_entropy_from_logits",
        optimiser=nn.Adam(0.05),
        steps=steps,
    )
    finished(history)
    return model, points, wanted


def mean_loss(model: nn.Module, points: Any, wanted: Any) -> float:
    """Return the mean of the samples' losses."""
    loss = nn.binary_cross_entropy_from_logits
    return fsum(loss(model(x), d).data for x, d in zip(points, wanted, strict=True)) / len(points)


def permute(model: nn.MLP) -> None:
    """Put the hidden units into the opposite order."""
    hidden, readout = model.layers
    hidden.neurons.reverse()  # type: ignore[attr-defined]
    for neuron in readout.neurons:  # type: ignore[attr-defined]
        neuron.w.reverse()


def negate(model: nn.MLP, unit: int = 0) -> None:
    """Negate what goes into a hidden unit, and what comes out: the same for an odd activation."""
    _scale(model, unit, -1.0, -1.0)


def rescale(model: nn.MLP, unit: int = 0) -> None:
    """Multiply what goes into a hidden unit, and divide what comes out: the same for relu."""
    _scale(model, unit, FACTOR, 1 / FACTOR)


def _scale(model: nn.MLP, unit: int, into: float, out: float) -> None:
    hidden, readout = model.layers
    neuron = hidden.neurons[unit]  # type: ignore[attr-defined]
    for weight in (*neuron.w, neuron.b):
        weight.data = into * weight.data
    for user in readout.neurons:  # type: ignore[attr-defined]
        user.w[unit].data = out * user.w[unit].data


class SquaredLine(nn.Module):
    """ŷ = (w·x)²: the sign of w does not matter, so there are two minima with a saddle in between."""

    def __init__(self, w: Sequence[float]) -> None:
        self.w = [Value(number, name=f"w[{i + 1}]") for i, number in enumerate(w)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return the squared sum."""
        total = self.w[0] * x[0] + self.w[1] * x[1]
        return [total * total]


def saddle(seed: int, steps: int) -> dict[str, tuple[list[float], float]]:
    """Return for gradient descent and for SGD the costs, and how large w[1] has become.

    The samples come in mirrored pairs (u, v), (-u, v), and w[1] starts at 0: the gradient by w[1] of
    the whole batch is 0 by symmetry, that of a minibatch is not.
    """
    generator = Random(seed)
    X = []
    for _ in range(20):
        u, v = generator.gauss(0, 1), generator.gauss(0, 1)
        X += [[u, v], [-u, v]]
    Y = [x[0] ** 2 for x in X]  # w = (±1, 0) is right
    found = {}
    for name, batches in (
        ("gradient descent", None),
        ("stochastic gradient descent", nn.Minibatches(5, generator=Random(seed))),
    ):
        model = SquaredLine([0.0, 0.7])
        history = nn.fit(
            model, X, Y, loss="half_squared_error", optimiser=nn.SGD(0.02), steps=steps, batches=batches
        )
        finished(history)
        found[name] = (history.costs, abs(model.w[0].data))
    return found


def equal_units(seed: int, steps: int) -> tuple[float, float]:
    """Return how far hidden units that start equal, and units that start drawn, are apart afterwards."""
    apart = []
    for initialiser in (_always_a_half, nn.xavier):
        generator = Random(seed)
        points, labels = moons(40, noise=0.1, generator=generator)
        model = nn.MLP([2, UNITS, 1], "tanh", generator=generator, initialiser=initialiser)
        history = nn.fit(
            model, points, [float(x) for x in labels], loss="binary_cross_entropy_from_logits",
            optimiser=nn.SGD(0.5), steps=steps,
        )  # fmt: skip
        finished(history)
        units = [[w.data for w in neuron.w] for neuron in model.layers[0].neurons]  # type: ignore[attr-defined]
        apart.append(max(abs(a - b) for unit in units for a, b in zip(unit, units[0], strict=True)))
    return apart[0], apart[1]


def _always_a_half(generator: Random, fan_in: int, fan_out: int) -> float:
    return 0.5


def experiment(settings: Settings) -> Outcome:
    """Return the symmetries of trained networks, the saddle, and the units that start equal."""
    steps = settings.steps or TRAINED
    lines, figures = [], {}
    for name, activation, change in (
        ("permuting the hidden units", "tanh", permute),
        ("negating a tanh unit", "tanh", negate),
        ("rescaling a relu unit", "relu", rescale),
    ):
        model, points, wanted = trained(activation, settings.seed, steps)
        before = mean_loss(model, points, wanted)
        change(model)
        after = mean_loss(model, points, wanted)
        lines.append(f"{name}: loss {before:.12f} -> {after:.12f}, {abs(after - before):.1e} apart")
        figures[name] = abs(after - before)
    ways = saddle(settings.seed, max(steps, 400))
    for name, (costs, size) in ways.items():
        lines.append(f"saddle at w[1] = 0, {name}: cost {costs[-1]:.6f}, |w[1]| = {size:.6f}")
        figures[name] = size
    equal, drawn = equal_units(settings.seed, steps)
    lines.append(
        f"hidden units that start equal are {equal:.1e} apart after {steps} steps; drawn: {drawn:.2f}"
    )
    figures |= {"equal": equal, "drawn": drawn}
    picture = Curves("Leaving a saddle", "cost", {name: costs for name, (costs, _) in ways.items()})
    return Outcome(lines, figures, picture)
