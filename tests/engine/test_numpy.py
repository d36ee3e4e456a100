"""NumPy's functions on a Value, NumPy scalars as operands, and object arrays of Values."""

import operator

import numpy as np
import pytest

import autodiff as ad

SAME_NAME = ["sin", "cos", "tan", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt",
             "sinh", "cosh", "tanh", "square", "reciprocal", "floor", "ceil", "sign"]  # fmt: skip
OTHER_NAME = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh",
              "arctanh": "atanh", "absolute": "abs", "fabs": "abs", "negative": "neg",
              "positive": "identity"}  # fmt: skip


@pytest.mark.parametrize("theirs, ours", [(n, n) for n in SAME_NAME] + list(OTHER_NAME.items()))
def test_a_function_of_numpy_is_the_row(theirs, ours):
    out = getattr(np, theirs)(ad.Value(0.5))
    assert isinstance(out, ad.Value)
    assert out.primitive is ad.PRIMITIVES[ours]
    dual = ad.jvp(getattr(np, theirs), (0.5,), (1.0,))
    assert dual == ad.jvp(ad.PRIMITIVES[ours], (0.5,), (1.0,))


@pytest.mark.parametrize(
    "theirs, ours",
    {"add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "power": "pow",
     "hypot": "hypot", "arctan2": "atan2", "logaddexp": "logsumexp"}.items(),
)  # fmt: skip
def test_a_function_of_two_operands_is_the_row(theirs, ours):
    x = ad.Value(0.5)
    assert getattr(np, theirs)(x, 2.0).primitive is ad.PRIMITIVES[ours]
    out = getattr(np, theirs)(2.0, x)
    assert [node.data for node in out.operands] == [2.0, 0.5]


def test_maximum_against_a_constant_follows_the_conventions_of_max():
    x = ad.Value(0.0)
    np.maximum(x, 0.0).backward()
    assert x.grad == 0.0
    assert np.minimum(x, 3.0).data == 0.0


@pytest.mark.parametrize("symbol", [operator.add, operator.sub, operator.mul, operator.truediv,
                                    operator.pow])  # fmt: skip
@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2)], ids=lambda x: x.dtype)
def test_a_numpy_scalar_on_the_left_gives_a_value(symbol, scalar):
    x = ad.Value(3.0)
    out = symbol(scalar, x)
    assert isinstance(out, ad.Value)
    assert out.data == symbol(2.0, 3.0)
    assert out.operands[1] is x


def test_object_arrays_of_values_work_element_by_element():
    array = np.array([ad.Value(1.0), ad.Value(2.0)])
    for out in (np.sin(array) * 2, 2 * np.sin(array), np.sin(array) * ad.Value(2.0),
                ad.Value(2.0) * np.sin(array)):  # fmt: skip
        assert out.shape == (2,)
        assert [node.data for node in out] == [2 * ad.sin(1.0), 2 * ad.sin(2.0)]
    total = array @ array + array.sum() + array.mean() + np.dot(array, array)
    # d/dx_i: 2·x_i + 1 + 1/2 + 2·x_i, exact in binary
    assert ad.gradients(total, list(array)) == [5.5, 9.5]


def test_object_arrays_broadcast_with_a_value():
    x = ad.Value(10.0)
    matrix = np.array([[ad.Value(1.0), ad.Value(2.0)], [ad.Value(3.0), ad.Value(4.0)]])
    assert [[node.data for node in row] for row in matrix + x] == [[11.0, 12.0], [13.0, 14.0]]
    assert ad.gradients((matrix * x).sum(), x) == 10.0


def test_object_arrays_change_in_place():
    x = ad.Value(10.0)
    array = np.array([ad.Value(1.0), ad.Value(2.0)])
    array *= x
    array -= 0.5 * x
    assert ad.gradients(array.sum(), x) == 2.0


def test_object_arrays_compare_element_by_element():
    array = np.array([ad.Value(1.0), ad.Value(3.0)])
    for x in (2.0, ad.Value(2.0)):
        assert (array < x).tolist() == (x > array).tolist() == [True, False]
        assert (array == x).tolist() == (x == array).tolist() == [False, False]


@pytest.mark.parametrize("symbol", [operator.add, operator.mul, operator.pow, operator.lt, operator.eq])
def test_an_array_of_floats_is_refused_on_both_sides(symbol):
    for left, right in ((ad.Value(2.0), np.ones(3)), (np.ones(3), ad.Value(2.0))):
        with pytest.raises(TypeError, match=r"shape \(3,\)\): work element by element"):
            symbol(left, right)


def test_a_function_without_a_row_is_refused():
    with pytest.raises(TypeError):
        np.spacing(ad.Value(2.0))


def test_comparisons_with_numpy_scalars_give_the_bool_of_python():
    x = ad.Value(2.0)
    for answer in (x < np.float64(3), np.float64(3) > x, x == np.float32(2), np.int64(2) == x):
        assert type(answer) is bool
