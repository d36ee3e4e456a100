"""The README, the demos and the pages in docs/ are true."""

import doctest
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from autodiff.rows import built_in

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


def test_readme_shows_what_its_commands_print() -> None:
    fill = script(ROOT / "docs" / "fill_readme.py")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("```console") >= 5
    assert fill.timeless(fill.filled(text)) == fill.timeless(text)


def test_readme_examples_run() -> None:
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried >= 10
    assert failed == 0


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
    rows = re.findall(r"^\| (\d+)\. .* \| `([^`]+)` \|$", page, re.MULTILINE)
    assert [int(item) for item, _ in rows] == list(range(1, 27))
    for _, shown_by in rows:
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
