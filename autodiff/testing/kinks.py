"""Where a function has a kink: an operation at one of its own, or a comparison of equal numbers."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autodiff.testing.finite_differences import one_sided
from autodiff.testing.report import Comparison, Reference, Verdict
from autodiff.testing.watch import Watch
from autodiff.value import Value


def kinks_of(order: Sequence[Value], symbols: Mapping[Value, str], watch: Watch | None) -> list[str]:
    """Return the kinks that a run on Values met: of the table's operations, then of comparisons."""
    found = []
    for node in order:
        row = node.primitive
        if row is not None and 0.0 in row.margins([operand.data for operand in node.operands]):
            operands = ", ".join(symbols.get(x, repr(x.data)) for x in node.operands)
            convention = f" ({row.convention})" if row.convention else ""
            found.append(f"{row.name}({operands}) is at its kink{convention}")
    for left, right in watch.comparisons if watch else ():
        if _number(left) == _number(right):
            shown = " and ".join(_shown(side, symbols) for side in (left, right))
            found.append(f"the function compares {shown}, which are equal here")
    return found


def compared_at_kink(
    label: str,
    mine: dict[str, float],
    moved: Callable[[float], float],
    at: float,
    kinks: Sequence[str],
    noise: float = 0.0,
    scale: float = 0.0,
) -> Comparison:
    """Return how derivatives along a line compare with the slopes on both sides of where it has kinks.

    Between them no difference can say which number is right: that is INCONCLUSIVE. Outside is wrong,
    where there is one kink only: several can meet where the function is smooth, each follows its own
    convention, and their sum may be outside. ``scale`` is how large derivatives are here: a slope that
    is 0 has no size of its own.
    """
    left, right = one_sided(moved, at, -1.0, noise), one_sided(moved, at, 1.0, noise)
    low, high = sorted((left, right))
    size = max(abs(left.value), abs(right.value), *map(abs, mine.values()))
    slack = 4 * max(left.error, right.error) + 1e-9 * size
    sides = Reference("slope on the left", *left), Reference("on the right", *right)

    def found(verdict: Verdict, told: str) -> Comparison:
        return Comparison(label, mine, sides, verdict, f"{kinks[0]}; {told}")

    if not all(map(math.isfinite, (*left, *right))) or slack > max(1e-3 * size, 1e-6 * scale):
        return found("INCONCLUSIVE", "the slopes are not known")
    if not all(low.value - slack <= x <= high.value + slack for x in mine.values()):
        outside = "the derivative is not between the slopes of both sides"
        return found("INCONCLUSIVE" if len(kinks) > 1 else "FAIL", outside)
    if high.value - low.value <= slack:
        return found("PASS", "along here both slopes are the derivative")
    return found("INCONCLUSIVE", "the derivative is between them")


def gaps_of(order: Sequence[Value], watch: Watch) -> list[float]:
    """Return how far a run was from each kink it could meet: numbers that are 0 exactly at one.

    The table's operations come first, in order; then the comparisons that the function made.
    """
    return [gap for gap, _ in sides_of_gaps(order, watch)]


def sides_of_gaps(order: Sequence[Value], watch: Watch) -> list[tuple[float, tuple[Value, ...]]]:
    """Return the gaps of a run, each with the Values that it depends on."""
    found: list[tuple[float, tuple[Value, ...]]] = []
    for node in order:
        if node.primitive is not None and node.primitive.kinks:
            found += [(gap, (node,)) for gap in node.primitive.margins([x.data for x in node.operands])]
    for left, right in watch.comparisons:
        sides = tuple(side for side in (left, right) if isinstance(side, Value))
        found.append((_number(left) - _number(right), sides))
    return found


def _number(side: Any) -> float:
    return float(side.data) if hasattr(side, "data") else float(side)


def _shown(side: Any, symbols: Mapping[Value, str]) -> str:
    if isinstance(side, Value) and side in symbols:
        return f"{symbols[side]} = {side.data!r}"
    return repr(_number(side))
