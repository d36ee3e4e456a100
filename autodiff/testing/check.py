"""Derivatives of an expression in both modes, beside finite differences with their own error."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from autodiff.graph import adjoints, tangents, topological_order
from autodiff.notation import number
from autodiff.paths import symbols_of
from autodiff.syntax import Computed, Program, evaluate
from autodiff.testing.finite_differences import Estimate, finite_difference
from autodiff.value import Value

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]
_LARGEST_ERROR = 1e-6  # relative; an estimate that is worse tells nothing


@dataclass(frozen=True)
class Comparison:
    """One derivative, found three ways."""

    out: str
    x: str
    reverse: float
    forward: float
    estimate: Estimate
    verdict: Verdict
    reason: str

    def __str__(self) -> str:
        shown = f"∂{self.out}/∂{self.x}: reverse {self.reverse!r}, forward {self.forward!r}, "
        differences = f"finite differences {self.estimate.value!r} ± {number(self.estimate.error, 2)}"
        return f"{self.verdict}  {shown}{differences}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True)
class Report:
    """The comparisons of all outputs by all inputs."""

    comparisons: Sequence[Comparison]

    @property
    def passed(self) -> bool:
        """Whether every derivative passed; an inconclusive one did not."""
        return all(comparison.verdict == "PASS" for comparison in self.comparisons)

    def __str__(self) -> str:
        return "\n".join(map(str, self.comparisons))


def check_program(program: Program, values: Mapping[str, float], computed: Computed) -> Report:
    """Return how the derivatives of a computed program compare with finite differences."""
    order = topological_order(*computed.outputs)
    symbols = symbols_of(order)
    kink = _kink(order, symbols)
    comparisons = []
    for index, out in enumerate(computed.outputs):
        x_bars = adjoints(topological_order(out), {out: 1.0})
        for name, x in computed.inputs.items():
            estimate = finite_difference(
                lambda moved, name=name, index=index: evaluate(program, {**values, name: moved})[index],  # type: ignore[misc]
                values[name],
            )
            reverse = x_bars.get(x, 0.0)
            forward = tangents(order, {x: 1.0}).get(out, 0.0)
            verdict, reason = _verdict(reverse, forward, estimate, kink)
            comparisons.append(
                Comparison(symbols[out], name, reverse, forward, estimate, verdict, reason)
            )
    return Report(comparisons)


def _verdict(reverse: float, forward: float, estimate: Estimate, kink: str) -> tuple[Verdict, str]:
    if not all(map(math.isfinite, (reverse, forward, *estimate))):
        return "INCONCLUSIVE", "not everything is finite here"
    if not math.isclose(reverse, forward, rel_tol=1e-9, abs_tol=1e-300):
        return "FAIL", "reverse and forward mode disagree"
    scale = max(abs(reverse), abs(estimate.value))
    if kink:
        return "INCONCLUSIVE", kink
    # nan and inf fail every comparison here, and so are never a pass.
    if not estimate.error <= _LARGEST_ERROR * max(scale, 1.0):
        return "INCONCLUSIVE", "the finite differences are too uncertain here"
    if abs(reverse - estimate.value) <= 4 * estimate.error + 2.0**-50 * scale:
        return "PASS", ""
    return "FAIL", "further off than the finite differences' own error"


def _kink(order: Sequence[Value], symbols: Mapping[Value, str]) -> str:
    """Return which operation stands at a kink, "" where none does."""
    for node in order:
        row = node.primitive
        if row is not None and 0.0 in row.margins([operand.data for operand in node.operands]):
            return f"{symbols[node]} is at a kink of {row.name} ({row.convention})"
    return ""
