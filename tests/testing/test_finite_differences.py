"""`finite_difference`: its error bounds the true one, and it never trusts a kink, a jump or a pole."""

import math

import mpmath
import numpy as np
import pytest

import autodiff as ad
from autodiff.testing import finite_difference

POINTS = [
    0.0,
    1e-6,
    1e-3,
    0.1,
    0.3,
    1.0,
    1.5,
    2.0,
    math.pi,
    5.0,
    10.0,
    37.5,
    100.0,
    1e3,
    -1e-3,
    -0.7,
    -2.0,
    -10.0,
]

FUNCTIONS = {
    "sin": (ad.sin, mpmath.sin),
    "exp": (ad.exp, mpmath.exp),
    "log": (ad.log, mpmath.log),
    "sqrt": (ad.sqrt, mpmath.sqrt),
    "tan": (ad.tan, mpmath.tan),
    "tanh": (ad.tanh, mpmath.tanh),
    "atan": (ad.atan, mpmath.atan),
    "sigmoid": (ad.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x))),
    "gelu": (ad.gelu, lambda x: x * mpmath.ncdf(x)),
    "reciprocal": (ad.reciprocal, lambda x: 1 / x),
    "a line": (lambda x: 3 * x + 1, lambda x: 3 * x + 1),
    "a constant": (lambda x: 7.0, lambda x: mpmath.mpf(7)),
    "x**8": (lambda x: x**8, lambda x: x**8),
    "a bell": (lambda x: ad.exp(-x * x), lambda x: mpmath.exp(-x * x)),
    "fast waves": (lambda x: ad.sin(30 * x), lambda x: mpmath.sin(30 * x)),
    "very fast waves": (lambda x: ad.sin(300 * x), lambda x: mpmath.sin(300 * x)),
}


def exact(f, x: float) -> "mpmath.mpf | None":
    """f'(x) with 30 digits, None where f has none."""
    with mpmath.workdps(60):
        try:
            if mpmath.im(f(mpmath.mpf(x))):
                return None
            derivative = mpmath.diff(f, mpmath.mpf(x), h=mpmath.mpf(10) ** -30)
            return None if mpmath.im(derivative) or abs(derivative) > 1e20 else +derivative
        except (ValueError, ZeroDivisionError):
            return None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_bounds_the_true_one(name):
    f, twin = FUNCTIONS[name]
    compared = 0
    for x in POINTS:
        derivative = exact(twin, x)
        if derivative is not None:
            estimate = finite_difference(f, x)
            true = abs(mpmath.mpf(estimate.value) - derivative) if math.isfinite(estimate.value) else 0
            assert true <= estimate.error + 5e-324, (x, estimate, derivative)
            compared += 1
    assert compared >= 9


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"very fast waves", "reciprocal"}))
def test_where_f_is_tame_the_error_is_small(name):
    f, twin = FUNCTIONS[name]
    for x in (0.3, 1.0, 1.5, 2.0):
        scale = max(1.0, abs(f(x)), float(abs(exact(twin, x))))
        assert finite_difference(f, x).error <= 1e-7 * scale


CORNERS = {
    "abs": (abs, 0.0),
    "relu": (ad.relu, 0.0),
    "max with a constant": (lambda x: max(x, 1.0), 1.0),
    "a branch": (lambda x: x * x if x > 2 else 3 * x, 2.0),
    "floor": (ad.floor, 1.0),
    "sign": (ad.sign, 0.0),
    "a jump through its middle": (lambda x: 0.5 if x == 0 else float(x > 0), 0.0),
    "one point apart": (lambda x: float(x == 0), 0.0),
    "1/x": (ad.reciprocal, 0.0),
    "1/x**2": (lambda x: ad.reciprocal(x * x), 0.0),
    "log|x|": (lambda x: ad.log(abs(x)), 0.0),
    "a cusp": (lambda x: ad.sqrt(abs(x)), 0.0),
    "a vertical tangent": (ad.cbrt, 0.0),
    "an end of the domain": (ad.sqrt, 0.0),
    "outside the domain": (ad.log, -1.0),
    "noise": (lambda x: ad.sin(1e20 * x), 0.3),
}


@pytest.mark.parametrize("name", CORNERS)
def test_where_there_is_no_derivative_nothing_is_claimed(name):
    estimate = finite_difference(*CORNERS[name])
    assert not estimate.error <= 1e-3 * max(abs(estimate.value), 1.0), estimate


@pytest.mark.parametrize(
    ("f", "x", "right"),
    [(ad.relu, 1e-12, 1.0), (abs, -1e-12, -1.0), (ad.reciprocal, 1e-10, -1e20), (math.tanh, 1e-15, 1.0)],
)
def test_close_to_a_kink_or_a_pole_steps_are_small_enough(f, x, right):
    estimate = finite_difference(f, x)
    assert abs(estimate.value - right) <= estimate.error < 1e-9 * abs(right)


ROUGH = {
    "single precision": lambda x: float(np.sin(np.float32(x))),
    "a result in single precision": lambda x: float(np.float32(np.sin(x))),
    "6 digits": lambda x: round(math.sin(x), 6),
    "9 digits": lambda x: round(math.sin(x), 9),
    "12 digits": lambda x: round(math.sin(x), 12),
    "noise": lambda x: math.sin(x) + 1e-9 * math.sin(1e15 * x),
}


@pytest.mark.parametrize("name", ROUGH)
def test_where_f_is_rounded_the_error_says_so(name):
    for x in np.linspace(0.1, 3.0, 40).tolist():
        estimate = finite_difference(ROUGH[name], x)
        assert abs(estimate.value - math.cos(x)) <= 4 * estimate.error, x


@pytest.mark.parametrize("strange", [math.nan, math.inf, -math.inf])
def test_a_function_without_numbers_is_not_found_out_to_have_a_derivative(strange):
    assert finite_difference(lambda x: strange, 1.0).error == math.inf
    assert finite_difference(lambda x: strange if x == 1.0 else x, 1.0).error == math.inf
    assert finite_difference(lambda x: strange if x > 1.0 else x, 1.0).error == math.inf


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, 1.7e308, 5e-324, -0.0])
def test_any_float_is_a_point(x):
    estimate = finite_difference(lambda x: 2.0 * x, x)
    assert estimate.error == math.inf or abs(estimate.value - 2.0) <= estimate.error
