"""The steps are the trace's own numbers, and each known mistake is recognised where it gives another."""

import math
from random import Random

import pytest
from hypothesis import given, strategies as st

import autodiff as ad
from autodiff.lesson import drill, hint, steps_of, verdict
from autodiff.lesson.drills import LEVELS
from autodiff.syntax import compute, parse


def steps(text, mode="reverse", **values):
    return steps_of(ad.trace(compute(parse(text), values).outputs, mode=mode))


def asked_about(found, kind, symbol):
    """Return the step of that kind whose node has that name."""
    (step,) = [s for s in found if s.kind == kind and s.line.symbol.name == symbol]
    return step


def test_the_steps_of_the_lectures_graph_have_its_numbers():
    found = steps("y1 = sin(w1*x + w0)", w0=0.5, w1=2.0, x=0.3)
    assert len(found) == 12
    assert round(asked_about(found, "value", "y1").right, 4) == 0.8912
    for name, right in (("w0", 0.4536), ("w1", 0.1361), ("x", 0.9072)):
        assert round(asked_about(found, "contribution", name).right, 4) == right


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@given(level=st.sampled_from(LEVELS), seed=st.integers(0, 10**6))
def test_every_number_of_a_drill_is_the_traces_own(mode, level, seed):
    drawn = drill(level, Random(seed))
    one = ad.trace(compute(parse(drawn.text), drawn.values).outputs, mode=mode)
    ends = {}
    for step in steps_of(one):
        if step.sweep == "forward":
            assert step.right == one.nodes[step.line.node].value
        elif step.kind == "contribution":
            ends[step.line.node] = ends.get(step.line.node, 0.0) + step.right
        else:
            ends[step.line.node] = step.right
    for node, derivative in enumerate(one.derivatives):
        assert ends.get(node) == derivative or math.isclose(ends[node], derivative, rel_tol=1e-15)


# The chain used below: y = sin(a)·b, with a = 1.1 feeding one node, b = 2 another.
PLANTED = {
    "sign": ("contribution", "a", lambda a, b: -b * math.cos(a)),
    "forgot the local derivative": ("contribution", "a", lambda a, b: b),
    "forgot the error from above": ("contribution", "a", lambda a, b: math.cos(a)),
    "swapped operand": ("contribution", "b", lambda a, b: b),
    "value": ("contribution", "a", lambda a, b: a),
}


@pytest.mark.parametrize("slip", PLANTED)
def test_a_planted_mistake_is_named_and_the_answer_is_not_given_away(slip):
    kind, name, wrong = PLANTED[slip]
    step = asked_about(steps("y = sin(a)*b", a=1.1, b=2.5), kind, name)
    said = verdict(step, repr(wrong(1.1, 2.5)))
    assert not said.right and said.slip == slip
    assert ad.notation.number(step.right) not in said.says


def test_input_for_output_is_recognised_at_an_activation():
    # σ' written with the input: x·(1 - x)-like confusions come out of the rule itself.
    step = asked_about(steps("y = exp(x)", x=0.3), "contribution", "x")
    assert verdict(step, "0.3").slip == "input for output"
    assert verdict(step, "exp(0.3)").right


def test_at_a_sum_overwriting_and_adding_twice_are_told_apart():
    found = steps("y = x*x + 3*x", x=2.0)
    (total,) = [s for s in found if s.kind == "sum"]
    terms = [s.right for s in found if s.kind == "contribution" and s.line.node == total.line.node]
    assert total.right == sum(terms) == 7.0
    assert verdict(total, repr(terms[-1])).slip == "overwrote"
    assert verdict(total, repr(total.right + terms[-1])).slip == "twice"


def test_two_mistakes_together_are_told_as_the_first_of_them():
    step = asked_about(steps("y = sin(a)*b", a=1.1, b=2.5), "contribution", "a")
    assert verdict(step, "-2.5").slip == "forgot the local derivative"


def test_swapped_operands_are_recognised_where_the_order_matters():
    step = asked_about(steps("y = a - b", a=5.0, b=2.0), "value", "y")
    assert verdict(step, "2-5").slip == "sign"  # the same number: the first that it can be
    step = asked_about(steps("y = a / b", a=5.0, b=2.0), "value", "y")
    assert verdict(step, "2/5").slip == "swapped operands"


@pytest.mark.parametrize("answer", ["cos(1.1)", "0.4536", "0.45360", " 4.536e-1 ", "sin(pi/2 - 1.1)"])
def test_any_expression_of_the_value_is_right(answer):
    assert verdict(asked_about(steps("y = sin(x)", x=1.1), "contribution", "x"), answer).right


def test_too_few_digits_are_the_right_idea():
    step = asked_about(steps("y = sin(x)", x=1.1), "contribution", "x")
    assert (verdict(step, "0.45").slip, verdict(step, "0.5").slip) == ("rounded", "rounded")


@given(level=st.sampled_from(LEVELS), seed=st.integers(0, 10**6))
def test_more_digits_are_never_worse(level, seed):
    drawn = drill(level, Random(seed))
    for step in steps_of(ad.trace(compute(parse(drawn.text), drawn.values).outputs)):
        if step.is_asked:
            right = [verdict(step, f"{step.right:.{n}e}").right for n in range(8)]
            assert right == sorted(right) and all(right[2:])


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   ",
        "hello",
        "1/0",
        "log(-1)",
        "x",
        "__import__('os')",
        "9" * 5000,
        "(" * 150,
        "1; 2",
        "2 > 1",
        "é",
    ],
)
def test_what_is_no_number_gets_a_kind_message(answer):
    said = verdict(asked_about(steps("y = sin(x)", x=1.1), "contribution", "x"), answer)
    assert not said.right and not said.is_number and said.says


def test_an_enormous_number_is_only_wrong():
    step = asked_about(steps("y = sin(x)", x=1.1), "contribution", "x")
    for answer in ("1e308", "-1e308", "inf", "nan", "10**30"):
        assert not verdict(step, answer).right


def test_hints_go_from_the_rule_to_the_answer():
    step = asked_about(steps("y = sin(x)", x=1.1), "contribution", "x")
    hints = [hint(step, degree) for degree in range(4)]
    assert "cos(x)" in hints[0] and "cos(1.1)" in hints[1] and "0.4536" in hints[2]
    assert "0.4536" not in hints[0] + hints[1] and hints[2] == hints[3]


def test_a_slip_that_gives_the_right_number_is_none():
    for step in steps("y = x + b", x=1.0, b=1.0):
        assert all(slip.number != step.right for slip in step.slips)
