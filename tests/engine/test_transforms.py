"""``grad``, ``vjp``, ``jvp``, ``jacobian``, ``hessian``, ``hvp``: containers, choices and errors."""

import math
from typing import NamedTuple

import numpy as np
import pytest

import autodiff as ad


class Point(NamedTuple):
    a: float
    b: float


def product_and_sum(x, y):
    return [x * y, x + y]


# ── grad and value_and_grad ─────────────────────────────────────────────────────────────────────


def test_grad_of_numbers_is_a_plain_float():
    for x in (3, 3.0, np.float64(3), True + 2):
        slope = ad.grad(lambda x: x**2)(x)
        assert type(slope) is float and slope == 6.0


def test_argnum_chooses_the_argument():
    def f(x, y, z):
        return x * y**2 * z**3

    assert ad.grad(f)(1.0, 2.0, 3.0) == 108.0
    assert ad.grad(f, argnum=1)(1.0, 2.0, 3.0) == 108.0
    assert ad.grad(f, argnum=-1)(1.0, 2.0, 3.0) == 108.0
    assert ad.grad(f, argnum=(0, 2))(2.0, 2.0, 3.0) == (108.0, 216.0)
    assert ad.grad(f, argnum=[1])(2.0, 2.0, 3.0) == (216.0,)


def test_keyword_arguments_go_through_undifferentiated():
    def f(x, *, power):
        assert type(power) is int
        return x**power

    assert ad.grad(f)(2.0, power=3) == 12.0


def test_value_and_grad_gives_both_as_floats():
    value, slope = ad.value_and_grad(lambda x: x**3)(2.0)
    assert (value, slope) == (8.0, 12.0)
    assert type(value) is type(slope) is float


def test_a_function_that_ignores_its_argument_has_gradient_0():
    assert ad.value_and_grad(lambda x: 7.0)(2.0) == (7.0, 0.0)
    assert ad.jvp(lambda x: 7.0, (2.0,), (1.0,)) == (7.0, 0.0)
    assert ad.vjp(lambda x: 7.0, 2.0)[1](1.0) == (0.0,)


def test_the_gradient_has_the_structure_of_the_argument():
    def f(p):
        return p["w"][0] * p["w"][1][0] + p["point"].a * p["point"].b ** 2 + p["t"][0]

    p = {"w": [2.0, (3.0,)], "point": Point(5.0, 7.0), "t": (1,)}
    expected = {"w": [3.0, (2.0,)], "point": Point(49.0, 70.0), "t": (1.0,)}
    gradient = ad.grad(f)(p)
    assert gradient == expected
    assert type(gradient["point"]) is Point


def test_empty_containers_are_fine():
    assert ad.grad(lambda p: p["x"] ** 2)({"x": 3.0, "none": [], "nothing": ()}) == {
        "x": 6.0, "none": [], "nothing": (),
    }  # fmt: skip


@pytest.mark.parametrize("shape", [(), (0,), (4,), (2, 3), (2, 1, 2)])
def test_arrays_of_any_dimensions_have_gradients_of_their_shape(shape):
    array = np.arange(1.0, 1.0 + math.prod(shape)).reshape(shape)
    value, gradient = ad.value_and_grad(lambda a: ad.sum(x * x for x in a.ravel()))(array)
    assert value == (array**2).sum()
    assert gradient.dtype == float and gradient.shape == shape
    assert (gradient == 2 * array).all()


def test_arrays_of_integers_and_small_floats_count_as_floats():
    for kind in (int, np.float32, bool):
        gradient = ad.grad(lambda a: (a * a).sum())(np.array([1, 0, 1], dtype=kind))
        assert gradient.dtype == float and gradient.tolist() == [2.0, 0.0, 2.0]


def test_numpys_own_functions_can_be_differentiated():
    def f(w, x):
        return np.tanh(w @ x).sum() + np.exp(x).mean()

    w, x = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.5, -0.5])
    w_bar, x_bar = ad.grad(f, (0, 1))(w, x)
    slopes = 1 - np.tanh(w @ x) ** 2
    # A few roundings of numbers around 1, in another order.
    np.testing.assert_allclose(w_bar, np.outer(slopes, x), rtol=0, atol=8 * 2**-53)
    np.testing.assert_allclose(x_bar, w.T @ slopes + np.exp(x) / 2, rtol=0, atol=8 * 2**-53)


def test_arrays_inside_containers_work():
    gradient = ad.grad(lambda p: (p["w"] * p["b"]).sum())({"w": np.array([1.0, 2.0]), "b": 3.0})
    assert gradient["w"].tolist() == [3.0, 3.0]
    assert gradient["b"] == 3.0


def test_an_object_array_of_values_keeps_its_graph():
    x = ad.Value(2.0)
    array = np.array([x, x * x])
    gradient = ad.grad(lambda a: a[0] * a[1])(array)  # (x², x)
    assert gradient.dtype == object
    assert ad.gradients(gradient[0], x) == 4.0


# ── vjp and jvp ─────────────────────────────────────────────────────────────────────────────────


def test_vjp_pulls_adjoints_back():
    outs, pull = ad.vjp(product_and_sum, 3.0, 4.0)
    assert outs == [12.0, 7.0]
    assert pull([1.0, 0.0]) == (4.0, 3.0)
    assert pull([1.0, 10.0]) == (14.0, 13.0), "a pullback can be used again"


def test_jvp_pushes_tangents_forward():
    assert ad.jvp(product_and_sum, (3.0, 4.0), (1.0, 10.0)) == ([12.0, 7.0], [34.0, 11.0])


def test_vjp_and_jvp_are_transposes():
    def f(p, t):
        return {"a": p[0] * ad.sin(t), "b": (p[1] / t, p[0])}

    primals, tangents = ([0.5, 1.5], 2.0), ([0.25, -2.0], 3.0)
    _, out_dot = ad.jvp(f, primals, tangents)
    _, pull = ad.vjp(f, *primals)
    out_bar = {"b": (0.5, 2.0), "a": -1.0}  # another order of keys than f's
    p_bar, t_bar = pull(out_bar)
    left = -1.0 * out_dot["a"] + 0.5 * out_dot["b"][0] + 2.0 * out_dot["b"][1]
    right = p_bar[0] * 0.25 + p_bar[1] * -2.0 + t_bar * 3.0
    # Sums of six products below 10: at most a dozen roundings of that size.
    assert abs(left - right) <= 12 * 10 * 2**-53


def test_tangents_find_their_primals_by_key():
    def f(p):
        return p["a"] * p["b"] ** 2

    assert ad.jvp(f, ({"a": 1.0, "b": 2.0},), ({"b": 10.0, "a": 1.0},)) == (4.0, 44.0)


@pytest.mark.parametrize(
    "primal, tangent, place",
    [
        (1.0, [1.0], "tangents[0]"),
        ([1.0, 2.0], [1.0], "tangents[0]"),
        ([1.0, 2.0], (1.0, 2.0), "tangents[0]"),
        ({"a": 1.0}, {"b": 1.0}, "tangents[0]"),
        ({"a": [1.0, 2.0], "b": 1.0}, {"a": [1.0], "b": 1.0}, "tangents[0]['a']"),
        ([1.0, [2.0, 3.0]], [[1.0, 2.0], 3.0], "tangents[0][0]"),
        ([0.0] * 9 + [[1.0]], [0.0] * 10, "tangents[0][9]"),
        (np.ones((2, 3)), np.ones((3, 2)), "tangents[0]"),
        (np.ones(2), [1.0, 1.0], "tangents[0]"),
        (Point(1.0, 2.0), (1.0, 2.0), "tangents[0]"),
    ],
)
def test_a_tangent_of_another_structure_is_refused_with_its_place(primal, tangent, place):
    with pytest.raises(ValueError) as error:
        ad.jvp(lambda p: 1.0, (primal,), (tangent,))
    assert str(error.value).startswith(f"{place}: expected ")


def test_adjoints_of_another_structure_are_refused():
    _, pull = ad.vjp(product_and_sum, 3.0, 4.0)
    for wrong in (1.0, [1.0], (1.0, 2.0), {"a": 1.0, "b": 2.0}):
        with pytest.raises(ValueError, match=r"^adjoints: expected list\(a scalar, a scalar\)"):
            pull(wrong)


# ── jacobian, hessian, hvp ──────────────────────────────────────────────────────────────────────


def quadratic(x):
    return [x[0] * x[1], x[0] + x[1], x[1] ** 2]


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_both_modes_give_the_same_jacobian(mode):
    J = ad.jacobian(quadratic, mode=mode)
    assert J([3.0, 4.0]) == [[4.0, 3.0], [1.0, 1.0], [0.0, 8.0]]


@pytest.mark.parametrize(
    "inputs, outputs, chosen, passes",
    [(2, 5, "forward", 2), (5, 2, "reverse", 2), (3, 3, "forward", 3), (1, 1, "forward", 1)],
)
def test_auto_takes_the_cheaper_mode_and_says_which(inputs, outputs, chosen, passes):
    J = ad.jacobian(lambda x: [ad.sum(x) * (i + 1) for i in range(outputs)])
    assert (J.chosen, J.passes) == (None, 0)
    assert J([1.0] * inputs) == [[i + 1.0] * inputs for i in range(outputs)]
    assert (J.chosen, J.passes) == (chosen, passes)


def test_a_named_mode_counts_its_own_passes():
    forward, reverse = ad.jacobian(quadratic, mode="forward"), ad.jacobian(quadratic, mode="reverse")
    assert forward([3.0, 4.0]) == reverse([3.0, 4.0])
    assert (forward.chosen, forward.passes) == ("forward", 2)
    assert (reverse.chosen, reverse.passes) == ("reverse", 3)


def test_scalars_have_scalar_jacobians():
    assert ad.jacobian(lambda x: x**3)(2.0) == 12.0
    assert ad.jacobian(lambda x: (x, 2 * x))(2.0) == (1.0, 2.0)
    assert ad.jacobian(lambda x, y: x * y, argnum=1)(2.0, 3.0) == 2.0


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_containers_nest_outputs_around_inputs(mode):
    def f(p):
        return {"prod": p["x"] * p["y"], "all": (p["x"], 2 * p["y"])}

    assert ad.jacobian(f, mode=mode)({"x": 3.0, "y": 4.0}) == {
        "prod": {"x": 4.0, "y": 3.0}, "all": ({"x": 1.0, "y": 0.0}, {"x": 0.0, "y": 2.0}),
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_an_arrays_jacobian_has_the_outputs_shape_and_then_the_inputs(mode):
    array = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    J = ad.jacobian(lambda a: (a * a).sum(axis=1), mode=mode)(array)
    assert J.shape == (2, 2, 3) and J.dtype == float
    assert J[0].tolist() == [[2.0, 4.0, 6.0], [0.0, 0.0, 0.0]]
    assert J[1].tolist() == [[0.0, 0.0, 0.0], [8.0, 10.0, 12.0]]


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_arrays_and_containers_mix_in_jacobians(mode):
    J = ad.jacobian(lambda x: np.array([x[0] * x[1], x[0]]), mode=mode)([2.0, 3.0])
    assert [list(row) for row in J] == [[3.0, 2.0], [1.0, 0.0]]
    J = ad.jacobian(lambda a: {"a": a[0] * a[1], "b": [a[0]]}, mode=mode)(np.array([2.0, 3.0]))
    assert (J["a"].tolist(), J["b"][0].tolist()) == ([3.0, 2.0], [1.0, 0.0])


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_no_inputs_give_empty_rows(mode):
    assert ad.jacobian(lambda x: [1.0, 2.0], mode=mode)([]) == [[], []]


def test_the_hessian_of_containers_has_one_row_for_each_entry():
    def f(p):
        return p["w"][0] ** 2 * p["b"] + p["w"][1]

    H = ad.hessian(f)({"w": [3.0, 4.0], "b": 5.0})
    assert H["w"][0] == {"w": [10.0, 0.0], "b": 6.0}
    assert H["b"] == {"w": [6.0, 0.0], "b": 0.0}
    H = ad.hessian(f)({"w": np.array([3.0, 4.0]), "b": 5.0})
    assert H["w"][0]["w"].tolist() == [10.0, 0.0]
    assert H["b"]["w"].tolist() == [6.0, 0.0]


def test_the_hessian_of_an_array_is_a_symmetric_array():
    def f(a):
        return ad.sin(a[0] * a[1]) * ad.exp(a[2])

    H = ad.hessian(f)(np.array([0.3, 0.7, -0.2]))
    assert H.shape == (3, 3)
    # Symmetric up to a few roundings of numbers around 1.
    np.testing.assert_allclose(H, H.T, rtol=0, atol=8 * 2**-53)


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_hvp_is_the_hessian_times_the_vector(kind):
    def f(x):
        return x[0] ** 2 * x[1] + x[1] ** 3

    product = ad.hvp(f, kind([3.0, 4.0]), kind([1.0, -2.0]))
    assert list(product) == [8.0 * 1 + 6.0 * -2, 6.0 * 1 + 24.0 * -2]
    assert ad.hvp(lambda x: x**3, 2.0, 0.5) == 6.0


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("of", [ad.grad, ad.value_and_grad, ad.hessian])
@pytest.mark.parametrize("result", [[1.0], {"a": 1.0}, np.ones(2), (1.0, 2.0)], ids=repr)
def test_grad_needs_one_number_as_the_result_and_says_what_it_got(of, result):
    with pytest.raises(TypeError, match=r"one number as its result.*use ad\.jacobian or ad\.vjp"):
        of(lambda x: result)(1.0)


@pytest.mark.parametrize("of", [ad.grad, ad.hessian, ad.jacobian])
def test_a_forgotten_return_is_named(of):
    with pytest.raises(TypeError, match="did a function forget to return its result"):
        of(lambda x: None)(1.0)


@pytest.mark.parametrize("argnum", [1, -2, (0, 1), "x"])
@pytest.mark.parametrize("of", [ad.grad, ad.value_and_grad])
def test_an_argnum_that_is_not_there_is_refused(of, argnum):
    with pytest.raises(TypeError, match=r"argnum .*only 1 positional arguments were given"):
        of(lambda x: x, argnum=argnum)(1.0)


@pytest.mark.parametrize("of", [ad.jacobian, ad.hessian])
def test_an_argnum_of_jacobian_and_hessian_that_is_not_there_is_refused(of):
    with pytest.raises(TypeError, match="argnum 1: only 1 positional arguments were given"):
        of(lambda x: x, argnum=1)(1.0)


def test_an_unknown_mode_is_refused_at_once():
    with pytest.raises(ValueError, match="mode must be 'auto', 'forward' or 'reverse', not 'backward'"):
        ad.jacobian(quadratic, mode="backward")


@pytest.mark.parametrize(
    "argument, place",
    [({"w": [1.0, None]}, "['w'][1]"), ([[1.0], ["a"]], "[1][0]"),
     (np.array([1.0, None], dtype=object), "[1]"), ({1.0, 2.0}, "")],
)  # fmt: skip
@pytest.mark.parametrize("of", [ad.grad, ad.jacobian])
def test_a_stranger_inside_an_argument_is_refused_with_its_place(of, argument, place):
    with pytest.raises(TypeError) as error:
        of(lambda p: 1.0)(argument)
    assert f"{place}: expected a" in str(error.value)


@pytest.mark.parametrize("out", [3.0, None, [ad.Value(1.0)]])
def test_gradients_need_a_value_to_start_from(out):
    with pytest.raises(TypeError, match="out must be a Value"):
        ad.gradients(out, ad.Value(1.0))


def test_gradients_need_values_as_inputs():
    with pytest.raises(TypeError, match=r"inputs must be Values, not float 2\.0"):
        ad.gradients(ad.Value(1.0), [ad.Value(1.0), 2.0])


def test_gradients_by_an_intermediate_can_be_differentiated_by_it_again():
    x = ad.Value(2.0)
    y = x * x
    first = ad.gradients(y**3, y, create_graph=True)
    assert first.data == 48.0
    assert ad.gradients(first, [y, x]) == [24.0, 96.0]


def test_gradients_by_something_unconnected_are_0():
    x, other = ad.Value(2.0), ad.Value(3.0)
    assert ad.gradients(x * x, [x, other]) == [4.0, 0.0]
    recorded = ad.gradients(x * x, {"x": x, "other": other}, create_graph=True)
    assert (recorded["x"].data, recorded["other"].data) == (4.0, 0.0)
