"""What was set out to be reached, and whether a run's figures reach it."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from autodiff.bench.sections import Row, Section, quotients


class Target(NamedTuple):
    """A bound on a quotient of two rows of a section, or on one row where ``below`` is empty."""

    claim: str
    section: str
    above: str
    below: str
    bound: float
    at_least: bool = False
    moonshot: float | None = None


TARGETS = (
    Target("native eager: times faster than XAD", "D", "xad", "native", 6, at_least=True),
    Target("native eager: times faster than micrograd", "D", "micrograd", "native", 150, at_least=True),
    Target("native eager ÷ forward pass on floats", "D", "native", "floats", 3, moonshot=2.5),
    Target("pure eager: times faster than micrograd", "D", "micrograd", "pure", 6, at_least=True),
    Target("compiled ÷ JAX jit, workload D", "D", "compiled", "jax", 0.5),
    Target("compiled ÷ JAX jit, workload I", "I", "compiled", "jax", 1),
    Target("compiled ÷ JAX with the loop fused, workload I (moonshot)", "I", "compiled", "jax-fused", 1),
    Target("compiled ÷ the lecture's NumPy, 100,000 steps of I", "steps", "compiled", "numpy", 1),
    Target("compiled gradient ÷ function, workload D", "tape", "network", "", 3),
    Target("compiled gradient ÷ function, workload I", "tape", "experiment", "", 3),
    Target("recording 100,000 nodes, seconds", "tape", "recording", "", 0.5),
    Target("tape, bytes an instruction", "tape", "bytes_an_instruction", "", 24),
    Target("native eager, bytes a node", "memory", "native", "", 96),
    Target("import, ms over bare Python", "import", "native", "", 40),
    Target("import of the pure core, ms over bare Python", "import", "pure", "", 40),
)

# From the smallest graph to the largest, ten thousand times larger, time a node may grow by 2.5: caches
# and memory are no part of the algorithm, an extra factor log n would be.
LINEAR = 1.1


class Verdict(NamedTuple):
    """A target beside what was measured; ``measured`` is None where an engine is missing."""

    claim: str
    wanted: str
    measured: float | None
    met: bool

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        if self.measured is None:
            return "not measured"
        return "met" if self.met else "MISSED"


def verdicts(sections: Mapping[str, Section]) -> list[Verdict]:
    """Return the verdict on every target whose section was measured."""
    found = [
        _verdict(target, sections[target.section]) for target in TARGETS if target.section in sections
    ]
    if "scaling" in sections:
        for engine in ("native", "pure"):
            rows = [row for row in sections["scaling"].rows if row.key.startswith(f"{engine}-")]
            measured = exponent(rows)
            claim = f"cost of n nodes grows as n to the power of, {engine} eager"
            met = measured is not None and measured <= LINEAR
            found.append(Verdict(claim, f"≤ {LINEAR:g}", measured, met))
    return found


def _verdict(target: Target, section: Section) -> Verdict:
    row_of = {row.key: row for row in section.rows}
    wanted = f"{'≥' if target.at_least else '≤'} {target.bound:g}"
    if target.moonshot is not None:
        wanted += f" (moonshot {target.moonshot:g})"
    figures = row_of[target.above].figures
    if target.below:
        figures = quotients(figures, row_of[target.below].figures)
    if not figures:
        return Verdict(target.claim, wanted, None, False)
    measured = median(figures)
    met = measured >= target.bound if target.at_least else measured <= target.bound
    return Verdict(target.claim, wanted, measured, met)


def exponent(rows: Sequence[Row]) -> float | None:
    """Return p where the cost of n nodes grows as n**p, by least squares over the rows' sizes.

    A row's key ends in its size, its figures are for one node.

    >>> exponent([Row("native-1000", "", (50.0,)), Row("native-10000", "", (100.0,))])
    1.3010299956639813
    """
    points = [
        (math.log(int(row.key.rpartition("-")[2])), math.log(row.median)) for row in rows if row.figures
    ]
    if len(points) < 2:
        return None
    x_mean = sum(x for x, _ in points) / len(points)
    covariance = sum((x - x_mean) * y for x, y in points)
    return 1 + covariance / sum((x - x_mean) ** 2 for x, _ in points)
