"""`check_gradients` on right derivatives that it once called wrong: drawn, and kept."""

import math

import pytest

from autodiff.testing import Expression, check_gradients
from autodiff.testing.recorded import Recorded
from autodiff.testing.rounding import curvature_size, slope_size
from autodiff.value import Value

ONCE = {
    "a list inside a formula": Expression("logsumexp(x1, x2) + softmax(x1, x2)", x1=0.5, x2=1.5),
    "a second derivative that cancels": Expression("square(atan(atan2(x1, x1)))", x1=-0.532),
    "a Hessian that cancels": Expression(
        "mean(min(2.0 + x1, hypot(x2, x2)), atan2(lower_bound(x2 - 2.0, x2), leaky_relu(x2, x2)))",
        x1=0.473, x2=1.539,
    ),
    "a Hessian that cancels in one node": Expression(
        "upper_bound(silu(x1), gelu(x2)) - upper_bound(silu(x1), gelu(x2))", x1=-2.276, x2=-1.464
    ),
    "a negative base to a constant power": Expression("log10(min(x1, x1 - 0.3))**2.0", x1=0.833),
    "constants at the edge of a domain": Expression("clamp(x1, 2.0, 2.0)", x1=0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", ONCE)
def test_a_right_derivative_is_not_called_wrong(name):
    report = check_gradients(ONCE[name], *ONCE[name].point)
    assert report
    assert "60 digits" in str(report) and "not replayed" not in str(report)


def test_a_function_may_use_values_of_its_own():
    w = Value(3.0)
    assert check_gradients(lambda x: w * x * x + w, 2.0)


def test_the_size_of_a_derivative_counts_the_terms_that_cancel():
    x, y = Value(3.0), Value(2.0)
    out = x * y - y * x + x * x * y
    graph = Recorded([out], [x, y], [1.0])
    assert slope_size(graph, [1.0, 0.0]) == 2 + 2 + 2 * 3 * 2
    # u·Hv over x, y = 1, 1: the products give 1 + 1 twice each, x·x·y gives 2y for xx, 2x for xy and yx.
    assert curvature_size(graph, [1.0, 1.0], [1.0, 1.0]) == 4 + 2 * 2 + 2 * 2 * 3


def test_what_is_constant_does_not_make_a_size_nan():
    x = Value(-0.5)
    assert math.isfinite(
        curvature_size(Recorded([x**2], [x], [1.0]), [1.0], [1.0])
    )  # by the exponent it would be nan
