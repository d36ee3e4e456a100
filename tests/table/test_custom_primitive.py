"""A user's own row works in every mode, and a wrong one is refused with its text, leaving no trace."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import autodiff as ad
from autodiff import primitive
from autodiff.errors import RuleError
from autodiff.testing import check_gradients

pytestmark = pytest.mark.usefixtures("user_row")


def softsign() -> ad.Primitive:
    """Return a row of one operand whose second derivative is not constant."""
    return ad.custom_primitive("softsign", "x", "x / (1 + abs(x))", "1 / (1 + abs(x))**2")


def swish_like() -> ad.Primitive:
    """Return a row of two operands, one with a default."""
    return ad.custom_primitive("swish_like", "x, beta=2", "x * sigmoid(beta * x)", [
        "sigmoid(beta * x) * (1 + beta * x * sigmoid(-beta * x))",
        "x * x * sigmoid(beta * x) * sigmoid(-beta * x)",
    ])  # fmt: skip


def sum_of_squares() -> ad.Primitive:
    """Return a row of any number of operands."""
    return ad.custom_primitive(
        "sum_of_squares", "*xs", "total([x * x for x in xs])", "[2 * x for x in xs]"
    )


def twice_soft() -> ad.Primitive:
    """Return a row that calls another own row."""
    softsign()
    return ad.custom_primitive("twice_soft", "x", "2 * softsign(x)", "2 / (1 + abs(x))**2")


def my_exp() -> ad.Primitive:
    """Return a row that is its own derivative."""
    return ad.custom_primitive("my_exp", "x", "exp(x)", "my_exp(x)")


def root4() -> ad.Primitive:
    """Return a row with a domain."""
    return ad.custom_primitive("root4", "x", "sqrt(sqrt(x))", "0.25 * out / x", domain="x > 0")


def hat() -> ad.Primitive:
    """Return a row with kinks."""
    return ad.custom_primitive("hat", "x", "relu(1 - abs(x))", "-sign(x) if abs(x) < 1 else 0",
                               kinks=["x", "1 - abs(x)"])  # fmt: skip


def table() -> list[dict[str, Any]]:
    """Return what the table holds, and what rule texts may call."""
    return [dict(d) for d in (primitive.rows, primitive.on_numbers, primitive.on_floats)]


# ── it works everywhere ─────────────────────────────────────────────────────────────────────────


def test_own_row_gives_a_float_for_floats() -> None:
    assert softsign()(3.0) == 0.75
    assert softsign()(3) == 0.75


def test_own_row_records_a_value() -> None:
    row, x = softsign(), ad.Value(3.0)
    out = row(x)
    out.backward()
    assert (out.data, out.primitive, x.grad) == (0.75, row, 0.0625)


def test_own_row_carries_tangents() -> None:
    assert ad.jvp(softsign(), (3.0,), (2.0,)) == (0.75, 0.125)


def test_own_row_has_second_and_third_derivatives() -> None:
    row = softsign()
    assert ad.grad(ad.grad(row))(1.0) == -0.25  # -2 / (1 + x)³
    assert ad.grad(ad.grad(ad.grad(row)))(1.0) == 0.375  # 6 / (1 + x)⁴
    assert ad.hessian(row)(1.0) == -0.25
    assert ad.hvp(row, 1.0, 2.0) == -0.5


def test_own_row_is_in_the_table_but_no_method() -> None:
    row = softsign()
    assert ad.PRIMITIVES["softsign"] is row
    assert not hasattr(ad.Value(1.0), "softsign")


def test_own_row_joins_larger_graphs() -> None:
    row = softsign()
    assert ad.grad(lambda x: ad.sin(row(x)) * x)(0.0) == 0.0
    assert ad.grad(lambda x: row(2 * x))(0.5) == 0.5


def test_own_row_of_two_operands_may_use_a_default() -> None:
    row = swish_like()
    assert row(1.5) == row(1.5, 2.0)
    x, beta = ad.Value(1.5), ad.Value(2.0)
    assert ad.gradients(row(x, beta), [x, beta]) == pytest.approx(
        ad.gradients(x * ad.sigmoid(beta * x), [x, beta]), rel=4 * 2**-52
    )


def test_own_row_of_any_number_of_operands() -> None:
    row = sum_of_squares()
    assert row(1.0, 2.0, 3.0) == row([1.0, 2.0, 3.0]) == 14.0
    assert ad.grad(lambda xs: row(xs))([1.0, 2.0, 3.0]) == [2.0, 4.0, 6.0]
    assert ad.hessian(lambda xs: row(xs))([1.0, 2.0]) == [[2.0, 0.0], [0.0, 2.0]]


def test_own_row_may_call_another_own_row() -> None:
    row = twice_soft()
    assert row(3.0) == 1.5
    assert ad.grad(row)(3.0) == 0.125


def test_own_row_may_take_its_own_name_as_the_derivative() -> None:
    assert ad.grad(ad.grad(ad.grad(my_exp())))(1.0) == math.exp(1.0)


def test_own_row_is_total_and_lets_no_nan_through() -> None:
    row = ad.custom_primitive("inverse_square", "x", "1 / x**2", "-2 / x**3")
    assert row(0.0) == math.inf
    assert math.isnan(row(math.nan)) and math.isnan(ad.grad(row)(math.nan))


def test_own_domain_is_checked_in_strict_mode() -> None:
    row = root4()
    assert math.isnan(row(-1.0))
    with ad.strict(), pytest.raises(ad.DomainError, match=r"root4.*-1.0.*x > 0 is needed"):
        row(-1.0)


def test_own_kinks_give_margins() -> None:
    row = hat()
    assert row.margins([0.25]) == [0.25, 0.75]
    assert 0 in row.margins([1.0])


CHECKED = {
    softsign: [(3.0,), (-0.5,)],
    swish_like: [(1.5, 2.0), (-0.7, 0.3)],
    sum_of_squares: [(1.0,), (1.0, -2.0, 3.0)],
    twice_soft: [(3.0,), (-0.5,)],
    my_exp: [(1.0,), (-20.0,)],
    root4: [(2.0,), (1e-3,)],
    hat: [(0.25,), (-0.5,), (4.0,)],
}


@pytest.mark.parametrize("make", CHECKED, ids=lambda make: make.__name__)
def test_the_checker_passes_own_rows_alone_and_inside_functions(
    make: Callable[[], ad.Primitive],
) -> None:
    row = make()
    for point in CHECKED[make]:
        assert check_gradients(lambda *xs: row.apply(xs), *point)
        assert check_gradients(lambda *xs: ad.sin(row.apply(xs)) * xs[0], *point)


@pytest.mark.parametrize("x", [0.0, 1.0, -1.0])
def test_at_the_kinks_of_an_own_row_the_checker_leaves_it_open(x: float) -> None:
    report = check_gradients(hat(), x)
    assert report.verdict == "INCONCLUSIVE" and "is at its kink" in str(report)


# ── what is wrong is refused, and shown ─────────────────────────────────────────────────────────

WRONG = {
    "no expression": ("x", "x +", "1", "x \\+"),
    "nothing": ("x", "", "1", "no expression|not an expression"),
    "a statement": ("x", "y = x", "1", "y = x"),
    "an unknown name": ("x", "x * z", "1", "z"),
    "an unknown function": ("x", "gamma(x)", "1", "gamma"),
    "out in the value": ("x", "out * x", "1", "out"),
    "an unknown name in the partial": ("x", "x", "y", "y"),
    "an unknown function in the partial": ("x", "x", "digamma(x)", "digamma"),
    "a kernel that is no row in the partial": ("x", "x", "maximum(x)", "maximum"),
    "too few operands of a function": ("x", "pow(x)", "1", "pow takes 2 operands, not 1"),
    "too many operands of a function": ("x", "sin(x, x)", "1", "sin takes 1 operand, not 2"),
    "too many operands of its own": ("x", "x", "own(x, x)", "own takes 1 operand, not 2"),
    "an attribute": ("x", "x.real", "1", "x.real"),
    "a method call": ("x", "x.sin()", "1", "x.sin"),
    "an index": ("x", "x[0]", "1", "x\\[0\\]"),
    "a keyword": ("x", "sin(x=x)", "1", "x=x"),
    "a lambda": ("x", "(lambda: x)()", "1", "lambda"),
    "a string": ("x", "'x'", "1", "'x'"),
    "a complex number": ("x", "1j * x", "1", "1j"),
    "a truth value": ("x", "True", "1", "True"),
    "an import": ("x", "__import__('os')", "1", "__import__"),
    "an assignment": ("x", "(y := x)", "1", "y := x"),
    "integer division": ("x", "x // 2", "1", "x // 2"),
    "a remainder": ("x", "x % 2", "1", "x % 2"),
    "a bit operation": ("x", "x & 1", "1", "x & 1"),
    "an f-string": ("x", "f'{x}'", "1", "f'"),
    "a dictionary": ("x", "{x: x}", "1", "x: x"),
    "a starred argument": ("*xs", "hypot(*xs)", "[1 for x in xs]", "hypot\\(\\*xs\\)"),
    "no operands": ("", "1", "1", "operands"),
    "twice the same operand": ("x, x", "x", ["1", "1"], "x, x"),
    "an operand called out": ("out", "out", "1", "out"),
    "an operand called pi": ("pi", "pi", "1", "pi"),
    "an operand that is no name": ("2x", "1", "1", "2x"),
    "a default that is no number": ("x, a=b", "x", ["1", "0"], "'b' is no number"),
    "an operand without a default": ("a=1, x", "x", ["0", "1"], "needs a default"),
    "a group in a wrong place": ("*xs, y", "y", ["[0 for x in xs]", "1"], "group"),
    "too few partials": ("x, y", "x * y", ["y"], "2 operands, not 1"),
    "too many partials": ("x", "x", ["1", "1"], "1 operand, not 2"),
    "text for two partials": ("x, y", "x * y", "y, x", "2 operands, not 1"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_row_is_refused_with_its_text_and_leaves_no_trace(kind: str) -> None:
    operands, forward, partials, shown = WRONG[kind]
    before = table()
    with pytest.raises(ad.RuleError, match=shown):
        ad.custom_primitive("own", operands, forward, partials)
    assert table() == before


@pytest.mark.parametrize("part", ["domain", "formula", "textbook", "kinks"])
@pytest.mark.parametrize("text", ["x +", "x * z", "gamma(x)", "sin(x, x)"])
def test_wrong_text_in_any_part_of_a_row_is_refused(part: str, text: str) -> None:
    before = table()
    given = [text] if part in ("textbook", "kinks") else text
    with pytest.raises(ad.RuleError) as caught:
        ad.custom_primitive("own", "x", "x", "1", **{part: given})
    assert text in str(caught.value)
    assert table() == before


@pytest.mark.parametrize("name", ["2x", "", "a b", "x.y"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ad.RuleError, match="no Python name"):
        ad.custom_primitive(name, "x", "x", "1")


@pytest.mark.parametrize("name", ["class", "lambda", "if"])
def test_a_keyword_is_refused_as_a_name(name: str) -> None:
    before = table()
    with pytest.raises(ad.RuleError, match=name):
        ad.custom_primitive(name, "x", "x", "1")
    assert table() == before


@pytest.mark.parametrize("operand", ["class", "in"])
def test_a_keyword_is_refused_as_an_operand(operand: str) -> None:
    with pytest.raises(ad.RuleError, match=operand):
        ad.custom_primitive("own", operand, "1", "1")


def test_as_many_textbook_partials_as_operands_are_needed() -> None:
    with pytest.raises(ad.RuleError, match="textbook"):
        ad.custom_primitive("own", "x, y", "x * y", ["y", "x"], textbook=["y"])


@pytest.mark.parametrize("name", ["pi", "nan", "inf"])
def test_the_constants_names_are_protected(name: str) -> None:
    before = table()
    with pytest.raises(ad.RuleError, match=name):
        ad.custom_primitive(name, "x", "x", "1")
    assert table() == before


# ── redefinition ────────────────────────────────────────────────────────────────────────────────


def test_redefinition_replaces_the_users_own_row() -> None:
    first = ad.custom_primitive("own", "x", "2 * x", "2")
    second = ad.custom_primitive("own", "x", "3 * x", "3")
    assert ad.PRIMITIVES["own"] is second is not first
    assert (second(1.0), ad.grad(second)(1.0)) == (3.0, 3.0)


def test_an_old_graph_keeps_the_row_it_was_made_with() -> None:
    x = ad.Value(1.0)
    out = ad.custom_primitive("own", "x", "2 * x", "2")(x)
    ad.custom_primitive("own", "x", "3 * x", "3")
    assert ad.gradients(out, x) == 2.0


def test_rows_that_call_a_redefined_row_call_the_new_one() -> None:
    ad.custom_primitive("own", "x", "2 * x", "2")
    caller = ad.custom_primitive("calls_own", "x", "own(x) + 1", "2")
    assert caller(1.0) == 3.0
    ad.custom_primitive("own", "x", "5 * x", "5")
    assert caller(1.0) == 6.0


def test_a_failed_redefinition_keeps_the_old_row() -> None:
    first = ad.custom_primitive("own", "x", "2 * x", "2")
    before = table()
    with pytest.raises(ad.RuleError):
        ad.custom_primitive("own", "x", "gamma(x)", "3")
    assert ad.PRIMITIVES["own"] is first
    assert table() == before
    assert (first(1.0), ad.grad(first)(1.0)) == (2.0, 2.0)


@pytest.mark.parametrize("name", ["sin", "add", "max", "where", "lower_bound", "maximum", "total"])
def test_built_in_names_are_protected(name: str) -> None:
    before = table()
    with pytest.raises(ad.RuleError, match=f"'{name}' is a built-in"):
        ad.custom_primitive(name, "x", "x", "1")
    assert table() == before


def test_the_table_itself_is_read_only() -> None:
    with pytest.raises(TypeError):
        ad.PRIMITIVES["sin"] = ad.cos  # type: ignore[index]


def test_rules_are_texts():
    with pytest.raises(RuleError, match="rules are texts such as 'cos\\(x\\)', and no functions"):
        ad.custom_primitive("as_functions", "x", "sin(x)", math.cos)
    with pytest.raises(RuleError, match="a choice is written 'a if x > 0 else b'"):
        ad.custom_primitive("chosen", "x", "where(x > 0, 1, -1)", "0")
