"""A gradient written by hand, beside finite differences of the function."""

import copy
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from autodiff.scalars import is_real
from autodiff.structure import flatten
from autodiff.testing.comparing import compared, precision_of
from autodiff.testing.directions import Direction, directions
from autodiff.testing.finite_differences import finite_difference, noise_of
from autodiff.testing.kinks import compared_at_kink
from autodiff.testing.mistakes import Measured, of_gradient
from autodiff.testing.raised import raised_as
from autodiff.testing.report import Comparison, Reference
from autodiff.testing.subject import Subject, number_of
from autodiff.testing.sums import dot

_BEND = "the slopes on both sides differ"


class NoGradientError(Exception):
    """What should be a gradient is none; the message says why."""


class OwnGradient:
    """A function, and its gradient as somebody wrote it.

    Arguments:
        subject: the function.
        gradient: called with the same arguments; its result has their structure.
        value: of the function.
        accuracy: relative, to which both are known.
    """

    def __init__(
        self, subject: Subject, gradient: Callable[..., Any], value: float, accuracy: float
    ) -> None:
        self.subject = subject
        self._gradient = gradient
        self._value = value
        self._accuracy = accuracy
        self._measured: list[Measured] = []

    def at(self, numbers: Sequence[float]) -> list[float]:
        """Return the gradient at some numbers, flat, in the order of the arguments.

        Raises:
            NoGradientError: when it is none, or changes its arguments.
        """
        arguments = self.subject.arguments(numbers)
        given = copy.deepcopy(arguments)
        try:
            result = self._gradient(*given)
        except Exception as error:
            raise NoGradientError(f"it raises {raised_as(error)}") from error
        if result is None:
            raise NoGradientError("it is None: the function has to return what it computes")
        names = self.subject.parameters
        if len(arguments) == 1:
            parts = result if isinstance(result, tuple) and len(result) == 1 else (result,)
        elif isinstance(result, (tuple, list)) and len(result) == len(arguments):
            parts = tuple(result)
        else:
            told = f"the arguments are {', '.join(names)}"
            raise NoGradientError(f"it is {_described(result)}, and not a tuple of {len(names)}: {told}")
        if flatten(given, "the arguments")[0] != flatten(arguments, "the arguments")[0]:
            raise NoGradientError("it changes its arguments")
        pairs = zip(arguments, parts, names, strict=True)
        return [x for argument, part, name in pairs for x in _matched(argument, part, f"∂/∂{name}")]

    def comparisons(self, generator: Random) -> Iterator[Comparison]:
        """Yield how the gradient compares with finite differences."""
        subject, got = self.subject, self.at(self.subject.numbers)
        noise = self._accuracy * abs(self._value)
        for label, steps in directions(subject.name, subject.labels, subject.sizes, got, generator):
            moved, start, rounding = subject.along(steps, [1.0], got)
            size = abs(start) or 1.0
            estimate = finite_difference(moved, start, noise + rounding, size)
            mine = {"gradient": dot(got, steps)}
            # Not by the gradient: it is under test.
            precision = precision_of([], steps, subject.sizes, self._value, self._accuracy)
            reference = Reference("finite differences", *estimate)
            self._measured.append(Measured(Direction(label, steps), reference))
            found = compared(label, mine, [reference], precision._replace(finite=True))
            if found.verdict == "INCONCLUSIVE":
                sides = compared_at_kink(label, mine, moved, start, [_BEND], noise_of(moved, start))
                left, right = (one.value for one in sides.references)
                apart = abs(left - right) > 1e-3 * max(abs(left), abs(right))
                found = sides if apart and sides.verdict != "PASS" else found
            yield found

    def mistake(self) -> str:
        """Return what is likely wrong with it, "" where nothing is recognised."""
        got = self.at(self.subject.numbers)
        return of_gradient(self.subject, got, self.at, self._measured)


def _matched(argument: Any, part: Any, place: str) -> Iterator[float]:
    """Yield the numbers of a gradient in the order of the argument that it belongs to."""
    if isinstance(argument, dict):
        if not isinstance(part, dict) or part.keys() != argument.keys():
            raise NoGradientError(f"{place} is {_described(part)}, the argument {_described(argument)}")
        for key, own in argument.items():
            yield from _matched(own, part[key], f"{place}[{key!r}]")
        return
    shape, other = _shape(argument), _shape(part)
    if shape != other:
        wrong = f"{place} has the shape {other}, the argument {shape}"
        turned = len(shape) == 2 and other == shape[::-1]
        raise NoGradientError(wrong + (": is it transposed?" if turned else ""))
    if isinstance(argument, (list, tuple)):
        for i, (own, one) in enumerate(zip(argument, part, strict=True)):
            yield from _matched(own, one, f"{place}[{i}]")
        return
    try:
        flat, _ = flatten(part, place)
    except TypeError as error:
        raise NoGradientError(str(error)) from None
    yield from map(number_of, flat)


def _shape(tree: Any) -> tuple[int, ...]:
    """Return the shape of an array, or of lists that are as regular as one; () of anything else."""
    if hasattr(tree, "shape"):
        return tuple(tree.shape)
    if not isinstance(tree, (list, tuple)):
        return ()
    inner = {_shape(item) for item in tree}
    return (len(tree), *(inner.pop() if len(inner) == 1 else ()))


def _described(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict of {', '.join(map(repr, tree))}"
    if is_real(tree):
        return f"the number {tree!r}"
    return f"{type(tree).__name__} of the shape {_shape(tree)}"
