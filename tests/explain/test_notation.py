"""Numbers, symbols and formulas in writing."""

import math
import unicodedata

import pytest
from hypothesis import given, strategies as st

from autodiff.expressions import parse_rule
from autodiff.formulas import MOST_WRITTEN_OUT, general, name, product_of, sum_of
from autodiff.notation import agrees, latex, number, substituted, text
from autodiff.symbols import (
    barred,
    dotted,
    latex_barred,
    latex_dotted,
    latex_symbol,
    latex_text,
    numbers,
    symbols,
)
from tests.explain.printed import computed

finite = st.floats(allow_nan=False, allow_infinity=False)

# ── numbers ─────────────────────────────────────────────────────────────────────────────────────


@given(finite, st.integers(0, 20))
def test_a_number_that_is_not_zero_is_never_written_as_zero(value: float, digits: int) -> None:
    assert (float(number(value, digits)) == 0) == (value == 0)


@given(finite, st.integers(0, 20))
def test_the_sign_is_kept(value: float, digits: int) -> None:
    written = float(number(value, digits))
    assert written == 0 or math.copysign(1, written) == math.copysign(1, value)


@given(st.floats(), st.integers(16, 20))
def test_from_sixteen_digits_on_a_number_is_written_in_full(value: float, digits: int) -> None:
    written = float(number(value, digits))
    assert written == value or (math.isnan(value) and math.isnan(written))


@given(finite, st.integers(1, 15))
def test_rounding_is_off_by_half_a_digit_at_most(value: float, digits: int) -> None:
    written = float(number(value, digits))
    decimals = 0.5 * 10.0**-digits
    significant = 0.5 * 10.0 ** (1 - digits) * abs(value)
    # Reading the decimals back rounds to a float once more, by half a unit of the result.
    assert abs(written - value) <= max(decimals, significant) + math.ulp(value)


@given(st.floats(), st.integers(0, 20))
def test_a_written_number_can_be_read_back_as_an_expression(value: float, digits: int) -> None:
    written = number(value, digits)
    read = computed(written)
    assert read == float(written) or math.isnan(value)


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (0.45359612142557731, 4, "0.4536"),
        (2.0, 4, "2"),
        (2.0, 17, "2"),
        (-0.0, 4, "0"),
        (-0.0, 17, "0"),
        (0.1, 17, "0.1"),
        (-0.00001, 4, "-1e-05"),
        (1.2345678e-7, 4, "1.235e-07"),
        (0.001, 4, "0.001"),
        (0.00099996, 4, "0.001"),
        (1.6, 0, "2"),
        (0.4, 0, "0.4"),
        (0.04, 1, "0.04"),
        (999999999.0, 4, "999999999"),
        (1e9, 4, "1e+09"),
        (123456789012.0, 4, "1.235e+11"),
        (1e16, 17, "1e+16"),
        (1.79e308, 4, "1.79e+308"),
        (1.7976931348623157e308, 2, "1.7976931348623157e+308"),
        (5e-324, 4, "4.941e-324"),
        (5e-324, 17, "5e-324"),
        (1 / 3, 15, "0.333333333333333"),
        (math.inf, 4, "inf"),
        (-math.inf, 4, "-inf"),
        (math.nan, 4, "nan"),
    ],
)
def test_numbers_are_written_so_that_they_read(value: float, digits: int, written: str) -> None:
    assert number(value, digits) == written


# ── symbols ─────────────────────────────────────────────────────────────────────────────────────

hostile = st.sampled_from(["a1", "a2", "a3", " a1", "a1\n", "", " ", "\n", "x", "ā", "\u200b", "a\nb"])
names = st.lists(st.none() | hostile | st.text(max_size=3), max_size=8)


@given(names)
def test_no_two_nodes_have_the_same_symbol(given_names: list[str | None]) -> None:
    chosen = symbols(given_names)
    assert len(set(chosen)) == len(chosen) == len(given_names)


@given(names)
def test_a_symbol_is_the_name_or_the_number_of_the_node(given_names: list[str | None]) -> None:
    numbered = numbers(given_names)
    for i, (own, symbol) in enumerate(zip(given_names, symbols(given_names), strict=True)):
        if own and own.isprintable() and own == own.strip() and own not in symbols(given_names)[:i]:
            assert symbol == own
        elif not own:
            assert symbol == numbered[i]


@given(names)
def test_a_symbol_stays_on_its_line(given_names: list[str | None]) -> None:
    for symbol in symbols(given_names):
        assert symbol and symbol.isprintable() and symbol == symbol.strip()


def test_a_number_gives_way_to_a_name_that_looks_like_it() -> None:
    assert symbols(["a2", None, "a7", "x", "x"]) == ["a2", "v2", "a7", "x", "v5"]
    assert symbols(["a1", None, "a3"]) == ["a1", "a2", "a3"]
    assert symbols(["a2", "v1", "t1", "n1", None]) == ["a2", "v1", "t1", "n1", "aa5"]


@pytest.mark.parametrize(
    ("symbol", "bar", "dot"),
    [
        ("a4", "ā4", "ȧ4"),
        ("w", "w̄", "ẇ"),
        ("x_1", "x̄_1", "ẋ_1"),
        ("α", "ᾱ", "α̇"),
        ("loss", "adj(loss)", "dot(loss)"),
        ("a4b", "adj(a4b)", "dot(a4b)"),
        ("_", "adj(_)", "dot(_)"),
        ("名", "名̄", "名̇"),
        ("x y", "adj(x y)", "dot(x y)"),
    ],
)
def test_adjoints_wear_a_bar_and_tangents_a_dot(symbol: str, bar: str, dot: str) -> None:
    assert barred(symbol) == unicodedata.normalize("NFC", bar)
    assert dotted(symbol) == unicodedata.normalize("NFC", dot)


@pytest.mark.parametrize(
    ("symbol", "plain", "bar", "dot"),
    [
        ("a4", "a_{4}", r"\bar{a}_{4}", r"\dot{a}_{4}"),
        ("w", "w", r"\bar{w}", r"\dot{w}"),
        ("x_1", "x_{1}", r"\bar{x}_{1}", r"\dot{x}_{1}"),
        ("loss", r"\text{loss}", r"\overline{\text{loss}}", r"\dot{\text{loss}}"),
    ],
)
def test_symbols_in_latex(symbol: str, plain: str, bar: str, dot: str) -> None:
    assert (latex_symbol(symbol), latex_barred(symbol), latex_dotted(symbol)) == (plain, bar, dot)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("50% & #1_{x}$", r"50\% \& \#1\_\{x\}\$"),
        ("\\", r"\textbackslash{}"),
        ("^~<b>|", r"\textasciicircum{}\textasciitilde{}\textless{}b\textgreater{}\textbar{}"),
        ("ā4 = w̄·ẋ²", r"$\bar{a}$4 = $\bar{w}$$\cdot $$\dot{x}$$^2$"),
        ("∂y/∂x = π…", r"$\partial $y/$\partial $x = $\pi $\dots{}"),
        ("é ñ 名", "é ñ 名"),
    ],
)
def test_text_in_latex_comes_out_as_it_is(words: str, written: str) -> None:
    assert latex_text(words) == written


# ── formulas ────────────────────────────────────────────────────────────────────────────────────


def formula(rule: str):
    return general(parse_rule(rule, "xyz"))


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        ("x - (y + z)", "x - (y + z)"),
        ("x - (y - z)", "x - (y - z)"),
        ("(x - y) - z", "x - y - z"),
        ("x * (y / z)", "x·(y / z)"),
        ("x / y * z", "(x / y)·z"),
        ("x / (y * z)", "x / (y·z)"),
        ("x / y / z", "(x / y) / z"),
        ("x + y / z", "x + y / z"),
        ("-x ** 2", "-x²"),
        ("(-x) ** 2", "(-x)²"),
        ("x ** -1", "x**(-1)"),
        ("x ** y ** z", "x**y**z"),
        ("(x ** y) ** z", "(x**y)**z"),
        ("x ** 12", "x**12"),
        ("x ** 0.5", "x**0.5"),
        ("x * -y", "x·(-y)"),
        ("-x * y", "-x·y"),
        ("x - -y", "x - (-y)"),
        ("-(x + y)", "-(x + y)"),
        ("-(x * y)", "-(x·y)"),
        ("2 * pi * x", "2·π·x"),
        ("square(x + 1)", "(x + 1)²"),
        ("max(x, y + 1)", "max(x, y + 1)"),
    ],
)
def test_brackets_are_as_few_as_reading_back_allows(rule: str, written: str) -> None:
    same = {symbol: symbol for symbol in "xyz"}
    assert text(formula(rule), same) == written
    point = {"x": 1.7, "y": -2.3, "z": 3.0}
    rule = rule.replace("square(x + 1)", "(x + 1) ** 2")
    read, meant = computed(written, point), computed(rule, point)
    assert read == meant or (math.isnan(read) and math.isnan(meant))


@pytest.mark.parametrize(
    ("value", "written"),
    [("-3", "(-3)²"), ("1e-07", "1e-07²"), ("-1e-07", "(-1e-07)²"), ("a b", "(a b)²"), ("ā4", "ā4²")],
)
def test_what_is_put_in_is_bracketed_where_it_must_be(value: str, written: str) -> None:
    assert text(formula("x ** 2"), {"x": value}) == written


def test_the_adjoint_of_a_long_name_needs_no_brackets_of_its_own() -> None:
    assert text(formula("x * y"), {"x": "adj(loss)", "y": "dot(rate)"}) == "adj(loss)·dot(rate)"


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        ("x / y * z", r"\frac{x}{y} \cdot z"),
        ("(x / y) ** 2", r"\left(\frac{x}{y}\right)^{2}"),
        ("exp(x) ** 2", r"\left(e^{x}\right)^{2}"),
        ("x ** (y + 1)", "x^{y + 1}"),
        ("abs(x) * sqrt(y + z)", r"\left|x\right| \cdot \sqrt{y + z}"),
        ("sigmoid(x) - log1p(y)", r"\sigma\left(x\right) - \operatorname{log1p}\left(y\right)"),
        ("x * (-y)", r"x \cdot \left(-y\right)"),
        ("leaky_relu(x)", r"\operatorname{leaky\_relu}\left(x\right)"),
        ("2 * pi", r"2 \cdot \pi"),
    ],
)
def test_formulas_in_latex(rule: str, written: str) -> None:
    assert latex(formula(rule), {symbol: symbol for symbol in "xyz"}) == written


@pytest.mark.parametrize("count", [MOST_WRITTEN_OUT, MOST_WRITTEN_OUT + 1, 5000])
@pytest.mark.parametrize(("chain", "sign"), [(sum_of, " + "), (product_of, "·")])
def test_long_sums_and_products_are_abbreviated(count: int, chain, sign: str) -> None:
    written = text(chain([name(f"x{i}") for i in range(count)]), {})
    if count == MOST_WRITTEN_OUT:
        assert written == sign.join(f"x{i}" for i in range(count))
    else:
        assert written == sign.join(["x0", "x1", "x2", "…", f"x{count - 1}"])


def test_an_empty_sum_is_0_and_an_empty_product_1() -> None:
    assert (text(sum_of([]), {}), text(product_of([]), {})) == ("0", "1")


@given(finite, finite, st.sampled_from([2, 4, 8, 17]))
def test_computing_what_was_substituted_gives_the_result_as_printed(
    x: float, y: float, digits: int
) -> None:
    for rule, result in [("x + y", x + y), ("x - y", x - y), ("x * y", x * y)]:
        written = substituted(formula(rule), {"x": x, "y": y}, result, digits)
        assert number(computed(written), digits) == number(result, digits)


def test_operands_get_no_more_digits_than_the_result_needs() -> None:
    third = 1 / 3
    assert substituted(formula("x + y"), {"x": third, "y": 1.0}, third + 1.0, 4) == "0.3333 + 1"
    thousandfold = 1000 * third
    assert (
        substituted(formula("x * y"), {"x": 1000.0, "y": third}, thousandfold, 4) == "1000 · 0.3333333"
    )
    assert agrees(formula("x * y"), {"x": "1000", "y": "0.3333333"}, thousandfold, 4)
    assert not agrees(formula("x * y"), {"x": "1000", "y": "0.333333"}, thousandfold, 4)
