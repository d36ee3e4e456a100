"""Expressions: what may be written, where the carets stand, and what is computed."""

import math

import pytest
from hypothesis import example, given, strategies as st

import autodiff as ad
from autodiff.graph import topological_order
from autodiff.syntax import ExpressionError, compute, evaluate, number_of, parse


def error_of(text: str, **values: float) -> str:
    with pytest.raises(ExpressionError) as caught:
        compute(parse(text), values)
    return str(caught.value)


def under_carets(message: str) -> str:
    """The part of the shown line that the carets stand under."""
    *_, line, carets = message.split("\n")
    assert set(carets) <= {" ", "^"}
    return line[carets.index("^") : len(carets)]


# The whitelist

REFUSED = [
    "import os", "from os import path", "__import__('os')", "eval('1')", "exec('1')", "open('f')",
    "x.data",
    "x.__class__", "().__class__", "x[0]", "x[:]", "[x]", "[*x]", "{x}", "{x: x}", "{**x}", "(x,)",
    "x, x", "()",
    "[x for x in x]", "(x for x in x)", "{x for x in x}", "{x: x for x in x}", "lambda: x",
    "lambda x: x",
    "x if x else x", "x and x", "x or x", "not x", "~x", "x % x", "x // x", "x @ x", "x << 1",
    "x >> 1", "x & x",
    "x | x", "x ^ 2", "x is x", "x is not x", "x in x", "x not in x", "f'{x}'", "'text'", '"text"',
    "b'x'",
    "...", "None", "True*x", "1j*x", "1e999*x", "1" * 400 + "*x", "(y := x)", "y := x", "x: int = 3",
    "x += 1",
    "y = z = x", "y, z = x", "(y, z) = x", "*y = x", "x.y = 2", "x[0] = 2", "f(x) = x", "2 = x",
    "del x", "pass",
    "return x", "yield x", "(yield x)", "await x", "raise x", "assert x", "global x", "while x: x",
    "for x in x: x",
    "if x: x", "def f(): x", "class X: x", "with x: x", "try: x", "print(x)", "sin", "sin x", "x()",
    "x(x)", "2(x)",
    "(x)(x)", "sin(x)(x)", "sin()", "sin(x, x)", "sin(x=x)", "sin(*x)", "sin(**x)", "max()", "where(x)",
    "where(x > 0, x)", "where(x > 0, x, x, x)", "where(x > 0, x < 1, x)", "sin(x > 0)", "(x > 0) + 1",
    "-(x > 0)",
    "x > 0", "y = x < 2 < 3", "dot(x, x)", "lower_bound_(x)", "x!", "x'", "|x|", "x # comment",
    "x \\ y", "x$", "x?",
    "2x", "x y", "2 x", "(x + 1)x", "2π", "√x", "x**", "**x", "*x", "/x", "x +", "+", "-", "(", ")",
    "(x", "x)",
    "((x)", "x = ", "= x", "x ==", "x²**3", "x²²²¹¹¹¹**2", "²", "⁻", "0777*x", "0b2*x", "1__0*x",
    "x\x00", "\ud800*x",
    "\ufeffx +", "x = x", "y = x; y = x", "y = z; z = x", "pi = 3", "inf = 1", "1", "pi", "y = 1",
    "x; 3",
    "log(-x)", "1/(x - x)", "sqrt(-x)", "0.0**-x", "10**400*x", "exp(1000*x)", "x = 2; x", "", " ",
    ";", "\n;\n",
    "x" * 200_000, "lambda*x", "1or x", "x if x", "{", "}", "[", "]", "x;;y = (", "`x`", "x\n  y = (",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text)[:40])
def test_everything_else_is_refused_with_one_clear_message(text):
    message = error_of(text, x=2.0)
    assert message and len(message.split("\n")) in (1, 3)
    assert len(message) < 400 and "Traceback" not in message


@pytest.mark.parametrize(
    "text",
    ["(" * 10_000 + "x" + ")" * 10_000, "-" * 10_000 + "x", "+".join(["x"] * 9_000), "x**" * 9_000 + "x",
     "sin(" * 9_000 + "x" + ")" * 9_000, "(" * 10_000, "x<" * 40_000 + "x", "[" * 10_000],
    ids=lambda text: text[:10],
)  # fmt: skip
def test_depth_is_one_clear_message(text):
    message = error_of(text, x=1.0)
    assert "nested too deeply" in message or "a comparison is no number" in message
    assert len(message) < 400


def test_wide_expressions_are_computed():
    many = compute(parse(f"sum({','.join(['x'] * 20_000)})"), {"x": 1.0})
    assert many.outputs[0].data == 20_000


pieces = st.sampled_from(
    ["x", "y", "sin", "(", ")", "+", "-", "*", "**", "/", "<", "==", "=", ";", ",", " ", "\n", "2",
     ".5", "1e9",
     "²", "⁻", "√", "π", "where", "max", ".", "[", "]", ":", "lambda", "if", "not", "é", "\ud800",
     "\x00", "#", "'"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(pieces, max_size=25).map("".join)))
@example("x" + "\x0c" + "y")
@example("𝐱")
def test_any_text_is_a_program_or_an_expression_error(text):
    try:
        computed = compute(parse(text), {"x": 2.0, "y": 3.0})
    except ExpressionError as error:
        assert str(error)
    else:
        assert all(isinstance(out, ad.Value) for out in computed.outputs)


@given(st.one_of(st.text(), st.lists(pieces, max_size=10).map("".join)))
def test_any_text_is_a_number_or_an_expression_error(text):
    try:
        assert type(number_of(text)) is float
    except ExpressionError as error:
        assert str(error)


def test_reading_complains_of_nothing_but_by_its_error(recwarn):
    assert "this is not arithmetic" in error_of("1or x", x=1.0)
    assert not recwarn.list


# Carets


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("y = log(x - 3) + x", "log(x - 3)"),
        ("y = x; z = log(-y)", "log(-y)"),
        ("a = x²·x³; log(-a)", "log(-a)"),
        ("x² + foo(x)", "foo(x)"),
        ("é = x²; ü = é·√(−é)", "√(−é)"),
        ("π·x + 1/(x − x)", "1/(x − x)"),
        ("y = x\nz = sin(y,\n  y)", "sin(y,"),
        ("𝑎 = x; bar(𝑎)", "bar(𝑎)"),
        ("x\n+ y*z", "y"),
        ("x; y = x; y = x*x", "y"),
        ("x^2", "x^2"),
        ("(x + 1)x", "x"),
        ("x*2y", "y"),
        ("3,5*x", "3,5*x"),
        ("y = x + 'a'", "'"),
        ("y = x; c = 3*4", "3*4"),
        ("   y = bar(x)", "bar(x)"),
    ],
)
def test_the_carets_stand_under_the_place_in_the_users_text(text, place):
    message = error_of(text, x=2.0)
    assert under_carets(message) == place, message


def test_a_long_text_is_cut_around_the_place():
    message = error_of("x + " * 100 + "bar(x)" + " + x" * 100, x=1.0)
    assert under_carets(message) == "bar(x)"
    assert all(len(line) < 110 for line in message.split("\n"))


@pytest.mark.parametrize("text", ["中文 + bar(x)", "x\t+\tbar(x)", "e\u0301 + bar(x)"])
def test_carets_count_columns_of_the_terminal(text):
    from rich.cells import cell_len

    line, carets = error_of(text, x=1.0).split("\n")[1:]
    assert cell_len(line[: line.index("bar")]) == carets.index("^")
    assert "\t" not in line


def test_a_caret_after_the_end_stands_after_the_end():
    line, carets = error_of("y = x +", x=1.0).split("\n")[1:]
    assert carets.rindex("^") >= len(line) - 1


# Messages that name the way out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("y = w*x + b", "'w' has no value: add w=NUMBER b=NUMBER"),
        ("sin*x", "'sin' has no value: it is a function, sin(…)"),
        ("sn(x)", "no function is called 'sn': did you mean sin"),
        ("ln(x)", "did you mean log?"),
        ("x(x+1)", "no function is called 'x': or is a * missing before the bracket?"),
        ("2x", "an operator is missing here: products are written with *"),
        ("x^2", "powers are written **"),
        ("3,5*x", "decimals are written with a point"),
        ("lambda*x", "'lambda' is a word of Python: choose another name"),
        ("f(x) = x", "left of = stands one name alone"),
        ("√x", "a root needs brackets: √(x)"),
        ("x²**3", "brackets are missing: which power comes first?"),
        ("x = 3*x", "'x' is used before it gets this value: choose another name"),
        ("log(x-5)", "gives nan"),
        ("where(x>0, x)", "where takes a condition and two values: where(x > 0, a, b)"),
    ],
)
def test_the_message_names_the_way_out(text, said):
    assert said in error_of(text, x=2.0)


@pytest.mark.parametrize("text", ["log({name})", "{name}(x)", "1/{name}"])
def test_a_complaint_about_a_long_name_is_short(text):
    name = "n" * 5000
    for values in ({}, {name: 0.0}):
        assert len(error_of(text.format(name=name), x=-1.0, **values)) < 600


def test_a_value_for_a_name_that_has_one_is_refused():
    assert "'y' gets its value here: leave out y=NUMBER" in error_of("y = x*x", x=1.0, y=2.0)
    assert "'pi' has a value already" in error_of("pi*x", x=1.0, pi=3.0)


# What is computed


def test_outputs_are_what_no_other_statement_uses():
    computed = compute(parse("a = w*x; y = sin(a); z = a + 1; w*2"), {"w": 1.0, "x": 2.0})
    assert [out.name for out in computed.outputs] == ["y", "z", None]
    assert computed.outputs[2].data == 2.0


def test_repeated_subexpressions_are_shared():
    """The lecture's graph: a5 = w1*x + w0 is computed once for y1 and y2."""
    program = parse("y1 = sin(w1*x + w0); y2 = cos(w1*x + w0)")
    computed = compute(program, {"w0": 0.5, "w1": 2.0, "x": 0.3})
    assert len(topological_order(*computed.outputs)) == 7
    assert computed.outputs[0].operands == computed.outputs[1].operands


def test_the_lectures_loss_has_seven_nodes():
    computed = compute(parse("L = (y - w*x)**2 / 2"), {"w": 2.0, "x": 3.0, "y": 5.0})
    order = topological_order(*computed.outputs)
    assert sum(not node.is_constant for node in order) == 7 and computed.outputs[0].data == 0.5


def test_signed_zeros_are_not_taken_for_each_other():
    computed = compute(parse("a = atan2(x*0.0, -1); b = atan2(x*-0.0, -1); a - b"), {"x": 1.0})
    assert computed.outputs[0].data == 2 * math.pi


def test_a_name_for_an_input_is_a_node_of_its_own():
    computed = compute(parse("y = x; z = y"), {"x": 3.0})
    assert [node.name for node in topological_order(*computed.outputs)] == ["x", "y", "z"]


def test_two_names_for_the_same_expression_both_exist():
    computed = compute(parse("a = w*x; b = w*x; a - b"), {"w": 2.0, "x": 3.0})
    assert [node.name for node in topological_order(*computed.outputs)] == ["w", "x", "a", "b", None]


def test_where_computes_the_branch_taken_alone():
    program = parse("where(x > 0, log(x), 2*x)")
    assert compute(program, {"x": -1.0}).outputs[0].data == -2.0
    assert compute(program, {"x": 1.0}).outputs[0].data == 0.0
    assert evaluate(program, {"x": -1.0}) == [-2.0]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [("x < y", True), ("x <= x", True), ("x > y", False), ("x >= y", False), ("x == x", True),
     ("x != x", False),
     ("1 < x < y", True), ("1 < y < x", False)],
)  # fmt: skip
def test_conditions_are_comparisons(condition, holds):
    values = {"x": 2.0, "y": 3.0}
    assert compute(parse(f"where({condition}, 10*x, -x*y)"), values).outputs[0].data == (
        20 if holds else -6
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("x² + x³", 12.0), ("2·x − 1", 3.0), ("x × 3 ÷ 2", 3.0), ("√(x·8)", 4.0), ("x⁻¹", 0.5),
     ("cos(π)·x", -2.0),
     ("x¹⁰", 1024.0), ("-x²", -4.0), ("+x", 2.0), ("2**x²", 16.0), ("(\n x\n + 1\n)", 3.0),
     ("x\xa0+ 1", 3.0),
     ("max(x, 3)", 3.0), ("min(x, 3, 1)", 1.0), ("relu(-x) + x", 2.0), ("x⋅2", 4.0), ("x – 1", 1.0),
     ("0x10*x", 32.0), ("1_000*x", 2000.0), ("clamp(x, 0, 1)", 1.0)],
)  # fmt: skip
def test_mathematics_is_read(text, value):
    assert compute(parse(text), {"x": 2.0}).outputs[0].data == value


@pytest.mark.parametrize(
    "text", ["y = x*w\n\nz = sin(y)\n", "y = x*w; z = sin(y);", ";y = x*w ;; z = sin(y)"]
)
def test_statements_end_at_semicolons_and_new_lines(text):
    assert [out.name for out in compute(parse(text), {"w": 1.0, "x": 1.0}).outputs] == ["z"]


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", 0.5), ("-1e3", -1000.0), ("pi/2", math.pi / 2), ("1/3", 1 / 3), ("√(2)", math.sqrt(2)),
     ("inf", math.inf),
     ("1_000", 1000.0), ("2**10", 1024.0), ("−3", -3.0), ("sin(0)", 0.0), ("0x10", 16.0)],
)  # fmt: skip
def test_numbers_may_be_computed(text, number):
    assert number_of(text) == number


@pytest.mark.parametrize(
    "text", ["abc", "", "1,5", "1e999", "-1e999", "log(-1)", "1/0", "x=1", "1<2", "1;2", "'1'", "1 2"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ExpressionError):
        number_of(text)
