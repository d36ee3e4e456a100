"""The likely mistake in a gradient written by hand."""

import math
from collections.abc import Callable, Iterator, Sequence

from autodiff.testing.finite_differences import finite_difference
from autodiff.testing.subject import Subject

MOST = 400  # numbers: beyond, no full reference is computed for a guess


def of_gradient(
    subject: Subject, got: Sequence[float], gradient: Callable[[Sequence[float]], Sequence[float]]
) -> str:
    """Return what is likely wrong with a gradient, "" where nothing is recognised.

    Arguments:
        subject: the function.
        got: its gradient as it was written, flat.
        gradient: the same at other numbers.
    """
    count = len(got)
    if count > MOST:
        return ""
    right = _reference(subject, got, subject.numbers)
    if not all(map(math.isfinite, right)):
        return ""
    wrong = [i for i in range(count) if not _like(got[i], right[i])]
    named = _named(subject, wrong)
    if not wrong:
        return ""
    if all(got[i] == 0.0 for i in wrong):
        return f"{named}: a term is missing, the gradient has 0"
    if all(_like(got[i], -right[i]) for i in wrong):
        return f"the sign of {named}"
    for shape, start in _matrices(subject):
        if _is_transposed(got, right, shape, start):
            return "the matrix is transposed"
    if (
        len(wrong) == 2
        and _like(got[wrong[0]], right[wrong[1]])
        and _like(got[wrong[1]], right[wrong[0]])
    ):
        return f"{named} are swapped"
    elsewhere = [x * 1.125 + 0.0625 for x in subject.numbers]
    there = gradient(elsewhere)
    ratios = _ratios(got, right, wrong) + _ratios(there, _reference(subject, there, elsewhere), wrong)
    if all(math.isclose(ratio - 1, ratios[0] - 1, rel_tol=1e-3) for ratio in ratios):
        return f"a factor of {ratios[0]:.8g} in {named}"
    return f"a wrong or missing term in {named}"


def _reference(subject: Subject, slopes: Sequence[float], numbers: Sequence[float]) -> list[float]:
    """Return the gradient by finite differences at some numbers."""
    moved = subject.at(numbers)
    found = []
    for i in range(len(numbers)):
        line, start, noise = moved.along([float(i == j) for j in range(len(numbers))], [1.0], slopes)
        found.append(finite_difference(line, start, noise).value)
    return found


def _ratios(got: Sequence[float], right: Sequence[float], places: Sequence[int]) -> list[float]:
    return [got[i] / right[i] if right[i] else math.nan for i in places]


def _like(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-7, abs_tol=1e-9)


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


def _is_transposed(
    got: Sequence[float], right: Sequence[float], shape: tuple[int, int], start: int
) -> bool:
    rows, columns = shape
    return all(
        _like(got[start + i * columns + j], right[start + j * columns + i])
        for i in range(rows)
        for j in range(columns)
    )
