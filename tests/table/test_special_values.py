"""Zeros, infinities, nan, subnormals: every row is total there, and nan is never laundered."""

import itertools
import math
from math import inf, nan

import pytest

import autodiff as ad
from tests.table.oracles import CASES, ROWS
from tests.table.points import LARGEST, SMALLEST_NORMAL, TINY

SPECIAL = [0.0, -0.0, inf, -inf, nan, TINY, -TINY, SMALLEST_NORMAL, LARGEST, -LARGEST, 1.0, -1.0, 2.5]
FEWER = [0.0, -0.0, inf, -inf, nan, TINY, LARGEST, 1.0, -2.5]
FEWEST = [0.0, inf, nan, -1.0]


def special_points(count: int) -> list[tuple[float, ...]]:
    """Return every combination of special floats, of fewer kinds where there are many operands."""
    floats = SPECIAL if count < 3 else FEWER if count == 3 else FEWEST if count < 6 else FEWEST[1:3]
    return list(itertools.product(floats, repeat=count))


def parts(name: str, point: tuple[float, ...]) -> tuple[ad.Value, list[ad.Value], list[ad.Value]]:
    """Return a row's value at a point, its operands, and the recorded first derivatives."""
    xs = [ad.Value(x) for x in point]
    out = ROWS[name].apply(xs)
    return out, xs, ad.gradients(out, xs, create_graph=True)


@pytest.mark.parametrize(("name", "count"), CASES)
def test_no_operation_raises_in_any_mode(name: str, count: int) -> None:
    row = ROWS[name]
    for point in special_points(count):
        value = row.evaluate(*point)
        assert type(value) is float
        assert all(type(partial) is float for partial in row.partials(value, *point))
        _, xs, first = parts(name, point)
        assert all(type(x) is float for x_bar in first for x in ad.gradients(x_bar, xs))
        primal, tangent = ad.jvp(lambda *xs: row.apply(xs), point, [1.0] * count)
        assert type(primal) is float and type(tangent) is float
        assert all(type(margin) is float for margin in row.margins(point))


@pytest.mark.parametrize(("name", "count"), CASES)
def test_nan_in_is_nan_out_unless_the_operand_has_no_part_in_the_value(name: str, count: int) -> None:
    row = ROWS[name]
    for point in special_points(count):
        for i in (i for i, x in enumerate(point) if math.isnan(x)):
            value = row.evaluate(*point)
            if math.isnan(value) or sum(map(math.isnan, point)) > 1:
                continue
            others = {row.evaluate(*point[:i], x, *point[i + 1 :]) for x in FEWER if x == x}
            assert others == {value}, f"{name}{point} = {value}, but operand {i} decides: {others}"


def test_only_these_rows_have_operands_without_a_part_in_the_value() -> None:
    # 1**y and x**0 are 1, hypot(inf, y) is inf: IEEE-754. A slope is not used where x > 0. The
    # softmax of one number is 1, whatever it is.
    ignoring = {
        name
        for name, count in CASES
        for point in special_points(count)
        if any(map(math.isnan, point)) and not math.isnan(ROWS[name].evaluate(*point))
    }
    assert ignoring == {"pow", "hypot", "leaky_relu", "elu", "softmax"}


@pytest.mark.parametrize(("name", "count"), CASES)
def test_nan_value_has_nan_derivatives(name: str, count: int) -> None:
    row = ROWS[name]
    for point in special_points(count):
        if math.isnan(row.evaluate(*point)):
            assert all(map(math.isnan, row.partials(nan, *point)))
            _, _, first = parts(name, point)
            assert all(math.isnan(x_bar.data) for x_bar in first), f"{name}{point}"


def test_nan_value_has_nan_second_derivatives() -> None:
    for name, count in CASES:
        for point in special_points(count):
            out, xs, first = parts(name, point)
            if math.isnan(out.data):
                assert all(math.isnan(x) for x_bar in first for x in ad.gradients(x_bar, xs)), name


@pytest.mark.parametrize(("name", "count"), CASES)
def test_a_zero_sign_of_the_result_is_the_same_in_every_mode(name: str, count: int) -> None:
    for point in special_points(count):
        value, (out, _, _) = ROWS[name].evaluate(*point), parts(name, point)
        assert repr(out.data) == repr(value)
        assert repr(ad.jvp(lambda *xs: ROWS[name].apply(xs), point, point)[0]) == repr(value)
