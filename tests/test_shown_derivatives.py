"""What pages, demos and exercises show the derivatives of: all of it passes the checker."""

import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

import autodiff as ad
from autodiff import cli
from autodiff.draw import NoEngineError
from autodiff.exercises import exercise
from autodiff.graph import topological_order
from autodiff.lesson import drill
from autodiff.lesson.drills import LEVELS
from autodiff.syntax import compute, parse
from autodiff.testing import check_gradients
from autodiff.testing.check import check_program

ROOT = Path(__file__).resolve().parent.parent
COMMAND = re.compile(r"\bautodiff \w+ (\".*?\"(?: \w+=\S+)+)")
PAGES = {
    page.stem: page.read_text(encoding="utf-8")
    for page in (ROOT / "README.md", ROOT / "docs" / "lectures.md", ROOT / "docs" / "teaching.md")
}


def passes(text: str, values: dict[str, float]) -> None:
    """Assert that all derivatives of an expression are right, of every output."""
    program = parse(text)
    for report in check_program(program, values, compute(program, values)):
        assert report


def numbers(words: Iterator[str] | list[str]) -> dict[str, float]:
    """Return the numbers of words such as ``x=3``."""
    return {name: float(number) for name, _, number in (word.partition("=") for word in words)}


def commands(text: str) -> list[tuple[str, dict[str, float]]]:
    """Return the expression, and the numbers, of each command in a text."""
    split = [shlex.split(words.replace("`", "")) for words in COMMAND.findall(text)]
    return [(expression, numbers(words)) for expression, *words in split]


@pytest.mark.parametrize("page", PAGES)
def test_the_expressions_of_a_pages_commands_pass_the_checker(page):
    found = commands(PAGES[page])
    assert found
    for expression, values in found:
        passes(expression, values)


def test_the_expressions_of_the_command_lines_help_and_of_the_tour_pass_the_checker():
    found = commands(cli._EPILOG)
    assert len(found) >= 5
    for expression, values in [*found, (cli.EXAMPLE, cli.EXAMPLE_VALUES)]:
        passes(expression, values)


def test_the_expressions_of_the_mistakes_in_the_teaching_page_pass_the_checker():
    rows = re.findall(r"^\| .+? \| `(.+)`, (\w+=.+?) \| .+ \|$", PAGES["teaching"], re.MULTILINE)
    assert len(rows) >= 10
    for expression, at in set(rows):
        passes(expression, numbers(at.split()))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["table", "contribution", "slip"])
def test_the_expressions_of_exercises_that_ask_for_derivatives_pass_the_checker(kind, level):
    for seed in range(5):
        prompt = exercise(kind, seed=seed, difficulty=level).prompt
        ((expression, words),) = re.findall(r'`"(.*?)" (.*?)`', prompt)
        passes(expression, numbers(words.split()))


@pytest.mark.parametrize("level", LEVELS)
def test_the_expressions_of_quizzes_pass_the_checker(level):
    for seed in range(5):
        drawn = drill(level, Random(seed))
        passes(drawn.text, drawn.values)


def again(out: ad.Value, leaves: list[ad.Value], numbers: tuple[ad.Value | float, ...]) -> ad.Value:
    """Return ``out`` computed anew from other numbers in its leaves."""
    found = dict(zip(leaves, numbers, strict=True))
    for node in topological_order(out):
        if node.primitive is not None:
            found[node] = node.primitive.apply([found[x] for x in node.operands])
        else:
            found.setdefault(node, node)
    return found[out]


@pytest.mark.parametrize("demo", sorted(path.name for path in (ROOT / "demos").glob("0[1-7]*.py")))
@pytest.mark.usefixtures("user_row")
def test_the_graphs_of_a_demo_pass_the_checker(demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        shown = runpy.run_path(str(ROOT / "demos" / demo))
    except NoEngineError as error:
        pytest.skip(str(error))
    graphs = [value for value in shown.values() if isinstance(value, ad.Value) and value.operands]
    assert graphs
    for out in graphs:
        leaves = [x for x in topological_order(out) if x.primitive is None and not x.is_constant]
        point = [leaf.data for leaf in leaves]
        assert check_gradients(lambda *xs, out=out, leaves=leaves: again(out, leaves, xs), *point)


def test_the_loss_of_the_demo_that_records_once_passes_the_checker():
    shown = runpy.run_path(str(ROOT / "demos" / "08_record_once.py"))
    for label in (1.0, -1.0):
        assert check_gradients(shown["loss"], [0.3, -0.2], 0.1, [1.5, 0.5], label)
