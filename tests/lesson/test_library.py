"""The ready lessons: every number that a text states is the engine's, every item has its lesson.

A text states facts as ``formula = number``, where the formula may use the lesson's nodes, the language
of expressions and derivatives ``∂a/∂b`` of any node by any other. Each is computed and compared.
"""

import itertools
import math
import re

import pytest

from autodiff import cli
from autodiff.draw import NoEngineError
from autodiff.graph import adjoints, topological_order
from autodiff.lesson.ready import library
from autodiff.lesson.sweeps import lesson_data
from autodiff.notation import number
from autodiff.paths import symbols_of
from autodiff.syntax import evaluate, parse
from autodiff.testing.check import check_program

LESSONS = library()
DIGITS = 4  # as printed unless a reader asks for more
HALF = 0.5 * 10.0**-DIGITS
MOST_STEPS = 60  # of a reverse sweep
ITEMS = {*range(1, 22), 24, 25}  # 22, 23 and 26 are experiments, not graphs to walk through
PRAISE = re.compile(
    r"\b(well done|congratulations|excellent|amazing|awesome|wonderful|beautiful|perfect|bravo)\b",
    re.IGNORECASE,
)
# What a text gives a number to and is no node: a product written in words, a step of a difference.
NO_NODES = {("half-squared-error", "wx"), ("gradient-check", "h")}

_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_PART = r"[^\s=,;:]+"
_FORMULA = rf"{_PART}(?: [-+·/] {_PART})*"
_ALONE = r"(?![\w·²³/]|\.\d| [-+·/] )"  # no formula goes on behind the number
_STATED = re.compile(rf"((?:{_FORMULA} = )+)({_NUMBER}){_ALONE}")
_GRADIENT = re.compile(rf"∂(\w+)/∂\(([^)]*)\) = \(({_NUMBER}(?:, {_NUMBER})*)\)")
_DERIVATIVE = re.compile(r"∂(\w+)/∂(\w+)")
_ROUNDED = re.compile(rf"(?<![\w.])\d+\.\d{{{DIGITS}}}(?!\d)")

every_lesson = pytest.mark.parametrize("name", LESSONS)


class Graph:
    """A lesson's nodes by the names that the page shows."""

    def __init__(self, name):
        computed = LESSONS[name].computed()
        order = topological_order(*computed.outputs)
        self.inputs = list(computed.inputs)
        self.nodes = {called: node for node, called in symbols_of(order).items()}

    def __getitem__(self, name):
        return self.nodes[name].data

    def derivative(self, out, x):
        """Return ∂out/∂x of any two nodes; 0 where they are not connected."""
        found = adjoints(topological_order(self.nodes[out]), {self.nodes[out]: 1.0})
        return found.get(self.nodes[x], 0.0)

    def gradient(self, out, *names):
        return [self.derivative(out, x) for x in names or self.inputs]

    def value(self, formula):
        """Return the least and the largest that a formula can be, numbers in it being rounded."""
        formula = _DERIVATIVE.sub(lambda found: f"({self.derivative(*found.groups())!r})", formula)
        pieces, rounded = _ROUNDED.split(formula), _ROUNDED.findall(formula)
        found = []
        for moves in itertools.product((-HALF, HALF), repeat=len(rounded)):
            moved = [repr(float(one) + move) for one, move in zip(rounded, moves, strict=True)]
            joined = "".join(itertools.chain(*itertools.zip_longest(pieces, moved, fillvalue="")))
            program = parse(joined)
            found += evaluate(program, {x: self[x] for x in program.inputs})
        return min(found), max(found)


def facts(text):
    """Yield (formula, number as written) for everything that a text gives a number to."""
    for out, names, numbers in _GRADIENT.findall(text):
        for x, stated in zip(names.split(", "), numbers.split(", "), strict=True):
            yield f"∂{out}/∂{x}", stated
    for formulas, stated in _STATED.findall(_GRADIENT.sub("", text)):
        for formula in formulas.split(" = ")[:-1]:
            while formula.startswith("(") and formula.count("(") > formula.count(")"):
                formula = formula[1:]  # an aside in brackets begins here
            yield formula, stated


def steps(name):
    """Return how many steps each reverse sweep of a lesson has after its forward sweep."""
    sweeps = lesson_data(LESSONS[name].computed().outputs, DIGITS)["sweeps"]
    return [
        sum(step["sweep"] == "reverse" for step in sweep["steps"])
        for sweep in sweeps
        if sweep["mode"] == "reverse"
    ]


@every_lesson
def test_every_number_that_a_text_states_is_the_engines(name):
    graph = Graph(name)
    stated = [fact for fact in facts(LESSONS[name].text) if (name, fact[0]) not in NO_NODES]
    assert stated, "a text states at least one number of its graph"
    for formula, written in stated:
        least, most = graph.value(formula)
        if least == most:
            assert number(round(least, 12), DIGITS) == written, formula
        else:  # rounded numbers went into it: what is written must be among what they allow
            assert least - HALF <= float(written) <= most + HALF, formula


@every_lesson
def test_no_number_behind_an_equals_sign_goes_unread(name):
    rest = _STATED.sub("", _GRADIENT.sub("", LESSONS[name].text))
    assert not re.search(rf"= {_NUMBER}{_ALONE}", rest)


@pytest.mark.parametrize(
    "text, found",
    [
        ("here ∂L/∂w = 3, and", [("∂L/∂w", "3")]),
        ("∂y/∂(a, b) = (0.5, -1).", [("∂y/∂a", "0.5"), ("∂y/∂b", "-1")]),
        ("(the value p = 0.25.)", [("p", "0.25")]),
        ("so ∂y/∂x = 15 + 6 = 21", [("∂y/∂x", "21"), ("15 + 6", "21")]),
        ("p·(1 - p) = 0.25", [("p·(1 - p)", "0.25")]),
        ("y = 3x² and y = 2·x and y = 1 - x", []),
    ],
)
def test_facts_are_found_in_a_text(text, found):
    assert list(facts(text)) == found


def test_a_wrong_number_in_a_text_would_be_noticed():
    graph = Graph("sine-and-cosine")
    assert number(graph.value("∂y1/∂w1")[0], DIGITS) == "0.1361"
    assert number(graph.value("y1")[0], DIGITS) != "0.8913"
    least, most = graph.value("0.4536 · 0.3")
    assert least < 0.13608 < most and most - least < 1e-4
    with pytest.raises(KeyError):
        graph.value("y3")


@every_lesson
def test_a_lesson_is_short_enough_to_walk_through(name):
    assert max(steps(name)) <= MOST_STEPS


@pytest.mark.parametrize("name", ["sine-and-cosine", "relu-kink"])
def test_a_page_has_its_title_its_text_and_its_figures(name):
    pytest.importorskip("matplotlib")
    try:
        page = LESSONS[name].page().html
    except NoEngineError as error:
        pytest.skip(str(error))
    assert f"<title>{LESSONS[name].title}</title>" in page
    assert page.count("<figure>") == len(LESSONS[name].differences)
    assert page.count("<p>") >= len(LESSONS[name].text.split("\n\n"))


def test_every_item_that_can_be_walked_through_has_a_lesson():
    assert {item for one in LESSONS.values() for item in one.items} >= ITEMS


@every_lesson
def test_names_and_texts_have_the_same_form(name):
    one = LESSONS[name]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    paragraphs = one.text.split("\n\n")
    assert 3 <= len(paragraphs) <= 6
    assert all(part and "\n" not in part and "  " not in part for part in paragraphs)
    assert "!" not in one.title + one.text
    assert not PRAISE.search(one.title + one.text)
    assert not re.search(r"[\\$]|\w{4}iz(e|es|ed|ing|ation)\b", one.text)  # no LaTeX; British spelling


@every_lesson
def test_a_text_names_only_lessons_that_exist(name):
    assert set(re.findall(r"\blesson ([a-z]+(?:-[a-z]+)*)", LESSONS[name].text)) <= LESSONS.keys()


def test_the_command_lists_every_lesson(capsys):
    assert cli.main(["lesson", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in listed] == list(LESSONS)


# What the lessons are about: relations between the engine's numbers. Where both sides are the same
# operations on the same numbers they are equal; elsewhere a few roundings, 1e-16 each, lie between.

CLOSE = 1e-14


def near(*numbers):
    return pytest.approx(list(numbers), rel=CLOSE, abs=CLOSE)


def test_a_weight_that_is_not_connected_has_derivative_0_at_every_point():
    graph = Graph("derivative-gradient-jacobian")
    assert graph.gradient("y2", "w11", "w12") == [0.0, 0.0]


def test_a_product_of_jacobians_is_the_jacobian():
    graph = Graph("chain-rule-along-paths")
    for out, x in itertools.product(("y1", "y2"), ("x1", "x2")):
        through = [graph.derivative(out, z) * graph.derivative(z, x) for z in ("z1", "z2")]
        assert sum(through) == graph.derivative(out, x)


def test_the_distributed_chain_rule_has_a_term_for_each_function():
    graph = Graph("distributed-chain-rule")
    terms = [graph.derivative("y", g) * graph.derivative(g, "x") for g in ("g1", "g2", "g3")]
    assert terms == [12.0, 6.0, -6.0] and graph.derivative("y", "x") == sum(terms)


@pytest.mark.parametrize(
    "name, reverse, forward",
    [("sine-and-cosine", 2, 3), ("forward-or-reverse", 1, 6), ("activations", 5, 1)],
)
def test_passes_are_as_many_as_the_texts_count(name, reverse, forward):
    modes = [sweep["mode"] for sweep in lesson_data(LESSONS[name].computed().outputs, DIGITS)["sweeps"]]
    assert (modes.count("reverse"), modes.count("forward")) == (reverse, forward)


def test_the_slip_of_the_slides_would_give_another_number():
    graph = Graph("sine-and-cosine")
    a5, x = graph["a5"], graph["x"]
    assert graph.derivative("y2", "w1") == pytest.approx(-math.sin(a5) * x, rel=CLOSE)
    assert graph.derivative("y2", "w1") != pytest.approx(-math.cos(a5) * x, rel=0.1)


def test_softmax_has_rows_that_add_up_to_0_and_a_symmetric_jacobian():
    graph = Graph("softmax-jacobian")
    for i, j in itertools.product("123", "123"):
        y_i, y_j = graph[f"y{i}"], graph[f"y{j}"]
        assert near(graph.derivative(f"y{i}", f"z{j}")) == [y_i * ((i == j) - y_j)]
        assert near(graph.derivative(f"y{i}", f"z{j}")) == [graph.derivative(f"y{j}", f"z{i}")]
    for i in "123":
        assert near(sum(graph.gradient(f"y{i}", "z1", "z2", "z3"))) == [0.0]


def test_softmax_of_two_classes_is_the_sigmoid_of_their_difference():
    graph = Graph("two-class-softmax")
    assert near(graph["y"], *graph.gradient("y")) == [graph["s"], *graph.gradient("s")]


def test_the_error_of_each_pairing_is_output_minus_target():
    graph = Graph("error-is-output-minus-target")
    assert graph.gradient("A", "u") == [graph["u"] - 3.0]
    assert near(*graph.gradient("B", "v")) == [graph["p"] - 1.0]
    exps = [math.exp(graph[z]) for z in ("z1", "z2", "z3")]
    outputs = [one / sum(exps) for one in exps]
    assert near(*graph.gradient("C", "z1", "z2", "z3")) == [outputs[0] - 1.0, *outputs[1:]]


def test_cross_entropy_from_logits_is_that_from_probabilities_and_its_error_adds_up_to_0():
    graph = Graph("softmax-cross-entropy")
    outputs = [graph[f"e{i}"] / graph["S"] for i in "1234"]
    assert near(graph["K"], *graph.gradient("K")) == [graph["L"], *graph.gradient("L")]
    assert near(*graph.gradient("L")) == [outputs[0] - 1.0, *outputs[1:]]
    assert near(sum(graph.gradient("L"))) == [0.0]


def test_binary_cross_entropy_from_the_logit_is_that_from_the_probability():
    graph = Graph("losses")
    assert near(graph["B"], graph.derivative("B", "u")) == [graph["C"], graph.derivative("C", "u")]
    assert near(graph.derivative("C", "u")) == [graph["p"] - graph["d"]]


def test_a_logistic_output_leaves_a_loss_that_no_weights_can_undercut():
    graph = Graph("ratings-and-logistic-output")
    least = sum((1.0 - rating) ** 2 for rating in (7.5, 8.2, 7.7)) / 2
    assert least < graph["B"] < least + 0.02
    assert all(-0.01 < slope < 0.0 for slope in graph.gradient("B"))


def test_the_cross_entropy_slopes_where_the_output_is_right_unless_the_target_is_between():
    graph = Graph("cross-entropy-slope")
    assert [graph.derivative("S", "y"), graph.derivative("B", "y")] == [0.0, -1.0]
    assert [graph.derivative("T", "c"), graph.derivative("C", "c")] == [0.0, -4.0]


def test_the_gradient_of_a_weight_matrix_is_the_outer_product_of_error_and_input():
    graph = Graph("weight-gradient-3x3")
    a_bar = graph.gradient("L", "a1", "a2", "a3")
    for i, j in itertools.product((1, 2, 3), (1, 2, 3)):
        assert graph.derivative("L", f"w{i}{j}") == a_bar[i - 1] * graph[f"h{j}"]
    for j in (1, 2, 3):
        column = [graph[f"w{i}{j}"] for i in (1, 2, 3)]
        assert graph.derivative("L", f"h{j}") == sum(w * a for w, a in zip(column, a_bar, strict=True))
    assert graph.gradient("L", "b1", "b2", "b3") == a_bar


def test_one_layer_backwards_has_the_matrix_formulas():
    graph = Graph("vector-chain")
    z_bar = graph.gradient("D", "z1", "z2")
    assert near(*graph.gradient("D", "b1", "b2")) == z_bar
    for i, j in itertools.product((1, 2), (1, 2)):
        assert near(graph.derivative("D", f"w{i}{j}")) == [z_bar[i - 1] * graph[f"x{j}"]]
    for j in (1, 2):
        assert near(graph.derivative("D", f"x{j}")) == [
            z_bar[0] * graph[f"w1{j}"] + z_bar[1] * graph[f"w2{j}"]
        ]


def test_the_chain_of_seven_factors_is_the_derivative_by_the_first_weight():
    graph = Graph("thin-deep-chain")
    chain = ["L", "p", "a3", "h2", "a2", "h1", "a1", "w111"]
    factors = [graph.derivative(out, x) for out, x in itertools.pairwise(chain)]
    assert len(factors) == 7 and near(math.prod(factors)) == [graph.derivative("L", "w111")]


@pytest.mark.parametrize("weight, unit, below", [("w", "u", "z"), ("v1", "q", "x1"), ("v2", "q", "x2")])
def test_a_weight_receives_error_times_input(weight, unit, below):
    graph = Graph("error-times-input")
    assert graph.derivative("L", weight) == graph.derivative("L", unit) * graph[below]


def test_the_written_out_gradients_are_the_engines_and_the_step_lowers_the_loss():
    graph = Graph("one-step-of-descent")
    assert graph.gradient("L0", "w0", "b0") == [graph["g1"], graph["g2"]]
    assert graph["L1"] < graph["L0"]


def test_four_paths_lead_over_two_skips_and_blocks():
    graph = Graph("skip-connection")
    block = graph.derivative("p1", "x")
    assert near(graph.derivative("y", "x")) == [(1.0 + block) ** 2]
    assert near(graph.derivative("c", "x")) == [block**2]


def test_shifting_or_stretching_a_batch_changes_nothing():
    graph = Graph("batch-normalisation")
    names = ["x1", "x2", "x3", "x4"]
    slopes = graph.gradient("y1", *names)
    assert near(sum(slopes)) == [0.0]
    assert near(sum(graph[x] * slope for x, slope in zip(names, slopes, strict=True))) == [0.0]


def test_symmetries_leave_the_output_equal():
    graph = Graph("symmetries")
    assert graph["y"] == graph["p"] == graph["f"]
    turned = graph.gradient("f", "a", "c")
    assert [-one for one in turned] == graph.gradient("y", "v1", "w1")
    rescaled = Graph("rescaled-relu")
    assert rescaled["r"] == rescaled["q"]
    assert rescaled.gradient("r", "v", "w") != rescaled.gradient("q", "a", "c")


def test_a_saddle_has_gradient_0_and_ways_down_and_up():
    graph = Graph("saddle")
    assert graph.gradient("L") == [0.0, 0.0]
    assert graph["D"] < graph["L"] < graph["U"]


def test_equal_units_receive_equal_gradients():
    graph = Graph("symmetric-initialisation")
    assert graph.derivative("L", "v1") == graph.derivative("L", "v2") != graph.derivative("L", "v3")
    assert graph.derivative("L", "w1") == graph.derivative("L", "w2")


# Where a lesson stands on a kink on purpose: no difference can say which slope between is right.
ON_KINKS = {"gradient-check": ["k"], "relu-kink": ["r", "b", "m"]}


@every_lesson
def test_the_checker_passes_every_derivative_that_is_not_at_a_kink(name):
    one = LESSONS[name]
    outputs = one.computed().outputs
    reports = check_program(parse(one.expression), one.values, one.computed())
    for out, report in zip(outputs, reports, strict=True):
        if out.name in ON_KINKS.get(name, ()):
            assert report.verdict == "INCONCLUSIVE" and "is at its kink" in str(report)
        else:
            assert report
