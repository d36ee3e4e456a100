"""docs/property_testing.md: its ten lines are ten, find the planted error, and print what it shows."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "property_testing.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def ran(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what pytest does with a file of that source, alone in a folder."""
    (folder / "test_bump.py").write_text(source, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    environment["CI"] = "true"  # Hypothesis then tries the same examples on every run
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_bump.py"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=300
    )


def test_ten_lines_find_an_error_of_one_part_in_a_million(tmp_path):
    source, shown = blocks("python")[0], blocks("text")[0]
    assert len(source.splitlines()) == 10
    done = ran(source, tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    told = " ".join(re.sub(r"^E +", "", done.stdout, flags=re.M).split())
    for line in shown.splitlines():
        assert " ".join(line.split()) in told, f"{line!r} is not in\n{done.stdout}"


def test_the_same_lines_pass_once_the_derivative_is_right(tmp_path):
    done = ran(blocks("python")[0].replace("2.000002", "2"), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("page", "examples"), [(PAGE, 20), (PAGE.with_name("checking.md"), 6)])
def test_the_other_examples_run(page, examples):
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert (failed, tried >= examples) == (0, True)
