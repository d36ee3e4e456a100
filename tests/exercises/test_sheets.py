"""Sheets, keys and notebooks: the answers are in the key alone, and the notebook checks itself."""

import contextlib
import io
import json
import re

import nbformat
import pytest

from autodiff import cli
from autodiff.exercises import KINDS, exercise, key, notebook, sheet
from tests.exercises.test_exercises import right_answers

TASKS = [exercise(kind, seed=5, difficulty=2) for kind in KINDS]


def cells_of(text):
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads(text)["cells"]}


def printed_by(cells, answers):
    """Return what the notebook prints when each answer's cell is replaced."""
    names: dict[str, object] = {"__name__": "__main__"}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for name, source in cells.items():
            if name.startswith(("exercise", "title")):
                continue
            exec(source, names)
            if name in answers:
                names[name.replace("answer-", "answers_")] = answers[name]
    return out.getvalue()


def test_the_notebook_is_valid_and_has_no_answers():
    text = notebook(TASKS)
    nbformat.validate(nbformat.reads(text, as_version=4))
    for task in TASKS:
        rows = re.findall(r"\| \d+ \| (\S+ =|\S+ \+=) \| (.*?) \|  \|", task.prompt)
        assert len(rows) == (len(task.blanks) if task.kind == "table" else 0)  # blank in the prompt
        assert (
            not task.explanation or task.explanation.splitlines()[0] not in text or task.kind == "table"
        )
    assert TASKS[6].blanks[0].answer not in text  # the rule of the partials


def test_the_notebook_complains_until_the_answers_are_right():
    cells = cells_of(notebook(TASKS))
    before = printed_by(cells, {})
    assert "Expected:" in before and "There is no answer yet." in before
    answers = {f"answer-{i}": right_answers(task) for i, task in enumerate(TASKS, 1)}
    after = printed_by(cells, answers)
    total = sum(blank.points for task in TASKS for blank in task.blanks)
    assert after == f"{total} of {total} points\n"


def test_the_sheet_asks_and_the_key_answers():
    asked, answered = sheet(TASKS), key(TASKS)
    for i, task in enumerate(TASKS, 1):
        assert f"## {i}. {task.title}" in asked and f"## {i}. {task.title}" in answered
        assert f"`{task.kind}`, seed 5, difficulty 2" in answered
        for blank in task.blanks:
            assert f"- {blank.label}: `{blank.answer}`" in answered or not blank.answer
            assert f"- {blank.label}: `{blank.answer}`" not in asked


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        status = cli.main(["exercises", *words])
        return (status, *capsys.readouterr())

    return run


def test_the_command_writes_a_sheet_and_its_key(run, tmp_path):
    status, out, err = run(
        "--kinds", "table, slip", "--count", "2", "--seed", "7", "-o", "a.md", "--key", "k.md"
    )
    assert (status, out, err) == (0, "wrote a.md\nwrote k.md\n", "")
    expected = [exercise(kind, seed=seed) for seed in (7, 8) for kind in ("table", "slip")]
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == sheet(expected)
    assert (tmp_path / "k.md").read_text(encoding="utf-8") == key(expected)
    assert run("--kinds", "next", "-o", "b.ipynb")[0] == 0
    assert (tmp_path / "b.ipynb").read_text(encoding="utf-8") == notebook([exercise("next")])


def test_without_a_file_the_sheet_is_printed_and_the_kinds_are_listed(run):
    assert run("--kinds", "order")[1] == sheet([exercise("order")])
    listed = run("--list")[1]
    assert all(line.split()[0] == kind for line, kind in zip(listed.splitlines(), KINDS, strict=True))


@pytest.mark.parametrize(
    "words, said",
    [
        (["--kinds", "essay"], "no kind of exercise is called 'essay'"),
        (["--count", "0"], "--count is a number from 1 to 200"),
        (["--difficulty", "7"], "invalid choice"),
        (["-o", "a.pdf"], "'a.pdf': the name of exercises ends in .md or .ipynb"),
        (["-o", "a.md", "--key", "a.md"], "two files"),
        (["--key", "k.txt"], "'k.txt': the name of a key ends in .md"),
        (["-o", "missing/a.md"], "the folder missing is missing"),
        (["sheet"], "unrecognized arguments"),
        (["-o", ""], "the name of exercises ends in"),
        (["-o", "a.md", "--key", "missing/k.md"], "the folder missing is missing"),
        (["--list", "-o", "a.md"], "--list stands alone"),
        (["--kinds", ",,"], "no kind of exercise is called ''"),
    ],
)
def test_mistakes_get_one_message_and_write_nothing(run, words, said, tmp_path):
    status, _, err = run(*words)
    assert status == 2 and said in err and err.count("autodiff: ") == 1
    assert list(tmp_path.iterdir()) == []
