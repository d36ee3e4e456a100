"""The likely mistake in a gradient written by hand."""

import math
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from autodiff.testing.comparing import tolerance
from autodiff.testing.directions import MOST_COORDINATES, Direction
from autodiff.testing.finite_differences import finite_difference
from autodiff.testing.report import Reference
from autodiff.testing.subject import Subject
from autodiff.testing.sums import dot

_MOST_NAMED = 4  # of many numbers no more wrong ones are looked for
_CLOSE = 1e-7  # relative: what is taken for the same
_SAME = 1e-10  # relative: by what a factor may be off that is itself measured
_SURE = 1e-3  # relative: what is known less well tells no mistakes apart


class Measured(NamedTuple):
    """What finite differences say of the derivative along a direction."""

    direction: Direction
    reference: Reference


def of_gradient(
    subject: Subject,
    got: Sequence[float],
    gradient: Callable[[Sequence[float]], Sequence[float]],
    measured: Sequence[Measured],
) -> str:
    """Return what is likely wrong with a gradient, "" where nothing is recognised.

    Arguments:
        subject: the function.
        got: its gradient as it was written, flat.
        gradient: the same at other numbers.
        measured: what is known of the right one.
    """
    for name, other in _variants(subject, got, measured):
        if _fits(other, measured):
            return name
    right = _wrong_ones(subject, got, measured)
    wrong = list(right)
    if not wrong:
        return ""
    named = _named(subject, wrong)
    if all(got[i] == 0.0 for i in wrong):
        return f"{named}: a term is missing, the gradient has 0"
    if all(_like(got[i], -right[i]) for i in wrong):
        return f"the sign of {named}"
    if len(wrong) == 2 and all(
        _like(got[i], right[j]) for i, j in zip(wrong, reversed(wrong), strict=True)
    ):
        return f"{named} are swapped"
    ratios = [got[i] / right[i] if right[i] else math.nan for i in wrong]
    ratios += _ratios_elsewhere(subject, gradient, wrong)
    same = all(math.isclose(ratio - 1, ratios[0] - 1, rel_tol=1e-3) for ratio in ratios)
    if same and abs(ratios[0] - 1) > _CLOSE:
        return f"a factor of {ratios[0]:.8g} in {named}"
    return f"a wrong or missing term in {named}"


def _variants(
    subject: Subject, got: Sequence[float], measured: Sequence[Measured]
) -> Iterator[tuple[str, Sequence[float]]]:
    """Yield other gradients that somebody may have meant, and what the mistake would be."""
    if len(got) == 1:
        return
    yield "the sign of all of it", [-x for x in got]
    pairs = ((dot(got, one.direction.steps), one.reference.value) for one in measured)
    factor = next((mine / right for mine, right in pairs if mine and right), 0.0)
    if factor and abs(factor - 1) > _CLOSE:
        yield f"a factor of {factor:.8g} in all of it", [x / factor for x in got]
    for (rows, columns), start in _matrices(subject):
        end = start + rows * columns
        turned = [got[start + j * columns + i] for i in range(rows) for j in range(columns)]
        yield "the matrix is transposed", [*got[:start], *turned, *got[end:]]
    if len(got) > 2:
        yield "all of it is one place too late", [*got[1:], got[0]]
        yield "all of it is one place too early", [got[-1], *got[:-1]]


def _fits(gradient: Sequence[float], measured: Sequence[Measured]) -> bool:
    """Return whether a gradient is what was measured."""
    pairs = [(dot(gradient, one.direction.steps), one.reference) for one in measured]
    sure = [(mine, one) for mine, one in pairs if one.error < _SURE * max(abs(mine), abs(one.value))]
    return bool(sure) and all(
        abs(mine - one.value) <= 4 * one.error + _SAME * abs(one.value) for mine, one in sure
    )


def _wrong_ones(
    subject: Subject, got: Sequence[float], measured: Sequence[Measured]
) -> dict[int, float]:
    """Return which numbers have a wrong derivative, and the right one."""
    if len(got) <= MOST_COORDINATES:
        found = {one.direction.steps.index(1.0): one.reference for one in measured}
        return {i: one.value for i, one in found.items() if not _agrees(got[i], one)}
    wrong: dict[int, float] = {}
    generator = Random(0)
    signs = [generator.choice((-1.0, 1.0)) * size for size in subject.sizes]
    pending = [(0, len(got))]
    while pending and len(wrong) < _MOST_NAMED:
        first, end = pending.pop()
        steps = [d if first <= i < end else 0.0 for i, d in enumerate(signs)]
        reference = _difference(subject, got, steps)
        if _agrees(dot(got, steps), reference):
            continue
        if end - first == 1:
            wrong[first] = reference.value / signs[first]
        else:
            middle = (first + end) // 2
            pending += [(middle, end), (first, middle)]
    return wrong


def _difference(subject: Subject, slopes: Sequence[float], steps: Sequence[float]) -> Reference:
    """Return the derivative along a direction by finite differences."""
    line, start, noise = subject.along(steps, [1.0], slopes)
    return Reference("finite differences", *finite_difference(line, start, noise, abs(start) or 1.0))


def _ratios_elsewhere(
    subject: Subject, gradient: Callable[[Sequence[float]], Sequence[float]], wrong: Sequence[int]
) -> list[float]:
    """Return the ratios to the right derivatives at another point, none where there is no gradient."""
    numbers = [x * 1.125 + 0.0625 for x in subject.numbers]
    try:
        there = gradient(numbers)
    except Exception:  # it, or the function, may have no value there
        return []
    ratios = []
    for i in wrong[:_MOST_NAMED]:
        steps = [float(i == j) for j in range(len(numbers))]
        right = _difference(subject.at(numbers), there, steps)
        if right.value and math.isfinite(right.error):
            ratios.append(there[i] / right.value)
    return ratios


def _agrees(one: float, reference: Reference) -> bool:
    return abs(one - reference.value) <= tolerance({"": one}, reference)


def _like(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_CLOSE)


def _named(subject: Subject, places: Sequence[int]) -> str:
    shown = [f"∂/∂{subject.labels[i]}" for i in places[:3]]
    return ", ".join(shown) + (" and others" if len(places) > 3 else "")


def _matrices(subject: Subject) -> Iterator[tuple[tuple[int, int], int]]:
    """Yield the shape of each argument that is a square matrix, and where its numbers start."""
    start = 0
    for argument in subject.arguments(subject.numbers):
        if isinstance(argument, (int, float)):
            start += 1
            continue
        shape = getattr(argument, "shape", None)
        if (
            shape is None
            and isinstance(argument, list)
            and all(isinstance(row, list) for row in argument)
        ):
            shape = (len(argument), len(argument[0]) if argument else 0)
        if shape is not None and len(shape) == 2 and shape[0] == shape[1] > 1:
            yield (shape[0], shape[1]), start
        start += _size(argument)


def _size(tree: object) -> int:
    if isinstance(tree, dict):
        return sum(map(_size, tree.values()))
    if isinstance(tree, (list, tuple)):
        return sum(map(_size, tree))
    return int(getattr(tree, "size", 1))
