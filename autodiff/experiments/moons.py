"""micrograd's demonstration: two moons told apart by a 2-16-16-1 network of rectified units.

Hinge loss and 1e-4 times the squared parameters, whole batches, 100 steps with a learning rate that
falls from 1.0 to 0.1 along a line.
"""

from random import Random
from typing import Any

from autodiff import nn
from autodiff.data import moons as two_moons
from autodiff.experiments.outcome import Outcome, Settings, shares
from autodiff.experiments.pictures import Boundaries

POINTS = 100
NOISE = 0.1
SIZES = (2, 16, 16, 1)
PENALTY = 1e-4
STEPS = 100


def experiment(settings: Settings) -> Outcome:
    """Return what the demonstration gives."""
    generator = Random(settings.seed)
    points, moons = two_moons(POINTS, noise=NOISE, generator=generator)
    Y = [1.0 if moon == 0 else -1.0 for moon in moons]
    model = nn.MLP(SIZES, "relu", generator=generator, initialiser=nn.uniform(1.0))
    steps = settings.steps or STEPS
    history = nn.fit(
        model, points, Y, loss="hinge", optimiser=nn.SGD(nn.linear(1.0, steps, end=0.1)),
        penalty=PENALTY, steps=steps, compiled=settings.compiled, progress=settings.progress,
    )  # fmt: skip

    def decide(at: Any) -> Any:
        return (nn.predictions(model, at)[:, 0] < 0).astype(int)

    right = int((decide(points) == moons).sum())
    lines = [
        f"two moons: {POINTS} points; network {'-'.join(map(str, SIZES))}, relu, "
        f"{len(model.parameters())} parameters",
        f"{history.steps} steps: cost {history.costs[0]:.6f} -> {history.costs[-1]:.6f}",
        f"accuracy {shares(right, POINTS)}",
        f"time {history.seconds:.2f} s, {'replayed from a tape' if history.replayed else 'on graphs'}",
    ]
    picture = Boundaries(
        "Two moons: what the network decides", ("x1", "x2"), points, moons, ("upper", "lower"), decide
    )
    return Outcome(lines, {"cost": history.costs[-1], "right": right}, picture, model)
