"""The page of second opinions is what its script finds, and every ✗ of autodiff is explained on it."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "oracles.md"
SCRIPT = ROOT / "docs" / "make_oracles.py"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, encoding="utf-8", check=False
    )


def test_the_pages_columns_of_autodiff_and_mpmath_are_what_the_script_finds() -> None:
    done = run(str(SCRIPT), "--check")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_every_cross_of_autodiff_is_explained_below_its_table() -> None:
    explained = crossed = 0
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        notes = section.partition("\nWhere autodiff is ✗:\n")[2]
        for line in section.splitlines():
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) == 9 and cells[2].startswith("✗"):
                crossed += 1
                explained += cells[0] in notes
    assert explained == crossed > 10


def test_without_the_libraries_the_script_says_which_are_missing() -> None:
    code = (
        "import importlib.util, runpy, sys\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'jax' else found(name, *more)\n"
        f"sys.path.insert(0, {str(SCRIPT.parent)!r}); sys.argv = ['make_oracles.py']\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    done = run("-c", code)
    assert done.returncode == 2
    assert "JAX" in done.stderr and done.stderr.startswith("not installed: ")
