"""The gradient of a graph, owing nothing to its rules: with 60 digits, or by the complex step."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from autodiff.testing.complex_step import complex_partial
from autodiff.testing.recorded import Recorded
from autodiff.testing.reference import WITHOUT_VALUE, Exact, KinkError, is_installed
from autodiff.testing.report import Reference
from autodiff.testing.rounding import path_sizes
from autodiff.testing.sums import dot, total
from autodiff.value import Value

_FEW_DIGITS = 1e-6  # relative
LARGEST_GRAPH = 20_000  # nodes that are replayed
_REPLAY = 1e-38  # of everything that a local derivative of the replay goes into: it has a step, too
_EXACT = 1e-11  # relative to the sum of |products| over all paths: rounding stays far below


class GraphReference(NamedTuple):
    """A gradient, flat, and a bound for how far each entry is off."""

    source: str
    gradient: list[float]
    errors: list[float]
    conditioning: list[float]  # what rounding of the values alone does to each entry

    @property
    def is_ill_conditioned(self) -> bool:
        """Whether rounding of the values alone leaves few digits of the derivatives."""
        return max(self.conditioning) > _FEW_DIGITS * max(map(abs, self.gradient))

    def along(self, steps: Sequence[float]) -> Reference:
        """Return the derivative along a direction, and its error."""
        error = total(abs(d) * e for d, e in zip(steps, self.errors, strict=True) if d)
        return Reference(self.source, dot(self.gradient, steps), error)


def graph_reference(graph: Recorded, labels: Sequence[str]) -> tuple[GraphReference | None, list[str]]:
    """Return a reference for the gradient, None where there is none, and what is to be said of it.

    Raises:
        KinkError: where an operation is at a kink.
    """
    if len(graph.nodes) > LARGEST_GRAPH:
        return None, [f"{len(graph.nodes):,} nodes: too many to replay with 60 digits"]
    if is_installed():
        return _with_60_digits(graph, labels)
    note = "no mpmath: nothing is replayed with 60 digits (pip install mpmath)"
    found = _by_complex_step(graph)
    if found is None:
        return None, [f"{note}; nor by the complex step: not every operation here is analytic"]
    return found, [note]


def _with_60_digits(graph: Recorded, labels: Sequence[str]) -> tuple[GraphReference | None, list[str]]:
    try:
        replayed = Exact(*graph.outs)
        gradient = replayed.gradient(graph.inputs, graph.weights, at_floats=True)
        exact = replayed.gradient(graph.inputs, graph.weights)
    except KinkError:
        raise
    except WITHOUT_VALUE as error:
        return None, [f"not replayed with 60 digits: {error}"]
    sizes = path_sizes(graph.nodes, graph.seeds())
    replay = _REPLAY * max(1.0, total(sizes.values()))
    errors = [_EXACT * sizes.get(x, 0.0) + replay for x in graph.inputs]
    notes = [
        f"ill-conditioned here: rounding of the values alone moves ∂/∂{label} by {abs(one - other):.2g}"
        for label, one, other, bound in zip(labels, gradient, exact, errors, strict=True)
        if abs(one - other) > bound
    ]
    gaps = [abs(one - other) for one, other in zip(gradient, exact, strict=True)]
    return GraphReference("60 digits", gradient, errors, gaps), notes


def _by_complex_step(graph: Recorded) -> GraphReference | None:
    """Return the gradient by a reverse sweep over local derivatives by the complex step, and its error.

    The error of each local derivative goes along all paths, as the derivative does.
    """
    seeds: dict[Value, float] = {}
    for out, weight in zip(graph.outs, graph.weights, strict=True):
        seeds[out] = seeds.get(out, 0.0) + weight
    x_bar, error_bar = dict(seeds), dict.fromkeys(seeds, 0.0)
    for node in reversed(graph.nodes):
        if not node.operands or node not in x_bar:
            continue
        values = [x.data for x in node.operands]
        for position, x in enumerate(node.operands):
            if x.is_constant:
                continue
            local = complex_partial(node.primitive, values, position)
            if local is None:
                return None
            error = error_bar[node] * abs(local.value) + abs(x_bar[node]) * local.error
            x_bar[x] = x_bar.get(x, 0.0) + x_bar[node] * local.value
            error_bar[x] = error_bar.get(x, 0.0) + error
    gradient = [x_bar.get(x, 0.0) for x in graph.inputs]
    errors = [error_bar.get(x, 0.0) for x in graph.inputs]
    if not all(map(math.isfinite, (*gradient, *errors))):
        return None
    return GraphReference("complex step", gradient, errors, [0.0] * len(gradient))
