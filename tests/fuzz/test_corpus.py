"""Every input that fuzzing has kept is read or refused; and the harness sees what it must."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="memory and time of an input are bounded by POSIX means")

from tests.fuzz.coverage import edges
from tests.fuzz.targets import HOME, LONGEST, TARGETS, parser

ROOT = Path(__file__).parents[2]


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("name", TARGETS)
def test_the_whole_corpus_does_nothing_it_must_not(name: str) -> None:
    done = ran("-m", "tests.fuzz.run", name, "--replay")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert f"{name}: {len(list(TARGETS[name].corpus.iterdir()))} inputs" in done.stdout
    assert done.stdout.endswith(", 0 findings\n")


def test_the_corpus_is_small_and_of_no_other_files() -> None:
    sizes = [path.stat().st_size for path in (HOME / "corpus").rglob("*") if path.is_file()]
    assert {path.name for path in (HOME / "corpus").iterdir()} == set(TARGETS)
    assert len(sizes) > 100 and max(sizes) <= LONGEST and sum(sizes) < 200_000


@pytest.mark.parametrize(
    "deed",
    ["open('no-such-folder/x', 'w')", "exec('1')", "os.system('true')", "os.remove('no-such-file')",
     "__import__('this')", "[0] * 10**7", "warnings.warn('odd')", "time.sleep(3)", "1 / 0"],
)  # fmt: skip
def test_the_guard_notices_what_an_input_must_not_do(deed: str) -> None:
    code = f"""
import os, time, warnings
from tests.fuzz import targets
targets.SECONDS, targets.MEGABYTES = 1, 50
def deed(data):
    if data:
        {deed}
run = targets.prepared(targets.Target(deed, lambda: [b""], list, False))
try:
    run(b"x")
except (targets.Finding, ZeroDivisionError, UserWarning):
    print("noticed")
"""
    assert ran("-c", code).stdout == "noticed\n"


def test_new_lines_are_seen() -> None:
    known = edges(parser, b"x") | edges(parser, b"sin(x)")
    assert edges(parser, b"sin(sin(x))") <= known | edges(parser, b"x + sin(x)")
    assert edges(parser, b"where(x > 0, 1, x)") - known
