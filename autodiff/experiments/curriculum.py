"""Easy samples first, or in any order: the same network, the same number of steps, the same samples.

And fine-tuning: what was learned of one task helps with the next (COMP551 8).
"""

from random import Random
from typing import Any

from autodiff import nn
from autodiff.data import moons
from autodiff.experiments.outcome import Outcome, Settings, finished, shares
from autodiff.experiments.pictures import Curves

POINTS = 120
NOISE = 0.3
STEPS = 300
SIZE = 10
RATE = 0.1


def experiment(settings: Settings) -> Outcome:
    """Return how both orders do on samples that nobody learned from, and how fine-tuning does."""
    steps = settings.steps or STEPS
    generator = Random(settings.seed)
    points, labels = moons(POINTS, noise=NOISE, generator=generator)
    clean, of_clean = moons(POINTS, noise=0.0, generator=generator)
    tested, test_labels = moons(POINTS, noise=NOISE, generator=generator)

    def difficulty(x: Any, d: Any) -> float:
        """How much nearer a point is to the other moon than to its own."""
        near = {moon: min(_distance(x, c) for c, of in zip(clean, of_clean, strict=True) if of == moon)
                for moon in (0, 1)}  # fmt: skip
        own = int(d)
        return near[own] - near[1 - own]

    lines: list[str] = []
    curves: dict[str, list[float]] = {}
    figures: dict[str, float] = {}
    ways: dict[str, Any] = {
        "random order": nn.Minibatches(SIZE, generator=Random(settings.seed)),
        "curriculum": nn.Curriculum(
            SIZE, difficulty, steps=max(steps // 2, 1), generator=Random(settings.seed)
        ),
    }  # fmt: skip
    every = max(steps // 50, 1)
    for name, batches in ways.items():
        model = nn.MLP([2, 8, 1], "tanh", generator=Random(settings.seed))
        curves[name] = _learned(model, (points, labels), (tested, test_labels), batches, steps, every)
        right = _right(model, tested, test_labels)
        lines.append(
            f"{name}: {steps} steps of {SIZE} samples, loss on other samples {curves[name][-1]:.4f}, "
            f"accuracy {shares(right, POINTS)}"
        )
        figures[name] = curves[name][-1]
    lines += _fine_tuned(settings, points, labels, figures)
    lines.append("one draw of samples: another --seed may favour the other order")
    picture = Curves(
        "The same budget in two orders", "loss on other samples", curves, every, first=every
    )
    return Outcome(lines, figures, picture)


def _learned(
    model: nn.Module, learned: Any, tested: Any, batches: Any, steps: int, every: int
) -> list[float]:
    """Return the loss on the other samples every so many steps."""
    watch = nn.EarlyStopping(tested[0], [float(x) for x in tested[1]], patience=steps + 1, every=every)
    history = nn.fit(
        model, learned[0], [float(x) for x in learned[1]], loss="binary_cross_entropy_from_logits",
        optimiser=nn.SGD(RATE, momentum=0.9), steps=steps, batches=batches, early_stopping=watch,
    )  # fmt: skip
    return [loss for _, loss in finished(history).validation]


def _fine_tuned(settings: Settings, points: Any, labels: Any, figures: dict[str, float]) -> list[str]:
    """Return how a last layer does on turned moons, over a hidden layer trained before or drawn."""
    turned = [[1.0 - x, 0.5 - y] for x, y in points]  # by half a turn: upper becomes lower
    wanted = [1.0 - label for label in labels]
    lines = []
    for name, before in (("pre-trained", STEPS), ("drawn", 0)):
        model = nn.MLP([2, 8, 1], "tanh", generator=Random(settings.seed))
        if before:
            _learned(model, (points, labels), (points, labels), None, before, before)
        hidden = [w.data for w in model.layers[0].parameters()]
        model.layers[0].freeze()
        history = nn.fit(
            model,
            turned,
            wanted,
            loss="binary_cross_entropy_from_logits",
            optimiser=nn.SGD(RATE),
            steps=50,
        )
        finished(history)
        kept = hidden == [w.data for w in model.layers[0].parameters()]
        right = _right(model, turned, wanted)
        lines.append(
            f"fine-tuning the last layer on turned moons, hidden layer {name} and frozen"
            f"{'' if kept else ' (it moved!)'}: {shares(right, POINTS)}"
        )
        figures[f"{name} right"] = right
    return lines


def _right(model: nn.Module, points: Any, labels: Any) -> int:
    return int(((nn.predictions(model, points)[:, 0] > 0) == [label > 0.5 for label in labels]).sum())


def _distance(x: Any, y: Any) -> float:
    return float((x[0] - y[0]) ** 2 + (x[1] - y[1]) ** 2)
