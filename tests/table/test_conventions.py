"""The decisions of DESIGN §3, one test each: kinks, ties, edges, tails."""

import math
from collections.abc import Callable
from math import inf

import pytest

import autodiff as ad


def gradient(f: Callable[..., ad.Value], *numbers: float) -> list[float]:
    """Return the gradient by reverse mode."""
    xs = [ad.Value(x) for x in numbers]
    found: list[float] = ad.gradients(f(*xs), xs)
    return found


def hessian(f: Callable[..., ad.Value], *numbers: float) -> list[list[float]]:
    """Return the second derivatives by reverse over reverse mode."""
    xs = [ad.Value(x) for x in numbers]
    return [ad.gradients(x_bar, xs) for x_bar in ad.gradients(f(*xs), xs, create_graph=True)]


def close(got: float, expected: float, ulps: int = 4) -> bool:
    """Return whether two floats differ by a few ulp: what a rule of two or three functions errs by."""
    return abs(got - expected) <= ulps * math.ulp(expected)


# ── kinks: the smallest-magnitude subgradient ───────────────────────────────────────────────────


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_relu_has_derivative_0_at_0(zero: float) -> None:
    assert gradient(ad.relu, zero) == [0.0]


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_abs_has_derivative_0_at_0(zero: float) -> None:
    assert gradient(ad.abs, zero) == [0.0]


def test_leaky_relu_has_its_slope_at_0() -> None:
    assert gradient(lambda x: ad.leaky_relu(x, 0.2), 0.0) == [0.2]
    assert gradient(ad.leaky_relu, 0.0) == [0.01]


def test_elu_has_the_smaller_of_1_and_alpha_at_0() -> None:
    assert [gradient(lambda x, a=a: ad.elu(x, a), 0.0)[0] for a in (0.5, 1.0, 3.0)] == [0.5, 1.0, 1.0]


def test_max_of_two_variables_shares_a_tie_in_halves() -> None:
    assert gradient(ad.max, 2.0, 2.0) == [0.5, 0.5]
    assert gradient(ad.min, 2.0, 2.0) == [0.5, 0.5]


@pytest.mark.parametrize("k", [1, 2, 3, 7])
def test_max_of_many_gives_one_kth_to_each_of_the_k_largest(k: int) -> None:
    assert gradient(ad.max, *[5.0] * k, 1.0, -3.0) == [1 / k] * k + [0.0, 0.0]
    assert gradient(ad.min, *[-5.0] * k, 1.0, 3.0) == [1 / k] * k + [0.0, 0.0]


def test_max_counts_both_zeros_as_a_tie() -> None:
    assert gradient(ad.max, 0.0, -0.0) == [0.5, 0.5]


def test_max_with_a_constant_gives_0_at_a_tie() -> None:
    assert gradient(lambda x: ad.max(x, 2.0), 2.0) == [0.0]
    assert gradient(lambda x: ad.max(2.0, x), 2.0) == [0.0]
    assert gradient(lambda x: ad.min(x, 2.0), 2.0) == [0.0]


@pytest.mark.parametrize("x", [-1.5, 0.0, 1.5])
def test_max_with_0_is_relu(x: float) -> None:
    assert gradient(lambda x: ad.max(x, 0), x) == gradient(ad.relu, x)


def test_clamp_has_derivative_0_at_both_bounds() -> None:
    assert gradient(ad.clamp, -1.0, -1.0, 1.0) == [0.0, 0.0, 0.0]
    assert gradient(ad.clamp, 1.0, -1.0, 1.0) == [0.0, 0.0, 0.0]
    assert gradient(ad.clamp, 0.5, -1.0, 1.0) == [1.0, 0.0, 0.0]
    assert gradient(ad.clamp, 2.0, -1.0, 1.0) == [0.0, 0.0, 1.0]


def test_clamp_between_crossed_bounds_is_nan() -> None:
    assert math.isnan(ad.clamp(0.0, 1.0, -1.0))


def test_hypot_has_derivative_0_at_the_origin() -> None:
    assert gradient(ad.hypot, 0.0, 0.0) == [0.0, 0.0]


def test_sign_floor_and_ceil_have_derivative_0_everywhere() -> None:
    rows = (ad.sign, ad.floor, ad.ceil)
    assert [gradient(f, x) for f in rows for x in (-1.5, -1.0, 0.0, 0.5)] == [[0.0]] * 12


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (ad.relu, (0.0,)), (ad.abs, (0.0,)), (ad.leaky_relu, (0.0,)), (ad.hypot, (0.0, 0.0)),
        (ad.max, (1.0, 1.0)), (ad.min, (1.0, 1.0, 1.0)), (lambda x: ad.max(x, 1.0), (1.0,)),
        (ad.clamp, (1.0, 1.0, 2.0)), (ad.floor, (1.0,)), (ad.sign, (0.0,)),
    ],
)  # fmt: skip
def test_second_derivatives_at_a_kink_are_0(
    f: Callable[..., ad.Value], point: tuple[float, ...]
) -> None:
    assert hessian(f, *point) == [[0.0] * len(point)] * len(point)


def test_where_records_only_the_branch_taken() -> None:
    x = ad.Value(0.0)
    out = ad.where(x > 0, ad.log(x), 3 * x)
    assert ad.gradients(out, x) == 3.0


# ── powers and quotients ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("x", [0.0, -0.0, -3.0, 2.0, inf])
def test_x_to_the_0_has_derivative_0_at_every_base(x: float) -> None:
    assert gradient(lambda x: x**0, x) == [0.0]
    assert gradient(lambda x: x**0.0, x) == [0.0]


@pytest.mark.parametrize("y", [0.5, 1.0, 2.0, 300.0])
def test_pow_at_base_0_has_derivative_0_by_a_positive_exponent(y: float) -> None:
    assert gradient(lambda y: 0.0**y, y) == [0.0]
    assert gradient(ad.pow, 0.0, y)[1] == 0.0


def test_constant_exponent_never_takes_a_logarithm() -> None:
    assert gradient(lambda x: x**3, -2.0) == [12.0]
    assert hessian(lambda x: x**3, -2.0) == [[-12.0]]
    assert hessian(lambda x: x**2, 0.0) == [[2.0]]


def test_variable_exponent_of_a_negative_base_has_no_real_derivative() -> None:
    by_base, by_exponent = gradient(ad.pow, -2.0, 3.0)
    assert by_base == 12.0
    assert math.isnan(by_exponent)


def test_division_by_0_gives_the_ieee_infinities() -> None:
    assert ad.div(1.0, 0.0) == inf and ad.div(-1.0, 0.0) == -inf and ad.div(1.0, -0.0) == -inf
    assert math.isnan(ad.div(0.0, 0.0))
    assert gradient(ad.div, 1.0, 0.0) == [inf, -inf]
    assert all(map(math.isnan, gradient(ad.div, 0.0, 0.0)))


def test_div_is_true_division_not_a_product_with_a_reciprocal() -> None:
    assert ad.div(1.0, 49.0) * 49.0 != 1.0 and ad.div(49.0, 49.0) == 1.0
    assert all(ad.div(float(n), 49.0) == n / 49.0 for n in range(200))


def test_vertical_tangents_are_infinite() -> None:
    assert gradient(ad.sqrt, 0.0) == [inf]
    assert gradient(ad.cbrt, 0.0) == [inf]
    assert gradient(ad.asin, 1.0) == [inf] and gradient(ad.acos, -1.0) == [-inf]
    assert gradient(ad.atanh, 1.0) == [inf] and gradient(ad.acosh, 1.0) == [inf]


# ── tails: expected numbers are from mpmath, 50 digits rounded to a float ───────────────────────


@pytest.mark.parametrize(
    ("f", "x", "value", "derivative"),
    [
        (ad.tanh, 20.0, 1.0, 1.6993417021166355e-17),
        (ad.sigmoid, 40.0, 1.0, 4.248354255291589e-18),
        (ad.sigmoid, -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
        (ad.softplus, -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
        (ad.softplus, 800.0, 800.0, 1.0),
        (ad.softplus, -800.0, 0.0, 0.0),
        (ad.logsigmoid, 800.0, 0.0, 0.0),
        (ad.logsigmoid, -800.0, -800.0, 1.0),
        (ad.expm1, 1e-18, 1e-18, 1.0),
        (ad.log1p, 1e-18, 1e-18, 1.0),
        (ad.expm1, -60.0, -1.0, 8.75651076269652e-27),
    ],
)
def test_tails_keep_their_digits(
    f: Callable[..., ad.Value], x: float, value: float, derivative: float
) -> None:
    assert close(f(ad.Value(x)).data, value)
    assert close(gradient(f, x)[0], derivative)


def test_logsumexp_keeps_a_tiny_rest() -> None:
    assert close(ad.logsumexp(0.0, -40.0), 4.248354255291589e-18)
    first, second = gradient(ad.logsumexp, 0.0, -40.0)
    assert first == 1.0 and close(second, 4.248354255291589e-18)


def test_logsumexp_of_large_numbers_does_not_overflow() -> None:
    assert close(ad.logsumexp(1000.0, 1000.0), 1000.6931471805599, ulps=1)
    # exp(x - out): the rounding of out, half an ulp of 1000, is 512 ulp / 2 of the power.
    assert all(close(share, 0.5, ulps=512) for share in gradient(ad.logsumexp, 1000.0, 1000.0))


def test_softmax_of_far_apart_numbers_has_no_nan() -> None:
    assert gradient(lambda x, y: ad.softmax(x, y)[0], -1000.0, 1000.0) == [0.0, 0.0]
    assert hessian(lambda x, y: ad.softmax(x, y)[0], -1000.0, 1000.0) == [[0.0, 0.0], [0.0, 0.0]]
