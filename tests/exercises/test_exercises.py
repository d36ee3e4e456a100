"""Exercises: the key earns all points, mistakes are named, and no answer is given away."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from autodiff.exercises import KINDS, exercise, key, sheet
from autodiff.exercises.engines import DEFECTS, WORKING
from autodiff.exercises.lectures import SLIPS
from autodiff.exercises.tables import FOLLOWS
from autodiff.lesson.drills import LEVELS
from autodiff.testing import check_gradients

every_kind = pytest.mark.parametrize("kind", KINDS)
seeds, levels = st.integers(0, 10**6), st.sampled_from(LEVELS)


def repaired():
    """Return the class of the working engine."""
    names: dict[str, type] = {}
    exec(WORKING, names)
    return names["Node"]


def right_answers(task):
    """Return what the key says, as a student would give it back."""
    if task.kind == "engine":
        return repaired()
    answers = {blank.label: blank.answer.split(" (or ")[0].split(" or ")[0] for blank in task.blanks}
    return answers


@every_kind
@given(seed=seeds, level=levels)
def test_the_key_earns_all_points(kind, seed, level):
    task = exercise(kind, seed=seed, difficulty=level)
    grade = task.grade(right_answers(task))
    assert grade.points == grade.of > 0, repr(grade)
    assert re.fullmatch(r"\d+ of \d+ points?", repr(grade))


@every_kind
@given(seed=seeds, level=levels)
def test_the_same_seed_gives_the_same_exercise_and_another_one_differs(kind, seed, level):
    one, again = (exercise(kind, seed=seed, difficulty=level) for _ in range(2))
    assert sheet([one]) == sheet([again]) and key([one]) == key([again])
    assert any(sheet([exercise(kind, seed=seed + i, difficulty=level)]) != sheet([one]) for i in (1, 2))


NUMBERS = [
    "0",
    "-1",
    "0.123",
    "1e9",
    "hello",
    "",
    "a",
    3.0,
    None,
    [],
    "y, y",
    "__import__('os')",
    "(" * 99,
]


@every_kind
@given(seed=seeds, level=levels, wrong=st.sampled_from(NUMBERS))
def test_what_is_said_never_contains_the_answer(kind, seed, level, wrong):
    task = exercise(kind, seed=seed, difficulty=level)
    grade = task.grade({blank.label: wrong for blank in task.blanks})
    for blank, remark in zip(task.blanks, grade.remarks, strict=True):
        if remark.earned < remark.points:
            assert remark.says
            told = re.findall(r"[\w.()·+*/-]+", remark.says.replace(str(wrong), ""))
            assert len(blank.answer) < 2 or blank.answer not in told


def test_a_number_that_follows_from_a_wrong_one_earns_half():
    task = exercise("table", seed=3, difficulty=1)  # a3 = w - x, y = a3·w at w = 0.5
    answers = right_answers(task)
    first, second = list(answers)[:2]  # the second is computed from the first
    wrong = answers | {first: "11.5", second: "11.5*0.5"}
    remarks = {remark.label: remark for remark in task.grade(wrong).remarks}
    assert remarks[first].earned == 0 and remarks[second].says == FOLLOWS
    assert task.grade(wrong).points == task.grade(answers).points - 1.5


def test_an_adjoint_that_follows_from_a_wrong_sum_earns_half():
    task = exercise("table", seed=0, difficulty=3)
    answers = right_answers(task)
    sums = re.findall(r"\| (\d+) \| (\S+) = \| the sum of its contributions", task.prompt)
    number, symbol = sums[0]
    used = re.search(rf"\| (\d+) \| \S+ \+= \| {symbol}·1 \|", task.prompt)
    wrong = answers | {number: "5", used[1]: "5"}
    remarks = {remark.label: remark for remark in task.grade(wrong).remarks}
    assert remarks[number].earned == 0 and remarks[used[1]].says == FOLLOWS


@given(seed=seeds, level=levels)
def test_a_table_with_a_slip_has_it_where_the_key_says_and_nowhere_before(seed, level):
    task = exercise("slip", seed=seed, difficulty=level)
    place = int(task.blanks[0].answer)
    rows = [
        re.findall(r"^\| \d+ \|.*\|$", text, re.MULTILINE) for text in (task.prompt, task.explanation)
    ]
    differ = [i for i, (shown, right) in enumerate(zip(*rows, strict=True), 1) if shown != right]
    assert differ and differ[0] == place


def test_a_line_that_only_follows_the_slip_earns_half():
    task = exercise("slip", seed=3, difficulty=1)
    found = [task.grade({"line": str(i), "right number": None}).points for i in range(1, 12)]
    assert found.count(1.0) == 1 and set(found) <= {0.0, 0.5, 1.0}


@given(seed=seeds, level=levels)
def test_only_nodes_with_complete_adjoints_may_be_next(seed, level):
    task = exercise("next", seed=seed, difficulty=level)
    rows = dict(re.findall(r"^- `(\w+) = (.*)`$", task.prompt.replace("²", "**2"), re.MULTILINE))
    visited = re.search(r"has visited: (.*?)\.", task.prompt)[1].split(", ")
    for node in rows:
        users = [user for user, formula in rows.items() if re.search(rf"\b{node}\b", formula)]
        ready = node not in visited and all(user in visited for user in users)
        assert (task.grade(node).points == 1) == ready


def test_an_order_earns_what_it_keeps():
    task = exercise("order", seed=1, difficulty=3)
    right = task.blanks[0].answer.split(" (")[0].split(", ")
    swapped = [right[1], right[0], *right[2:]]
    grade = task.grade(", ".join(swapped))
    assert 0 < grade.points < grade.of and "which uses it" in repr(grade)
    assert task.grade(right[:-1]).points == 0 and task.grade([*right, right[0]]).points == 0
    assert "none of the computed nodes" in repr(task.grade("y, zz"))


MISTAKEN_RULES = {
    "sign": ("div", 1, "x / y**2", "The size is right: look at the sign."),
    "other operand": ("div", 0, "-x / y**2", "That is the derivative for the other operand."),
    "factor": ("square", 0, "x", "It is right but for a constant factor."),
    "value": ("sigmoid", 0, "out", "That is the operation's value"),
    "input for output": ("sigmoid", 0, "x * (1 - x)", "Input and output are exchanged"),
    "unknown function": ("sin", 0, "cosine(x)", "no known function"),
    "hostile": ("sin", 0, "().__class__", "rule text"),
    "not a text": ("sin", 0, 3, "A rule is a short text"),
    "too long": ("sin", 0, "x" * 300, "A rule is a short text"),
}


def partials_of(row):
    """Return the exercise that asks for the partials of a row."""
    for level in LEVELS:
        for seed in range(60):
            task = exercise("partials", seed=seed, difficulty=level)
            if f"The row of `{row}(" in task.prompt:
                return task
    raise AssertionError(row)


@pytest.mark.parametrize("mistake", MISTAKEN_RULES)
def test_a_mistaken_rule_is_told_which_mistake_it_is(mistake):
    row, position, answer, said = MISTAKEN_RULES[mistake]
    task = partials_of(row)
    remark = task.grade({task.blanks[position].label: answer}).remarks[position]
    assert said in remark.says and remark.earned == (0.5 if mistake == "factor" else 0)


@pytest.mark.parametrize(
    "form", ["out * (1 - out)", "sigmoid(x) * sigmoid(-x)", "exp(-x) / (1 + exp(-x))**2"]
)
def test_any_form_of_a_rule_is_right(form):
    task = partials_of("sigmoid")
    assert task.grade(form).points == 1


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_broken_engine_loses_points_and_its_repair_earns_all(defect):
    task = next(
        t
        for t in (exercise("engine", seed=i, difficulty=1) for i in range(3))
        if defect.name in t.explanation
    )
    names: dict[str, type] = {}
    exec(task.starter.partition("answers =")[0], names)
    grade = task.grade(names["Node"])
    assert grade.of == 4 and 1 <= grade.points < 4
    assert task.grade(repaired()).points == 4
    assert defect.right not in task.prompt and task.grade("Node").points == 0


def test_the_checker_passes_the_gradient_of_the_repaired_engine_and_fails_one_that_does_not_add_up():
    def cubic(a, b):
        c = a * b
        return (c + a) * c + b

    def by(Node):
        def gradient(*numbers):
            leaves = [Node(number) for number in numbers]
            cubic(*leaves).backward()
            return [leaf.grad for leaf in leaves]

        return gradient

    assert check_gradients(cubic, 1.5, -2.0, gradient=by(repaired()))
    names = {}
    exec(WORKING.replace("operand.grad +=", "operand.grad ="), names)
    assert check_gradients(cubic, 1.5, -2.0, gradient=by(names["Node"])).verdict == "FAIL"


def test_an_engine_that_fails_is_told_how():
    class Node:
        def __init__(self, data):
            raise RuntimeError("no")

    assert "It ends with RuntimeError: no" in repr(exercise("engine").grade(Node))


def test_every_slip_of_the_lectures_is_asked_and_its_letters_differ():
    tasks = [exercise("lecture", seed=i, difficulty=2) for i in range(len(SLIPS))]
    assert len({task.prompt for task in tasks}) == len(SLIPS)
    assert len({task.blanks[1].answer[:3] for task in tasks}) > 1
    for task, slip in zip(tasks, SLIPS, strict=True):
        assert slip.lines[slip.wrong - 1] != slip.right and slip.right in task.explanation


@pytest.mark.parametrize(
    "make, said",
    [
        (
            lambda: exercise("essay"),
            "no kind of exercise is called 'essay': there is table, contribution",
        ),
        (lambda: exercise("table", difficulty=4), "difficulty 4: there are 1, 2, 3"),
        (lambda: exercise("table", seed="x"), "a seed is a whole number"),
    ],
)
def test_what_is_not_there_is_said(make, said):
    with pytest.raises(ValueError, match=said):
        make()


ODD = [3, len, [[1]], 10**400, float("nan"), "nan", object(), {"a": 1}, b"x"]


@pytest.mark.parametrize("answer", ODD, ids=lambda answer: type(answer).__name__)
@every_kind
def test_whatever_the_answers_are_there_is_a_grade(kind, answer):
    task = exercise(kind, seed=2, difficulty=2)
    for given_answers in (answer, {blank.label: answer for blank in task.blanks}, {"zz": answer}):
        grade = task.grade(given_answers)
        assert 0 <= grade.points < grade.of and "Traceback" not in repr(grade)


def test_numbers_of_numpy_and_fractions_count_as_what_they_are():
    task = exercise("contribution", seed=2, difficulty=2)
    right = float(task.blanks[0].answer)
    for kind in (np.float64, np.array, np.float32, Fraction, Decimal):
        number = kind(right)
        assert task.grade(number).points == 1, number


def test_a_blank_that_is_not_there_is_said_with_those_that_are():
    grade = exercise("partials", seed=5, difficulty=2).grade({"∂out/∂z": "1"})
    assert "∂out/∂z: 0 of 0. There is no such blank: there is ∂out/∂x, ∂out/∂y." in repr(grade)
    assert "The answers are a dict with the keys" in repr(exercise("table").grade(3))


@pytest.mark.parametrize("nonsense", ["0", "nan", "1e999", "1"])
@given(seed=seeds, level=levels)
def test_the_same_number_everywhere_earns_little_more_than_its_places(nonsense, seed, level):
    task = exercise("table", seed=seed, difficulty=level)
    grade = task.grade({blank.label: nonsense for blank in task.blanks})
    right = sum(remark.earned == remark.points for remark in grade.remarks)
    assert nonsense == "1" or grade.points == right


@pytest.mark.parametrize("rule", ["1/0", "inf", "x/0", "nan"])
def test_a_rule_without_a_value_earns_nothing(rule):
    task = exercise("partials", seed=1, difficulty=2)
    assert task.grade({blank.label: rule for blank in task.blanks}).points == 0


def test_a_line_may_be_named_in_any_way_and_no_line_is_called_right():
    task = exercise("lecture", seed=0, difficulty=1)
    right = task.blanks[0].answer
    for named in (right, int(right), float(right), f"line {right}", f"{right}.", [right]):
        assert task.grade({"line": named}).remarks[0].earned == 1, named
    for named in ("99", "abc", "0", "-1 or so"):
        assert "from 1 to 4" in task.grade({"line": named}).remarks[0].says
    letter = task.blanks[1].answer[1]
    for named in (letter, f"({letter})", f"{letter})", letter.upper(), task.blanks[1].answer):
        assert task.grade({"reason": named}).remarks[1].earned == 1, named


@given(seed=seeds, level=levels)
def test_one_exercise_of_a_sheet_does_not_answer_another(seed, level):
    kinds = ("table", "contribution", "slip")
    drawn = [exercise(kind, seed=seed, difficulty=level).prompt for kind in kinds]
    graphs = [re.search(r'`"(.*?)"', prompt)[1] for prompt in drawn]
    assert len(set(graphs)) == 3 or level == 1  # few graphs are that small


def test_the_order_of_nodes_cannot_be_read_off_their_names_or_places():
    by_name = by_place = 0
    for seed in range(60):
        task = exercise("order", seed=seed, difficulty=2)
        nodes = re.findall(r"^- `(\w+) =", task.prompt, re.MULTILINE)
        of = task.grade("").of
        by_name += task.grade(["y", *sorted(set(nodes) - {"y"}, reverse=True)]).points == of
        by_place += task.grade(nodes[::-1]).points == of
    assert by_name < 12 and by_place < 12


@given(seed=seeds, level=levels)
def test_a_contribution_that_is_asked_for_does_not_stand_above(seed, level):
    task = exercise("contribution", seed=seed, difficulty=level)
    symbol, rule = re.match(r"(\S+ \+=) (.*?)\. ", task.explanation).groups()
    assert f"| {symbol} | {rule} |" not in task.prompt
