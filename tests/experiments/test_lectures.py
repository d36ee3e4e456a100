"""What the lectures say about outputs and losses, and no experiment prints."""

import math
from random import Random

import pytest

import autodiff as ad
from autodiff import nn
from autodiff.testing import check_gradients

EPSILON = 2**-52


def chain(x, *w):
    """The thin deep chain: one unit in each layer."""
    for weight in w:
        x = ad.tanh(weight * x)
    return x


SAID = {
    "softmax": (lambda a: ad.softmax(a), [0.3, -1.2, 2.0]),
    "a scalar activation": (lambda a: nn.ACTIVATIONS["tanh"].of(a), [0.5, -0.25]),
    "softmax of two": (lambda u, v: ad.softmax([u, v]), 2.0, -1.0),
    "binary cross-entropy": (lambda y: nn.binary_cross_entropy(y, 0.3), 0.9),
    "binary cross-entropy of a soft label": (lambda y: nn.binary_cross_entropy(y, 0.3), 0.3),
    "cross-entropy": (lambda y: -ad.log(y), 0.99),
    "squared error, logistic": (lambda a: nn.half_squared_error(ad.sigmoid(a), 1.0), -20.0),
    "cross-entropy, logistic": (lambda a: nn.binary_cross_entropy_from_logits(a, 1.0), -20.0),
    "the thin deep chain": (chain, 0.8, 0.5, -1.5, 2.0),
}


@pytest.mark.parametrize("name", SAID)
def test_the_checker_passes_what_the_lectures_differentiate(name):
    function, *point = SAID[name]
    assert check_gradients(function, *point)


def test_the_jacobian_of_softmax_is_y_i_times_delta_minus_y_j():
    a = [0.3, -1.2, 2.0]
    y = ad.softmax(a)
    jacobian = ad.jacobian(lambda a: ad.softmax(a))(a)
    for i in range(3):
        for j in range(3):
            assert jacobian[i][j] == pytest.approx(y[i] * ((i == j) - y[j]), rel=16 * EPSILON)


def test_a_scalar_activation_has_a_diagonal_jacobian():
    jacobian = ad.jacobian(nn.ACTIVATIONS["tanh"].of)([0.5, -0.25])
    assert jacobian[0][1] == jacobian[1][0] == 0.0
    assert jacobian[0][0] == ad.grad(ad.tanh)(0.5) and jacobian[1][1] == ad.grad(ad.tanh)(-0.25)


@pytest.mark.parametrize("u, v", [(0.0, 0.0), (2.0, -1.0), (-30.0, 5.0), (700.0, -700.0)])
def test_softmax_of_two_is_the_sigmoid_of_their_difference(u, v):
    assert ad.softmax([u, v])[0] == pytest.approx(ad.sigmoid(u - v), rel=4 * EPSILON)


@pytest.mark.parametrize("d", [0.1, 0.3, 0.5, 0.9])
def test_binary_cross_entropy_is_flat_where_the_output_is_what_was_wanted_but_not_zero(d):
    """Its slope by y is 0 only at d = y for soft d; at y = d = 1 the one-sided slope is -1."""
    slope = ad.grad(lambda y: nn.binary_cross_entropy(y, d))
    assert abs(slope(d)) <= 8 * EPSILON / min(d, 1 - d)
    assert nn.binary_cross_entropy(d, d) > 0.3


def test_cross_entropies_still_slope_where_the_output_is_right():
    assert ad.grad(lambda y: nn.binary_cross_entropy(y, 1.0))(1.0 - 1e-9) == pytest.approx(-1, abs=1e-8)
    slope = ad.grad(lambda y: -ad.log(y))
    assert all(slope(y) < -1 for y in (0.1, 0.5, 0.99))


def test_with_a_logistic_output_squared_error_has_no_slope_where_it_is_most_wrong():
    def squared(a):
        return nn.half_squared_error(ad.sigmoid(a), 1.0)

    def entropy(a):
        return nn.binary_cross_entropy_from_logits(a, 1.0)

    assert abs(ad.grad(squared)(-20.0)) < 1e-8
    assert ad.grad(entropy)(-20.0) == pytest.approx(-1, abs=1e-8)


def test_a_bias_is_a_weight_of_a_constant_input():
    with_bias = nn.Neuron(2, generator=Random(0))
    with_bias.b.data = 0.7
    constant = nn.Neuron(3, generator=Random(1), bias=False)
    for weight, number in zip(constant.w, [*(w.data for w in with_bias.w), 0.7], strict=True):
        weight.data = number
    x = [0.5, -2.0]
    one, other = with_bias(x), constant([*x, 1.0])
    one.backward()
    other.backward()
    assert one.data == other.data and with_bias.b.grad == constant.w[2].grad == 1.0


def test_in_the_thin_deep_chain_the_gradient_is_the_product_along_the_only_path():
    w = [ad.Value(number, name=f"w{k}") for k, number in enumerate((0.5, -1.5, 2.0), 1)]
    h = chain(ad.Value(0.8, name="x"), *w)
    h.backward()
    (path,) = ad.paths(h, w[0])
    assert math.isclose(path.product, w[0].grad, rel_tol=16 * EPSILON)
