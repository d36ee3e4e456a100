"""One named test for each classical mistake, of engines and of their users."""

import math

import numpy as np
import pytest

import autodiff as ad


def slope(f, x):
    """Return f'(x), the same number by both modes."""
    reverse = ad.grad(f)(x)
    _, forward = ad.jvp(f, (x,), (1.0,))
    assert reverse == forward or (math.isnan(reverse) and math.isnan(forward))
    return reverse


def test_a_reused_node_is_not_overwritten():
    x = ad.Value(3.0)
    y = x + x
    (y * x + x).backward()
    assert x.grad == 13.0


def test_a_second_backward_does_not_compound():
    x = ad.Value(2.0)
    out = ad.square(x * 3)  # 9x²
    out.backward()
    out.backward()
    assert x.grad == 2 * 36.0, "twice, not more: the inner nodes start anew"


def test_a_stale_leaf_is_noticed():
    w = ad.Value(2.0, name="w")
    loss = (w * 3 - 1) ** 2
    w.data -= 0.5
    with pytest.raises(ad.StaleValueError, match=r"^w was used by mul"):
        loss.backward()


def test_saturated_tails_keep_their_digits():
    # Away from 0 by far more than an ulp; the textbook forms give 0 or a single digit. A few ulps.
    few = 8 * 2**-53
    assert slope(ad.tanh, 20.0) == pytest.approx(4 * math.exp(-40.0), rel=few)
    assert slope(ad.sigmoid, 40.0) == pytest.approx(math.exp(-40.0), rel=few)
    assert slope(ad.sigmoid, -740.0) == pytest.approx(math.exp(-740.0), rel=few)
    assert slope(ad.logsigmoid, 40.0) == pytest.approx(math.exp(-40.0), rel=few)
    assert ad.softplus(-40.0) == pytest.approx(math.exp(-40.0), rel=few)
    assert ad.logsumexp([1000.0, 1000.0]) == 1000.0 + math.log(2)
    assert slope(ad.log1p, 1e-20) == 1.0
    assert ad.expm1(1e-20) == 1e-20


@pytest.mark.parametrize("bad", [lambda x: ad.log(x), lambda x: 1 / x, lambda x: ad.sqrt(x)])
def test_where_is_not_poisoned_by_the_branch_it_does_not_take(bad):
    assert slope(lambda x: ad.where(x > 0, bad(x), 2 * x), 0.0) == 2.0


def test_0_to_the_0_is_1_with_derivative_0():
    x = ad.Value(0.0)
    out = x**0
    out.backward()
    assert (out.data, x.grad) == (1.0, 0.0)


@pytest.mark.parametrize("x", [0.0, -0.0, -2.0, 1e300, math.inf])
def test_x_to_the_0_has_derivative_0_everywhere(x):
    assert slope(lambda x: x**0, x) == 0.0
    assert slope(lambda x: x**0.0, x) == 0.0


def test_a_root_of_a_negative_number_is_nan_and_so_is_its_derivative():
    x = ad.Value(-2.0)
    out = x**0.5
    out.backward()
    assert math.isnan(out.data) and math.isnan(x.grad)
    with ad.strict(), pytest.raises(ad.DomainError):
        ad.Value(-2.0) ** 0.5


def test_0_to_a_power_has_derivative_0_by_the_power():
    y = ad.Value(2.0)
    (0.0**y).backward()
    assert y.grad == 0.0


def test_x_to_the_x_has_a_vertical_tangent_at_0():
    x = ad.Value(0.0)
    out = x**x
    out.backward()
    assert (out.data, x.grad) == (1.0, -math.inf)


def test_0_times_an_infinite_derivative_is_nan_and_strict_mode_says_where():
    x = ad.Value(0.0, name="x")
    out = 0 * ad.sqrt(x)
    out.backward()
    assert (out.data, math.isnan(x.grad)) == (0.0, True)
    with ad.strict(), pytest.raises(ad.DomainError, match=r"sqrt\(x\) at x = 0\.0"):
        out.backward()


def test_the_third_derivative_of_a_cube_at_0_is_6():
    assert ad.grad(ad.grad(ad.grad(lambda x: x**3)))(0.0) == 6.0
    assert ad.grad(ad.grad(ad.grad(lambda x: x * x * x)))(0.0) == 6.0


@pytest.mark.parametrize("x, y", [(2.0, 3.0), (0.5, -1.5), (2.0, 1.0), (3.0, 0.0)])
def test_mixed_second_derivatives_of_a_power_agree(x, y):
    expected = x ** (y - 1) * (1 + y * math.log(x))
    by_x_then_y = ad.grad(lambda y: ad.grad(lambda x: x**y)(x))(y)
    by_y_then_x = ad.grad(lambda x: ad.grad(lambda y: x**y)(y))(x)
    # A sum of two terms of about this size, each of a handful of operations.
    assert by_x_then_y == pytest.approx(expected, rel=1e-14)
    assert by_y_then_x == pytest.approx(expected, rel=1e-14)


def test_perturbations_are_not_confused():
    def derivative(f, x):
        return ad.jvp(f, (x,), (1.0,))[1]

    assert derivative(lambda x: x * derivative(lambda y: x + y, 1.0), 1.0) == 1.0


@pytest.mark.parametrize("f", [
    ad.relu, ad.leaky_relu, ad.elu, abs, ad.sign, lambda x: ad.max(x, 1.0), lambda x: ad.max(1.0, x, x),
    lambda x: ad.min(x, 1.0), lambda x: ad.max(x, 2 * x), lambda x: ad.clamp(x, 0.0, 1.0),
    lambda x: ad.max(ad.Value(1.0), x, ad.Value(2.0)),
])  # fmt: skip
def test_nan_goes_through_relu_and_max_and_is_not_laundered(f):
    x = ad.Value(math.nan)
    out = f(x)
    out.backward()
    assert math.isnan(out.data) and math.isnan(x.grad)


def test_math_sin_of_a_value_is_refused_with_the_way_out():
    with pytest.raises(TypeError, match=r"use ad\.sin\(x\), or x\.data"):
        math.sin(ad.Value(1.0))


def test_a_value_of_text_is_refused_with_the_way_out():
    with pytest.raises(TypeError, match=r"got the text 'a': convert it with float"):
        ad.Value("a")


def test_a_value_times_an_array_is_refused_with_the_way_out():
    with pytest.raises(TypeError, match="work element by element"):
        ad.Value(2.0) * np.array([1.0, 2.0])


def test_an_intermediate_is_not_assigned():
    y = ad.Value(2.0) * 3
    with pytest.raises(AttributeError, match="assign the leaves"):
        y.data = 7.0


def test_a_tie_of_two_variables_is_shared_and_a_tie_with_a_constant_is_not():
    x, y = ad.Value(2.0), ad.Value(2.0)
    ad.max(x, y).backward()
    assert (x.grad, y.grad) == (0.5, 0.5)
    z = ad.Value(0.0)
    ad.max(z, 0.0).backward()
    assert z.grad == 0.0
