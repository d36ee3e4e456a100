"""Output function and loss in pairs: in each of three, ∂L/∂a = ŷ - y at the output pre-activation a.

Ratings: linear and ½ squared error. One of two: logistic and binary cross-entropy. One of many:
softmax and cross-entropy (CS6910 4.3; COMP551 5.3-5.5).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autodiff import nn
from autodiff.experiments.outcome import Outcome, Settings
from autodiff.experiments.pictures import Curves
from autodiff.value import Value


class Pairing(NamedTuple):
    """An output function, a loss that fits it, and an example."""

    title: str
    output: str
    loss: nn.Loss
    pre_activations: Sequence[float]
    wanted: Sequence[float]


PAIRINGS = (
    Pairing(
        "three ratings: linear, ½ squared error",
        "linear", nn.half_squared_error, (7.1, 8.4, 7.9), (7.5, 8.2, 7.7),
    ),
    Pairing(
        "yes or no: logistic, binary cross-entropy",
        "logistic", nn.binary_cross_entropy, (0.4,), (1.0,),
    ),
    Pairing(
        "which fruit: softmax, cross-entropy",
        "softmax", nn.cross_entropy, (1.2, 0.3, -0.5, 0.1), (0.0, 1.0, 0.0, 0.0),
    ),
)  # fmt: skip


def slopes(pairing: Pairing) -> tuple[list[float], list[float]]:
    """Return ∂L/∂a for each output, from the graph, and ŷ - y."""
    a = [Value(number, name=f"a[{i + 1}]") for i, number in enumerate(pairing.pre_activations)]
    outputs = nn.ACTIVATIONS[pairing.output].of(a)
    pairing.loss(outputs, pairing.wanted).backward()
    errors = [y.data - d for y, d in zip(outputs, pairing.wanted, strict=True)]
    return [x.grad for x in a], errors


def experiment(settings: Settings) -> Outcome:
    """Return the three pairings with their slopes, and how ratings do behind a logistic output."""
    lines: list[str] = []
    worst = 0.0
    for pairing in PAIRINGS:
        lines.append(pairing.title)
        for i, (slope, error) in enumerate(zip(*slopes(pairing), strict=True), 1):
            lines.append(f"  output {i}:  ∂L/∂a = {slope: .12f}   ŷ - y = {error: .12f}")
            worst = max(worst, abs(slope - error))
    lines.append(f"at most {worst:.1e} apart")
    ratings = PAIRINGS[0].wanted
    outputs = nn.ACTIVATIONS["logistic"].of([40.0] * len(ratings))
    least = nn.half_squared_error(outputs, ratings)
    lines.append(
        f"ratings {', '.join(map(str, ratings))} behind a logistic output: never above 1, so the loss "
        f"stays above {least:.2f}"
    )
    return Outcome(lines, {"worst": worst, "least": least}, _curves())


def _curves() -> Curves:
    """Return the losses of an output over its pre-activation from -6 to 6, wanted 1."""
    at = [-6 + 0.1 * i for i in range(121)]

    def over(output: str, loss: nn.Loss) -> list[float]:
        of: Callable[[Any], list[Any]] = nn.ACTIVATIONS[output].of
        return [float(loss(of([a]), [1.0])) for a in at]

    return Curves(
        "Three losses where 1 is wanted",
        "loss",
        {
            "linear, ½ squared error": over("linear", nn.half_squared_error),
            "logistic, binary cross-entropy": over("logistic", nn.binary_cross_entropy),
            "logistic, ½ squared error": over("logistic", nn.half_squared_error),
        },
        every=0.1,
        along="pre-activation",
        first=-6,
    )
