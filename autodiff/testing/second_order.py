"""Second derivatives: Hessian times vector beside finite differences of the gradient."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from autodiff.errors import DomainError
from autodiff.testing.comparing import compared
from autodiff.testing.directions import Direction
from autodiff.testing.finite_differences import finite_difference
from autodiff.testing.report import Comparison, Reference
from autodiff.testing.rounding import ROUNDING, curvature_size, slope_size
from autodiff.testing.subject import Subject, number_of
from autodiff.transforms import gradients, hvp
from autodiff.value import Value


def second_order(subject: Subject, directions: Sequence[Direction]) -> Iterator[Comparison]:
    """Yield for each direction v how v·Hv compares with finite differences of v·∇f."""

    def f(numbers: list[Any]) -> Any:
        outs, _ = subject.outputs(subject.f(*subject.arguments(numbers)))
        return outs[0]

    for label, direction in directions:

        def slope(t: float, direction: list[float] = direction) -> float:
            subject.budget.spend()
            moved = [Value(x + t * d) for x, d in zip(subject.numbers, direction, strict=True)]
            out = f(moved)
            if not isinstance(out, Value):
                return 0.0
            try:
                found = gradients(out, moved)
            except (ArithmeticError, ValueError):
                return math.nan
            return math.fsum(g * d for g, d in zip(found, direction, strict=True))

        subject.budget.spend()
        try:
            product = hvp(f, list(subject.numbers), direction)
        except DomainError:
            continue
        along = math.fsum(number_of(h) * d for h, d in zip(product, direction, strict=True))
        graph, inputs = subject.graph()
        # The slopes are sums that round, and so is what they are compared with.
        # Rounding x + t · v moves each number by as much as an ulp, and the slope by H times that.
        moves = (abs(x * number_of(h)) for x, h in zip(subject.numbers, product, strict=True))
        noise = 2.0**-52 * (slope_size(graph[0], inputs, direction) + math.fsum(moves))
        size = min(own / abs(d) for own, d in zip(subject.sizes, direction, strict=True) if d)
        value, error = finite_difference(slope, 0.0, noise, size)
        error += ROUNDING * curvature_size(graph[0], inputs, direction, direction)
        what = f"∂²{subject.name if subject.name.isidentifier() else 'f'}/∂{label}²"
        yield compared(what, {"second order": along}, [Reference("finite differences", value, error)])
