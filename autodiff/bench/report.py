"""A run as text and as JSON."""

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from autodiff.bench.sections import Row, Section
from autodiff.bench.targets import Verdict


def number(x: float) -> str:
    """Return the number with three significant digits, without an exponent.

    >>> [number(x) for x in (5772.1, 35.94, 1.999, 0.04213, 0.0)]
    ['5,772', '35.9', '2.00', '0.0421', '0.00']
    """
    if x == 0 or not math.isfinite(x):
        return f"{x:.2f}"
    return f"{x:,.{max(0, 2 - math.floor(math.log10(abs(x))))}f}"


def table(section: Section) -> str:
    """Return the section's table, slowest first, what could not be measured last."""
    measured = sorted((row for row in section.rows if row.figures), key=lambda row: -row.median)
    lines = [_figures(row) for row in measured]
    lines += [[row.title, row.note or "not measured"] for row in section.rows if not row.figures]
    head = [section.unit, "median", "lowest", "highest"]
    return f"{section.title}\n" + _aligned([head, *lines])


def _figures(row: Row) -> list[str]:
    if len(row.figures) == 1:  # found once: there is no spread
        return [row.title, number(row.median), "", ""]
    return [row.title, number(row.median), number(min(row.figures)), number(max(row.figures))]


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Return the table of targets."""
    lines = [["Targets", "wanted", "measured", ""]]
    width = max(len(verdict.word) for verdict in verdicts)
    for verdict in verdicts:
        measured = "" if verdict.measured is None else number(verdict.measured)
        lines.append([verdict.claim, verdict.wanted, measured, f"{verdict.word:<{width}}"])
    return _aligned(lines)


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    """Return the lines in columns, numbers to the right; a line of two cells is a text with a note."""
    whole = [line for line in lines if len(line) > 2]
    first = max(len(line[0]) for line in lines)
    widths = [max(len(line[i]) for line in whole) for i in range(1, len(whole[0]))]
    rows = []
    for line in lines:
        cells = (
            line[1:]
            if len(line) == 2
            else [f"{cell:>{w}}" for cell, w in zip(line[1:], widths, strict=True)]
        )
        rows.append("  ".join([f"{line[0]:<{first}}", *cells]).rstrip())
    return "\n".join(rows) + "\n"


def machine() -> str:
    """Return what the run ran on."""
    import numpy

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"Python {platform.python_version()}, NumPy {numpy.__version__}, {_processor()}, "
        f"one of {cores} cores, one thread"
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def as_json(sections: Mapping[str, Section], verdicts: Sequence[Verdict]) -> str:
    """Return everything that was measured, every round of it."""
    content: dict[str, Any] = {
        "machine": machine(),
        "sections": {
            key: {
                "title": section.title,
                "unit": section.unit,
                "rows": [row._asdict() for row in section.rows],
            }
            for key, section in sections.items()
        },
        "targets": [verdict._asdict() for verdict in verdicts],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
