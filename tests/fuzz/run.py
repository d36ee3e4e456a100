"""Fuzzing of what reads strangers' texts: ``python -m tests.fuzz.run parser --seconds 180``.

Inputs are made from the corpus, run, and kept where they go along lines that no input has gone along.
atheris does it where it is installed (``pip install atheris``: it installs on Linux, with Python 3.11);
elsewhere a plain loop does, which learns by ``sys.settrace`` what lines an input runs. Both make their
inputs with ``mutate.py``. What is new goes to ``corpus/``, what is wrong to ``found/``.

``--replay`` runs the corpus alone, as the tests do. ``AUTODIFF_PURE=1`` fuzzes the Python files in place
of the compiled core: then more of the lines are seen.
"""

import argparse
import importlib.util
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from hashlib import sha1
from pathlib import Path
from random import Random

from tests.fuzz.coverage import Edge, edges
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import HOME, LONGEST, TARGETS, Target, prepared

FOUND = HOME / "found"
LARGEST_CORPUS = 60_000  # bytes, for each target
MOST_MEMORY = 4 << 30  # bytes, of the process


def kept(target: Target) -> list[bytes]:
    """Return the corpus of a target, the smallest input first."""
    return sorted(
        (path.read_bytes() for path in target.corpus.glob("*")), key=lambda data: (len(data), data)
    )


def name_of(data: bytes) -> str:
    """Return the name of an input's file: of its content alone."""
    return sha1(data).hexdigest()[:16]


_complaints: set[str] = set()


def complain(name: str, data: bytes) -> None:
    """Write an input that does what none may to a file, and the exception that is handled beside it.

    Of those that end at the same lines the first is enough.
    """
    place = " ".join(f"{f.f_code.co_name}:{line}" for f, line in traceback.walk_tb(sys.exc_info()[2]))
    if place in _complaints:
        return
    _complaints.add(place)
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{name}-{name_of(data)}"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(traceback.format_exc(), encoding="utf-8", errors="replace")
    traceback.print_exc()
    print(f"found: {path}")


def replay(name: str) -> int:
    """Return how many inputs of the corpus do what none may."""
    run = prepared(TARGETS[name])
    inputs = kept(TARGETS[name])
    wrong = 0
    for data in inputs:
        try:
            run(data)
        except BaseException:
            complain(name, data)
            wrong += 1
    print(f"{name}: {len(inputs)} inputs, {sum(map(len, inputs))} bytes, {wrong} findings")
    return wrong


def fuzzed_plainly(name: str, seconds: float) -> tuple[list[bytes], int]:
    """Return the inputs that went along new lines, and how many findings there were."""
    target = TARGETS[name]
    run, words = prepared(target), target.words()
    generator = Random()
    pool = [*kept(target), *target.seeds()]
    seen: set[Edge] = set()
    for data in pool:
        seen |= edges(run, data)
    end, tried, wrong = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        # The newest inputs are those whose neighbours are least known.
        data = pool[-1 - min(int(generator.expovariate(8 / len(pool))), len(pool) - 1)]
        data = mutated(data, generator.choice(pool), words, target.is_json, LONGEST, generator)
        tried += 1
        try:
            found = edges(run, data)
        except KeyboardInterrupt:
            raise
        except BaseException:
            complain(name, data)
            wrong += 1
            continue
        if not found <= seen:
            seen |= found
            pool.append(data)
    print(f"{name}: {tried} inputs, {len(seen)} edges, {wrong} findings")
    return pool, wrong


def fuzzed_by_atheris(name: str, seconds: float) -> tuple[list[bytes], int]:
    """Return the inputs that went along new branches, and 1 where there was a finding."""
    FOUND.mkdir(exist_ok=True)
    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        for data in [*kept(target), *target.seeds()]:
            (Path(folder) / name_of(data)).write_bytes(data)
        ended = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.under_atheris", name, folder, f"-max_len={LONGEST}",
             f"-max_total_time={seconds:.0f}", f"-artifact_prefix={FOUND}/{name}-", "-rss_limit_mb=4096",
             "-print_final_stats=1"],
            cwd=HOME.parents[1], check=False,
        )  # fmt: skip
        return [path.read_bytes() for path in Path(folder).iterdir()], int(ended.returncode != 0)


def keep(name: str, inputs: list[bytes]) -> None:
    """Make the corpus the smallest inputs that together go along all lines that ``inputs`` go along."""
    target = TARGETS[name]
    run = prepared(target)
    seen: set[Edge] = set()
    size = 0
    before = {path.name for path in target.corpus.glob("*")}
    after = set()
    target.corpus.mkdir(parents=True, exist_ok=True)
    for data in sorted({*inputs, *kept(target)}, key=lambda data: (len(data), data)):
        try:
            found = edges(run, data)
        except BaseException:
            complain(name, data)
            continue
        if found <= seen or size + len(data) > LARGEST_CORPUS:
            continue
        seen |= found
        size += len(data)
        after.add(name_of(data))
        (target.corpus / name_of(data)).write_bytes(data)
    for gone in before - after:
        (target.corpus / gone).unlink()
    print(f"{name}: the corpus has {len(after)} inputs ({len(after - before)} new), {size} bytes")


def main() -> int:
    """Return 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__.split("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--replay", action="store_true", help="run the corpus, and nothing else")
    parser.add_argument(
        "--plain", action="store_true", help="without atheris, even where it is installed"
    )
    words = parser.parse_args()
    if words.replay:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        return int(replay(words.target) > 0)
    if words.plain or importlib.util.find_spec("atheris") is None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        inputs, wrong = fuzzed_plainly(words.target, words.seconds)
    else:
        inputs, wrong = fuzzed_by_atheris(words.target, words.seconds)
    keep(words.target, inputs)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
