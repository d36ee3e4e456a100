"""Rows and labels are made ready without a silent change, or refused by their place."""

import math
import random
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

import autodiff as ad
from autodiff.data import Scaling, checked, iris, one_hot, split, standardised

UNIT = Fraction(1, 2**53)  # the relative error of one rounding
NAN = float("nan")


# one_hot


def test_classes_come_in_the_order_of_their_first_appearance():
    assert one_hot(["b", "a", "b", "c"])[1] == ("b", "a", "c")


def test_given_classes_keep_their_order_even_if_no_label_has_them():
    rows, classes = one_hot(["a", "b"], ["c", "b", "a"])
    assert classes == ("c", "b", "a")
    assert rows == [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


@given(st.lists(st.one_of(st.text(max_size=2), st.integers(0, 3))))
def test_one_hot_rows_sum_to_one_and_say_the_label(labels):
    assume(len(set(labels)) > 1)
    rows, classes = one_hot(labels)
    assert set(classes) == set(labels) and len(classes) == len(set(labels))
    for row, label in zip(rows, labels, strict=True):
        assert len(row) == len(classes)
        assert sum(row) == 1.0 and classes[row.index(1.0)] == label


def test_every_row_is_a_list_of_its_own():
    rows, _ = one_hot(["a", "a", "b"])
    rows[0][0] = 5.0
    assert rows[1] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (["a", "b", "c"], ["a", "b"], "y[2]: 'c' is none of the classes 'a', 'b'"),
        (["a", "a"], None, "expected labels of at least two classes, got only 'a'"),
        ([], None, "expected labels of at least two classes, got none"),
        (["a"], ["a"], "expected labels of at least two classes, got only 'a'"),
        (["a"], ["a", "b", "a"], "classes: 'a' is given twice"),
        (["a", NAN], None, "y[1] is nan: expected a label that is equal to itself"),
        (["a"], ["a", NAN], "classes[1] is nan: expected a label that is equal to itself"),
    ],
)
def test_labels_without_a_class_are_refused(labels, classes, message):
    with pytest.raises(ValueError) as caught:
        one_hot(labels, classes)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("label", "kind"), [([1], "list"), (([],), "tuple"), (np.array([1.0]), "ndarray")]
)
def test_labels_that_cannot_be_keys_are_refused(label, kind):
    with pytest.raises(TypeError) as caught:
        one_hot(["a", label])
    assert str(caught.value) == f"y[1]: expected text or a number as label, got {kind}"


# standardised


wide = st.floats(-1e150, 1e150).filter(lambda x: x == 0 or abs(x) > 1e-200)  # nothing underflows
plain = st.integers(-(10**6), 10**6).map(lambda n: n / 1000)
shifted = plain.map(lambda x: x + 1e6)  # a mean that is large beside the deviation


@given(st.one_of(*(st.lists(numbers, min_size=2, max_size=20) for numbers in (wide, plain, shifted))))
def test_standardised_columns_have_mean_0_and_deviation_1(column):
    assume(min(column) < max(column))
    rows, scaling = standardised([[x] for x in column])
    numbers = [Fraction(z) for (z,) in rows]
    mean = sum(numbers) / len(numbers)
    square = sum((z - mean) ** 2 for z in numbers) / len(numbers)
    # The computed mean is off by two roundings (of the sum, of the quotient): at most 2u of the largest
    # number; a distance and its quotient are rounded once each: 2u of a distance, on average at most one
    # deviation. Twice that covers the terms of second order.
    largest = max(map(abs, map(Fraction, column)))
    bound = 4 * UNIT * (largest / Fraction(scaling.deviations[0]) + 1)
    assert abs(mean) <= bound
    # The computed deviation: distance and unit (2u, which squaring doubles), the square, the sum and the
    # quotient make 7u under the root, so 3.5u; the root and the product 2u more; the rows as above 2u.
    # Around their own mean instead of 0, their square is less by mean².
    assert (1 - 8 * UNIT) ** 2 - bound**2 <= square <= (1 + 8 * UNIT) ** 2


def test_the_deviation_is_the_population_s_not_the_sample_s():
    assert standardised([[0.0], [2.0]]) == ([[-1.0], [1.0]], Scaling((1.0,), (1.0,)))


def test_the_scaling_of_the_training_rows_is_applied_to_others():
    _, scaling = standardised([[0.0, 10], [2.0, 30]])
    assert scaling.apply([(3.0, 10.0)]) == [[2.0, -1.0]]


def test_columns_keep_their_digits_next_to_the_end_of_the_range():
    rows, scaling = standardised([[1e300, 1e-300], [3e300, 3e-300]])
    assert scaling.deviations == pytest.approx((1e300, 1e-300), rel=2**-50)
    assert [list(map(round, row)) for row in rows] == [[-1, -1], [1, 1]]


def test_the_rows_given_are_left_as_they_are():
    rows = [[1.0], [2.0]]
    standardised(rows)
    assert rows == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("rows", "features", "message"),
    [
        (
            [[1.0, 0.1], [2.0, 0.1], [3.0, 0.1]],  # the mean of three 0.1 is not 0.1
            ("height", "width"),
            "column 'width' is 0.1 in every row: it has no deviation to divide by",
        ),
        ([[1.0, 5]], (), "column 0 is 1.0 in every row: it has no deviation to divide by"),
        ([[1.0], [2.0]], ("a", "b"), "X has 1 column, features 2 names"),
        (
            [[-1.7e308], [1.7e308], [1e308]],
            (),
            "column 0: floats cannot say the deviation of -1.7e+308 … 1.7e+308",
        ),
        (
            [[1e308], [1.5e308]],
            ("a",),
            "column 'a': floats cannot say the deviation of 1e+308 … 1.5e+308",
        ),
        (
            [[0.0]] * 99 + [[5e-324]],
            (),
            "column 0: floats cannot say the deviation of 0.0 … 5e-324",
        ),
        ([[1.0], [NAN]], (), "X[1][0] is nan: expected a finite number"),
    ],
)
def test_columns_that_cannot_be_standardised_are_refused_by_name(rows, features, message):
    with pytest.raises(ValueError) as caught:
        standardised(rows, features)
    assert str(caught.value) == message


def test_a_scaling_refuses_rows_of_another_width():
    with pytest.raises(ValueError) as caught:
        Scaling((0.0, 0.0), (1.0, 1.0)).apply([[1.0]])
    assert str(caught.value) == "X has 1 column, the scaling 2"


# split


@given(st.integers(2, 60), st.floats(0.01, 0.99), st.integers(0, 5))
def test_a_split_is_a_partition_in_which_every_row_keeps_its_label(count, test, seed):
    size = round(test * count)
    assume(0 < size < count)
    rows = [[float(i)] for i in range(count)]
    labels = [f"y{i}" for i in range(count)]
    parts = split(rows, labels, test=test, generator=random.Random(seed))
    assert len(parts.test_rows) == size
    assert sorted(parts.train_rows + parts.test_rows) == rows
    pairs = zip(parts.train_rows + parts.test_rows, parts.train_labels + parts.test_labels, strict=True)
    assert all(label == f"y{int(row[0])}" for row, label in pairs)
    assert len(parts.train_rows) == len(parts.train_labels)


def test_the_same_generator_gives_the_same_split_and_another_one_another():
    flowers = iris()

    def of(seed):
        generator = random.Random(seed)
        return split(flowers.measurements, flowers.species, test=0.2, generator=generator)

    assert of(1) == of(1) != of(2)


def test_the_classes_of_a_sorted_table_are_mixed():
    flowers = iris()
    parts = split(flowers.measurements, flowers.species, test=0.2, generator=random.Random(0))
    assert len(parts.test_rows) == 30
    assert len(Counter(parts.test_labels)) == len(Counter(parts.train_labels[:20])) == 3


def test_arrays_are_split_by_their_rows():
    parts = split(np.eye(4), np.arange(4), test=0.5, generator=random.Random(0))
    assert [int(row.argmax()) for row in parts.test_rows] == parts.test_labels


@pytest.mark.parametrize(
    ("test", "count", "message"),
    [
        (0, 4, "test: expected a fraction between 0 and 1, got 0"),
        (1.0, 4, "test: expected a fraction between 0 and 1, got 1.0"),
        (30, 4, "test: expected a fraction between 0 and 1, got 30"),
        (-0.5, 4, "test: expected a fraction between 0 and 1, got -0.5"),
        (NAN, 4, "test: expected a fraction between 0 and 1, got nan"),
        (0.1, 3, "test: 0.1 of 3 rows leaves 0 for the test, 3 for training: each needs at least one"),
        (0.9, 1, "test: 0.9 of 1 row leaves 1 for the test, 0 for training: each needs at least one"),
        (0.5, 0, "test: 0.5 of 0 rows leaves 0 for the test, 0 for training: each needs at least one"),
    ],
)
def test_a_split_that_leaves_a_part_empty_is_refused(test, count, message):
    with pytest.raises(ValueError) as caught:
        split([[1.0]] * count, ["a"] * count, test=test, generator=random.Random(0))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        (3, 2, "X has 3 rows, y 2 labels: X[2] has no label"),
        (1, 2, "X has 1 row, y 2 labels: y[1] has no row"),
        (2, 1, "X has 2 rows, y 1 label: X[1] has no label"),
    ],
)
def test_rows_without_a_label_and_labels_without_a_row_are_refused(rows, labels, message):
    with pytest.raises(ValueError) as caught:
        split([[1.0]] * rows, ["a"] * labels, test=0.5, generator=random.Random(0))
    assert str(caught.value) == message
    with pytest.raises(ValueError) as caught:
        checked([[1.0]] * rows, ["a"] * labels)
    assert str(caught.value) == message


@pytest.mark.parametrize(("stranger", "kind"), [(0, "int"), (None, "NoneType"), (random, "module")])
def test_a_generator_that_is_none_is_refused(stranger, kind):
    with pytest.raises(TypeError) as caught:
        split([[1.0], [2.0]], "ab", test=0.5, generator=stranger)
    message = f"generator: expected a random.Random, such as random.Random(0), got {kind}"
    assert str(caught.value) == message


def test_a_fraction_that_is_text_is_refused():
    with pytest.raises(TypeError, match=r"^test: expected a number, got the text '0\.5'"):
        split([[1.0], [2.0]], "ab", test="0.5", generator=random.Random(0))


# checked


@pytest.mark.parametrize(
    "rows",
    [
        [[1, True], [Fraction(1, 2), Decimal("0.25")]],
        ((1.0, 1.0), (0.5, 0.25)),
        np.array([[1.0, 1.0], [0.5, 0.25]]),
        np.array([[1.0, 1.0], [0.5, 0.25]], dtype=np.float32),
        (iter(row) for row in ([1, 1], [0.5, 0.25])),
    ],
)
def test_every_table_of_real_numbers_becomes_lists_of_floats(rows):
    table = checked(rows, ["a", "b"])
    assert table == [[1.0, 1.0], [0.5, 0.25]]
    assert {type(x) for row in table for x in row} == {float}


def test_the_result_shares_no_list_with_the_rows_given():
    rows = [[1.0], [2.0]]
    checked(rows, "ab")[0][0] = 5.0
    assert rows == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([], [], "X has no rows: expected at least one"),
        ([[]], ["a"], "X[0] has no columns: expected at least one number"),
        ([[1, 2], [1]], "ab", "X[1] has 1 column, expected 2 as in X[0]"),
        ([[1], [1], [1, 2, 3]], "abc", "X[2] has 3 columns, expected 1 as in X[0]"),
        ([[1, 2], [1, NAN]], "ab", "X[1][1] is nan: expected a finite number"),
        ([[-math.inf]], "a", "X[0][0] is -inf: expected a finite number"),
        ([[10**400]], "a", "X[0][0] is inf: expected a finite number"),
        ([[1], [2]], [0.5, NAN], "y[1] is nan: expected a finite number"),
        ([[1], [2]], [np.float32("inf"), 0], "y[0] is inf: expected a finite number"),
    ],
)
def test_rows_that_are_no_table_are_refused_by_place(rows, labels, message):
    with pytest.raises(ValueError) as caught:
        checked(rows, labels)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1], ["2"]], "X[1][0]: expected a number, got the text '2': convert it with float(...) first"),
        (
            [[1, None]],
            "X[0][1]: expected a number, got None: did a function forget to return its result?",
        ),
        ([[1, 1j]], "X[0][1]: expected a real number, got the complex number 1j: use .real or .imag"),
        ([[1, [2]]], "X[0][1]: expected a number, got a list: work element by element"),
        (
            [[ad.Value(1.0)]],
            "X[0][0]: expected a plain number, got a Value: use .data for its number alone",
        ),
        ([1.0, 2.0], "X[0]: expected a row of numbers such as [1.0], got float"),
        ([[1], "2"], "X[1]: expected a row of numbers such as [1.0], got str"),
        ([{"a": 1}], "X[0]: expected a row of numbers such as [1.0], got dict"),
    ],
)
def test_what_is_no_number_is_refused_by_place(rows, message):
    with pytest.raises(TypeError) as caught:
        checked(rows, range(len(rows)))
    assert str(caught.value) == message
