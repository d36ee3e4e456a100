"""Right derivatives called wrong: ``python -m tests.nightly.false_alarms --count 40000``.

Every built-in row, with every number of operands, alone and inside a composition, at random points of
its domain. The rules are right (tests/table says so, at 60 digits), so every FAIL is a false alarm.

PASS          as it should be
INCONCLUSIVE  no pass and no alarm: counted by the reason given
FAIL          a false alarm; one in 10,000 is allowed
"""

import argparse
import itertools
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

import autodiff as ad
from autodiff import modes
from autodiff.errors import DomainError
from autodiff.rows import built_in
from autodiff.testing import Comparison, Report, check_gradients
from autodiff.testing.interior import operand_counts

ALLOWED = 1e-4  # of the cases
_SECOND_ORDER_EVERY = 10
_MOST_DRAWN = 1000  # points until one is inside a row's domain
_MOST_SHOWN = 10

WITHIN: dict[str, Callable[..., Any]] = {
    "out": lambda out, *xs: out,
    "ad.asinh(out)": lambda out, *xs: ad.asinh(out),
    "ad.tanh(out) * xs[0]": lambda out, *xs: ad.tanh(out) * xs[0],
    "out * out + xs[-1]": lambda out, *xs: out * out + xs[-1],
}
"""What a row's value goes into; every second case is the row alone."""


def _magnitude(random: Random) -> float:
    return random.choice((1.0, -1.0)) * 10.0 ** random.uniform(-6.0, 6.0)


def _tied(random: Random, count: int) -> list[float]:
    few = [random.uniform(-3.0, 3.0) for _ in range(-(-count // 2))]
    return [random.choice(few) for _ in range(count)]


POINTS: dict[str, Callable[[Random, int], list[float]]] = {
    "uniform": lambda random, count: [random.uniform(-3.0, 3.0) for _ in range(count)],
    "any magnitude": lambda random, count: [_magnitude(random) for _ in range(count)],
    "tied": _tied,
    "integer": lambda random, count: [float(random.randint(-3, 3)) for _ in range(count)],
}


class Case(NamedTuple):
    """A row at a point, and what its value goes into."""

    row: str
    within: str
    point: tuple[float, ...]
    order: int

    def __call__(self, *xs: Any) -> Any:
        """Return the function's value."""
        return WITHIN[self.within](ad.PRIMITIVES[self.row].apply(xs), *xs)

    def __str__(self) -> str:
        """Return a line of Python that checks it."""
        out = f"(out := ad.PRIMITIVES[{self.row!r}].apply(xs))"
        inside = self.within.replace("out", out, 1)
        point = ", ".join(map(repr, self.point))
        return f"check_gradients(lambda *xs: {inside}, {point}, order={self.order})"


def cases(count: int, seed: int) -> Iterator[Case]:
    """Yield so many cases, each row and number of operands in turn."""
    walk = [(name, n) for name in sorted(built_in) for n in operand_counts(ad.PRIMITIVES[name])]
    for i, (name, operands) in zip(range(count), itertools.cycle(walk), strict=False):
        random = Random(f"{seed} {i}")  # each is the same, whatever is changed about the others
        within = random.choice([*WITHIN]) if random.random() < 0.5 else "out"
        order = 1 if (i + i // len(walk)) % _SECOND_ORDER_EVERY else 2  # each row's turn comes
        yield Case(name, within, _inside(ad.PRIMITIVES[name], operands, random), order)


def _inside(row: ad.Primitive, count: int, random: Random) -> tuple[float, ...]:
    """Return a random point in the domain of a row."""
    for _ in range(_MOST_DRAWN):
        point = POINTS[random.choice([*POINTS])](random, count)
        try:
            with modes.strict():
                row.apply(point)
        except DomainError:
            continue
        return tuple(point)
    raise AssertionError(f"none of {_MOST_DRAWN} points is inside the domain of {row.name}")


def checked(case: Case) -> Report:
    """Return the checker's report."""
    return check_gradients(case, *case.point, order=case.order)


def reason_of(report: Report) -> str:
    """Return why a check is inconclusive, without the numbers."""
    one = next(one for one in (*report.comparisons, *report.properties) if one.verdict == "INCONCLUSIVE")
    if "kink" in one.reason:
        return "at a kink: " + one.reason.rpartition("; ")[2]
    what = "" if not isinstance(one, Comparison) else "second order: " if "²" in one.label else ""
    told = one.reason if isinstance(one, Comparison) else f"{one.name}: {one.reason}"
    return what + re.sub(r"-?\d[\d.]*(e[-+]?\d+)?", "…", told)


class Tally:
    """How the cases came out."""

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.alarms: list[tuple[Case, Report]] = []

    def add(self, case: Case, report: Report) -> None:
        """Count one more."""
        self.verdicts[report.verdict] += 1
        if report.verdict == "FAIL":
            self.alarms.append((case, report))
        elif report.verdict == "INCONCLUSIVE":
            self.reasons[reason_of(report)] += 1

    @property
    def is_too_many(self) -> bool:
        """Whether false alarms are more than one in 10,000."""
        return len(self.alarms) > ALLOWED * sum(self.verdicts.values())

    def __str__(self) -> str:
        count = sum(self.verdicts.values())
        told = ", ".join(f"{self.verdicts[one]:,} {one}" for one in ("PASS", "INCONCLUSIVE", "FAIL"))
        lines = [f"{count:,} cases: {told}"]
        lines += [f"  INCONCLUSIVE {times:7,}  {why}" for why, times in self.reasons.most_common()]
        for case, report in self.alarms[:_MOST_SHOWN]:
            lines += [f"  FAIL  {case}", f"        {report!r}"]
        return "\n".join(lines)


def tallied(walk: Sequence[Case] | Iterator[Case]) -> Tally:
    """Return how the checker judges every case of a walk."""
    tally = Tally()
    for case in walk:
        tally.add(case, checked(case))
    return tally


def main() -> int:
    """Return 1 when false alarms are more than one in 10,000."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.perf_counter()
    tally = tallied(cases(options.count, options.seed))
    print(tally)
    print(
        f"{1000 * (time.perf_counter() - began) / max(options.count, 1):.1f} ms a case", file=sys.stderr
    )
    return int(tally.is_too_many)


if __name__ == "__main__":
    sys.exit(main())
