"""Where a function has a kink: an operation at one of its own, or a comparison of equal numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from autodiff.testing.subject import Watch
from autodiff.value import Value


class Kink(NamedTuple):
    """A kink at the very point."""

    what: str

    def __str__(self) -> str:
        return self.what


def kinks_of(order: Sequence[Value], symbols: Mapping[Value, str], watch: Watch | None) -> list[Kink]:
    """Return the kinks that a run on Values met: of the table's operations, then of comparisons."""
    found = []
    for node in order:
        row = node.primitive
        if row is not None and 0.0 in row.margins([operand.data for operand in node.operands]):
            found.append(Kink(f"{symbols[node]} is at a kink of {row.name} ({row.convention})"))
    for left, right in watch.comparisons if watch else ():
        if _number(left) == _number(right):
            shown = " and ".join(_shown(side, symbols) for side in (left, right))
            found.append(Kink(f"the function compares {shown}, which are equal here"))
    return found


def gaps_of(order: Sequence[Value], watch: Watch) -> list[float]:
    """Return how far a run was from each kink it could meet: numbers that are 0 exactly at one.

    The table's operations come first, in order; then the comparisons that the function made.
    """
    found = []
    for node in order:
        if node.primitive is not None and node.primitive.kinks:
            found += node.primitive.margins([operand.data for operand in node.operands])
    return found + [_number(left) - _number(right) for left, right in watch.comparisons]


def _number(side: Any) -> float:
    return float(side.data) if hasattr(side, "data") else float(side)


def _shown(side: Any, symbols: Mapping[Value, str]) -> str:
    if isinstance(side, Value) and side in symbols:
        return f"{symbols[side]} = {side.data!r}"
    return repr(_number(side))
