"""Second derivatives: Hessian times vector beside the replay with 60 digits, and finite differences."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from autodiff.testing.comparing import compared
from autodiff.testing.directions import Direction
from autodiff.testing.finite_differences import finite_difference
from autodiff.testing.graph_reference import LARGEST_GRAPH
from autodiff.testing.recorded import Recorded
from autodiff.testing.reference import DIGITS, WITHOUT_VALUE, Exact, is_installed
from autodiff.testing.report import Comparison, Reference
from autodiff.testing.rounding import ROUNDING, curvature_size, slope_size
from autodiff.testing.subject import Subject, number_of
from autodiff.testing.sums import dot
from autodiff.transforms import gradients, hvp
from autodiff.value import Value

_STEP = -24  # of ten, relative: gradients have some 128 of four times 60 digits
_DRAWS = 3
_BOUND = 8.0  # times what the draws differ by: they are few
_NOISE = 1e-90  # of values, which differences of slopes are left with
_LOST = 1e-18  # of the gradient's terms, over the numbers' size: above what that leaves


def second_order(
    subject: Subject, graph: Recorded, directions: Sequence[Direction]
) -> Iterator[Comparison]:
    """Yield for each direction v how v·Hv compares, H being the Hessian of Σ weight · output."""
    f = subject.weighted(graph.weights)
    for label, direction in directions:
        subject.budget.spend()
        product = [number_of(h) for h in hvp(f, subject.numbers, direction)]
        # The terms of a second derivative may cancel: what they round is relative to all of them.
        rounding = ROUNDING * curvature_size(graph, direction, direction)
        terms = slope_size(graph, direction)
        size = min(own / abs(d) for own, d in zip(subject.sizes, direction, strict=True) if d)
        near = min(size, 1.0)
        found = [*_by_60_digits(graph, direction, near, rounding + _LOST * terms / near + _NOISE)]
        # Rounding x + t · v moves each number by as much as an ulp, and the slope by H times that.
        moves = [abs(x * h) for x, h in zip(subject.numbers, product, strict=True)]
        slope = _slope_along(subject, f, direction)
        value, error = finite_difference(slope, 0.0, 2.0**-52 * (terms + sum(moves)), size)
        found.append(Reference("finite differences", value, error + rounding))
        what = f"∂²{subject.name if subject.name.isidentifier() else 'f'}/∂{label}²"
        mine = {"second order": dot(product, direction)}
        exact = compared(what, mine, found[:1])
        if len(found) > 1 and exact.verdict == "FAIL":  # rounding of the values may have done it
            spread = _spread(graph, direction, near, found[0].value)
            found[0] = found[0]._replace(error=found[0].error + _BOUND * spread)
            exact = compared(what, mine, found[:1])
        one = compared(what, mine, found)
        if one.verdict == "FAIL" and exact.verdict == "PASS":  # the differences are of the same slopes
            one = one._replace(verdict="PASS", reason="the differences are of slopes that are not right")
        yield one


def _slope_along(
    subject: Subject, f: Callable[[Sequence[Any]], Any], direction: Sequence[float]
) -> Callable[[float], float]:
    """Return the engine's v·∇f on the line through the point along v."""

    def slope(t: float) -> float:
        subject.budget.spend()
        moved = [Value(x + t * d) for x, d in zip(subject.numbers, direction, strict=True)]
        try:
            out = f(moved)
            return dot(gradients(out, moved), direction) if isinstance(out, Value) else 0.0
        except Exception:  # whatever f raises there: it has no slope
            return math.nan

    return slope


def _by_60_digits(
    graph: Recorded, direction: Sequence[float], size: float, error: float
) -> Iterator[Reference]:
    """Yield v·Hv by the replay, where there is one."""
    if not is_installed() or len(graph.nodes) > LARGEST_GRAPH:
        return
    try:
        value = _replayed(graph, direction, size)
    except WITHOUT_VALUE:
        return
    yield Reference("60 digits", value if abs(value) > error else 0.0, error)


def _spread(graph: Recorded, direction: Sequence[float], size: float, value: float) -> float:
    """Return by how much v·Hv differs where each operation's value is rounded, in some draws."""
    from mpmath import mpf

    generator = Random(0)
    found = []
    for _ in range(_DRAWS):
        factors = {node: 1 + mpf(generator.choice((-1, 1))) * mpf(2) ** -53 for node in graph.nodes}
        try:
            found.append(abs(_replayed(graph, direction, size, factors) - value))
        except WITHOUT_VALUE:
            return math.inf
    return max(found)


def _replayed(
    graph: Recorded,
    direction: Sequence[float],
    size: float,
    factors: Mapping[Value, Any] | None = None,
) -> float:
    """Return v·Hv by a difference of gradients, each replayed with four times 60 digits."""
    from mpmath import mpf, workdps

    with workdps(4 * DIGITS):
        h = mpf(10) ** _STEP * size
        slopes = []
        for step in (h, -h):
            moved = {x: mpf(x.data) + step * d for x, d in zip(graph.inputs, direction, strict=True)}
            replayed = Exact(*graph.outs, moved=moved, factors=factors)
            gradient = replayed.exact_gradient(graph.inputs, graph.weights)
            slopes.append(sum(g * d for g, d in zip(gradient, direction, strict=True)))
        return float((slopes[0] - slopes[1]) / (2 * h))
