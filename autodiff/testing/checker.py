"""``check_gradients``: derivatives in every mode against references that know their own error."""

import math
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from autodiff.errors import RecordingError, raised_line
from autodiff.graph import topological_order
from autodiff.paths import symbols_of
from autodiff.scalars import is_real
from autodiff.testing import directions, properties
from autodiff.testing.blame import first_wrong, line_of
from autodiff.testing.budget import BudgetSpentError
from autodiff.testing.comparing import Precision, compared, dot, scale_of
from autodiff.testing.derivatives import MODES
from autodiff.testing.finite_differences import finite_difference
from autodiff.testing.graph_reference import (
    LARGEST_GRAPH,
    GraphReference,
    Recorded,
    graph_reference,
)
from autodiff.testing.kinks import compared_at_kink, kinks_of
from autodiff.testing.own_gradient import NoGradientError, OwnGradient
from autodiff.testing.report import Comparison, Property, Reference, Report, Verdict, Wrong
from autodiff.testing.rounding import rounding_inside
from autodiff.testing.second_order import second_order
from autodiff.testing.subject import Subject, UnfitError, Watch

_MOST_SHOWN = 12  # of many derivatives that do not pass


def check_gradients(
    f: Callable[..., Any],
    *args: Any,
    gradient: Callable[..., Any] | None = None,
    order: int = 2,
    modes: Sequence[str] = tuple(MODES),
    accuracy: float = 0.0,
    seconds: float = 20.0,
    evaluations: int = 100_000,
    seed: int = 0,
) -> Report:
    """Return whether the derivatives of ``f`` are right at ``args``: PASS, FAIL or INCONCLUSIVE.

    Values' own derivatives are compared, in each mode, with the recorded graph replayed with 60 digits
    (where mpmath is installed), and with finite differences, whose own error estimate is the tolerance.
    With ``gradient``, ``f`` is any function of floats, and that is compared.

    Arguments:
        f: the function; it returns one number, or several in a list, dict or array.
        args: where to check, one for each parameter: numbers, and lists, dicts and arrays of them.
        gradient: called with ``args``, returns the derivatives of one number in the structure of
            ``args``: dicts of the same keys, arrays of the same shapes, a tuple for several.
        order: 2 checks second derivatives, too; of a gradient written by hand none are.
        modes: among ``reverse``, ``forward`` and ``compiled``.
        accuracy: relative, of ``f`` and ``gradient``, where they are not as exact as floats can be: 1e-7
            for what is computed in single precision, the tolerance of an iteration.
        seconds: time after which the check ends. In the main thread of POSIX a call of ``f`` is
            interrupted; elsewhere no further one is made.
        evaluations: calls of ``f`` after which no further one is made.
        seed: of the random directions.

    Raises:
        TypeError, ValueError: when the check itself is asked for something else.

    Sources: Ridders 1982 for finite differences; Griewank & Walther 2008, ch. 3, for adjoint against
    tangent.

    >>> import autodiff as ad
    >>> report = check_gradients(lambda x, y: x * ad.sin(y), 1.5, 0.7)
    >>> report.verdict, bool(report)
    ('PASS', True)
    """
    _check_options(gradient, order, modes, accuracy, seconds, evaluations)
    subject = Subject(f, args, seconds, evaluations)
    check = _Check(subject, gradient, order, tuple(modes), accuracy, Random(seed))
    return check.report()


def _check_options(
    gradient: Any, order: Any, modes: Any, accuracy: Any, seconds: Any, evaluations: Any
) -> None:
    """Refuse what ``check_gradients`` cannot be asked for."""
    if gradient is not None and not callable(gradient):
        raise TypeError(f"gradient is a function, not {type(gradient).__name__} {gradient!r}")
    if isinstance(order, bool) or order not in (1, 2):
        raise ValueError(f"order is 1 or 2, not {order!r}")
    known = ", ".join(MODES)
    if isinstance(modes, str) or not isinstance(modes, Iterable):
        raise TypeError(f"modes is a list such as ['reverse'], not {modes!r}: there is {known}")
    for mode in modes:
        if mode not in MODES:
            raise ValueError(f"no mode is called {mode!r}: there is {known}")
    if gradient is None and not modes:
        raise ValueError(f"modes is empty: there is {known}")
    for name, limit in (("seconds", seconds), ("evaluations", evaluations), ("accuracy", accuracy)):
        if not is_real(limit) or not limit >= 0:
            raise ValueError(f"{name} is a number from 0 up, not {limit!r}")


def _told(error: Exception) -> str:
    """Return what was raised, and by which line of the user's."""
    line = raised_line(error)
    return f"{type(error).__name__}: {error}" + (f" ({line})" if line else "")


class _Check:
    """One check: what it has found so far."""

    def __init__(
        self,
        subject: Subject,
        gradient: Callable[..., Any] | None,
        order: int,
        modes: Sequence[str],
        accuracy: float,
        generator: Random,
    ) -> None:
        self.subject, self.gradient, self.order = subject, gradient, order
        self.modes, self.accuracy, self.generator = modes, accuracy, generator
        self.comparisons: list[Comparison] = []
        self.properties: list[Property] = []
        self.wrong: Wrong | None = None
        self.notes: list[str] = []

    def report(self) -> Report:
        """Return what is found, as far as the budget goes."""
        subject = self.subject
        try:
            with subject.budget.interrupting():
                self._all()
        except BudgetSpentError as error:
            self._found("stopped", "INCONCLUSIVE", str(error))
        except UnfitError as error:
            self._found("cannot be checked", "INCONCLUSIVE", str(error))
        return Report(
            subject.title, self.comparisons, self.properties, self.wrong, self.notes,
            subject.budget.evaluations,
        )  # fmt: skip

    def _found(self, name: str, verdict: Verdict, reason: str) -> None:
        self.properties.append(Property(name, verdict, reason))

    def _all(self) -> None:
        subject = self.subject
        try:
            values = subject.value(subject.numbers)
        except UnfitError:
            raise
        except Exception as error:  # whatever the user's function raises
            self._raised(error)
            return
        if not all(map(math.isfinite, values)):
            value = next(y for y in values if not math.isfinite(y))
            self._found("not finite here", "INCONCLUSIVE", f"it is {value!r}: an edge of its domain?")
            return
        again = properties.repeatable(subject, values)
        self.properties.append(again)
        if again.verdict != "PASS":
            return
        self.properties.append(properties.unmodified(subject))
        if self.gradient is not None:
            self._own_gradient(self.gradient, values)
        else:
            self._engine(values)

    def _raised(self, error: Exception) -> None:
        """Tell what the function raises on floats, and whether it does on Values."""
        told = _told(error)
        if self.gradient is None:
            try:
                self.subject.graph()
            except UnfitError:
                raise
            except Exception as other:
                if type(other) is not type(error):
                    told += f"; on Values {_told(other)}"
            else:
                told = f"on floats alone {told}"
                self._found("same exceptions on floats and on Values", "FAIL", told)
                return
        self._found("no value here", "INCONCLUSIVE", f"it raises {told}")

    def _own_gradient(self, gradient: Callable[..., Any], values: Sequence[float]) -> None:
        """Compare a gradient written by hand."""
        if len(values) > 1:
            name = self.subject.name
            raise UnfitError(f"{name} returned {len(values)} numbers: gradient= is for one")
        own = OwnGradient(self.subject, gradient, values[0], self.accuracy)
        try:
            self.comparisons += own.comparisons(self.generator)
        except NoGradientError as error:
            self._found("the gradient has the structure of the arguments", "FAIL", str(error))
            return
        self.notes += directions.chosen_note(len(self.subject.numbers))
        if any(one.verdict == "FAIL" for one in self.comparisons):
            mistake = own.mistake()
            self.notes += [f"likely: {mistake}"] if mistake else []

    # ── derivatives of the engine ───────────────────────────────────────────────────────────────────

    def _engine(self, values: Sequence[float]) -> None:
        subject, watch = self.subject, Watch()
        try:
            outs, inputs = subject.graph(watch)
        except UnfitError:
            raise
        except Exception as error:
            told = f"on Values alone {_told(error)}"
            self._found("same exceptions on floats and on Values", "FAIL", told)
            return
        self.properties.append(properties.equal_value(subject, values, outs))
        graph = Recorded(outs, inputs, self._weights(len(outs)), topological_order(*outs))
        kinks = kinks_of(graph.nodes, symbols_of(graph.nodes), watch)
        got = self._in_each_mode(graph.weights)
        reference, notes = graph_reference(graph, subject.labels)
        self.notes += notes
        self._compare(got, graph, reference, kinks)
        self._blame(graph)
        self.properties += properties.sweeps(subject, self.generator)
        if self.order == 2 and kinks:
            self.notes.append("second derivatives: not checked at a kink")
        elif self.order == 2 and len(outs) > 1:
            self.notes.append("second derivatives: not checked of several outputs")
        elif self.order == 2:
            self.properties.append(properties.symmetric_hessian(subject, self.generator))
            along = directions.second_directions(subject.labels, subject.sizes, self.generator)
            self.comparisons += second_order(subject, along)

    def _weights(self, outputs: int) -> list[float]:
        """Return 1 for a single output; of several a weighted sum is differentiated."""
        return [1.0] if outputs == 1 else [self.generator.uniform(0.5, 1.5) for _ in range(outputs)]

    def _in_each_mode(self, weights: Sequence[float]) -> dict[str, list[float]]:
        found = {}
        for mode in self.modes:
            if mode == "forward" and len(self.subject.numbers) > 200:
                self.notes.append("forward mode: not run, it takes a pass for each of the inputs")
                continue
            try:
                found[mode] = MODES[mode](self.subject, weights)
            except RecordingError as error:
                self.notes.append(f"{mode}: not checked, the function cannot be recorded: {error}")
        return found

    def _compare(
        self,
        got: dict[str, list[float]],
        graph: Recorded,
        reference: GraphReference | None,
        kinks: Sequence[str],
    ) -> None:
        """Compare with the reference and with finite differences along some directions."""
        subject = self.subject
        slopes = next(iter(got.values()), [0.0] * len(subject.numbers))
        rounding = rounding_inside(graph.nodes, graph.seeds())
        self.notes += directions.chosen_note(len(slopes))
        value = dot(graph.weights, [out.data for out in graph.outs])
        for label, steps in directions.directions(
            subject.name, subject.labels, subject.sizes, slopes, self.generator
        ):
            mine = {mode: dot(own, steps) for mode, own in got.items()}
            moved, start, noise = subject.along(steps, graph.weights, slopes)
            if kinks:
                self.comparisons.append(compared_at_kink(label, mine, moved, start, kinks))
                continue
            found = [reference.along(steps)] if reference else []
            noise += rounding + self.accuracy * abs(value)
            estimate = finite_difference(moved, start, noise, abs(start) or 1.0)
            found.append(Reference("finite differences", *estimate))
            precision = Precision(scale_of(slopes, steps, subject.sizes, value), self.accuracy)
            self.comparisons.append(compared(label, mine, found, precision))
        if kinks and all(one.verdict == "PASS" for one in self.comparisons):
            self._found("at a kink", "INCONCLUSIVE", f"{kinks[0]}; smooth along each number alone")
        if reference and not kinks and len(slopes) > directions.MOST_COORDINATES:
            self._compare_all(got, reference)

    def _compare_all(self, got: dict[str, list[float]], reference: GraphReference) -> None:
        """Compare every single derivative of many with the reference, and keep what does not pass."""
        count = len(self.subject.numbers)
        every = [
            compared(
                f"∂f/∂{label}",
                {mode: own[i] for mode, own in got.items()},
                [reference.along(directions.alone(i, count))],
            )
            for i, label in enumerate(self.subject.labels)
        ]
        told = {one.label for one in self.comparisons}
        kept = [one for one in every if one.verdict != "PASS" and one.label not in told]
        self.comparisons += kept[:_MOST_SHOWN]
        if len(kept) > _MOST_SHOWN:
            self.notes.append(f"{len(kept) - _MOST_SHOWN:,} further derivatives are left open, or wrong")
        if not kept:
            self._found(f"all {count:,} derivatives are those of {reference.source}", "PASS", "")

    def _blame(self, graph: Recorded) -> None:
        """Look for the first wrong operation, also where the sums agree by chance."""
        found = first_wrong(graph.outs) if len(graph.nodes) <= LARGEST_GRAPH else None
        if found is None:
            return
        place, wrong = found
        self.wrong = wrong._replace(line=line_of(self.subject, place))
        if wrong.is_noise:
            self.notes.append(f"{wrong.operation} loses digits here: see below")
        elif all(one.verdict != "FAIL" for one in self.comparisons):
            self._found(f"every operation is right: {wrong.operation} is not", "FAIL", wrong.mistake)
