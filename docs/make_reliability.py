"""Write docs/reliability.md: what happens at the classical mistakes, here and in other libraries.

``python docs/make_reliability.py --python PATH``: PATH is a Python that has micrograd, autograd (with
scipy), torch and jax, and what autodiff needs. Every cell is one process. ``--only autodiff`` prints
that column, and writes nothing.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from reliability.cases import CASES, REFUSED, Between, Case

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LIBRARIES = {
    "autodiff": "autodiff", "micrograd": "micrograd", "autograd": "autograd", "torch": "PyTorch",
    "jax": "JAX",
}  # fmt: skip
SECONDS = 120  # after which a case hangs
CLOSE = 1e-12  # relative: a handful of roundings in double precision
LONGEST = 64  # characters of an error's message

INTRODUCTION = """# Reliability: the classical mistakes, here and elsewhere

Written by `python docs/make_reliability.py --python PATH`, where PATH is a Python that has the other
libraries; a test runs the column of autodiff again. Every cell is what happened when the lines of that
case ran in a process of their own: [the cases](reliability/cases.py), and the lines for
[autodiff](reliability/with_autodiff.py), [micrograd](reliability/with_micrograd.py),
[autograd](reliability/with_autograd.py), [PyTorch](reliability/with_torch.py) and
[JAX](reliability/with_jax.py), each written as that library's users write it, with numbers in double
precision.

✓ is what the column "right" states, to {digits} digits; ✗ is something else; – is not offered, which is
no fault: the libraries are made for different things. Where autodiff does otherwise by choice, or
another library is better, the notes below a table say so. The cases are those that autodiff's tests
were written for, so a ✗ in its column would be a fault; the other columns were not chosen so.

{versions}.
"""


def outcome(python: str, library: str, case: Case) -> dict[str, Any]:
    """Return what happened to one case in one library."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    try:
        done = subprocess.run(
            [python, str(HERE / "reliability" / "run_case.py"), library, case.name],
            env=environment, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"kind": "hangs"}
    if done.returncode < 0:
        return {"kind": "crashes", "signal": -done.returncode}
    if done.returncode > 0:
        raise RuntimeError(f"{library}, {case.name}:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def agrees(result: Any, right: Any) -> bool:
    """Return whether a result is the one that is right, up to rounding."""
    if isinstance(right, tuple) and not isinstance(right, Between):
        return isinstance(result, list) and len(result) == len(right) and all(map(agrees, result, right))
    if isinstance(right, bool) or isinstance(result, (bool, str, list)) or result is None:
        return type(result) is type(right) and result == right
    if isinstance(right, Between):
        return right.low <= result <= right.high
    if not isinstance(right, (int, float)):
        return False
    return math.isclose(result, right, rel_tol=CLOSE) or (math.isnan(result) and math.isnan(right))


def is_right(found: dict[str, Any], case: Case) -> bool:
    """Return whether the outcome is one of those that are right."""
    if found["kind"] == "error":
        return REFUSED in case.right and found["type"] not in ("RecursionError", "MemoryError")
    return found["kind"] == "result" and any(agrees(found["result"], one) for one in case.right)


def shown(item: Any) -> str:
    """Return a result, or what would be right, as the table has it."""
    if isinstance(item, bool) or item is None:
        return str(item)
    if isinstance(item, (int, float)):
        return f"{item:.6g}"
    if isinstance(item, (list, tuple)) and not isinstance(item, Between):
        return ", ".join(map(shown, item))
    return str(item)


def cell(found: dict[str, Any] | None, case: Case) -> str:
    """Return the text of a cell, its mark first."""
    if found is None:
        return "not installed"
    if found["kind"] == "not offered":
        return f"– {found['shown']}"
    what = found["kind"]
    if found["kind"] == "result":
        what = shown(found["result"]) + (", with a warning" if found["warned"] else "")
    if found["kind"] == "error":
        # Classes that are compiled say their module, others do not.
        line = re.sub(r"'(?:\w+\.)+(\w+)' (?=object|and)", r"'\1' ", found["line"])
        line = line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
        what = f"{found['type']}: {line}" if line else found["type"]
    if found["kind"] == "hangs":
        what = f"hangs (over {SECONDS} s)"
    if found["kind"] == "crashes":
        what = f"the process dies (signal {found['signal']})"
    return f"{'✓' if is_right(found, case) else '✗'} {escaped(what)}"


def escaped(text: str) -> str:
    """Return text that Markdown leaves as it is, in a table."""
    for character in "\\|*_<>`[]":
        text = text.replace(character, f"\\{character}")
    return text


def versions(python: str) -> dict[str, str | None]:
    """Return the version of each library in that Python, None where it is not installed."""
    code = (
        "import importlib.metadata as m, json, sys\n"
        "def of(name):\n"
        "    try: return m.version(name)\n"
        "    except m.PackageNotFoundError: return None\n"
        "found = {name: of(name) for name in sys.argv[1:]}\n"
        "print(json.dumps(found | {'Python': sys.version.split()[0]}))"
    )
    done = subprocess.run(
        [python, "-c", code, *LIBRARIES], capture_output=True, encoding="utf-8", check=True
    )
    found: dict[str, str | None] = json.loads(done.stdout)
    own = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return found | {"autodiff": own}


def tables(cells: dict[tuple[str, str], str], libraries: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the tables, and the notes below each."""
    for group, cases in CASES.items():
        yield f"\n## {group}\n"
        yield "| case | right | our test | " + " | ".join(LIBRARIES[one] for one in libraries) + " |"
        yield "|---|---|---|" + "---|" * len(libraries)
        for case in cases:
            link = f"[{case.test}](../tests/{case.room})"
            right = " or ".join(map(shown, case.right))
            yield (
                "| "
                + " | ".join([case.title, right, link, *(cells[one, case.name] for one in libraries)])
                + " |"
            )
        for case in cases:
            if case.note:
                yield f"\n- {case.title}: {case.note}"


def summary(cells: dict[tuple[str, str], str], libraries: Sequence[str]) -> Iterator[str]:
    """Yield a table that counts the marks."""
    yield "\n| | ✓ | ✗ | – |\n|---|---|---|---|"
    for one in libraries:
        marks = Counter(text[0] for (library, _), text in cells.items() if library == one)
        yield f"| {LIBRARIES[one]} | {marks['✓']} | {marks['✗']} | {marks['–']} |"


def main() -> None:
    """Write the page, or print a column."""
    parser = argparse.ArgumentParser(description="Write docs/reliability.md.")
    parser.add_argument(
        "--python", default=sys.executable, help="the Python that has the other libraries"
    )
    parser.add_argument("--only", choices=LIBRARIES, help="print this column, and write nothing")
    words = parser.parse_args()
    installed = versions(words.python)
    libraries = [words.only] if words.only else list(LIBRARIES)

    def one(job: tuple[str, Case]) -> str:
        library, case = job
        return cell(outcome(words.python, library, case) if installed[library] else None, case)

    jobs = [(library, case) for library in libraries for cases in CASES.values() for case in cases]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = dict(
            zip(((library, case.name) for library, case in jobs), pool.map(one, jobs), strict=True)
        )
    lines = "\n".join(tables(done, libraries)).lstrip("\n")
    if words.only:
        print(lines)
        return
    named = ", ".join(
        f"{name} {installed[key] or 'not installed'}"
        for key, name in [*LIBRARIES.items(), ("Python", "Python")]
    )
    page = INTRODUCTION.format(digits=-round(math.log10(CLOSE)), versions=f"Versions: {named}")
    page += "\n".join(summary(done, libraries)) + "\n\n" + lines + "\n"
    (HERE / "reliability.md").write_text(page, encoding="utf-8")
    print("wrote reliability.md")


if __name__ == "__main__":
    main()
