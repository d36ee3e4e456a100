"""Derivatives of derivatives: every nesting of grad and jvp, and no confusion between them."""

import itertools
import math
import threading

import pytest

import autodiff as ad
from autodiff.forward import Dual
from autodiff.testing import check_gradients


def reverse(f):
    return ad.grad(f)


def forward(f):
    return lambda x: ad.jvp(f, (x,), (1.0,))[1]


def jacobian_forward(f):
    return ad.jacobian(f, mode="forward")


def pulled(f):
    return lambda x: ad.vjp(f, x)[1](1.0)[0]


def nestings(order, modes=(reverse, forward)):
    return list(itertools.product(modes, repeat=order))


def name_of(nesting):
    return "-".join(mode.__name__ for mode in nesting)


pairs = pytest.mark.parametrize("outer, inner", nestings(2), ids=map(name_of, nestings(2)))


# The third derivative, by hand.
FUNCTIONS = {
    "cube": (lambda x: x**3, 0.7, 6.0),
    "exp of sin": (
        lambda x: ad.exp(ad.sin(x)), 0.7,
        math.exp(math.sin(0.7)) * math.cos(0.7) * (math.cos(0.7) ** 2 - 3 * math.sin(0.7) - 1),
    ),
    "quotient": (lambda x: 1 / (1 + x), 0.5, -6 / 1.5**4),
    "x to the x": (
        lambda x: x**x, 2.0,
        4 * ((math.log(2) + 1) ** 3 + 3 * (math.log(2) + 1) / 2 - 1 / 4),
    ),
    "repeated leaf": (lambda x: x * x * (x + x * x), 2.0, 6 + 24 * 2.0),
    "branches": (lambda x: ad.where(x > 0, x**3, -x) + ad.relu(x) ** 3 + ad.max(x, 0.1) ** 3, 2.0, 18.0),
}  # fmt: skip


@pytest.mark.parametrize("nesting", nestings(3), ids=name_of)
@pytest.mark.parametrize("f, x, third", FUNCTIONS.values(), ids=FUNCTIONS)
def test_all_eight_nestings_give_the_third_derivative(f, x, third, nesting):
    for mode in nesting:
        f = mode(f)
    # Each is a sum of at most some tens of terms no larger than 10 · |third|.
    assert f(x) == pytest.approx(third, rel=1e-13)


@pytest.mark.parametrize("f, x", [case[:2] for case in FUNCTIONS.values()], ids=FUNCTIONS)
def test_the_checker_passes_the_functions_and_each_of_their_derivatives(f, x):
    for _ in range(3):
        assert check_gradients(f, x)
        f = reverse(f)


@pytest.mark.parametrize(
    "nesting", nestings(2, (reverse, forward, jacobian_forward, pulled)), ids=name_of
)
def test_other_transforms_nest_as_well(nesting):
    f = FUNCTIONS["exp of sin"][0]
    for mode in nesting:
        f = mode(f)
    expected = math.exp(math.sin(0.7)) * (math.cos(0.7) ** 2 - math.sin(0.7))
    assert f(0.7) == pytest.approx(expected, rel=1e-14)


def test_the_fifth_derivative_by_grad_alone():
    f = ad.sin
    for _ in range(5):
        f = ad.grad(f)
    # cos(x) = sin's fifth derivative: sums of a few hundred terms of size 1 would be 1e-14 off.
    assert f(0.7) == pytest.approx(math.cos(0.7), abs=1e-14)


# ── perturbation confusion ──────────────────────────────────────────────────────────────────────
# d/dx [x · d/dy (x + y)] at x = 1 is 1. Where inner and outer tangents are mixed it comes out as 2.


@pairs
def test_inner_and_outer_differentiations_are_not_confused(outer, inner):
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0


@pairs
def test_they_are_not_confused_at_the_same_point(outer, inner):
    # d/dx [x · (d/dy x·y² at y = x)] = d/dx 2x³
    assert outer(lambda x: x * inner(lambda y: x * y * y)(x))(3.0) == 54.0


@pytest.mark.parametrize("nesting", nestings(3), ids=name_of)
def test_three_levels_keep_apart(nesting):
    one, two, three = nesting

    def outermost(x):
        def middle(y):
            return y * three(lambda z: x * y * z * z)(y + x)

        return x * two(middle)(x)

    # innermost: 2xy(y + x); middle: d/dy [2xy²(y + x)] at y = x: 2x(3y² + 2xy) = 10x³
    assert one(outermost)(2.0) == 10 * 4 * 2.0**3


@pairs
def test_a_differentiation_in_another_thread_is_not_confused(outer, inner):
    # It begins before the outer one and ends between outer and inner one: levels that all threads
    # count together would give outer and inner the same number.
    begun, met, ended = threading.Event(), threading.Event(), threading.Event()

    def elsewhere(x):
        begun.set()
        met.wait(10)
        return x * x

    def function(x):
        met.set()
        assert ended.wait(10)
        return x * inner(lambda y: x * y)(1.0)

    thread = threading.Thread(target=lambda: (outer(elsewhere)(1.0), ended.set()))
    thread.start()
    assert begun.wait(10)
    assert outer(function)(3.0) == 6.0
    thread.join()


@pytest.mark.parametrize("outer", [reverse, forward], ids=lambda mode: mode.__name__)
def test_a_pullback_can_be_differentiated_by_its_seed_too(outer):
    def f(x):
        return ad.vjp(lambda y: y**3, x)[1](x)[0]  # x · 3x²

    assert outer(f)(2.0) == 36.0


@pytest.mark.parametrize("nesting", nestings(2), ids=name_of)
def test_pullbacks_with_two_perturbations_in_seed_and_primal(nesting):
    outer, inner = nesting

    def f(x):  # inner: d/dy [3x² · y · y] at y = x, so 6x³
        return inner(lambda y: ad.vjp(lambda z: z**3, x)[1](y)[0] * y)(x)

    assert outer(f)(2.0) == 18 * 2.0**2


@pytest.mark.parametrize("seed", [1.0, 2.0])
def test_a_pullback_is_linear_in_a_seed_that_is_a_value(seed):
    w = ad.Value(5.0)
    _, pull = ad.vjp(lambda x: x * x * w, 2.0)
    slope = ad.grad(lambda u: pull(u)[0])(seed)
    assert slope.data == 20.0


# ── closures and outer graphs ───────────────────────────────────────────────────────────────────


def test_a_gradient_keeps_the_graph_of_values_it_closes_over():
    w = ad.Value(3.0)
    slope = ad.grad(lambda x: w * x**2)(2.0)  # 4w
    assert isinstance(slope, ad.Value) and slope.data == 12.0
    slope.backward()
    assert w.grad == 4.0


def test_a_gradient_at_a_value_keeps_its_graph():
    w = ad.Value(3.0)
    value, slope = ad.value_and_grad(lambda x: x**3)(w * w)
    assert (value.data, slope.data) == (729.0, 243.0)
    assert ad.gradients(value, w) == 6 * 3.0**5
    assert ad.gradients(slope, w) == 12 * 3.0**3


def test_a_jvp_at_a_value_keeps_its_graph():
    w = ad.Value(3.0)
    out, out_dot = ad.jvp(lambda x: x**3, (w,), (w,))  # w³, 3w³
    assert ad.gradients(out, w) == 27.0
    assert ad.gradients(out_dot, w) == 81.0


def test_a_value_made_inside_the_function_is_no_outer_one():
    slope = ad.grad(lambda x: x * ad.Value(2.0))(3.0)
    assert type(slope) is float and slope == 2.0


def test_a_detached_value_in_a_closure_is_a_constant():
    w = ad.Value(3.0)
    slope = ad.grad(lambda x: w.detach() * x)(2.0)
    assert type(slope) is float and slope == 3.0


def test_no_transform_touches_grad():
    w = ad.Value(3.0)
    ad.grad(lambda x: x * w)(w)
    ad.jacobian(lambda x: [x * w])(w)
    ad.hvp(lambda x: x * x * w, w, 1.0)
    assert not w.has_grad


def test_a_function_may_use_a_gradient_of_itself_with_backward_inside():
    def f(x):
        y = ad.Value(2.0)
        (y * y).backward()
        return x * y.grad

    assert ad.grad(f)(3.0) == 4.0


# ── choices ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", [reverse, forward], ids=lambda mode: mode.__name__)
def test_gradients_go_through_the_choosing_functions(mode):
    assert mode(lambda x: ad.max(x, 2.0, x * x))(3.0) == 6.0
    assert mode(lambda x: ad.max([x, 5.0]))(3.0) == 0.0
    assert mode(lambda x: ad.min(x, 2 * x))(3.0) == 1.0
    assert mode(lambda x: ad.where(x > 2, x**2, ad.log(-x)))(3.0) == 6.0
    assert mode(lambda x: ad.where(x < 2, x**2, 5.0))(3.0) == 0.0
    assert mode(lambda x: x**2 if x > 2 else -x)(3.0) == 6.0
    assert mode(lambda x: ad.softmax(x, 1.0)[0])(1.0) == 0.25
    assert mode(lambda x: max(x, 2 * x))(3.0) == 2.0, "the builtin compares and chooses"


@pytest.mark.parametrize("nesting", nestings(2), ids=name_of)
def test_second_derivatives_at_kinks_are_0(nesting):
    kinks = [
        abs, ad.relu, ad.sign, ad.leaky_relu, lambda x: ad.max(x, 0.0), lambda x: ad.min(x, 0.0),
        lambda x: ad.clamp(x, 0.0, 1.0), lambda x: ad.hypot(x, 0.0), lambda x: ad.max(x, 2 * x),
    ]  # fmt: skip
    for f in kinks:
        for mode in nesting:
            f = mode(f)
        assert f(0.0) == 0.0


def test_a_dual_shows_its_parts():
    x = Dual(2.0, 1.0, tag=1)
    assert (x.data, repr(x * x)) == (2.0, "Dual(4.0, tangent=4.0)")
