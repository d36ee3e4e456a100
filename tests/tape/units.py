"""The lane units that run on this machine, called with columns of numbers."""

import os
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

import autodiff as ad
from autodiff.tape.lanes import INSTRUCTION_SETS, unit

UNITS: dict[str, ModuleType] = {
    name: module for name in INSTRUCTION_SETS if (module := unit(name)) is not None
}
"""The units by instruction set."""

needs_units = pytest.mark.skipif(
    not UNITS and "CI" not in os.environ, reason="no lane unit was built: a C compiler is needed"
)
every_unit = pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))

Column = np.ndarray[tuple[int], np.dtype[np.float64]]


def columns(points: Sequence[Sequence[float]], count: int) -> list[Column]:
    """Return the operands of all points, one array for each operand."""
    table = np.array(points, dtype=float).reshape(len(points), count)
    return [np.ascontiguousarray(table[:, place]) for place in range(count)]


def values(unit: ModuleType, row: ad.Primitive, operands: Sequence[Column]) -> Column:
    """Return the row's value in each lane."""
    out = np.empty(len(operands[0]))
    unit.value(row.name, out, list(operands))
    return out


def partials(
    unit: ModuleType, row: ad.Primitive, out: Column, operands: Sequence[Column]
) -> list[Column]:
    """Return the partials by all operands, in order: one array each."""
    found: list[Column] = []
    for rule, group in enumerate(row.operands.groups):
        size = 1
        if group:
            size = len(operands) // row.operands.groups.count(True) - (not row.operands.groups[0])
        results = [np.empty(len(out)) for _ in range(size)]
        unit.partial(row.name, rule, results, out, list(operands))
        found += results
    return found


def same_bits(a: Column, b: Column) -> bool:
    """Return whether two arrays hold the same bits, any nan being as good as another."""
    both_nan = np.isnan(a) & np.isnan(b)
    return bool(np.all(both_nan | (a.view(np.uint64) == b.view(np.uint64))))
