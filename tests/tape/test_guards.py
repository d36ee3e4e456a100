"""Comparisons are checked on every replay, lane by lane: never a silently wrong branch."""

import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

import autodiff as ad
from autodiff.tape import compiled as compiling
from tests.tape.running import alone, bits, same

pytestmark = pytest.mark.usefixtures("replay_kind")


def _halved(x):
    while 1 < x < 1e6:
        x = x / 2
    return x


def _first_above(x):
    for i, limit in enumerate([-1.0, 0.5, 2.0]):
        if x <= limit:
            return x * (i + 1)
    return -x


WAYS = {
    "if": lambda x: x * 2 if x > 1 else x * x,
    "elif": lambda x: x if x < -1 else x * 2 if x < 0 else x * 3 if x == 0 else x * 4,
    "while": _halved,
    "for with return": _first_above,
    "chained": lambda x: x * 2 if -1 < x <= 2.5 else x + 1,
    "and, or": lambda x: x * 2 if (x > 0 and x != 3) or x < -1 else x + 1,
    "truth": lambda x: x * 2 if x else x + 1,
    "not": lambda x: x * 2 if not x else x + 1,
    "equal to itself": lambda x: x * 2 if x == x else x + 1,
    "sorted": lambda x: sorted([x, 2.5, x * x])[1] * x,
    "builtin max": lambda x: max(x, 0.5, x * x) * x,
    "builtin min": lambda x: min([x, 0.5]) * x,
    "builtin abs": lambda x: abs(x) * x,
    "in": lambda x: x * 2 if x in [1.0, 3.0] else x + 1,
    "index": lambda x: x * [x, 2.0, 3.0].index(x),
    "a bool as a number": lambda x: x * (1 + (x > 0.5)),
    "where": lambda x: ad.where(x > 0, ad.log(x), 2 * x),
    "a NumPy number on the left": lambda x: x * 2 if np.float64(1.0) < x else x + 1,
    "a NumPy integer": lambda x: x * 2 if x >= np.int64(1) else x + 1,
    "an integer": lambda x: x * 2 if x > 1 else x + 1,
    "two results": lambda x: x * 2 if x * x > x + 2 else x + 1,
    "sums of equal numbers": lambda x: x * 2 if x + x == 2 * x else x + 1,
}
POINTS = [0.5, 1.0, 3.0, -2.0, 0.0, -0.0, 2.5, 1.0, math.inf, -math.inf, math.nan, 2.0, -1.0, 1e300]


@pytest.mark.parametrize("f", WAYS.values(), ids=WAYS)
def test_every_call_goes_the_way_of_eager_mode(f):
    compiled = ad.compile(f)
    for x in POINTS:
        value, gradient = ad.value_and_grad(f)(x)
        ours, (slope,) = compiled.value_and_grad(x)
        assert ours == pytest.approx(value, rel=1e-15, nan_ok=True)  # log may be an ulp off natively
        assert same(slope, gradient)


@pytest.mark.parametrize("f", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("rotated", [0, 3, 10])
def test_every_lane_goes_its_own_way(f, rotated):
    points = POINTS[rotated:] + POINTS[:rotated]
    expected = [ad.value_and_grad(lambda x: f(x * 1.0))(x)[0] for x in points]
    lanes = ad.compile(lambda w, x: f(x * w), lanes=["x"])
    for _ in range(2):  # recorded, and replayed
        assert lanes(1.0, points) == pytest.approx(expected, rel=1e-15, nan_ok=True)


@given(st.lists(st.sampled_from(POINTS[:8]), max_size=20), st.sampled_from(sorted(WAYS)))
def test_gradients_of_all_ways_are_summed(points, name):
    f = WAYS[name]
    values, (gradient,) = ad.compile(lambda w, x: f(x * w), lanes=["x"]).value_and_grad(1.0, points)
    both = [ad.value_and_grad(lambda w, x=x: f(x * w))(1.0) for x in points]
    assert values == pytest.approx([value for value, _ in both], rel=1e-15)
    # Up to 20 numbers below 20 are added in another order: 20 · 2**-53 · Σ|slope| < 1e-12.
    assert gradient == pytest.approx(sum(slope for _, slope in both), abs=1e-12)


EXACT_NUMBERS = [
    Fraction(1, 3), Fraction(-1, 3), Decimal("0.1"), Decimal("-0.1"), 2**53 + 1, -(2**53) - 1,
    10**400, -(10**400), Fraction(10**17 + 1, 10**17), Fraction(1, 2),
    np.longdouble(1) + np.finfo(np.longdouble).eps,
    float("nan"), float("inf"), 5e-324, True, np.float32(0.1), np.bool_(True),
]  # fmt: skip
RELATIONS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
    "!=": operator.ne,
}  # fmt: skip


@pytest.mark.parametrize(
    "number", EXACT_NUMBERS, ids=lambda number: type(number).__name__ + str(number)[:9]
)
@pytest.mark.parametrize("relation", RELATIONS.values(), ids=RELATIONS)
def test_numbers_that_are_no_floats_are_compared_exactly(number, relation):
    def f(x):
        return x + 1 if relation(x, number) else x - 1

    near = float(ad.Value(number).data)
    points = [near, math.nextafter(near, math.inf), math.nextafter(near, -math.inf), 0.0, math.nan]
    points += [math.inf, -math.inf]
    if isinstance(number, Decimal):
        points.remove(math.nan)  # Python refuses to order it beside a Decimal
    if isinstance(number, np.float32):  # beside a plain float, NumPy itself would round that first
        expected = [f(ad.Value(x)).data for x in points]
    else:
        expected = [f(x) for x in points]
    assert bits(ad.compile(f, lanes=["x"])(points)) == bits(expected)
    compiled = ad.compile(f)
    assert bits([compiled(x) for x in points]) == bits(expected)


def test_one_tape_for_each_way():
    g = ad.compile(lambda x: x * 2 if x > 1 else x * x if x > 0 else -x, lanes=["x"])
    g([2.0, 3.0])
    assert g.stats().tapes == 1
    g([2.0, 0.5, -1.0, 0.25, -3.0, 7.0])
    assert g.stats().tapes == 3
    g([-1.0, 0.5])
    assert g.stats().tapes == 3


def test_comparisons_of_constants_are_not_checked():
    def f(x):
        with ad.no_grad():
            two = ad.Value(1.0).detach() + 1
        return x * 2 if two > 1 else x

    g = ad.compile(f)
    assert g(3.0) == 6.0
    assert "raise" not in g.source


def test_comparisons_of_shared_numbers_choose_for_all_lanes():
    g = ad.compile(lambda w, x: w * x if w > 1 else x, lanes=["x"])
    assert g(2.0, [1.0, 2.0, 3.0]) == [2.0, 4.0, 6.0]
    assert g(0.5, [1.0, 2.0, 3.0]) == [1.0, 2.0, 3.0]
    assert g.value_and_grad(2.0, [1.0, 2.0, 3.0]) == ([2.0, 4.0, 6.0], (6.0,))
    assert g.value_and_grad(0.5, [1.0, 2.0, 3.0]) == ([1.0, 2.0, 3.0], (0.0,))


def test_a_way_with_another_structure_is_refused():
    g = ad.compile(lambda x: [x, x] if x > 0 else [x], lanes=["x"])
    with pytest.raises(ad.RecordingError, match="different structures for different data"):
        g([1.0, -1.0])


def test_a_sample_with_another_structure_is_refused_in_strict_mode():
    g = ad.compile(lambda x: [x, x] if x > 0 else [x], lanes=["x"])
    with ad.strict(), pytest.raises(ad.RecordingError, match="different structures for different data"):
        g([1.0, -1.0])


def test_infinite_slopes_of_two_ways_cancel_without_a_warning():
    g = ad.compile(lambda w, x: x / w if x > 0 else x * 2 / w, lanes=["x"])
    values, (gradient,) = g.value_and_grad(0.0, [1.0, -1.0])  # warnings are errors here
    assert values == [math.inf, -math.inf]
    assert math.isnan(gradient)


def test_long_results_of_different_length_are_refused():
    g = ad.compile(lambda x: [x] * (5 if x > 0 else 6))  # descriptions show four
    assert g(1.0) == [1.0] * 5
    with pytest.raises(ad.RecordingError, match="different structures for different data"):
        g(-1.0)


def test_more_ways_than_are_kept_are_still_right(monkeypatch):
    monkeypatch.setattr(compiling, "MAX_TAPES", 4)

    def steps(x):
        n = 0
        while n < x:
            n += 1
        return x * n

    g = ad.compile(steps, lanes=["x"])
    points = [float(i % 11) for i in range(40)]
    for _ in range(2):
        assert g(points) == [x * x for x in points]
    assert g.value_and_grad(points)[0] == [x * x for x in points]
    assert g.stats().tapes == 4
    single = ad.compile(steps)
    assert [single(x) for x in points] == [x * x for x in points]
    assert single.stats().tapes == 4


def test_a_comparison_that_hangs_on_the_last_bit_goes_the_way_of_eager_mode():
    # A vectorised exp may differ from the C library's in the last bit: at some of these points no
    # replay agrees with the recording, and eager mode computes them.
    def f(w, x, eager_exp):
        return w * x if ad.exp(x) == eager_exp else -w

    points = [i / 64 for i in range(200)]
    lanes = ad.compile(f, lanes=["x", "eager_exp"])
    for _ in range(2):
        values, (gradient,) = lanes.value_and_grad(2.0, points, [ad.exp(x) for x in points])
        assert values == [2 * x for x in points]
        assert gradient == sum(points)
    assert lanes(2.0, points, [ad.exp(x) for x in points]) == [2 * x for x in points]
    assert lanes.stats().tapes == 1


def test_the_generated_source_says_which_way_it_was_recorded():
    g = ad.compile(lambda x: x * 2 if x > 1 else x * x)
    g(3.0)
    assert alone(g.source)(4.0) == (8.0, (2.0,))
    with pytest.raises(ValueError, match=r"recorded where x > 1\.0 was True"):
        alone(g.source)(0.5)
    with pytest.raises(ValueError, match=r"recorded where x > 1\.0 was True"):
        alone(g.source)(math.nan)


def test_the_same_comparison_is_checked_once():
    def f(x):
        return sum((x if x > 0 else -x for _ in range(10)), 0.0)

    g = ad.compile(f)
    g(1.0)
    assert g.stats().checks == 1


def test_a_nan_lane_leaves_its_neighbours_alone():
    g = ad.compile(lambda w, x: ad.relu(w * x), lanes=["x"])
    values, (gradient,) = g.value_and_grad(1.0, [1.0, math.nan, 2.0])
    assert bits(values) == bits([1.0, math.nan, 2.0])
    assert math.isnan(gradient)
