"""The strategies for users: what is drawn is what they say, prints as it is, and shrinks."""

import copy
import math
import pickle
import subprocess
import sys
from random import Random

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings, strategies as st

import autodiff as ad
from autodiff import nn, primitive
from autodiff.graph import topological_order
from autodiff.rows import built_in
from autodiff.syntax import compute, parse
from autodiff.testing import (
    Expression,
    check_gradients,
    expressions,
    network_shapes,
    points,
    special_floats,
    target_error,
)
from autodiff.testing.interior import MARGIN, is_interior

EXAMPLES = settings.default.max_examples  # of the profile in force: 100, or more to explore
# Without the phase that explains failures: it traces every line.
SEARCH = settings(max_examples=1000, phases=[Phase.generate, Phase.shrink])
WRITABLE = sorted(built_in - {"dot"})
# Python's own reading of the same text.
NAMES = {**ad.PRIMITIVES, "max": ad.max, "min": ad.min, "where": ad.where}


def bits(number: float) -> str:
    return "nan" if number != number else float(number).hex()


def graph_of(expression: Expression) -> list[ad.Value]:
    return topological_order(expression(*[ad.Value(x) for x in expression.point]))


def operands_of(node: ad.Value) -> tuple[list[float], list[bool]]:
    return [x.data for x in node.operands], [not x.is_constant for x in node.operands]


@pytest.fixture
def wrong_rows():
    """Rows with a wrong derivative, taken out of the table again."""
    ad.custom_primitive("wrong_square", "x", "x * x", "2.001 * x")
    ad.custom_primitive("wrong_product", "x, y", "x * y", ["y", "1.001 * x"])
    ad.custom_primitive("wrong_total", "*xs", "total(xs)", "[1.001 for x in xs]")
    yield
    for table in (primitive.rows, primitive.on_floats, primitive.on_numbers):
        for name in ("wrong_square", "wrong_product", "wrong_total"):
            table.pop(name, None)


# ── expressions ─────────────────────────────────────────────────────────────────────────────────────


@given(expressions())
def test_the_text_means_the_same_to_the_parser_and_to_python(expression):
    values = dict(zip(expression.inputs, expression.point, strict=True))
    (out,) = compute(parse(expression.text), values).outputs  # strict: every domain is kept
    named = NAMES | {name: ad.Value(x) for name, x in values.items()}
    *statements, last = expression.text.split("; ")
    for statement in statements:
        name, _, text = statement.partition(" = ")
        named[name] = eval(text, {}, named)
    own = expression(*expression.point)
    assert bits(own) == bits(out.data) == bits(eval(last, {}, named).data)


@given(expressions(), expressions(special=True))
def test_an_expression_is_what_its_repr_says_and_survives_copies(expression, special):
    for one in (expression, special):
        twin = eval(repr(one), {"Expression": Expression, "inf": math.inf, "nan": math.nan})
        for other in (twin, copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            assert (other.text, other.inputs, repr(other)) == (one.text, one.inputs, repr(one))
            assert [*map(bits, other.point)] == [*map(bits, one.point)]
    assert eval(repr(expression)) == expression


@settings(max_examples=3 * EXAMPLES)
@given(expressions(depth=4, arity=3))
def test_every_operation_is_inside_its_domain_and_off_its_kinks(expression):
    for node in graph_of(expression):
        if node.operands:
            assert is_interior(node.primitive, *operands_of(node))
            assert all(abs(gap) >= MARGIN for gap in node.primitive.margins(operands_of(node)[0]))


@pytest.mark.parametrize("name", WRITABLE)
def test_every_row_that_the_language_can_write_is_written(name):
    expression = find(expressions([name], depth=1), lambda _: True, settings=SEARCH)
    used = {node.primitive.name for node in graph_of(expression) if node.operands}
    assert name in used and used <= {name, "add", "sub"}


def test_depth_and_arity_bound_the_expression():
    @given(expressions(["sin", "mul"], depth=2, arity=1))
    def check(expression):
        assert expression.inputs == ("x1",)
        assert sum(bool(node.operands) for node in graph_of(expression)) <= 3 + 6  # 6: numbers added

    check()


@pytest.mark.parametrize("wanted", ["; ", "**", "where", "a*a", "(x1 + x2)*", "logsumexp(x1, x2", "-x1"])
def test_shared_parts_and_every_way_of_writing_are_drawn(wanted):
    rows = ["add", "mul", "pow", "neg", "where", "logsumexp"]
    assert wanted in find(expressions(rows), lambda e: wanted in e.text, settings=SEARCH).text


@given(expressions(), st.data())
def test_floats_values_duals_and_replays_agree(expression, data):
    point = expression.point
    value, gradient = ad.value_and_grad(expression, range(len(point)))(*point)
    out, slope = ad.jvp(expression, point, [1.0] * len(point))
    assert bits(value) == bits(out) == bits(expression(*point))
    # Both add up the same products of local derivatives: a few units of the largest partial sum.
    assert math.isclose(slope, math.fsum(gradient), rel_tol=1e-9, abs_tol=1e-9 * sum(map(abs, gradient)))
    # A vectorised function errs by 4 ulp; the local derivatives are at most 20 each, 3 in a row.
    assert math.isclose(ad.compile(expression)(*point), value, rel_tol=1e-9, abs_tol=1e-9)


@given(expressions(special=True))
def test_special_expressions_have_the_same_bits_on_floats_and_on_values(expression):
    out = expression(*[ad.Value(x) for x in expression.point])
    assert bits(out.data) == bits(expression(*expression.point))


@settings(max_examples=2 * EXAMPLES, phases=[Phase.generate])
@given(expressions())
def test_no_right_derivative_is_called_wrong(expression):
    report = check_gradients(expression, *expression.point)
    target_error(report)
    assert report


@pytest.mark.usefixtures("wrong_rows")
@pytest.mark.parametrize(
    ("name", "simplest"),
    [("wrong_square", "wrong_square(x1)"), ("wrong_product", "wrong_product(x1, x2)"),
     ("wrong_total", "wrong_total(x1)")],
)  # fmt: skip
def test_a_wrong_row_among_all_others_shrinks_to_that_row_alone(name, simplest):
    def is_wrong(expression):
        return check_gradients(expression, *expression.point, order=1).verdict == "FAIL"

    found = find(expressions([*WRITABLE, name]), is_wrong, settings=SEARCH)
    assert found.text == simplest
    assert set(found.point) == {0.5}


def test_what_cannot_be_drawn_is_refused_by_name():
    for asked, told in (
        (["nosuch"], "no operation is called 'nosuch'"), (["dot"], "takes lists"), ([], "is empty"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=told):
            expressions(asked)
    with pytest.raises(ValueError, match="1 or more"):
        expressions(depth=0)


def test_an_expression_refuses_values_of_other_names_and_several_results():
    with pytest.raises(ValueError, match="has the inputs x, y: there are values of x"):
        Expression("x*y", x=1.0)
    with pytest.raises(ValueError, match="2 results"):
        Expression("x; 2*x", x=1.0)
    with pytest.raises(TypeError, match="takes 1 numbers, not 2"):
        Expression("sin(x)", x=1.0)(1.0, 2.0)


# ── points ──────────────────────────────────────────────────────────────────────────────────────────


def of_floats(x, y):
    return ad.log(x + y) * ad.relu(x) + ad.sqrt(y + 1)


def of_lists(w, x):
    return ad.sum([ad.abs(a * b) for a, b in zip(w, x, strict=True)]) if w[0] > x[0] else ad.asin(w[1])


def of_arrays(a, W):
    return ad.log(a) + ad.sum(*[ad.leaky_relu(x) for x in np.ravel(np.tanh(W @ W.T))])


KINKED = {
    "floats": (of_floats, (0.0, 0.0)),
    "lists": (of_lists, ([0.0, 0.0], [0.0, 0.0])),
    "arrays": (of_arrays, (1.0, np.zeros((2, 3)))),
}
every_kind = pytest.mark.parametrize(("f", "like"), KINKED.values(), ids=KINKED)


def on_values(f, arguments):
    """Return the graph of f at arguments, made of new Values."""
    leaves = [
        np.vectorize(ad.Value, otypes=[object])(x) if isinstance(x, np.ndarray)
        else [ad.Value(number) for number in x] if isinstance(x, list) else ad.Value(x)
        for x in arguments
    ]  # fmt: skip
    return topological_order(f(*leaves))


@every_kind
def test_points_keep_their_distance_from_kinks_and_edges(f, like):
    @settings(max_examples=EXAMPLES // 4)
    @given(points(f, like, margin=0.2))
    def check(arguments):
        assert [type(x) for x in arguments] == [type(x) for x in like]
        assert [np.shape(x) for x in arguments] == [np.shape(x) for x in like]
        for node in on_values(f, arguments):
            assert math.isfinite(node.data)
            if node.operands:
                assert is_interior(node.primitive, *operands_of(node), margin=0.2, steepest=math.inf)

    check()


@every_kind
def test_points_on_kinks_are_exactly_there(f, like):
    @settings(max_examples=EXAMPLES // 10)
    @given(points(f, like, on_kinks=True))
    def check(arguments):
        report = check_gradients(f, *arguments, order=1)
        assert "is at its kink" in str(report) or "compares" in str(report), arguments

    check()


def test_a_gradient_at_drawn_points_passes():
    @settings(max_examples=EXAMPLES // 5)
    @given(points(of_floats))
    def check(arguments):
        assert check_gradients(of_floats, *arguments)

    check()


@pytest.mark.parametrize(
    ("f", "simplest"),
    [
        (lambda x: ad.relu(x), 0.0), (lambda x: ad.relu(2 * x - 1), 0.5),
        (lambda x: ad.clamp(x, 1, 2), 1.0), (lambda x: x if x < 2 else 2 * x, 2.0),
        (lambda x: ad.hypot(x - 3, 0.0), 3.0),
    ],
)  # fmt: skip
def test_the_simplest_kink_is_found(f, simplest):
    assert find(points(f, on_kinks=True), lambda _: True, settings=SEARCH) == (simplest,)


def test_points_shrink_towards_the_example():
    far = find(points(ad.sin, 100.0), lambda arguments: arguments[0] > 101, settings=SEARCH)
    assert far == (101.001,)


def test_a_function_without_kinks_has_no_points_on_one():
    with pytest.raises(ValueError, match="no kink of f is found"):
        find(points(ad.sin, on_kinks=True), lambda _: True, settings=SEARCH)


def test_points_ask_for_an_example_where_the_parameters_do_not_say():
    with pytest.raises(TypeError, match=r"are said by like=\(…\)"):
        points(lambda *xs: ad.sum(*xs))
    with pytest.raises(TypeError, match="takes a function"):
        points(3.0)


def test_a_mistake_in_the_function_is_told_and_not_drawn_around():
    def f(x):
        return x.nosuch

    with pytest.raises(AttributeError, match="nosuch"):
        find(points(f), lambda _: True, settings=SEARCH)


# ── floats, networks, targets ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wanted",
    [0.0, 1.0, -1.0, 5e-324, sys.float_info.min, sys.float_info.max, math.inf, -math.inf, math.pi,
     math.nextafter(1.0, 2.0), math.nextafter(1.0, 0.0), 2.0**-1000],
)  # fmt: skip
def test_special_floats_hold_what_is_special(wanted):
    if wanted == 2.0**-1000:  # one of two thousand powers: by its kind
        assert find(special_floats(), lambda x: 0 < x < 1e-300 and math.frexp(x)[0] == 0.5)
    else:
        assert find(special_floats(), lambda x: x == wanted, settings=SEARCH) == wanted


def test_special_floats_shrink_to_zero_and_one():
    assert bits(find(special_floats(), lambda _: True)) == bits(0.0)
    assert find(special_floats(), lambda x: x != 0) == 1.0
    assert math.isnan(find(special_floats(), lambda x: x != x))
    assert bits(find(special_floats(), lambda x: bits(x) == bits(-0.0))) == bits(-0.0)


@given(special_floats(allow_nan=False, allow_infinity=False))
def test_special_floats_can_be_finite(number):
    assert math.isfinite(number)


@given(network_shapes(max_layers=4, max_units=3))
def test_every_shape_is_a_network(shape):
    sizes, activation, output = shape
    model = nn.MLP(sizes, activation, output, generator=Random(0))
    assert len(sizes) <= 5 and max(sizes) <= 3
    assert len(model([0.5] * sizes[0])) == sizes[-1]


@pytest.mark.usefixtures("wrong_rows")
def test_the_target_is_above_one_exactly_where_a_check_fails():
    found = []

    @settings(max_examples=5, phases=[Phase.generate])
    @given(st.sampled_from(["wrong_square(x)", "square(x)"]))
    def check(text):
        report = check_gradients(Expression(text, x=1.5), 1.5, order=1)
        found.append(target_error(report) > 1)
        assert found[-1] is (report.verdict == "FAIL")

    check()
    assert set(found) == {True, False}


# ── without Hypothesis ──────────────────────────────────────────────────────────────────────────────

WITHOUT = """
import sys
sys.modules["hypothesis"] = None
import autodiff.testing
from autodiff.testing import Expression, check_gradients
assert check_gradients(Expression("sin(x)", x=0.5), 0.5, order=1)
try:
    from autodiff.testing import expressions
except ImportError as error:
    print(error)
"""


def test_without_hypothesis_the_checker_works_and_the_strategies_say_what_is_missing():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout == "autodiff.testing.expressions needs Hypothesis: pip install hypothesis\n"


def test_the_checker_does_not_load_hypothesis():
    program = "import sys, autodiff.testing; print('hypothesis' in sys.modules, dir(autodiff.testing))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False") and "'expressions'" in done.stdout
