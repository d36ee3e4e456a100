"""The Python operators: every mixing of kinds, comparisons, methods, NumPy, and what is refused."""

import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autodiff as ad
from autodiff.forward import Dual
from autodiff.testing import check_gradients
from tests.engine.test_scalars import STRANGERS

PLAIN = [2, 2.5, Fraction(5, 2), Decimal("2.5"), np.float64(2.5), np.float32(2.5), np.int64(2), True,
         np.bool_(True)]  # fmt: skip
plain_numbers = pytest.mark.parametrize("number", PLAIN, ids=lambda x: type(x).__name__)
KINDS = {"Value": ad.Value, "Dual": lambda x: Dual(x, 1.0, tag=1)}
both_kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
BINARY = {
    "add": (operator.add, lambda x, y: (1.0, 1.0)),
    "sub": (operator.sub, lambda x, y: (1.0, -1.0)),
    "mul": (operator.mul, lambda x, y: (y, x)),
    "div": (operator.truediv, lambda x, y: (1 / y, -x / y / y)),
    "pow": (operator.pow, lambda x, y: (y * x ** (y - 1), x**y * math.log(x))),
}
every_operator = pytest.mark.parametrize("symbol, slopes", BINARY.values(), ids=BINARY)
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


def derivatives(out, *inputs):
    return ad.gradients(out, list(inputs))


@every_operator
def test_two_values_give_a_node_with_both_derivatives(symbol, slopes):
    x, y = ad.Value(3.0), ad.Value(2.0)
    out = symbol(x, y)
    assert out.operands == (x, y)
    assert out.data == symbol(3.0, 2.0)
    # Two roundings of each slope, in one order or another.
    assert derivatives(out, x, y) == pytest.approx(slopes(3.0, 2.0), rel=4 * 2**-53)


@every_operator
def test_the_checker_passes_every_operator_between_numbers_that_move_and_that_do_not(symbol, slopes):
    assert check_gradients(symbol, 3.0, 2.0)
    assert check_gradients(lambda x: symbol(x, 2.5), 3.0)
    assert check_gradients(lambda y: symbol(2.5, y), 3.0)


@plain_numbers
@every_operator
def test_a_plain_number_on_the_right_is_a_constant(symbol, slopes, number):
    x = ad.Value(3.0)
    out = symbol(x, number)
    assert out.data == symbol(3.0, float(number))
    assert [node.is_constant for node in out.operands] == [False, True]
    assert derivatives(out, x) == pytest.approx([slopes(3.0, float(number))[0]], rel=4 * 2**-53)


@plain_numbers
@every_operator
def test_a_plain_number_on_the_left_is_a_constant(symbol, slopes, number):
    y = ad.Value(3.0)
    out = symbol(number, y)
    assert isinstance(out, ad.Value)
    assert out.data == symbol(float(number), 3.0)
    assert [node.is_constant for node in out.operands] == [True, False]
    assert derivatives(out, y) == pytest.approx([slopes(float(number), 3.0)[1]], rel=4 * 2**-53)


@plain_numbers
@every_operator
def test_duals_mix_with_plain_numbers_on_both_sides(symbol, slopes, number):
    x = Dual(3.0, 1.0, tag=1)
    right, left = symbol(x, number), symbol(number, x)
    assert (right.primal, left.primal) == (symbol(3.0, float(number)), symbol(float(number), 3.0))
    assert right.tangent == pytest.approx(slopes(3.0, float(number))[0], rel=4 * 2**-53)
    assert left.tangent == pytest.approx(slopes(float(number), 3.0)[1], rel=4 * 2**-53)


@every_operator
def test_a_dual_and_a_value_give_a_dual_around_a_value(symbol, slopes):
    dual, value = Dual(3.0, 1.0, tag=1), ad.Value(2.0)
    for out in (symbol(dual, value), symbol(value, dual)):
        assert isinstance(out, Dual)
        assert isinstance(out.primal, ad.Value)


def test_a_constant_power_takes_no_logarithm():
    x = ad.Value(-3.0)
    assert derivatives(x**3, x) == [27.0]
    assert derivatives(x**-1, x) == pytest.approx([-1 / 9], rel=4 * 2**-53)


def test_a_constant_base_has_the_logarithm_of_the_base():
    y = ad.Value(3.0)
    assert derivatives(2**y, y) == [8 * math.log(2)]


def test_negation_absolute_value_and_plus():
    x = ad.Value(-3.0)
    assert (-x).data == 3.0 and derivatives(-x, x) == [-1.0]
    assert abs(x).data == 3.0 and derivatives(abs(x), x) == [-1.0]
    assert +x is x
    assert (-x).primitive is ad.neg, "not a multiplication by -1"


def test_augmented_assignment_makes_a_new_node():
    x = y = ad.Value(3.0)
    y += 1
    y *= x
    assert x.data == 3.0
    assert derivatives(y, x) == [7.0]


def test_the_builtin_sum_works():
    xs = [ad.Value(1.0), ad.Value(2.0)]
    assert derivatives(sum(xs), *xs) == [1.0, 1.0]


# ── comparisons ─────────────────────────────────────────────────────────────────────────────────


@both_kinds
@pytest.mark.parametrize("compare", COMPARISONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("other", [1, 2.0, 3.5, *PLAIN, float("nan")], ids=repr)
def test_comparisons_compare_numbers_and_give_a_bool(kind, compare, other):
    x = kind(2.0)
    assert compare(x, other) is compare(2.0, float(other))
    assert compare(other, x) is compare(float(other), 2.0)
    assert compare(x, kind(float(other))) is compare(2.0, float(other))


@both_kinds
@pytest.mark.parametrize("stranger", ["a", None, 1j, [2.0], object()], ids=repr)
def test_a_number_is_unequal_to_a_stranger_and_has_no_order_with_it(kind, stranger):
    x = kind(2.0)
    assert (x == stranger) is False and (x != stranger) is True
    with pytest.raises(TypeError, match="not supported between instances"):
        x < stranger  # noqa: B015


@both_kinds
def test_truth_is_being_no_zero(kind):
    assert kind(-0.5) and not kind(0.0) and not kind(-0.0)
    assert kind(float("nan")), "as for a float"


def test_hashing_is_by_identity():
    x, twin = ad.Value(2.0), ad.Value(2.0)
    assert x == twin
    assert len({x, twin}) == 2
    assert {x: "x"}[x] == "x"
    assert hash(x) == hash(x) and hash(x) != hash(twin)


def test_sorting_goes_by_the_number():
    xs = [ad.Value(3.0), ad.Value(1.0), ad.Value(2.0)]
    assert [x.data for x in sorted(xs)] == [1.0, 2.0, 3.0]
    assert max(xs) is xs[0] and min(xs) is xs[1]


# ── methods ─────────────────────────────────────────────────────────────────────────────────────


def test_every_public_row_of_fixed_operands_is_a_method_and_no_other_is():
    for name, row in ad.PRIMITIVES.items():
        public = getattr(ad, name, None) is row and not row.operands.variadic
        assert hasattr(ad.Value, name) == public, name


def test_methods_are_the_functions():
    for name, row in ad.PRIMITIVES.items():
        if not hasattr(ad.Value, name):
            continue
        numbers = [0.5, 0.25, 0.75][: len(row.operands.names)]
        by_method = getattr(ad.Value(numbers[0]), name)(*numbers[1:])
        by_function = row(ad.Value(numbers[0]), *numbers[1:])
        # repr: acosh(0.5) is nan, and nan == nan is False
        assert repr(by_method) == repr(by_function), name
        assert by_method.primitive is row


def test_methods_fill_in_defaults():
    assert ad.Value(-1.0).leaky_relu().data == -0.01
    assert ad.Value(-1.0).leaky_relu(0.5).data == -0.5


# ── what would lose the derivative ──────────────────────────────────────────────────────────────


@both_kinds
@pytest.mark.parametrize(
    "lose", [float, int, complex, math.sin, "%.3f".__mod__, lambda x: np.array([x], float)]
)
def test_turning_into_a_float_is_refused_and_the_way_out_is_named(kind, lose):
    with pytest.raises(TypeError) as error:
        lose(kind(2.0))
    assert ".data" in str(error.value) and "ad.sin" in str(error.value)


@both_kinds
def test_formatting_formats_the_number(kind):
    x = kind(2.0 / 3)
    assert f"{x:.3f}" == "0.667"
    assert f"{x:8.1e}" == " 6.7e-01"
    assert f"{x}" == str(x) == repr(x)


@pytest.mark.parametrize("stranger, advice", STRANGERS.values(), ids=STRANGERS)
@every_operator
def test_every_operator_refuses_a_stranger_on_both_sides(symbol, slopes, stranger, advice):
    for left, right in ((ad.Value(2.0), stranger), (stranger, ad.Value(2.0))):
        with pytest.raises(TypeError) as error:
            symbol(left, right)
        assert advice in str(error.value)


def test_what_has_no_derivative_here_is_no_operator():
    x = ad.Value(2.0)
    for unsupported in (lambda: x // 2, lambda: x % 2, lambda: x @ x, lambda: round(x), lambda: [1][x]):
        with pytest.raises(TypeError):
            unsupported()


def test_a_type_that_knows_values_is_asked():
    class Knows:
        def __radd__(self, other):
            return "asked"

        def __gt__(self, other):
            return "asked"

    assert ad.Value(1.0) + Knows() == "asked"
    assert (ad.Value(1.0) < Knows()) == "asked"
