"""Which operation of a graph is wrong: each local derivative against the reference, in order."""

import math
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from autodiff.errors import is_own_file, line_text
from autodiff.graph import local_derivatives, topological_order
from autodiff.primitive import Primitive
from autodiff.testing.complex_step import complex_partial
from autodiff.testing.finite_differences import finite_difference
from autodiff.testing.reference import WITHOUT_VALUE, exact_sides, is_installed, reference_partials
from autodiff.testing.report import Wrong
from autodiff.testing.rule_mistakes import LOST_DIGITS, NO_VALUE, Seen, of_rule, operand_name
from autodiff.testing.subject import Subject
from autodiff.value import Value

CLOSE = 1e-11
"""Relative: rules lose up to some hundred units in the last place, 4e-14, at extreme operands."""
_STEEPEST = 1e9  # a slope found to be steeper may be infinite, or a jump
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
        if not moving[position] or not math.isfinite(right) or _close(mine, right, error):
            continue
        name = operand_name(row, position, len(values))
        if not math.isfinite(mine):
            if abs(right) > _STEEPEST:
                continue  # the slope may be infinite
            return Wrong(row.name, name, tuple(values), out, mine, right, error, NO_VALUE, "")
        if abs(mine - right) <= 8 * _spread(row, values, position, right) + error:
            continue
        noise = _is_noise(row, values, position)
        here = Seen(values, out, got, references)
        mistake = LOST_DIGITS if noise else of_rule(row, position, here, _seen_at(row, moving))
        return Wrong(row.name, name, tuple(values), out, mine, right, error, mistake, "", noise)
    return None


def _seen_at(row: Primitive, moving: Sequence[bool]) -> Callable[[Sequence[float]], Seen | None]:
    """Return what looks at the row's rules elsewhere."""

    def seen(values: Sequence[float]) -> Seen | None:
        out = row.evaluate(*values)
        if not math.isfinite(out) or 0.0 in row.margins(values):
            return None
        references, _ = _references(row, values, moving)
        return Seen(values, out, row.partials(out, *values), references)

    return seen


def _close(mine: float, right: float, error: float) -> bool:
    return abs(mine - right) <= CLOSE * abs(right) + error + sys.float_info.min


def _references(
    row: Primitive, values: Sequence[float], moving: Sequence[bool]
) -> tuple[list[float], list[float]]:
    """Return the local derivatives by the reference, nan where it has none, and their errors."""
    exact = reference_partials(row, values, moving) if is_installed() else None
    if exact is not None:
        return exact, [0.0] * len(exact)  # nan: moved by a little, that operand is outside the domain
    found = [math.nan] * len(values)
    errors = [0.0] * len(values)
    for position, x in enumerate(values):
        if not moving[position]:
            continue
        stepped = complex_partial(row, values, position)
        value, error = stepped or finite_difference(_moved(row, values, position), x)
        if math.isfinite(error) and error <= 1e-4 * max(1.0, abs(value)):
            found[position], errors[position] = value, 4 * error
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
        except WITHOUT_VALUE:
            continue
        slack = CLOSE * max(1.0, abs(left), abs(right))
        if not all(map(math.isfinite, (left, right))) or left - slack <= mine <= right + slack:
            continue
        if max(abs(left), abs(right)) > _STEEPEST:
            continue  # a jump has no slope
        name = operand_name(row, position, len(values))
        nearest = left if mine < left else right
        mistake = f"at its kink it has to lie between {left!r} and {right!r}"
        return Wrong(row.name, name, tuple(values), out, mine, nearest, 0.0, mistake, "")
    return None


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
    return line_text(*frames[at])
