"""Write docs/oracles.md: where other libraries' derivatives differ from autodiff's, and who is right.

``python docs/make_oracles.py``, with a Python that has mpmath, SymPy, SciPy, autograd, JAX and PyTorch
(a minute). ``--check`` computes what is right and the columns of autodiff and mpmath again, which
needs mpmath alone, and says which lines of the page are others.
"""

import argparse
import importlib.metadata
import importlib.util
import math
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from oracles.cases import CASES, REMARKS, Case
from oracles.rule import DIGITS, NEAR, NORMAL, Right, right_for
from oracles.special_points import row_cases

import autodiff as ad
from autodiff.graph import topological_order
from autodiff.testing import Expression
from autodiff.testing.oracles import opinions, written_out

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PAGE = HERE / "oracles.md"
LIBRARIES = {
    "autodiff": "autodiff", "mpmath": "mpmath", "sympy": "SymPy", "scipy": "SciPy",
    "autograd": "autograd", "jax": "JAX", "torch": "PyTorch",
}  # fmt: skip
CHECKED = ("autodiff", "mpmath")
CLOSE = 1e-9  # relative
CLOSE_DIFFERENCES = 1e-6  # SciPy's; absolute for what is below 1
TINY = 1e-30  # absolute: mpmath's differences have a step of 1e-20, whose square is left
LONGEST = 44  # characters of a reason

Answer = list[float] | str


def tolerances(library: str) -> tuple[float, float]:
    """Return what a library is held to, relative and absolute."""
    if library == "scipy":
        return CLOSE_DIFFERENCES, CLOSE_DIFFERENCES
    return CLOSE, TINY if library == "mpmath" else NORMAL


INTRODUCTION = """# Oracles: where they differ, and who is right

Written by `python docs/make_oracles.py`, with a Python that has the other libraries; a test
computes what is right, and the columns of autodiff and mpmath, again. Each case is an expression of
the command line's language, to be copied: `autodiff.testing.Expression("relu(x)", x=0.0)` is the
function and the point, and `autodiff.testing.oracles.opinions(out, inputs)` asks everybody. The
graph that autodiff recorded is what each library is asked: an operation is the library's own where
it has it, else († in its cell) its textbook formula in the library's functions, and what is lost
there is the formula's, not the library's. A branch that `where` did not take is not in the graph.

## Who is right

Nobody's derivative rule decides, and no hand: the textbook formulas are evaluated with {digits}
digits at the very doubles of the point, and differences of values beside it, no farther than
1e{near}, are the slopes on both sides ([rule.py](oracles/rule.py)).

- Both slopes are one number: it is the derivative, and right. nan is wrong.
- **Kink**, two different slopes: every number from one to the other is right by convention; one
  outside is wrong, and so is nan. The convention that autodiff documents is below the table. Of
  several inputs the sum, too, has to lie between the slopes along all of them together: of a tie of
  two, 1 and 1 is wrong.
- **Edge** of the domain: the slope of the side that there is; of a square root at 0 that is inf.
- **Jump**: there is no derivative. The slope beside it, the infinite one across it, and nan are
  right.
- **No value** (outside of the domain, or infinite): nan is right, and the slope beside, if there is
  one.
- **No slope**: a value, and none on either side: nan is right.

✓ is right to {close:g}, relative ({differences:g} for SciPy's finite differences, absolute below 1;
what is below {normal:g}, and for mpmath {tiny:g}, counts as 0), ✗ is not, – is no answer: the
library has no such operation, or raises the error that is named.

{versions}.
"""


class Line(NamedTuple):
    """A case, what is right for it, and what everybody says."""

    case: Case
    right: Sequence[Right]
    together: Right | None
    answers: Mapping[str, Answer]
    formulas: Mapping[str, Sequence[str]]
    conventions: Mapping[str, str]

    def is_right(self, library: str) -> bool | None:
        """Return whether a library is right, None where it has no answer."""
        answer = self.answers[library]
        if isinstance(answer, str):
            return None
        near, floor = tolerances(library)
        pairs = [*zip(self.right, answer, strict=True)]
        if self.together is not None:
            pairs.append(
                (self.together, math.fsum(answer) if all(map(math.isfinite, answer)) else math.nan)
            )
        return all(right.accepts(number, near, floor) for right, number in pairs)

    def differs(self, library: str) -> bool:
        """Return whether a library that answers differs from autodiff."""
        answer, mine = self.answers[library], self.answers["autodiff"]
        if isinstance(answer, str) or isinstance(mine, str):
            return False
        near, floor = tolerances(library)
        pairs = zip(answer, mine, strict=True)
        return not all(
            math.isclose(x, y, rel_tol=near, abs_tol=floor) or (x != x and y != y) for x, y in pairs
        )


def asked(case: Case, libraries: Sequence[str]) -> Line:
    """Return what libraries say of a case."""
    inputs = [ad.Value(x, name=name) for name, x in case.point.items()]
    if case.text.startswith("dot("):  # the command line's language has no lists
        x, y, z, w = inputs
        out = ad.dot([x, y], [z, w])
    else:
        expression = Expression(case.text, **case.point)
        out = expression(*[inputs[[*case.point].index(name)] for name in expression.inputs])
    right, together = right_for(out, inputs)
    others = [library for library in libraries if library != "autodiff"]
    answers: dict[str, Answer] = {"autodiff": [float(x) for x in ad.gradients(out, inputs)]}
    answers |= opinions(out, inputs, others)
    rows = {node.primitive for node in topological_order(out) if node.primitive is not None}
    conventions = {
        row.name: row.convention
        for row in sorted(rows, key=lambda row: row.name)
        if row.convention and any(one.kind != "derivative" for one in right)
    }
    formulas = {library: written_out(library, out) for library in others}
    return Line(case, right, together, answers, formulas, conventions)


# ── the page ────────────────────────────────────────────────────────────────────────────────────────


def escaped(text: str) -> str:
    """Return text that Markdown leaves as it is, in a table."""
    return re.sub(r"([\\|*_<>`\[\]])", r"\\\1", text)


def right_cell(line: Line) -> str:
    """Return what is right, for all inputs."""
    shown = ", ".join(map(str, line.right))
    return shown if line.together is None else f"{shown}; together {line.together}"


def cell(line: Line, library: str) -> str:
    """Return a library's answer, its mark first."""
    answer, is_right = line.answers[library], line.is_right(library)
    formula = "†" if line.formulas.get(library) else ""
    if isinstance(answer, str):
        error = re.match(r"(\w*(?:Error|Exception)): ", answer)
        reason = error[1] if error else answer
        return f"– {escaped(reason if len(reason) <= LONGEST else reason[: LONGEST - 1].rstrip() + '…')}"
    for digits in (6, 12, 17):
        shown = ", ".join(f"{x + 0.0:.{digits}g}" for x in answer)
        if is_right or shown != ", ".join(right.shown(digits) for right in line.right):
            break
    return f"{'✓' if is_right else '✗'}{formula} {shown}"


def case_cell(case: Case) -> str:
    """Return the case as it is written in the table: the expression, and where."""
    return f"`{case.text}` at {', '.join(f'{name}={x:g}' for name, x in case.point.items())}"


def table(lines: Sequence[Line], libraries: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a table, and below it the conventions and the notes."""
    yield "| case | right | " + " | ".join(LIBRARIES[one] for one in libraries) + " |"
    yield "|---|---|" + "---|" * len(libraries)
    for line in lines:
        cells = [case_cell(line.case), right_cell(line), *(cell(line, one) for one in libraries)]
        yield f"| {' | '.join(cells)} |"
    conventions = {name: text for line in lines for name, text in line.conventions.items()}
    if conventions:
        yield "\nConventions of autodiff here:\n"
        yield from (f"- `{name}`: {escaped(text)}" for name, text in conventions.items())
    wrong = [line.case for line in lines if not line.is_right("autodiff")]
    if wrong:
        yield "\nWhere autodiff is ✗:\n"
    for note in dict.fromkeys(case.note for case in wrong):
        yield f"- {'; '.join(case_cell(case) for case in wrong if case.note == note)}: {note}"


def summary(lines: Sequence[Line], libraries: Iterable[str]) -> Iterator[str]:
    """Yield a table that counts the marks."""
    yield "| | ✓ | ✗ | of these † | – |\n|---|---|---|---|---|"
    for one in libraries:
        marks = Counter(line.is_right(one) for line in lines)
        written = sum(line.is_right(one) is False and bool(line.formulas.get(one)) for line in lines)
        yield f"| {LIBRARIES[one]} | {marks[True]} | {marks[False]} | {written} | {marks[None]} |"


def page(groups: Mapping[str, Sequence[Line]], rows: Sequence[Line]) -> str:
    """Return the whole page."""
    every = [*LIBRARIES]
    cases = [line for lines in groups.values() for line in lines]
    parts = [
        INTRODUCTION.format(
            digits=DIGITS,
            near=NEAR[0],
            close=CLOSE,
            differences=CLOSE_DIFFERENCES,
            normal=NORMAL,
            tiny=TINY,
            versions=versions(),
        )
    ]
    parts += [f"The {len(cases)} cases below:\n", *summary(cases, every)]
    parts += [
        f"\nThe {len(rows)} pairs of a row of the table and a special point:\n",
        *summary(rows, every),
    ]
    parts += ["", *(f"- {text}" for text in REMARKS)]
    for group, lines in groups.items():
        parts += [f"\n## {group}\n", *table(lines, every)]
    shown = [line for line in rows if any(map(line.differs, every)) or not line.is_right("autodiff")]
    parts.append(
        f"\n## Every row at special points\n\nEvery built-in row at 0, ±1, ±800, 1e-20, ties and bounds "
        f"([special_points.py](oracles/special_points.py)): {len(rows)} pairs were asked. At "
        f"{len(rows) - len(shown)} all who answer agree with autodiff, which is ✓; these are the other "
        f"{len(shown)}.\n"
    )
    return "\n".join([*parts, *table(shown, every)]) + "\n"


def versions() -> str:
    """Return the versions of all libraries, in words."""
    own = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    others = {shown: importlib.metadata.version(name) for name, shown in [*LIBRARIES.items()][1:]}
    named = {"autodiff": own, **others, "Python": sys.version.split()[0]}
    return "Versions: " + ", ".join(f"{name} {version}" for name, version in named.items())


# ── the check ───────────────────────────────────────────────────────────────────────────────────────


def cells_of(text: str) -> dict[str, list[str]]:
    """Return of each case on a page what is right, and the columns that are checked."""
    found = {}
    for line in text.splitlines():
        cells = [one.strip() for one in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 2 + len(LIBRARIES) and cells[0].startswith("`"):
            found[cells[0]] = cells[1 : 2 + len(CHECKED)]
    return found


def check() -> int:
    """Print the lines that are no longer what the page says, and return 1 if there are any."""
    written = cells_of(PAGE.read_text(encoding="utf-8"))
    wrong, known = [], set()
    for case in [case for cases in CASES.values() for case in cases] + [*row_cases()]:
        name, line = case_cell(case), asked(case, CHECKED)
        now = [right_cell(line), *(cell(line, one) for one in CHECKED)]
        is_quiet = line.is_right("autodiff") and not line.differs("mpmath")
        known.add(name)
        if (name in written or not is_quiet) and written.get(name) != now:
            wrong.append(f"{name}: {now}, the page has {written.get(name)}")
        if line.is_right("autodiff") is False and not case.note:
            wrong.append(f"{name}: autodiff is ✗, and no note says why")
    wrong += [f"{name}: no case any more" for name in written if name not in known]
    print("\n".join(wrong) or f"{PAGE.name}: {len(written)} lines are up to date")
    return int(bool(wrong))


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description="Write docs/oracles.md.")
    parser.add_argument("--check", action="store_true", help="compare autodiff's and mpmath's columns")
    only_check = parser.parse_args().check
    needed = [*LIBRARIES][1:] if not only_check else ["mpmath"]
    missing = [LIBRARIES[name] for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"not installed: {', '.join(missing)}; this page needs {', '.join(needed)}", file=sys.stderr
        )
        return 2
    if only_check:
        return check()
    every = [*LIBRARIES]
    groups = {group: [asked(case, every) for case in cases] for group, cases in CASES.items()}
    PAGE.write_text(page(groups, [asked(case, every) for case in row_cases()]), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
