"""What an explanation prints, read back: its lines, and the numbers that its expressions give."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import autodiff as ad
from autodiff.explain import rendered
from autodiff.explain.document import explanation
from autodiff.syntax import evaluate, parse

DIGITS = (2, 4, 8, 17)


class Row(NamedTuple):
    """One printed line: ``head += formula = put_in = result``; what it lacks is ""."""

    head: str
    adds: bool
    formula: str
    put_in: str
    result: str


def rows(printed: str) -> list[Row]:
    """Return the lines of a text explanation's tables, given in one column."""
    found = []
    for line in printed.splitlines():
        if not re.match(r" \S.*= ", line):
            continue
        adds = " +=" in line
        left, *rest = [part.strip() for part in line.replace(" +=", "   ").split(" = ")]
        head, _, formula = left.partition("  ")
        put_in = rest[0] if len(rest) == 2 else ""
        found.append(Row(head, adds, formula.strip(), put_in, rest[-1]))
    return found


def explained(
    outs: ad.Value | Sequence[ad.Value], *, mode: str = "reverse", digits: int = 4, why: bool = False
) -> str:
    """Return an explanation in one column: nothing fits beside anything in a width of 1."""
    document = explanation(outs, mode=mode)  # type: ignore[arg-type]
    return rendered(document, "text", digits=digits, why=why, width=1)


def computed(expression: str, numbers: Mapping[str, float] | None = None) -> float:
    """Return what a printed expression is, read by the package's own reader of expressions."""
    # Python reads names in a normal form, and so must the numbers be named.
    known = {unicodedata.normalize("NFKC", name): x for name, x in (numbers or {}).items()}
    (value,) = evaluate(parse(expression), known)
    return value
