"""``python -m tests.mutation.run``: every mutant of the table, and who notices it.

--sample N --seed S   so many mutants, and points of the rows as they are, drawn at random
--rows a,b            only the mutants of these rows
--json FILE           what became of each mutant, too
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import autodiff as ad
from autodiff.rows import built_in
from tests.mutation.judging import MISTAKES, Alarms, Fate, Outcome, alarms, all_points, judged
from tests.mutation.mutants import KINDS, Mutant, mutants
from tests.mutation.rules import RULES

ROWS = tuple(sorted(built_in))
GENERAL = "a wrong or missing term"  # what the checker says where it recognises nothing
_COLUMNS = ("check_gradients", *RULES)


def all_mutants(rows: Sequence[str] = ROWS) -> list[Mutant]:
    """Return every mutant of the rows."""
    return [mutant for name in rows for mutant in mutants(ad.PRIMITIVES[name])]


def report(outcomes: Sequence[Outcome], unchanged: Alarms) -> str:
    """Return the figures, and after them what survived and what is no mistake."""
    parts = [_figures(outcomes), _named(outcomes), _false_alarms(unchanged), *_lists(outcomes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _of(outcomes: Sequence[Outcome], *fates: Fate) -> list[Outcome]:
    return [one for one in outcomes if one.fate in fates]


def _row(label: str, cells: Sequence[object]) -> str:
    widths = (9, *(max(len(column), 7) + 3 for column in _COLUMNS))
    shown = (f"{cell!s:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"{label:<25}{''.join(shown)}"


def _caught(outcomes: Sequence[Outcome]) -> list[int]:
    """Return how many the checker and each of the other rules notice, at any point."""
    mine = sum(one.fate == "killed" for one in outcomes)
    return [mine, *(sum(name in one.ever for one in outcomes) for name in RULES)]


def _caught_at_once(outcomes: Sequence[Outcome]) -> list[int]:
    """The same at each mutant's first point alone."""
    mine = sum(one.fate == "killed" and one.tried == 1 for one in outcomes)
    return [mine, *(sum(name in one.first for one in outcomes) for name in RULES)]


def _percent(counts: Sequence[int], total: int) -> list[str]:
    # Rounded down: 100 % is said of all, and of nothing less.
    return [f"{int(1000 * count / total) / 10:.1f} %" for count in counts]


def _figures(outcomes: Sequence[Outcome]) -> str:
    others = _of(outcomes, "killed", "alive")
    fates = Counter(one.fate for one in outcomes)
    rules = len({(one.mutant.row, one.mutant.position) for one in outcomes})
    lines = [
        f"{len(outcomes)} mutants of {rules} rules; {len(others)} are wrong off the kinks.",
        "",
        _row("noticed at any point", ("mutants", *_COLUMNS)),
    ]
    for kind in KINDS:
        of_kind = [one for one in others if one.mutant.kind == kind]
        if of_kind:
            lines.append(_row(f"  {kind}", (len(of_kind), *_caught(of_kind))))
    if others:
        count = len(others)
        lines.append(_row("all", (count, *_caught(others))))
        lines.append(_row("", ("", *_percent(_caught(others), count))))
        lines.append(_row("at the first point alone", (count, *_caught_at_once(others))))
        lines.append(_row("", ("", *_percent(_caught_at_once(others), count))))
    lines += [
        "",
        "PyTorch, JAX, HIPS autograd: their tolerances, steps and directions, reimplemented on scalars",
        "(gradcheck of 2.13.0, check_grads of 0.10.2 and of 1.9.1, float64, defaults, first order).",
        "",
        f"Of the others {fates['equivalent']} are the same function, with 60 digits, at every point.",
        f"{fates['killed at a kink']} are wrong at a kink only: check_gradients FAILs them there.",
        f"{fates['another convention']} take another slope at a kink, one of those between both sides'.",
    ]
    return "\n".join(lines)


def _named(outcomes: Sequence[Outcome]) -> str:
    killed = _of(outcomes, "killed")
    if not killed:
        return ""
    blamed = sum(one.blamed for one in killed)
    special = sum(one.mistake not in ("", GENERAL) for one in killed)
    lines = [
        f"First wrong operation and operand named: {blamed} of {len(killed)}.",
        f"Likely mistake more specific than “{GENERAL}”: {special} of {len(killed)}.",
        "What mutants of each kind are called:",
    ]
    for mistake in (*MISTAKES, ""):
        kinds = Counter(one.mutant.kind for one in killed if one.mistake == mistake)
        if kinds:
            told = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
            lines.append(f"  {mistake or 'nothing'} ({kinds.total()}): {told}")
    return "\n".join(lines)


def _false_alarms(unchanged: Alarms) -> str:
    told = ", ".join(f"{name} {count}" for name, count in unchanged.objections.items())
    lines = [
        f"The rows as they are, at {unchanged.points} points: {unchanged.passed} PASS, "
        f"{len(unchanged.failed)} FAIL, {len(unchanged.undecided)} INCONCLUSIVE.",
        f"Objections of the others: {told}.",
    ]
    lines += [f"  FAIL {one}" for one in unchanged.failed]
    lines += [f"  INCONCLUSIVE {one}" for one in unchanged.undecided]
    return "\n".join(lines)


def _lists(outcomes: Sequence[Outcome]) -> Iterator[str]:
    titles: dict[Fate, str] = {
        "alive": "Survivors",
        "equivalent": "The same function",
        "killed at a kink": "Wrong at a kink only",
        "another convention": "Another convention at a kink",
    }
    for fate, title in titles.items():
        found = _of(outcomes, fate)
        if found or fate == "alive":
            yield "\n".join([f"{title}: {len(found)}", *(f"  {one.mutant}" for one in found)])


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Return what became of each mutant, as JSON."""
    return json.dumps(
        [one.mutant._asdict() | {**one._asdict(), "mutant": str(one.mutant)} for one in outcomes],
        indent=1, ensure_ascii=False,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; 0 where nothing survived and no row was failed as it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run")
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the sample")
    parser.add_argument("--rows", type=lambda text: text.split(","), default=ROWS, metavar="a,b")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.rows if name not in built_in]
    if unknown:
        parser.error(f"no row of the table is called {', '.join(unknown)}")
    chosen, points = all_mutants(given.rows), list(all_points(given.rows))
    if given.sample is not None:
        random = Random(given.seed)
        chosen = random.sample(chosen, min(given.sample, len(chosen)))
        points = random.sample(points, min(given.sample, len(points)))
    outcomes = [judged(mutant) for mutant in chosen]
    unchanged = alarms(points)
    print(report(outcomes, unchanged), end="")
    if given.json:
        given.json.write_text(as_json(outcomes), encoding="utf-8")
    return 1 if unchanged.failed or _of(outcomes, "alive") else 0


if __name__ == "__main__":
    raise SystemExit(main())
