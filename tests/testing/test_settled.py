"""References that disagree, or have nothing to say: each of them is believed where it can be."""

import math

import pytest

import autodiff as ad
from autodiff.rows import built_in
from autodiff.testing import check_gradients
from autodiff.testing.complex_step import complex_partial
from autodiff.testing.interior import interior_points, operand_counts
from autodiff.testing.reference import Exact, reference_partials

NOT_ANALYTIC = {
    "atan2",
    "erf",
    "erfc",
    "gelu",
}  # no function of the standard library's on complex numbers


@pytest.mark.parametrize("name", sorted(built_in))
def test_the_complex_step_is_the_derivative_within_its_error(name):
    row = ad.PRIMITIVES[name]
    for count in operand_counts(row):
        for values in interior_points(row, (True,) * count)[:20]:
            right = reference_partials(row, values)
            for position in range(count):
                found = complex_partial(row, values, position)
                assert (found is None) == (name in NOT_ANALYTIC)
                if found is not None:
                    assert abs(found.value - right[position]) <= found.error < 1e-9


@pytest.mark.parametrize("x", [-1e8, -30.0, 1e-18, 1e-9, 30.0, 700.0])
def test_the_complex_step_is_right_or_silent_at_the_tails(x):
    for row in (ad.asinh, ad.cosh, ad.expm1, ad.log1p, ad.sigmoid, ad.logsigmoid, ad.softplus, ad.tanh):
        found, right = complex_partial(row, [x], 0), reference_partials(row, [x])
        if found is not None and right is not None and not math.isnan(right[0]):
            assert abs(found.value - right[0]) <= found.error


@pytest.fixture
def without_mpmath(monkeypatch):
    monkeypatch.setattr("autodiff.testing.reference.is_installed", lambda: False)
    for room in ("graph_reference", "blame", "second_order"):
        monkeypatch.setattr(f"autodiff.testing.{room}.is_installed", lambda: False)


def test_without_mpmath_the_complex_step_takes_its_place(without_mpmath, planted):
    report = check_gradients(lambda x, y: ad.sin(x) * ad.exp(y) / x, 1.5, 0.7)
    assert report and "complex step" in str(report) and "no mpmath" in str(report)
    almost = planted("almost_sin", "x", "sin(x)", "cos(x) * (1 + 1e-6)")
    report = check_gradients(lambda x, y: almost(x) * ad.exp(y), 1.5, 0.7)
    assert report.verdict == "FAIL" and report.wrong.mistake == "a constant factor of 1.000001"
    report = check_gradients(lambda x: ad.erf(x), 0.5)
    assert report and "not every operation here is analytic" in str(report)


def test_a_graph_that_is_not_the_function_is_told_with_the_line():
    report = check_gradients(lambda x: x * (x.data if hasattr(x, "data") else x), 0.7)
    assert report.verdict == "FAIL"
    assert "the graph is not the function: it reads .data of x (test_settled.py:" in str(report)


def test_what_is_detached_on_purpose_is_left_open():
    report = check_gradients(lambda x: x * x.detach() if hasattr(x, "detach") else x * x, 0.7)
    assert report.verdict == "INCONCLUSIVE" and "it hides a derivative (test_settled.py:" in str(report)


def test_a_kink_that_its_row_does_not_declare_is_one(planted):
    bound = planted("bound", "x", "clamp(x, -1.0, 1.0)", "1.0 if abs(x) < 1 else 0.0")
    assert check_gradients(lambda x: bound(x), 0.5)
    report = check_gradients(lambda x: bound(x), 1.0)
    assert report.verdict == "INCONCLUSIVE" and "at a kink that its row does not declare" in str(report)


def test_a_derivative_outside_of_both_slopes_at_a_kink_fails(planted):
    steep = planted("steep", "x", "abs(x)", "2.0 if x >= 0 else -1.0", kinks=["x"])
    assert check_gradients(lambda x: steep(x) * 2, 0.0).verdict == "FAIL"


def test_where_several_kinks_meet_each_number_is_looked_at_alone():
    report = check_gradients(lambda v: ad.sum([ad.relu(t) for t in v]), [1.0, 0.0, -1.0])
    assert [one.verdict for one in report.comparisons] == ["PASS", "INCONCLUSIVE", "PASS"]
    assert "relu(v[1]) is at its kink" in report.comparisons[1].reason
    both = check_gradients(lambda x, y: ad.min(ad.abs(x), ad.abs(y)), 0.0, 0.0)
    assert both.verdict == "INCONCLUSIVE"  # along x and along y alone it is smooth


def test_a_second_derivative_is_not_taken_from_the_rule_that_is_checked(planted):
    flat = planted("flat", "x", "x * x", "1.4")  # right at 0.7, and there alone
    report = check_gradients(lambda x: flat(x), 0.7)
    assert report.verdict == "FAIL" and [one.verdict for one in report.comparisons] == ["PASS", "FAIL"]
    assert check_gradients(lambda x: flat(x), 0.7, order=1)


def test_second_derivatives_of_several_outputs_are_checked(planted):
    flat = planted("flat", "x", "x * x", "1.4")
    report = check_gradients(lambda x: [ad.sin(x), flat(x)], 0.7)
    assert report.verdict == "FAIL" and report.comparisons[-1].label.startswith("∂²")
    assert check_gradients(lambda x: [ad.sin(x), x * x], 0.7)


@pytest.mark.parametrize(
    ("f", "x"),
    [(ad.sin, 4e15), (lambda x: ad.sin(1e10 * x), 1e6), (ad.log, 1e-12), (lambda x: x * (1 / x), 2e-3)],
)  # fmt: skip
def test_rounding_inside_a_function_is_no_mistake(f, x):
    assert check_gradients(lambda x: f(x), x)


def test_a_rule_that_cannot_know_better_is_ill_conditioned_and_not_wrong(planted):
    waves = planted("waves", "x", "sin(1000 * x)", "1000 * cos(1000 * x)")
    report = check_gradients(lambda x: waves(x), 1e7 + 0.3)
    assert report.verdict == "INCONCLUSIVE" and "ill-conditioned here" in str(report)


def test_every_derivative_of_many_is_compared(planted):
    twice = planted("twice", "x", "2 * x", "2 if x < 0.4123 or x > 0.4125 else 2 + 1e-6")
    w = [0.001 * i + 0.0004 for i in range(600)]
    report = check_gradients(lambda w: ad.sum([twice(x) for x in w]), w, order=1)
    assert report.verdict == "FAIL" and "∂f/∂w[412]" in str(report)
    assert check_gradients(lambda w: ad.sum([x * x for x in w]), w, order=1)


def test_the_replay_of_several_outputs_is_that_of_their_sum():
    x = ad.Value(0.7)
    first, second = ad.sin(x), ad.exp(x) * x
    together = Exact(first, second).gradient([x], [2.0, -3.0])
    alone = 2.0 * Exact(first).gradient([x])[0] - 3.0 * Exact(second).gradient([x])[0]
    assert together == pytest.approx([alone], rel=1e-15)
