"""Gradients written by hand: what is wrong fails and is named, what is right never does."""

import hashlib
import math
import warnings
from collections import Counter

import numpy as np
import pytest

import autodiff as ad
from autodiff.testing import check_gradients

SMOOTH = np.random.default_rng(0).uniform(0.1, 3.0, 40).tolist()


def verdicts(f, gradient, points=SMOOTH):
    return Counter(check_gradients(f, x, gradient=gradient).verdict for x in points)


# ── right gradients of functions that are rounded ───────────────────────────────────────────────────


def hashed(x):
    """A number in ±1/2 that is another for every float."""
    return int(hashlib.md5(repr(x).encode()).hexdigest()[:8], 16) / 2**32 - 0.5


ROUGH = {
    "half precision": lambda x: float(np.sin(np.float16(x))),
    "single precision": lambda x: float(np.sin(np.float32(x))),
    "single precision, of larger numbers": lambda x: float(np.float32(100) + np.float32(np.sin(x))),
    "6 digits": lambda x: round(math.sin(x), 6),
    "10 digits": lambda x: round(math.sin(x), 10),
    "cancellation": lambda x: (1e10 + math.sin(x)) - 1e10,
    "noise of 1e-7": lambda x: math.sin(x) + 1e-7 * hashed(x),
    "noise of 1e-11": lambda x: math.sin(x) + 1e-11 * hashed(x),
}


@pytest.mark.parametrize("name", ROUGH)
def test_a_right_gradient_of_a_function_that_is_rounded_is_not_called_wrong(name):
    found = verdicts(ROUGH[name], math.cos)
    assert found["FAIL"] == 0
    assert verdicts(ROUGH[name], lambda x: 0.0)["PASS"] == 0


def test_what_is_known_to_be_inexact_is_compared_as_such():
    def gradient(x):
        return float(np.float32(math.cos(x)))

    assert verdicts(math.sin, gradient)["FAIL"] > 30
    found = Counter(
        check_gradients(math.sin, x, gradient=gradient, accuracy=1e-6).verdict for x in SMOOTH
    )
    assert found == {"PASS": len(SMOOTH)}


@pytest.mark.parametrize("x", [1e-15, 1e-12, 1e-6, 1.0, 1e6, 1e9, 1e12])
def test_numbers_of_any_size_are_checked(x):
    assert check_gradients(math.log, x, gradient=lambda x: 1 / x)
    assert not check_gradients(math.log, x, gradient=lambda x: (1 + 1e-6) / x)


@pytest.mark.parametrize(
    ("f", "x", "gradient"),
    [
        (lambda x: x**1.5, 0.01, lambda x: 1.5 * x**0.5),  # complex beside the domain
        (lambda x: [1.0, 4.0, 9.0][int(x)] * x, 2.99, lambda x: 9.0),  # an index error beside it
        (lambda x: x * x if x > 0 else 1 / 0, 0.01, lambda x: 2 * x),
        (lambda x: float(np.log(x)), 0.01, lambda x: 1 / x),  # a warning, which is an error here
    ],
)
def test_what_f_raises_beside_the_point_is_an_edge_and_no_error(f, x, gradient):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_gradients(f, x, gradient=gradient)


def test_at_a_kink_the_slopes_of_both_sides_are_shown():
    report = check_gradients(abs, 0.0, gradient=lambda x: 0.5)
    assert report.verdict == "INCONCLUSIVE"
    assert "slope on the left -1.0" in str(report) and "on the right 1.0" in str(report)
    assert check_gradients(abs, 0.0, gradient=lambda x: 3.0).verdict == "FAIL"


# ── wrong gradients ─────────────────────────────────────────────────────────────────────────────────

MATRIX = np.arange(6.0).reshape(2, 3) - 1.7


def squares(x):
    return float(np.sum(np.square(x)))


@pytest.mark.parametrize(
    ("gradient", "said"),
    [
        (lambda A: None, "it is None"),
        (lambda A: (2 * A).T, r"has the shape (3, 2), the argument (2, 3): is it transposed?"),
        (lambda A: (2 * A).ravel(), "has the shape (6,), the argument (2, 3)"),
        (lambda A: 1 / 0, "it raises ZeroDivisionError: division by zero (test_own_gradients.py:"),
        (lambda A: "no", "no"),
        (lambda A: np.multiply(A, 2, out=A), "it changes its arguments"),
    ],
)
def test_what_is_no_gradient_fails_and_is_told(gradient, said):
    report = check_gradients(squares, MATRIX, gradient=gradient)
    assert report.verdict == "FAIL" and said in str(report)


def test_the_parts_of_a_gradient_belong_to_their_names():
    def f(p):
        return p["w"] ** 2 + 3 * p["b"]

    point = {"w": 2.5, "b": 0.5}
    assert check_gradients(f, point, gradient=lambda p: {"b": 3.0, "w": 2 * p["w"]})
    report = check_gradients(f, point, gradient=lambda p: {"bias": 3.0, "w": 2 * p["w"]})
    assert "∂/∂p is a dict of 'bias', 'w', the argument a dict of 'w', 'b'" in str(report)
    report = check_gradients(math.atan2, 1.0, 2.0, gradient=lambda y, x: 0.4)
    assert "not a tuple of 2" in str(report)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_is_wrong_where_the_function_is_smooth(wrong):
    report = check_gradients(lambda x: x * x, 1.0, gradient=lambda x: wrong)
    assert report.verdict == "FAIL" and "where the function is smooth" in str(report)


LARGE = np.random.default_rng(1).normal(size=400)


def changed(change):
    def gradient(x):
        found = 2 * x
        change(found)
        return found

    return gradient


def swap(g):
    g[[7, 300]] = g[[300, 7]]


@pytest.mark.parametrize(
    ("gradient", "likely"),
    [
        (lambda x: x, "a factor of 0.5 in all of it"),
        (lambda x: -2 * x, "the sign of all of it"),
        (lambda x: np.roll(2 * x, 1), "all of it is one place too late"),
        (changed(lambda g: g.__setitem__(217, 0.0)), "∂/∂x[217]: a term is missing"),
        (changed(lambda g: g.__setitem__(217, -g[217])), "the sign of ∂/∂x[217]"),
        (changed(lambda g: g.__setitem__(217, g[217] * 1.001)), "a factor of 1.001 in ∂/∂x[217]"),
        (changed(swap), "∂/∂x[7], ∂/∂x[300] are swapped"),
    ],
)
def test_one_wrong_number_of_hundreds_is_found_and_named(gradient, likely):
    assert check_gradients(squares, LARGE, gradient=lambda x: 2 * x)
    report = check_gradients(squares, LARGE, gradient=gradient)
    assert report.verdict == "FAIL" and any(f"likely: {likely}" in note for note in report.notes)
    assert likely in repr(report)


def test_many_that_pass_are_counted():
    report = check_gradients(squares, LARGE[:30], gradient=lambda x: 2 * x)
    assert len(report.comparisons) == 30 and "PASS  18 more" in str(report)


def test_a_derivative_too_small_to_be_seen_is_not_called_right():
    def f(x, y):
        return 1e3 * x + 1e-9 * y

    report = check_gradients(f, 1.0, 1.0, gradient=lambda x, y: (1e3, -1e-9))
    assert report.verdict != "PASS" or "seen to ±" in str(report)


def test_state_that_changes_late_is_no_wrong_derivative():
    calls = []

    def f(x):
        calls.append(x)
        return x * (1 + len(calls) // 3)

    report = check_gradients(f, 1.0)
    assert report.verdict == "INCONCLUSIVE" and "two runs are equal" in str(report)


def test_arrays_of_floats_and_of_values_may_be_added_up_in_another_order():
    for size in range(2, 30):
        x = np.random.default_rng(size).normal(size=size)
        assert check_gradients(lambda x: np.sum(np.tanh(x)) + x @ x, x, order=1)


def test_a_wrong_gradient_is_not_believed_for_its_value():
    assert not check_gradients(lambda x: ad.sin(x), 0.7, gradient=lambda x: ad.Value(0.7))
