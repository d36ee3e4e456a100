"""Exercises: the key earns all points, mistakes are named, and no answer is given away."""

import re

import pytest
from hypothesis import given, strategies as st

from autodiff.exercises import KINDS, exercise, key, sheet
from autodiff.exercises.engines import DEFECTS, WORKING
from autodiff.exercises.lectures import SLIPS
from autodiff.exercises.tables import FOLLOWS
from autodiff.lesson.drills import LEVELS

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
    if task.kind == "lecture":
        answers["reason"] = answers["reason"][1]
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
    if kind == "order" and not isinstance(wrong, (str, list)):
        wrong = "y"
    grade = task.grade({blank.label: wrong for blank in task.blanks})
    for blank, remark in zip(task.blanks, grade.remarks, strict=True):
        if remark.earned < remark.points:
            assert remark.says
            told = re.findall(r"[\w.()·+*/-]+", remark.says.replace(str(wrong), ""))
            assert blank.answer == "" or blank.answer not in told


def test_a_number_that_follows_from_a_wrong_one_earns_half():
    task = exercise("table", seed=3, difficulty=2)  # a4 = w·b, a5 = w - a4, …
    answers = right_answers(task)
    wrong = answers | {"4": "3.25", "5": "1.5 - 3.25"}
    remarks = {remark.label: remark for remark in task.grade(wrong).remarks}
    assert remarks["4"].earned == 0 and remarks["5"].says == FOLLOWS and remarks["5"].earned == 0.5
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
    table = exercise("table", seed=seed, difficulty=level)
    rows = [
        re.findall(r"^\| \d+ \|.*\|$", text, re.MULTILINE) for text in (task.prompt, table.explanation)
    ]
    differ = [i for i, (shown, right) in enumerate(zip(*rows, strict=True), 1) if shown != right]
    assert all(i >= place for i in differ)


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
        (lambda: exercise("table").grade({"99": 1}), "no blank is called '99'"),
        (lambda: exercise("table").grade(3), "as a dict with the keys"),
    ],
)
def test_what_is_not_there_is_said(make, said):
    with pytest.raises(ValueError, match=said):
        make()
