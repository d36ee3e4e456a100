"""The README, the demos and the pages in docs/ are true."""

import doctest
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

import autodiff as ad
from autodiff.exercises import exercise
from autodiff.lesson import drill, library, steps_of, verdict
from autodiff.lesson.drills import LEVELS
from autodiff.rows import built_in
from autodiff.syntax import compute, parse

ROOT = Path(__file__).resolve().parent.parent
DEMOS = sorted((ROOT / "demos").glob("*.py"))


def script(path: Path) -> ModuleType:
    """Return one of the scripts in docs/ as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(words: list[str], folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if not line.startswith("step ")] == []  # progress
    return done.stdout


FILLED = script(ROOT / "docs" / "fill_readme.py")
every_page = pytest.mark.parametrize("page", FILLED.PAGES, ids=lambda page: page.stem)


@every_page
def test_a_page_shows_what_its_commands_print(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.count("```console") >= 3
    assert FILLED.timeless(FILLED.filled(text)) == FILLED.timeless(text)


@every_page
def test_a_pages_examples_run(page: Path) -> None:
    failed, tried = doctest.testfile(
        str(page), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert tried >= 8
    assert failed == 0


def test_every_mistake_of_the_tables_is_recognised() -> None:
    page = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| `(.+)`, (.+?) \| (.+?) \| `(.+)` \| (.+) \|$", page, re.MULTILINE)
    known = set()
    for mistake, expression, at, line, answer, says in rows:
        values = {name: float(value) for name, value in (word.split("=") for word in at.split())}
        mode = "forward" if mistake.startswith("forward mode") else "reverse"
        steps = steps_of(ad.trace(compute(parse(expression), values).outputs, mode=mode))  # type: ignore[arg-type]
        step = next(step for step in steps if step.shown()[0] == line)
        found = verdict(step, answer)
        assert (found.right, found.says) == (False, says), mistake
        known.add(found.slip)
    assert known == _every_slip() | {"rounded"}


def test_the_checkers_example_prints_what_its_page_shows(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(# planted.py.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (shown,) = re.findall(r"^```text\n(FAIL.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "planted.py").write_text(program, encoding="utf-8")
    assert run([str(tmp_path / "planted.py")], tmp_path) == shown
    assert len([line for line in program.splitlines()[1:] if line.strip()]) <= 10


def _every_slip() -> set[str]:
    drills = [drill(level, Random(seed)) for level in LEVELS for seed in range(30)]
    graphs = [compute(parse(one.text), one.values).outputs for one in drills]
    traces = [ad.trace(outs, mode=mode) for outs in graphs for mode in ("reverse", "forward")]  # type: ignore[arg-type]
    return {slip.name for one in traces for step in steps_of(one) for slip in step.slips}


def test_every_mistake_of_the_other_exercises_is_recognised() -> None:
    page = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (.+?) \| (\w+), seed (\d+), difficulty (\d) \| `(.+)` \| (.+) \|$", page, re.MULTILINE
    )
    assert len(rows) >= 10
    for mistake, kind, seed, difficulty, answer, says in rows:
        task = exercise(kind, seed=int(seed), difficulty=int(difficulty))
        remark = task.grade({task.blanks[0].label: answer}).remarks[0]
        assert remark.says == says and remark.earned < remark.points, mistake


def test_reference_page_is_made_from_the_table() -> None:
    reference = script(ROOT / "docs" / "make_reference.py").reference()
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == reference
    for name in built_in:
        assert f"| `{name}(" in reference


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.stem)
def test_demo_runs_without_arguments(demo: Path, tmp_path: Path) -> None:
    assert run([str(demo)], tmp_path).strip()


def test_there_is_a_demo_for_each_idea() -> None:
    ideas = ["gradient", "draw", "step", "forward", "order", "paths", "primitive", "record", "network",
             "layer", "losses", "cost", "curriculum", "sequences", "iris"]  # fmt: skip
    assert len(DEMOS) == len(ideas)
    assert all(idea in demo.stem for idea, demo in zip(ideas, DEMOS, strict=True))


def test_readme_shows_figures_that_a_run_printed() -> None:
    printed = (ROOT / "benchmarks" / "results.txt").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## How fast")[2].partition("\n## ")[0]
    (shown,) = re.findall(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    tables = shown.strip("\n").split("\n\n")
    assert len(tables) >= 3
    assert all(f"{table}\n" in printed for table in tables)


def test_each_lecture_item_names_something_that_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "lectures.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+)\. .* \| `([^`]+)` \| (.*)\|$", page, re.MULTILINE)
    assert [int(item) for item, _, _ in rows] == list(range(1, 27))
    named = {(name, int(item)) for item, _, names in rows for name in re.findall(r"`([^`]+)`", names)}
    assert named == {(one.name, item) for one in library().values() for item in one.items}
    assert {item for _, item in named} == {*range(1, 22), 24, 25}
    for _, shown_by, _ in rows:
        if shown_by.split()[0] == "autodiff":
            assert run(["-m", *shlex.split(shown_by)], tmp_path)
        else:
            path, _, test = shown_by.partition("::")
            assert (ROOT / path).exists(), shown_by
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8") or not test, shown_by


def test_links_between_pages_lead_somewhere() -> None:
    for page in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("tests/*.md"),
        *ROOT.glob("benchmarks/*.md"),
    ]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
