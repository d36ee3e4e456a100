"""`check_gradients`: right derivatives pass, wrong ones are found and named, the rest is left open."""

import itertools
import math
import random
import sys
import time

import numpy as np
import pytest

import autodiff as ad
from autodiff.testing import check_gradients, reference

RIGHT = {
    "two numbers": (lambda x, y: x * ad.sin(y) + y**2, (1.5, 0.7)),
    "a list": (lambda v: v[0] * v[1] - ad.exp(v[0]), ([0.3, 2.0],)),
    "a dict": (lambda p: p["w"] * p["x"] + p["b"], ({"w": 2.0, "x": 3.0, "b": 1.0},)),
    "an array": (lambda v: (v * v).sum() * v[0], (np.array([0.3, 2.0, -1.0]),)),
    "several outputs": (lambda x: [x * 2, ad.exp(x), x**3], (0.4,)),
    "a branch": (lambda x: ad.log(x) if x > 1 else x * x, (2.0,)),
    "an input twice": (lambda x: x * x + x / x, (0.3,)),
    "unused": (lambda x, y: ad.tanh(x), (0.3, 5.0)),
    "a constant": (lambda x: 3.0, (0.3,)),
    "many": (
        lambda w: ad.sum(a * b for a, b in itertools.pairwise(w)),
        ([0.1 * i for i in range(60)],),
    ),
    "cancelling": (lambda x: (x + 1e8) - 1e8 + x, (0.7,)),
    "steep": (lambda x: ad.exp(20 * x), (1.0,)),
    "flat": (lambda x: ad.exp(-20 * x), (2.0,)),
    "large": (lambda x: x * x, (1e6,)),
    "tiny": (lambda x: x * x, (1e-6,)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivatives_pass(name):
    f, arguments = RIGHT[name]
    report = check_gradients(f, *arguments)
    assert report, report
    assert report.passed and report.verdict == "PASS"


FACTORS = [1 + 1e-6, 1 - 1e-6, 2.0, -1.0, 0.0]


@pytest.mark.parametrize("factor", FACTORS)
def test_a_wrong_rule_fails_and_is_named_with_its_line(planted, factor):
    almost_sin = planted("almost_sin", "x", "sin(x)", f"cos(x) * {factor!r}")

    def f(x, y):
        z = ad.exp(x)
        return z * almost_sin(y) + y**2

    report = check_gradients(f, 1.5, 0.7)
    assert report.verdict == "FAIL" and not report
    assert report.wrong.operation == "almost_sin" and report.wrong.operand == "x"
    place, _, source = report.wrong.line.partition(": ")
    assert place.startswith("test_checker.py:") and source == "return z * almost_sin(y) + y**2"
    got = eval(report.wrong.reproduce, {"ad": ad})
    assert got == (report.wrong.got,) and "first wrong operation: almost_sin(0.7)" in str(report)


MISTAKES = {
    "the sign": ("x, y", "x * y", ["-y", "x"]),
    "swapped operands: that is the derivative by y": ("x, y", "x * y", ["x", "x"]),
    "a constant factor of 2": ("x", "sin(x)", ["2 * cos(x)"]),
    "a constant factor of 1.000001": ("x", "sin(x)", ["cos(x) * (1 + 1e-6)"]),
    "a missing term: the rule gives 0": ("x", "sin(x)", ["0"]),
    "the operand used for the value": ("x", "1 / (1 + exp(-x))", ["x * (1 - x)"]),
    "a wrong or missing term": ("x", "x * x + x", ["2 * x"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_likely_mistake_is_named(planted, mistake):
    operands, forward, partials = MISTAKES[mistake]
    row = planted("planted", operands, forward, partials)
    report = check_gradients(lambda *xs: row(*xs), *[1.7, 0.6][: len(partials)])
    assert report.verdict == "FAIL" and report.wrong.mistake.startswith(mistake)


def test_errors_that_cancel_in_the_sum_are_found(planted):
    high = planted("high", "x", "sin(x)", "cos(x) + 1")
    low = planted("low", "x", "sin(x)", "cos(x) - 1")
    report = check_gradients(lambda x: high(x) + low(x), 0.7)
    assert report.verdict == "FAIL" and report.wrong.operation == "high"


# ── a gradient written by hand ──────────────────────────────────────────────────────────────────────


def product(x, y):
    return math.sin(x) * y


@pytest.mark.parametrize(
    "gradient, mistake",
    [
        (lambda x, y: (math.cos(x) * y, math.sin(x)), ""),
        (lambda x, y: (-math.cos(x) * y, math.sin(x)), "the sign of ∂/∂x"),
        (lambda x, y: (math.sin(x), math.cos(x) * y), "∂/∂x, ∂/∂y are swapped"),
        (lambda x, y: (math.cos(x) * y * (1 + 1e-6), math.sin(x)), "a factor of 1.000001 in ∂/∂x"),
        (lambda x, y: (math.cos(x) * y, 0.0), "∂/∂y: a term is missing, the gradient has 0"),
        (lambda x, y: (math.cos(x) * y + 0.01, math.sin(x)), "a wrong or missing term in ∂/∂x"),
    ],
)
def test_a_gradient_of_ones_own_is_checked(gradient, mistake):
    report = check_gradients(product, 1.1, 0.7, gradient=gradient)
    assert report.verdict == ("FAIL" if mistake else "PASS")
    assert not mistake or f"likely: {mistake}" in report.notes


def test_gradients_of_arrays_are_checked_and_a_transposed_one_is_named():
    A = np.array([[1.0, 2.0], [3.0, 5.0]])

    def f(M):
        return float((A * M * M).sum())

    point = np.array([[0.3, -1.0], [2.0, 0.7]])
    assert check_gradients(f, point, gradient=lambda M: 2 * A * M)
    report = check_gradients(f, point, gradient=lambda M: (2 * A * M).T)
    assert report.verdict == "FAIL" and "likely: the matrix is transposed" in report.notes


# ── what is left open, and why ──────────────────────────────────────────────────────────────────────

OPEN = {
    "a kink of the table": (lambda x: ad.relu(x) * 2, (0.0,), "relu(x) is at its kink"),
    "a comparison": (lambda x: x if x > 0 else -x, (0.0,), "compares x = 0.0 and 0.0, which are equal"),
    "an edge": (lambda x: ad.sqrt(x), (0.0,), "an edge of the domain"),
    "outside": (lambda x: ad.log(x), (-1.0,), "it is nan"),
    "a clock": (lambda x: x * time.perf_counter(), (1.0,), "depends on more than its arguments"),
    "random numbers": (lambda x: x + random.random(), (1.0,), "depends on more than its arguments"),
    "nothing": (lambda x: None, (1.0,), "returned nothing"),
    "text": (lambda x: "y", (1.0,), "the result of <lambda>"),
    "an empty list": (lambda x: [], (1.0,), "returned an empty list"),
    "an error": (lambda x: [][1] + x, (1.0,), "it raises IndexError"),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_cannot_be_said_is_no_pass(name):
    f, arguments, reason = OPEN[name]
    report = check_gradients(f, *arguments)
    assert report.verdict == "INCONCLUSIVE" and not report and reason in str(report)


def test_at_a_kink_the_slopes_of_both_sides_are_shown():
    report = check_gradients(lambda x: ad.abs(x), 0.0)
    left, right = report.comparisons[0].references
    assert (left.value, right.value) == (-1.0, 1.0) and "between them" in str(report)


def test_a_row_that_leaves_its_slopes_at_a_kink_fails(planted):
    wrong = planted("wrong_abs", "x", "abs(x)", "3 if x == 0 else sign(x)", kinks=["x"], convention="3")
    report = check_gradients(lambda x: wrong(x), 0.0)
    assert report.verdict == "FAIL" and "between -1.0 and 1.0" in report.wrong.mistake


def test_a_float_function_on_values_is_told_what_to_use():
    report = check_gradients(lambda x: math.sin(x), 1.0)
    assert report.verdict == "FAIL" and "use ad.sin(x)" in str(report)


def test_another_value_on_values_than_on_floats_fails():
    report = check_gradients(lambda x: x * 2 if isinstance(x, float) else x * 3, 1.0)
    assert report.verdict == "FAIL" and "value equals the plain-float value" in str(report)


def test_a_function_that_changes_its_argument_fails():
    def f(v):
        v[0] = v[0] * 2
        return v[0]

    report = check_gradients(f, [1.0, 2.0])
    assert report.verdict == "FAIL" and "the function changes v[0]" in str(report)


def test_a_budget_ends_the_check_and_is_reported():
    calls = []

    def f(x):
        calls.append(1)
        return x * x

    report = check_gradients(f, 1.0, evaluations=20)
    assert report.verdict == "INCONCLUSIVE" and "budget of 20 evaluations" in str(report)
    assert len(calls) <= 20
    report = check_gradients(f, 1.0, seconds=0.0)
    assert report.verdict == "INCONCLUSIVE" and "budget of 0 seconds" in str(report)


def test_without_mpmath_the_checker_says_so_and_goes_on(monkeypatch, planted):
    almost_sin = planted("almost_sin", "x", "sin(x)", "cos(x) * (1 + 1e-6)")
    monkeypatch.setitem(sys.modules, "mpmath", None)
    assert not reference.is_installed()
    report = check_gradients(lambda x: ad.sin(x) * x, 0.7)
    assert report and any("no mpmath" in note for note in report.notes)
    report = check_gradients(lambda x: almost_sin(x) * x, 0.7)
    assert report.verdict == "FAIL" and report.wrong.operation == "almost_sin"


def test_a_function_that_cannot_be_recorded_is_checked_in_the_other_modes():
    report = check_gradients(lambda x: x * x.data if hasattr(x, "data") else x * x, 2.0, order=1)
    assert any("cannot be recorded" in note for note in report.notes)


def test_of_many_numbers_some_and_directions_are_checked():
    report = check_gradients(lambda w: ad.sum(x * x for x in w), [0.1 * i for i in range(500)], order=1)
    assert report and any("500 numbers: " in note for note in report.notes)
    assert sum("direction" in one.label for one in report.comparisons) == 6


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: check_gradients(3, 1.0), "takes a function, not int"),
        (lambda: check_gradients(math.sin), "takes the arguments to check the function at"),
        (lambda: check_gradients(math.sin, "x"), "x"),
        (lambda: check_gradients(ad.sin, ad.Value(1.0)), "plain numbers"),
        (lambda: check_gradients(ad.sin, 1.0, modes=["sideways"]), "no mode is called 'sideways'"),
        (lambda: check_gradients(ad.sin, 1.0, order=3), "order is 1 or 2"),
        (lambda: check_gradients(ad.sin, 1.0, modes=[]), "modes is empty"),
    ],
)
def test_a_check_that_is_asked_for_something_else_says_so(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()


def test_a_failed_assertion_shows_the_report(planted, capsys):
    almost_sin = planted("almost_sin", "x", "sin(x)", "cos(x) * (1 + 1e-6)")
    report = check_gradients(lambda x: almost_sin(x), 0.7)
    with pytest.raises(AssertionError):
        assert report
    assert capsys.readouterr().out == f"{report}\n" and "first wrong operation: almost_sin" in str(
        report
    )
