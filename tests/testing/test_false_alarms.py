"""Right derivatives that look wrong: by rounding, by cancellation, by a constant that cannot move."""

import math

import pytest

import autodiff as ad
from autodiff import primitive
from autodiff.testing import Report, check_gradients
from autodiff.testing.blame import wrong_at
from autodiff.testing.reference import reference_partials


def passes(report: Report) -> None:
    assert report, report


@pytest.mark.parametrize("name", ["softmax", "logsumexp"])
def test_a_formula_with_a_list_has_a_reference(name: str) -> None:
    row = ad.PRIMITIVES[name]
    assert reference_partials(row, (0.5, -1.0, 2.0)) is not None
    passes(check_gradients(lambda x, y, z: row.apply([x, y, z]), 0.5, -1.0, 2.0))


@pytest.mark.parametrize(
    ("row", "x"),
    [(ad.sinh, 1e-35), (ad.asinh, 1e-200), (ad.cosh, 1e-150), (ad.gelu, -20.0), (ad.erfc, 20.0),
     (ad.softplus, -200.0), (ad.logsigmoid, 200.0), (ad.tanh, 300.0)],
)  # fmt: skip
def test_the_reference_keeps_its_digits_where_a_formula_cancels(row: ad.Primitive, x: float) -> None:
    assert wrong_at(row, (x,), row.evaluate(x), row.partials(row.evaluate(x), x)) is None
    passes(check_gradients(lambda x: row(x), x))


@pytest.mark.parametrize("inner", [ad.sinh, ad.square])
def test_a_hessian_of_which_rounding_alone_is_left_is_not_asymmetric(inner: ad.Primitive) -> None:
    passes(check_gradients(lambda x: ad.asinh(inner(x)), 1.0))  # asinh(x²)'' vanishes at 1
    passes(check_gradients(lambda x, y: ad.asinh(inner(x + y)), 0.75, 0.25))


def test_a_constant_on_no_path_may_have_a_partial_that_is_nan() -> None:
    passes(check_gradients(lambda x: x**-3.0, -1.5))  # log(-1.5) is nan


def test_a_constant_that_cannot_move_is_not_blamed() -> None:
    passes(check_gradients(lambda x: ad.clamp(x, 1.0, 1.0), 0.0))  # low above high: no clamp


def test_numbers_that_cancel_inside_a_function_are_no_certainty() -> None:
    passes(check_gradients(lambda x: (x + 1.0 - 1.0) / 3.0, 0.0))


@pytest.mark.parametrize(("f", "x"), [(ad.sin, 800.0), (lambda x: x**-800.0, 2.0)])
def test_a_second_derivative_of_a_steep_function_is_found(f: object, x: float) -> None:
    passes(check_gradients(lambda x: f(x), x))  # type: ignore[operator]


def test_adjoints_that_are_not_finite_are_no_verdict() -> None:
    report = check_gradients(lambda x: ad.sqrt(x**4), 0.0)
    assert report.verdict == "INCONCLUSIVE"


def test_a_rule_without_a_value_is_named_where_the_derivative_has_one() -> None:
    row = primitive.Primitive("no_value", ad.sin.operands, ad.sin.forward, ad.log.partial_rules)
    assert wrong_at(row, (0.0,), 0.0, (math.inf,)) is not None
    found = wrong_at(row, (0.0,), 0.0, (math.nan,))
    assert found is not None and "no value here" in found.mistake
    assert wrong_at(ad.cbrt, (0.0,), 0.0, (math.inf,)) is None  # as steep as that
    assert wrong_at(ad.sqrt, (0.0,), 0.0, (math.inf,)) is None


def test_an_ill_conditioned_value_is_noted_and_no_mistake() -> None:
    report = check_gradients(lambda x, y: ((1e10 + x) - 1e10) * y, 0.1, 2.0)
    passes(report)
    assert any(
        "ill-conditioned here: rounding of the values alone moves ∂/∂y" in one for one in report.notes
    )


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda v: 1 / ad.sqrt(1 - v * v / 9e16), 299999999.0),
        (lambda t: ad.cos(2 * math.pi * 440 * t), 10.1234),
        (lambda s: 1 / (s * s - 2), 1.41422),
        (lambda x: ad.log(x - 1), 1 + 1e-12),
        (lambda x: (1 - ad.cos(x)) / x**2, 1e-7),
        (lambda x: ad.asin(x), 1 - 1e-12),
        (lambda x: ad.tan(x), math.pi / 2),
        (lambda x: ad.softmax(x, -0.5)[0] ** 2, -73.9),
    ],
)
def test_second_derivatives_beside_an_edge_or_where_values_cancel_are_not_called_wrong(f, x):
    passes(check_gradients(f, x))


@pytest.mark.parametrize(
    ("f", "gradient", "x"),
    [
        (math.sin, math.cos, 1e15),
        (lambda x: math.sin(1e9 * x), lambda x: 1e9 * math.cos(1e9 * x), 0.7),
    ],
)
def test_waves_too_short_for_any_step_are_no_certainty(f, gradient, x):
    assert check_gradients(f, x, gradient=gradient).verdict == "INCONCLUSIVE"
    assert check_gradients(f, x, gradient=lambda x: 0.0).verdict == "INCONCLUSIVE"


def test_a_derivative_outside_at_the_kink_of_a_small_function_fails():
    report = check_gradients(lambda x: 1e-10 * abs(x), 0.0, gradient=lambda x: 5e-10)
    assert report.verdict == "FAIL"
