"""What holds besides the derivatives: equal values, equal runs, linear and adjoint sweeps, symmetry."""

import math
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from autodiff.graph import adjoints, tangents, topological_order
from autodiff.testing.comparing import SMALLEST
from autodiff.testing.recorded import Recorded
from autodiff.testing.report import Property
from autodiff.testing.rounding import ROUNDING, curvature_size, path_reaches, rounding_inside
from autodiff.testing.subject import Subject, number_of
from autodiff.testing.sums import dot, total
from autodiff.transforms import hvp
from autodiff.value import Value, backward

_TINY = 2.0**-1000  # products of such numbers may be subnormal
_ROUNDINGS = 4.0  # of each operation: a library's function may be off by some units in the last place


def equal_value(values: Sequence[float], outs: Sequence[Value]) -> Property:
    """Return whether Values compute the numbers that floats do, but for the order of rounding.

    NumPy adds up arrays of floats in another order than arrays of objects.
    """
    name = "value equals the plain-float value"
    if len(values) != len(outs):
        return Property(name, "FAIL", "another number of outputs")
    for plain, out in zip(values, outs, strict=True):
        if plain == out.data or (plain != plain and out.data != out.data):
            continue
        bound = _ROUNDINGS * rounding_inside(topological_order(out), {out: 1.0})
        if not abs(plain - out.data) <= bound:
            return Property(name, "FAIL", f"{out.data!r} on Values, {plain!r} on floats")
    return Property(name, "PASS")


def repeatable(subject: Subject, values: Sequence[float]) -> Property:
    """Return whether a second call gives the same numbers."""
    again = subject.value(subject.numbers)
    for before, after in zip(values, again, strict=False):
        if before != after and not (before != before and after != after):
            reason = (
                f"{before!r}, then {after!r}: the function depends on more than its arguments (state, "
                "random numbers, a clock), so no derivative of it can be checked"
            )
            return Property("two runs are equal", "INCONCLUSIVE", reason)
    return Property("two runs are equal", "PASS")


def unmodified(subject: Subject) -> Property:
    """Return whether the function leaves its arguments as they are."""
    changed = subject.changed_arguments()
    if changed:
        return Property("arguments are left as they are", "FAIL", f"the function changes {changed}")
    return Property("arguments are left as they are", "PASS")


def sweeps(subject: Subject, generator: Random) -> Iterator[Property]:
    """Yield what holds for the sweeps over a graph: linear in the seed, adjoint to each other, twice."""
    outs, inputs = subject.graph()
    order = topological_order(*outs)
    known = set(order)
    moving = [x for x in inputs if x in known]
    if not moving:
        return
    u = [generator.uniform(-1, 1) for _ in outs]
    one, two = _pulled(order, outs, u), _pulled(order, outs, [2.0 * x for x in u])
    if not all(math.isfinite(one.get(x, 0.0)) for x in moving):
        yield Property("linear in the seed", "INCONCLUSIVE", "the adjoints are not finite here")
        return
    scaled = all(two.get(x, 0.0) == 2.0 * one.get(x, 0.0) for x in moving)
    # Doubling is exact, but for numbers so small that they have no place for another digit.
    scaled |= any(0 < abs(adjoint) < _TINY for adjoint in one.values())
    yield _held("linear in the seed", scaled, "doubled seeds do not double the adjoints")
    v: dict[Any, float] = {x: generator.uniform(-1, 1) for x in moving}
    pushed = tangents(order, v)
    up = [weight * pushed.get(out, 0.0) for weight, out in zip(u, outs, strict=True)]
    down = [v[x] * one.get(x, 0.0) for x in moving]
    # Both sum the same products along all paths, in another order.
    size = total(map(abs, up)) + total(map(abs, down)) + _paths_sum(order, outs, u, v)
    if not all(map(math.isfinite, (*up, *down))):
        yield Property("⟨u, Jv⟩ = ⟨Jᵀu, v⟩", "INCONCLUSIVE", "it is not finite here")
        return
    adjoint = abs(total(up) - total(down)) <= ROUNDING * size + SMALLEST
    yield _held("⟨u, Jv⟩ = ⟨Jᵀu, v⟩", adjoint, f"{total(up)!r} and {total(down)!r}")
    whole = outs[0] if len(outs) == 1 else sum(w * out for w, out in zip(u, outs, strict=True))
    backward(whole)
    first = [x.grad for x in moving]
    backward(whole)
    doubled = all(x.grad == 2 * before for x, before in zip(moving, first, strict=True))
    yield _held("a second backward doubles the gradients", doubled, "leaves do not accumulate")


def _pulled(order: Sequence[Value], outs: Sequence[Value], seeds: Sequence[float]) -> dict[Value, float]:
    seed_of: dict[Value, float] = {}
    for out, seed in zip(outs, seeds, strict=True):
        seed_of[out] = seed_of.get(out, 0.0) + seed
    return adjoints(list(order), seed_of)


def _paths_sum(
    order: Sequence[Value], outs: Sequence[Value], u: Sequence[float], v: dict[Any, float]
) -> float:
    """Return the sum of |product| over all paths: what rounding errors are relative to."""
    reach = path_reaches(order, v)
    return total(abs(weight) * reach.get(out, 0.0) for weight, out in zip(u, outs, strict=True))


def _held(name: str, holds: bool, reason: str) -> Property:
    return Property(name, "PASS") if holds else Property(name, "FAIL", reason)


def symmetric_hessian(subject: Subject, graph: Recorded, generator: Random) -> Property:
    """Return whether u·Hv = v·Hu for two random directions.

    Where the terms of the Hessian cancel, rounding is all that is left of them: what their sizes allow
    is no asymmetry.
    """
    u, v = ([generator.uniform(-1, 1) for _ in subject.numbers] for _ in range(2))
    name, f = "the Hessian is symmetric", subject.weighted(graph.weights)
    subject.budget.spend()
    products = (hvp(f, subject.numbers, direction) for direction in (v, u))
    hv, hu = ([number_of(entry) for entry in product] for product in products)
    left, right = dot(u, hv), dot(v, hu)
    if not math.isfinite(left) or not math.isfinite(right):
        return Property(name, "INCONCLUSIVE", "it is not finite here")
    terms = [abs(a * b) for a, b in (*zip(u, hv, strict=True), *zip(v, hu, strict=True))]
    size = total(terms) + curvature_size(graph, u, v)
    return _held(name, abs(left - right) <= 1e-9 * size + SMALLEST, f"{left!r} and {right!r}")
