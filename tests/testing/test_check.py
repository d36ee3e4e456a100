"""`check_program`: a right derivative passes, a wrong one fails, and a kink is left open."""

import pytest

import autodiff as ad
from autodiff import primitive
from autodiff.syntax import compute, parse
from autodiff.testing.check import check_program


def verdicts(text: str, **values: float) -> list[str]:
    program = parse(text)
    reports = check_program(program, values, compute(program, values))
    first = [one for report in reports for one in report.comparisons if "²" not in one.label]
    return [one.verdict for one in first]


@pytest.fixture
def wrong_square():
    """A row with a wrong derivative, taken out of the table again."""
    ad.custom_primitive("wrong_square", "x", "x * x", "2.001 * x")
    yield
    for table in (primitive.rows, primitive.on_floats, primitive.on_numbers):
        table.pop("wrong_square", None)


@pytest.mark.usefixtures("wrong_square")
def test_a_wrong_derivative_fails():
    assert verdicts("wrong_square(x)", x=3.0) == ["FAIL"]
    assert verdicts("sin(wrong_square(x)) + y", x=3.0, y=1.0) == ["FAIL", "PASS"]


@pytest.mark.parametrize(
    "text", ["x*log(x) + y**3", "exp(sin(x*y))", "where(x > y, x*y, x)", "max(x, y)", "x; y; x/y",
    "1e-20*x + y",
             "x", "floor(x) + y", "1e20*x*y"],
)  # fmt: skip
def test_right_derivatives_pass(text):
    assert set(verdicts(text, x=2.5, y=-1.0)) == {"PASS"}


@pytest.mark.parametrize(
    "text", ["abs(x)", "relu(x)", "max(x, 0)", "where(x > 0, x, -x)", "max(x, -x)", "floor(x)"]
)
def test_a_kink_is_inconclusive(text):
    assert verdicts(text, x=0.0) == ["INCONCLUSIVE"]


def test_beside_a_kink_the_derivative_is_not_called_wrong():
    for x in (1e-6, 1e-9, 1e-12, 1e-15, -1e-12):
        assert "FAIL" not in verdicts("abs(x) + relu(x)", x=x)


def test_every_output_is_checked_by_every_input():
    program, values = parse("y = w*x; z = w + 1"), {"w": 2.0, "x": 3.0}
    reports = check_program(program, values, compute(program, values))
    labels = [one.label for report in reports for one in report.comparisons if "²" not in one.label]
    assert labels == ["∂y/∂w", "∂y/∂x", "∂z/∂w", "∂z/∂x"]
    assert all(reports) and "PASS  ∂z/∂x: reverse = forward = compiled = 0.0" in str(reports[1])
