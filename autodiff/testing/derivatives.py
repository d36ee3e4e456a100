"""What each mode of the engine says the derivatives of a function are."""

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import Any

import autodiff.tape as tape
from autodiff.graph import adjoints, tangents, topological_order
from autodiff.structure import flatten
from autodiff.testing.recorded import Recorded
from autodiff.testing.subject import Subject
from autodiff.testing.sums import total

Weights = Sequence[float]  # of the outputs: what is differentiated is their weighted sum


def reverse(subject: Subject, weights: Weights) -> list[float]:
    """Return the gradient by one reverse sweep over a new graph."""
    outs, inputs = subject.graph()
    seeds = Recorded(outs, inputs, weights).seeds()
    x_bar = adjoints(topological_order(*outs), seeds)
    return [x_bar.get(x, 0.0) for x in inputs]


def forward(subject: Subject, weights: Weights) -> list[float]:
    """Return the gradient by one forward sweep for each input."""
    outs, inputs = subject.graph()
    order = topological_order(*outs)
    found = []
    for x in inputs:
        x_dot = tangents(order, {x: 1.0}) if x in set(order) else {}
        found.append(total(w * x_dot.get(out, 0.0) for out, w in zip(outs, weights, strict=True) if w))
    return found


def compiled(subject: Subject, weights: Weights) -> list[float]:
    """Return the gradient that a recorded tape replays.

    Raises:
        RecordingError: when the function cannot be recorded.
    """
    arguments = subject.arguments(subject.numbers)

    f = subject.weighted(weights)

    def weighted(*own: Any) -> Any:
        return f(flatten(own, "the arguments")[0])

    kind = Parameter.POSITIONAL_OR_KEYWORD
    signature = Signature([Parameter(name, kind) for name in subject.parameters])
    weighted.__signature__ = signature  # type: ignore[attr-defined]  # what messages call arguments
    for _ in range(2):
        subject.budget.spend()  # a function runs twice while it is recorded
    recorded = tape.compile(weighted)
    recorded.value_and_grad(*arguments)  # records
    _, gradients = recorded.value_and_grad(*arguments)  # replays
    found, _ = flatten(gradients, "the gradient")
    return [float(x) for x in found]


MODES: Mapping[str, Callable[[Subject, Weights], list[float]]] = MappingProxyType(
    {"reverse": reverse, "forward": forward, "compiled": compiled}
)
"""The modes by name."""
