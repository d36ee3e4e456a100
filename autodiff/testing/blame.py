"""Which operation of a graph is wrong: each local derivative against the reference, in order."""

import linecache
import math
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.errors import is_own_file
from autodiff.graph import local_derivatives, topological_order
from autodiff.primitive import Primitive, evaluated
from autodiff.testing.finite_differences import finite_difference
from autodiff.testing.reference import exact_sides, is_installed, reference_partials
from autodiff.testing.report import Wrong
from autodiff.testing.subject import Subject
from autodiff.value import Value

CLOSE = 1e-11
"""Relative: rules lose up to some hundred units in the last place, 4e-14, at extreme operands."""
_STEEPEST = 1e9  # a slope found to be steeper may be infinite, or a jump
_NO_VALUE = "the rule has no value here, the derivative has"
_NOISY = 0.2  # of the error: what is steadier than this is a mistake, no rounding


def first_wrong(outs: Sequence[Value]) -> tuple[int, Wrong] | None:
    """Return the first operation whose local derivative is wrong, and its place in topological order.

    A rule that is right but loses digits is told as such, when no rule is wrong.
    """
    noisy = None
    seen: set[tuple[Any, ...]] = set()
    for place, node in enumerate(topological_order(*outs)):
        if not node.operands:
            continue
        values = tuple(operand.data for operand in node.operands)
        moving = tuple(not operand.is_constant for operand in node.operands)
        if (node.primitive, values, moving) in seen:
            continue
        seen.add((node.primitive, values, moving))
        found = wrong_at(node.primitive, values, node.data, local_derivatives(node), moving)
        if found is not None and not found.is_noise:
            return place, found
        if found is not None and noisy is None:
            noisy = place, found
    return noisy


def wrong_at(
    row: Primitive,
    values: Sequence[float],
    out: float,
    got: Sequence[float],
    moving: Sequence[bool] | None = None,
) -> Wrong | None:
    """Return what is wrong with an operation's local derivatives at floats, None where nothing is.

    Arguments:
        row: the operation.
        values: its operands.
        out: its value.
        got: its local derivatives, one for each operand.
        moving: which operands are no constants; all unless given.
    """
    moving = moving or [True] * len(values)
    if not all(map(math.isfinite, (*values, out))):
        return None  # an edge of the domain: the checker says so
    if 0.0 in row.margins(values):
        return _at_kink(row, values, out, got, moving)
    references, errors = _references(row, values, moving)
    for position, (mine, right, error) in enumerate(zip(got, references, errors, strict=True)):
        if not moving[position] or right is None or not math.isfinite(right):
            continue
        if _close(mine, right, error):
            continue
        name = row.operands.name_of(position, len(values))
        if not math.isfinite(mine):
            if abs(right) > _STEEPEST:
                continue  # the slope may be infinite
            return Wrong(row.name, name, tuple(values), out, mine, right, error, _NO_VALUE, "")
        spread = _spread(row, values, position, right)
        if abs(mine - right) <= 8 * spread + error:
            continue
        noise = _is_noise(row, values, position)
        mistake = "the rule cancels: its digits are lost" if noise else _mistake(
            row, values, out, position, mine, [math.nan if one is None else one for one in references]
        )  # fmt: skip
        return Wrong(row.name, name, tuple(values), out, mine, right, error, mistake, "", noise)
    return None


def _close(mine: float, right: float, error: float) -> bool:
    return abs(mine - right) <= CLOSE * abs(right) + error + sys.float_info.min


def _references(
    row: Primitive, values: Sequence[float], moving: Sequence[bool]
) -> tuple[list[float | None], list[float]]:
    """Return the local derivatives by the reference, None where it has none, and their errors."""
    exact = reference_partials(row, values, moving) if is_installed() else None
    if exact is not None:
        # nan: moved by a little, this operand is outside the domain
        return [None if math.isnan(one) else one for one in exact], [0.0] * len(exact)
    found: list[float | None] = []
    errors = []
    for position, x in enumerate(values):
        if not moving[position]:
            found.append(None)
            errors.append(0.0)
            continue
        value, error = finite_difference(_moved(row, values, position), x)
        known = math.isfinite(error) and error <= 1e-4 * max(1.0, abs(value))
        found.append(value if known else None)
        errors.append(4 * error if known else 0.0)
    return found, errors


def _moved(row: Primitive, values: Sequence[float], position: int) -> Callable[[float], float]:
    return lambda x: row.evaluate(*values[:position], x, *values[position + 1 :])


def _only(position: int, values: Sequence[float]) -> list[bool]:
    return [i == position for i in range(len(values))]


def _neighbours(values: Sequence[float]) -> list[list[float]]:
    """Return the operands moved by a few units in the last place."""
    steps = (1, 3, -2, 5, -4, 7)
    return [[x + (step + i) * math.ulp(x) for i, x in enumerate(values)] for step in steps]


def _spread(row: Primitive, values: Sequence[float], position: int, right: float) -> float:
    """Return what a unit in the last place of each operand does to the derivative."""
    total = 0.0
    for i, x in enumerate(values):
        beside = [*values[:i], x + math.ulp(x), *values[i + 1 :]]
        moved = reference_partials(row, beside, _only(position, values))
        if moved is not None:
            total += abs(moved[position] - right)
    return total


def _is_noise(row: Primitive, values: Sequence[float], position: int) -> bool:
    """Return whether the error of a local derivative jumps about: lost digits, and no wrong rule."""
    errors = []
    for moved in _neighbours(values):
        right = reference_partials(row, moved, _only(position, values))
        if right is None or not right[position]:
            continue
        got = row.partials(row.evaluate(*moved), *moved)[position]
        errors.append((got - right[position]) / right[position])
    if len(errors) < 3:
        return False
    middle = sum(errors) / len(errors)
    return max(abs(error - middle) for error in errors) > _NOISY * abs(middle)


def _at_kink(
    row: Primitive,
    values: Sequence[float],
    out: float,
    got: Sequence[float],
    moving: Sequence[bool],
) -> Wrong | None:
    """Return a local derivative that does not lie between the slopes of both sides."""
    if not is_installed():
        return None
    for position, mine in enumerate(got):
        if not moving[position]:
            continue
        try:
            left, right = sorted(exact_sides(row, values, position))
        except (ArithmeticError, ValueError, TypeError, KeyError):
            continue
        slack = CLOSE * max(1.0, abs(left), abs(right))
        if not all(map(math.isfinite, (left, right))) or left - slack <= mine <= right + slack:
            continue
        if max(abs(left), abs(right)) > _STEEPEST:
            continue  # a jump has no slope
        name = row.operands.name_of(position, len(values))
        nearest = left if mine < left else right
        mistake = f"at its kink it has to lie between {left!r} and {right!r}"
        return Wrong(row.name, name, tuple(values), out, mine, nearest, 0.0, mistake, "")
    return None


# ── the likely mistake ──────────────────────────────────────────────────────────────────────────────


def _mistake(
    row: Primitive, values: Sequence[float], out: float, position: int, got: float,
    references: Sequence[float],
) -> str:  # fmt: skip
    right = references[position]
    if got == 0.0:
        return "a missing term: the rule gives 0"
    if _like(got, -right):
        return "the sign"
    for other, reference in enumerate(references):
        if other != position and _like(got, reference):
            return (
                f"swapped operands: that is the derivative by {row.operands.name_of(other, len(values))}"
            )
    if _exchanged(row, values, out, position, right):
        return "the operand used for the value, or the value for the operand"
    if right:
        factor = got / right
        elsewhere = [x * 1.25 + 0.125 for x in values]
        there = reference_partials(row, elsewhere, _only(position, values))
        if there is not None and there[position]:
            other_factor = row.partials(row.evaluate(*elsewhere), *elsewhere)[position] / there[position]
            if math.isclose(factor - 1, other_factor - 1, rel_tol=1e-4):
                return f"a constant factor of {_short(factor)}"
    if _like(got, out):
        return "the value in place of the derivative"
    return f"a wrong or missing term: {_short(right - got)} is missing"


def _exchanged(row: Primitive, values: Sequence[float], out: float, position: int, right: float) -> bool:
    if row.operands.variadic:
        return False
    name = row.operands.names[position]
    own = dict(zip(row.operands.names, values, strict=True))
    try:
        found = evaluated(row.partial_rules[position].tree, {**own, name: out, "out": own[name]})
    except (ArithmeticError, ValueError, TypeError):
        return False
    return bool(_like(float(found), right))


def _like(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-300)


def _short(x: float) -> str:
    return f"{x:.10g}"


# ── where it stands ─────────────────────────────────────────────────────────────────────────────────


def line_of(subject: Subject, place: int) -> str:
    """Return the user's line that made the node at a place in topological order, "" if unknown.

    The function runs once more, traced: before each line the count of nodes made so far is noted.
    """
    serials: list[int] = []
    frames: list[tuple[str, int, Any]] = []

    def note(frame: Any) -> None:
        while frame is not None and is_own_file(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:
            serials.append(Value(0.0).serial)
            frames.append((frame.f_code.co_filename, frame.f_lineno, frame.f_globals))

    def tracer(frame: Any, event: str, argument: Any) -> Any:
        if is_own_file(frame.f_code.co_filename):
            return None
        note(frame.f_back if event == "return" else frame)
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        outs, _ = subject.graph()
    finally:
        sys.settrace(before)
    order = topological_order(*outs)
    if place >= len(order) or not serials:
        return ""
    at = bisect_right(serials, order[place].serial) - 1
    if at < 0:
        return ""
    path, number, names = frames[at]
    source = linecache.getline(path, number, names).strip()
    where = f"{os.path.basename(path)}:{number}"
    return f"{where}: {source}" if source else where
