"""The function under test: called on floats and on Values, counted, and watched."""

import copy
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autodiff import modes
from autodiff.operators import Number
from autodiff.primitive import Primitive
from autodiff.structure import flatten
from autodiff.testing.budget import Budget
from autodiff.testing.sums import total
from autodiff.testing.watch import Watch
from autodiff.value import Value


class UnfitError(Exception):
    """The function cannot be checked; the message says why."""


class Subject:
    """A function and the arguments to check it at.

    Attributes:
        numbers: the arguments' numbers, flat.
        labels: what each is called: ``x``, ``w[1]``, ``p['b']``.
        parameters: what each argument is called.
        budget: what the check may take.
    """

    def __init__(
        self, f: Callable[..., Any], arguments: Sequence[Any], seconds: float, evaluations: int
    ) -> None:
        if not callable(f):
            raise TypeError(f"check_gradients takes a function, not {type(f).__name__} {f!r}")
        if not arguments:
            raise TypeError("check_gradients takes the arguments to check the function at, such as 1.5")
        self.f = f
        flat, self.structure = flatten(list(arguments), "the arguments")
        if any(isinstance(x, Number) for x in flat):
            raise TypeError("the arguments are plain numbers: Values are made of them by the check")
        if not flat:
            raise ValueError("there is not one number in the arguments: nothing can be checked")
        self.numbers: list[float] = flat
        self.parameters = _parameters(f, len(arguments))
        self.labels = list(_labels(arguments, self.parameters))
        self.name = getattr(f, "__name__", "") or getattr(f, "name", type(f).__name__)
        self.budget = Budget(seconds, evaluations)

    @property
    def sizes(self) -> list[float]:
        """How large each number is; one that is 0 counts as the largest, or as 1."""
        largest = max(map(abs, self.numbers)) or 1.0
        return [abs(x) or largest for x in self.numbers]

    @property
    def title(self) -> str:
        """What is checked, and where: ``f at x=1.5, y=0.7``."""
        pairs = [f"{label}={x!r}" for label, x in zip(self.labels, self.numbers, strict=True)]
        return f"{self.name} at {', '.join(pairs[:6])}{', …' if len(pairs) > 6 else ''}"

    def at(self, numbers: Sequence[float]) -> "Subject":
        """Return the same function at other numbers, with what is left of the budget."""
        twin = copy.copy(self)
        twin.numbers = list(numbers)
        return twin

    def arguments(self, numbers: Sequence[Any]) -> list[Any]:
        """Return arguments of the structure given, holding other numbers."""
        rebuilt: list[Any] = self.structure.rebuild(list(numbers))
        return rebuilt

    def value(self, numbers: Sequence[float]) -> list[float]:
        """Return the outputs at ``numbers``, called on floats."""
        self.budget.spend()
        outs, _ = self.outputs(self.f(*self.arguments(numbers)))
        return [float(getattr(out, "data", out)) for out in outs]

    def along(
        self, direction: Sequence[float], weights: Sequence[float], slopes: Sequence[float]
    ) -> tuple[Callable[[float], float], float, float]:
        """Return Σ weight · f on a line through the point, where on it the point is, and the noise.

        The line of a single number is that number; else it is t ↦ x + t · direction, and ``slopes``,
        the derivatives by each number, say what rounding x + t · direction does to f.
        """
        moving = [i for i, d in enumerate(direction) if d]
        single = moving[0] if len(moving) == 1 and direction[moving[0]] == 1.0 else None
        start = 0.0 if single is None else self.numbers[single]
        rounded = (
            abs(x * slope) for x, slope, d in zip(self.numbers, slopes, direction, strict=True) if d
        )
        noise = 0.0 if single is not None else 2.0**-52 * total(rounded)

        def moved(t: float) -> float:
            numbers = list(self.numbers)
            for i in moving:
                numbers[i] = t if single is not None else numbers[i] + t * direction[i]
            try:
                outs = self.value(numbers)
                return total(w * y for w, y in zip(weights, outs, strict=True) if w)
            except Exception:  # whatever f raises there: it has no value
                return math.nan

        return moved, start, noise

    def weighted(self, weights: Sequence[float]) -> Callable[[Sequence[Any]], Any]:
        """Return Σ weight · output as a function of the flat numbers, of any kind."""

        def f(numbers: Sequence[Any]) -> Any:
            outs, _ = self.outputs(self.f(*self.arguments(numbers)))
            if len(outs) == 1:
                return outs[0]
            return sum(weight * out for weight, out in zip(weights, outs, strict=True))

        return f

    def graph(self, watching: Watch | None = None) -> tuple[list[Value], list[Value]]:
        """Return the outputs and the inputs of one run on Values."""
        self.budget.spend()
        inputs = [Value(x, name=label) for x, label in zip(self.numbers, self.labels, strict=True)]
        arguments = self.arguments(inputs)
        if watching is None:
            outs, _ = self.outputs(self.f(*arguments))
        else:
            with modes.recorded_by(watching):
                outs, _ = self.outputs(self.f(*arguments))
        return [out if isinstance(out, Value) else Value(out) for out in outs], inputs

    def outputs(self, result: Any) -> tuple[list[Any], Any]:
        """Return the numbers of a result, flat, and their structure.

        Raises:
            UnfitError: when it holds something else; the message says what.
        """
        if result is None:
            raise UnfitError(f"{self.name} returned nothing: it has to return what it computes")
        try:
            outs, structure = flatten(result, f"the result of {self.name}")
        except TypeError as error:
            raise UnfitError(str(error)) from None
        if not outs:
            raise UnfitError(f"{self.name} returned an empty {type(result).__name__}")
        return outs, structure

    def changed_arguments(self) -> str:
        """Return which argument a call changes in place, "" where none is."""
        arguments = self.arguments(self.numbers)
        before = copy.deepcopy(arguments)
        self.budget.spend()
        self.f(*arguments)
        try:
            after, _ = flatten(arguments, "the arguments")
        except TypeError:
            return "an argument"
        kept, _ = flatten(before, "the arguments")
        if len(after) != len(kept):
            return "an argument"
        for label, old, new in zip(self.labels, kept, after, strict=False):
            if isinstance(new, Number) or (old != new and not (old != old and new != new)):
                return label
        return ""


def number_of(x: Any) -> float:
    """Return the number of a float or a Value: what depends on a model's own Values is one."""
    return x.data if isinstance(x, Value) else float(x)


def _parameters(f: Callable[..., Any], count: int) -> list[str]:
    if isinstance(f, Primitive) and not f.operands.variadic:
        return list(f.operands.names[:count])
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [
        one.name for one in parameters
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ]  # fmt: skip
    return [plain[i] if i < len(plain) else f"x{i + 1}" for i in range(count)]


def _labels(arguments: Sequence[Any], names: Sequence[str]) -> Iterator[str]:
    """Yield what each number of the arguments is called, in the order of ``flatten``."""
    for name, argument in zip(names, arguments, strict=True):
        yield from _labels_of(argument, name)


def _labels_of(tree: Any, name: str) -> Iterator[str]:
    if isinstance(tree, dict):
        for key in tree:
            yield from _labels_of(tree[key], f"{name}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for i, item in enumerate(tree):
            yield from _labels_of(item, f"{name}[{i}]")
    elif hasattr(tree, "tolist") and getattr(tree, "ndim", None):
        import numpy

        for place in numpy.ndindex(tree.shape):
            yield f"{name}[{', '.join(map(str, place))}]"
    else:
        yield name
