"""What a check found: a verdict, each comparison, and on a failure the first operation that is wrong."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from autodiff.notation import number

_MOST_SHOWN = 12  # comparisons that pass

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]


class Reference(NamedTuple):
    """What a derivative is found to be otherwise, and a bound for how far that is off."""

    source: str  # "60 digits", "finite differences", "slope on the left" …
    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.source} {self.value!r} ± {number(self.error, 2)}"


class Comparison(NamedTuple):
    """One derivative: what each mode gave, and the references."""

    label: str  # such as ∂f/∂w[1]
    got: dict[str, float]  # by mode
    references: tuple[Reference, ...]
    verdict: Verdict
    reason: str = ""

    def __str__(self) -> str:
        modes: dict[float, list[str]] = {}
        for mode, value in self.got.items():
            modes.setdefault(value, []).append(mode)
        told = [f"{' = '.join(same)} = {value!r}" for value, same in modes.items()]
        told += map(str, self.references)
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.verdict}  {self.label}: {', '.join(told)}{reason}"


class Property(NamedTuple):
    """Something else that has to hold, such as that two runs are equal."""

    name: str
    verdict: Verdict
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.verdict}  {self.name}" + (f": {self.reason}" if self.reason else "")


class Wrong(NamedTuple):
    """The first operation of a graph whose local derivative (or value) is wrong."""

    operation: str
    operand: str  # which of its operands, by the name of the rule; "" for the value
    at: tuple[float, ...]
    out: float
    got: float
    reference: float
    uncertainty: float
    mistake: str
    line: str  # file.py:31: source text; "" where it is not known
    is_noise: bool = False  # right but for lost digits

    @property
    def reproduce(self) -> str:
        """A line of Python that shows it."""
        operands = ", ".join(map(repr, self.at))
        if not self.operand:
            return f"ad.PRIMITIVES[{self.operation!r}].evaluate({operands})"
        return f"ad.PRIMITIVES[{self.operation!r}].partials({self.out!r}, {operands})"

    def __str__(self) -> str:
        what = f"its derivative by {self.operand}" if self.operand else "its value"
        head = "loses digits" if self.is_noise else "first wrong operation"
        where = f" ({self.line})" if self.line else ""
        at = ", ".join(map(repr, self.at))
        uncertain = f" ± {number(self.uncertainty, 2)}" if self.uncertainty else ""
        lines = [
            f"{head}: {self.operation}({at}){where}",
            f"  {what}: got {self.got!r}, reference {self.reference!r}{uncertain}",
        ]
        lines += [f"  likely: {self.mistake}"] if self.mistake else []
        return "\n".join([*lines, f"  reproduce: {self.reproduce}"])


@dataclass(frozen=True, repr=False)
class Report:
    """The outcome of a check: true where the verdict is PASS; ``print`` shows all that was found.

    A failed ``assert report`` in a test of pytest's prints it, too; in a test of Hypothesis's for the
    example alone that it ends with.
    """

    title: str
    comparisons: Sequence[Comparison] = ()
    properties: Sequence[Property] = ()
    wrong: Wrong | None = None
    notes: Sequence[str] = ()
    evaluations: int = 0

    @property
    def verdict(self) -> Verdict:
        """FAIL where anything failed; else INCONCLUSIVE where anything is; else PASS."""
        found = {one.verdict for one in self.comparisons} | {one.verdict for one in self.properties}
        if "FAIL" in found:
            return "FAIL"
        return "PASS" if found == {"PASS"} else "INCONCLUSIVE"

    @property
    def passed(self) -> bool:
        """Whether the verdict is PASS; an inconclusive check did not pass."""
        return self.verdict == "PASS"

    def __bool__(self) -> bool:
        if not self.passed and "PYTEST_CURRENT_TEST" in os.environ:
            _tell(str(self))  # of what it asserts, pytest itself shows a line
        return self.passed

    def __repr__(self) -> str:
        """Return it in one line: the verdict, where, and the first reason."""
        every: list[Comparison | Property] = [*self.comparisons, *self.properties]
        reasons = [
            f"{one.label if isinstance(one, Comparison) else one.name}: {one.reason}"
            for one in every
            if one.verdict == self.verdict and one.reason
        ]
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        why = [f"{reasons[0]}{more}"] if reasons else []
        likely = [note.removeprefix("likely: ") for note in self.notes if note.startswith("likely: ")]
        if self.wrong:
            likely.append(f"{self.wrong.operation}: {self.wrong.mistake}")
        return "; ".join([f"<Report {self.verdict}: {self.title}", *likely, *why]) + ">"

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.title}"]
        lines += [f"  {one}" for one in self._shown()]
        lines += [f"  {one}" for one in self.properties if one.verdict != "PASS"]
        held = [one.name for one in self.properties if one.verdict == "PASS"]
        lines += [f"  holds: {', '.join(held)}"] if held else []
        lines += str(self.wrong).splitlines() if self.wrong else []
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _shown(self) -> Iterator[Comparison | str]:
        """Yield the comparisons, but of many that pass the first alone."""
        passed = [one for one in self.comparisons if one.verdict == "PASS"]
        hidden = {id(one) for one in passed[_MOST_SHOWN:]}
        yield from (one for one in self.comparisons if id(one) not in hidden)
        if hidden:
            yield f"PASS  {len(hidden)} more"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show all of it in a notebook."""
        printer.text(str(self))


def _tell(text: str) -> None:
    """Print what pytest shows of a failed test; Hypothesis prints it for the last example alone."""
    hypothesis = sys.modules.get("hypothesis")
    if hypothesis is not None and hypothesis.currently_in_test_context():
        hypothesis.note(text)
    else:
        print(text)
