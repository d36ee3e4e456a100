"""``check_gradients``: derivatives in every mode against references that know their own error."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from autodiff.errors import RecordingError
from autodiff.graph import local_derivatives, topological_order
from autodiff.paths import symbols_of
from autodiff.structure import flatten
from autodiff.testing import properties
from autodiff.testing.blame import first_wrong, line_of
from autodiff.testing.comparing import compared, dot
from autodiff.testing.derivatives import MODES
from autodiff.testing.finite_differences import finite_difference, one_sided
from autodiff.testing.kinks import Kink, kinks_of
from autodiff.testing.mistakes import of_gradient
from autodiff.testing.reference import Exact, is_installed
from autodiff.testing.report import Comparison, Property, Reference, Report, Verdict, Wrong
from autodiff.testing.rounding import path_sizes
from autodiff.testing.second_order import second_order
from autodiff.testing.subject import BudgetSpentError, Subject, UnfitError, Watch
from autodiff.value import Value

MOST_COORDINATES = 12  # checked one by one; of more some, and random directions
_DIRECTIONS = 4
_EXACT = 1e-11  # relative to the sum of |products| over all paths: rounding stays far below
LARGEST_GRAPH = 20_000  # nodes that are replayed with 60 digits


def check_gradients(
    f: Callable[..., Any],
    *args: Any,
    gradient: Callable[..., Any] | None = None,
    order: int = 2,
    modes: Sequence[str] = tuple(MODES),
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
        gradient: called with ``args``, returns the derivatives in the same structure: one for each.
        order: 2 checks second derivatives, too.
        modes: among ``reverse``, ``forward`` and ``compiled``.
        seconds: time after which no further evaluation is started.
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
    if order not in (1, 2):
        raise ValueError(f"order is 1 or 2, not {order!r}")
    for mode in modes:
        if mode not in MODES:
            raise ValueError(f"no mode is called {mode!r}: there is {', '.join(MODES)}")
    if gradient is None and not modes:
        raise ValueError(f"modes is empty: there is {', '.join(MODES)}")
    subject = Subject(f, args, seconds, evaluations)
    check = _Check(subject, gradient, order, tuple(modes), Random(seed))
    return check.report()


class _Check:
    """One check: what it has found so far."""

    def __init__(
        self,
        subject: Subject,
        gradient: Callable[..., Any] | None,
        order: int,
        modes: Sequence[str],
        generator: Random,
    ) -> None:
        self.subject, self.gradient, self.order = subject, gradient, order
        self.modes, self.generator = modes, generator
        self.comparisons: list[Comparison] = []
        self.properties: list[Property] = []
        self.wrong: Wrong | None = None
        self.notes: list[str] = []

    def report(self) -> Report:
        """Return what is found, as far as the budget goes."""
        subject = self.subject
        try:
            self._all()
        except BudgetSpentError as error:
            self._found("within its budget", "INCONCLUSIVE", str(error))
        except UnfitError as error:
            self._found("the function can be checked", "INCONCLUSIVE", str(error))
        at = ", ".join(
            f"{label}={x!r}" for label, x in zip(subject.labels[:6], subject.numbers, strict=False)
        )
        more = ", …" if len(subject.numbers) > 6 else ""
        return Report(
            f"{subject.name} at {at}{more}", self.comparisons, self.properties, self.wrong, self.notes,
            subject.evaluations,
        )  # fmt: skip

    def _found(self, name: str, verdict: Verdict, reason: str) -> None:
        self.properties.append(Property(name, verdict, reason))

    def _all(self) -> None:
        subject = self.subject
        try:
            values = subject.value(subject.numbers)
        except (BudgetSpentError, UnfitError):
            raise
        except Exception as error:  # whatever the user's function raises
            self._raised(error)
            return
        if not all(map(math.isfinite, values)):
            self._found(
                "the function is finite here",
                "INCONCLUSIVE",
                f"it is {values[0]!r}: an edge of its domain?",
            )
            return
        again = properties.repeatable(subject, values)
        self.properties.append(again)
        if again.verdict != "PASS":
            return
        self.properties.append(properties.unmodified(subject))
        if self.gradient is not None:
            self._own_gradient(values)
        else:
            self._engine(values)

    def _raised(self, error: Exception) -> None:
        told = f"{type(error).__name__}: {error}"
        if self.gradient is None:
            try:
                self.subject.graph()
            except (BudgetSpentError, UnfitError):
                raise
            except Exception as other:
                if type(other) is not type(error):
                    told += f"; on Values {type(other).__name__}: {other}"
                self._found("the function has a value here", "INCONCLUSIVE", f"it raises {told}")
                return
            self._found("same exceptions on floats and on Values", "FAIL", f"on floats alone {told}")
            return
        self._found("the function has a value here", "INCONCLUSIVE", f"it raises {told}")

    # ── derivatives of the engine ───────────────────────────────────────────────────────────────────

    def _engine(self, values: Sequence[float]) -> None:
        subject, watch = self.subject, Watch()
        try:
            outs, inputs = subject.graph(watch)
        except (BudgetSpentError, UnfitError):
            raise
        except Exception as error:
            told = f"on Values alone {type(error).__name__}: {error}"
            self._found("same exceptions on floats and on Values", "FAIL", told)
            return
        self.properties.append(properties.equal_value(subject, values, outs))
        nodes = topological_order(*outs)
        weights = self._weights(len(outs))
        kinks = kinks_of(nodes, symbols_of(nodes), watch)
        got = self._in_each_mode(weights)
        references = list(self._exact(outs, inputs, weights, nodes))
        self._compare(got, weights, references, kinks, _rounding(nodes, _seeds(outs, weights)))
        self._blame(outs, nodes)
        self.properties += properties.sweeps(subject, self.generator)
        if self.order == 2 and len(outs) == 1 and not kinks:
            self._second()

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

    def _exact(
        self,
        outs: Sequence[Value],
        inputs: Sequence[Value],
        weights: Sequence[float],
        nodes: Sequence[Value],
    ) -> Iterator[tuple[list[float], list[float]]]:
        """Yield the gradient by the replay with 60 digits, and its uncertainty, if there is one."""
        if not is_installed():
            self.notes.append("no mpmath: nothing is replayed with 60 digits (pip install mpmath)")
            return
        if len(nodes) > LARGEST_GRAPH:
            self.notes.append(f"{len(nodes):,} nodes: too many to replay with 60 digits")
            return
        total, exact = [0.0] * len(inputs), [0.0] * len(inputs)
        try:
            for out, weight in zip(outs, weights, strict=True):
                replayed = Exact(out)
                for i, partial in enumerate(replayed.gradient(inputs, at_floats=True)):
                    total[i] += weight * partial
                for i, partial in enumerate(replayed.gradient(inputs)):
                    exact[i] += weight * partial
        except (ArithmeticError, ValueError, TypeError, KeyError) as error:
            self.notes.append(f"not replayed with 60 digits: {error}")
            return
        sizes = path_sizes(nodes, _seeds(outs, weights))
        errors = [_EXACT * sizes.get(x, 0.0) for x in inputs]
        for label, one, other, bound in zip(self.subject.labels, total, exact, errors, strict=True):
            if abs(one - other) > bound:
                moved = f"rounding of the values alone moves ∂/∂{label} by {abs(one - other):.2g}"
                self.notes.append(f"ill-conditioned here: {moved}")
        yield total, errors

    def _compare(
        self,
        got: dict[str, list[float]],
        weights: Sequence[float],
        references: Sequence[tuple[list[float], list[float]]],
        kinks: Sequence[Kink],
        rounding: float,
    ) -> None:
        sizes = next(iter(got.values()), [0.0] * len(self.subject.numbers))
        for label, direction in self._directions(got):
            mine = {mode: dot(own, direction) for mode, own in got.items()}
            moved, start, noise = self.subject.along(direction, weights, sizes)
            noise += rounding
            if kinks:
                self.comparisons.append(self._at_kink(label, mine, moved, start, kinks[0]))
                continue
            found = []
            for exact, errors in references:
                error = math.fsum(abs(d) * e for d, e in zip(direction, errors, strict=True) if d)
                found.append(Reference("60 digits", dot(exact, direction), error))
            found.append(Reference("finite differences", *finite_difference(moved, start, noise)))
            self.comparisons.append(compared(label, mine, found))

    def _at_kink(
        self, label: str, mine: dict[str, float], moved: Callable[[float], float], at: float, kink: Kink
    ) -> Comparison:
        left, right = one_sided(moved, at, -1.0), one_sided(moved, at, 1.0)
        low, high = sorted((left, right))
        slack = 4 * max(left.error, right.error) + 1e-9 * max(1.0, abs(left.value), abs(right.value))
        sides = Reference("slope on the left", *left), Reference("on the right", *right)
        told = f"{kink}; "
        known = all(map(math.isfinite, (*left, *right))) and slack < 1e-3 * max(1.0, abs(low.value))
        if known and not all(low.value - slack <= x <= high.value + slack for x in mine.values()):
            reason = told + "the derivative is not between the slopes of both sides"
            # Several kinks can meet where the function itself is smooth: then each is right.
            return Comparison(label, mine, sides, "INCONCLUSIVE", reason)
        reason = told + ("the derivative is between them" if known else "the slopes are not known")
        return Comparison(label, mine, sides, "INCONCLUSIVE", reason)

    def _blame(self, outs: Sequence[Value], nodes: Sequence[Value]) -> None:
        """Look for the first wrong operation, also where the sums agree by chance."""
        if len(nodes) > LARGEST_GRAPH:
            return
        found = first_wrong(outs)
        if found is None:
            return
        place, wrong = found
        self.wrong = wrong._replace(line=line_of(self.subject, place))
        if wrong.is_noise:
            self.notes.append(f"{wrong.operation} loses digits here: see below")
        elif all(one.verdict != "FAIL" for one in self.comparisons):
            self._found(f"every operation is right: {wrong.operation} is not", "FAIL", wrong.mistake)

    def _second(self) -> None:
        """Compare Hessian times vector with finite differences of the gradient."""
        self.properties.append(properties.symmetric_hessian(self.subject, self.generator))
        self.comparisons += second_order(self.subject, self._unit_directions())

    # ── a gradient written by hand ──────────────────────────────────────────────────────────────────

    def _own_gradient(self, values: Sequence[float]) -> None:
        assert self.gradient is not None
        subject = self.subject
        if len(values) > 1:
            raise UnfitError(f"{subject.name} returned {len(values)} numbers: gradient= is for one")
        arguments = subject.arguments(subject.numbers)
        result = self.gradient(*arguments)
        wanted = arguments[0] if len(arguments) == 1 else arguments
        try:
            flat, _ = flatten(result, "the gradient")
        except TypeError as error:
            raise UnfitError(str(error)) from None
        if len(flat) != len(subject.numbers):
            raise UnfitError(
                f"the gradient has {len(flat)} numbers where there are {len(subject.numbers)}: it has "
                f"the structure of the arguments, here {wanted!r}"
            )
        got = {"gradient": [float(x) for x in flat]}
        for label, direction in self._directions(got):
            mine = {"gradient": dot(got["gradient"], direction)}
            moved, start, noise = subject.along(direction, [1.0], got["gradient"])
            estimate = finite_difference(moved, start, noise)
            reference = Reference("finite differences", *estimate)
            self.comparisons.append(compared(label, mine, [reference]))
        self._likely(got["gradient"])

    def _likely(self, got: Sequence[float]) -> None:
        if any(one.verdict == "FAIL" for one in self.comparisons):
            mistake = of_gradient(self.subject, got, self._written)
            self.notes += [f"likely: {mistake}"] if mistake else []

    def _written(self, numbers: Sequence[float]) -> list[float]:
        """Return the gradient that was written by hand, at some numbers."""
        assert self.gradient is not None
        flat, _ = flatten(self.gradient(*self.subject.arguments(numbers)), "the gradient")
        return [float(x) for x in flat]

    # ── directions ──────────────────────────────────────────────────────────────────────────────────

    def _directions(self, got: dict[str, list[float]]) -> Iterator[tuple[str, list[float]]]:
        """Yield what is differentiated: each number, or of many some, and random directions."""
        labels = self.subject.labels
        count, name = len(labels), self.subject.name
        f = name if name.isidentifier() else "f"
        chosen = list(range(count))
        if count > MOST_COORDINATES:
            sizes = next(iter(got.values()))
            largest = sorted(chosen, key=lambda i: -abs(sizes[i]))[:3]
            drawn = self.generator.sample(range(count), 3)
            chosen = sorted({0, count - 1, *largest, *drawn})
            self.notes.append(
                f"{count:,} numbers: {len(chosen)} of them, and {_DIRECTIONS} random directions"
            )
        for i in chosen:
            yield f"∂{f}/∂{labels[i]}", [float(i == j) for j in range(count)]
        if count > MOST_COORDINATES:
            for k in range(_DIRECTIONS):
                yield (
                    f"{f} along direction {k + 1}",
                    [self.generator.choice((-1.0, 1.0)) for _ in labels],
                )

    def _unit_directions(self) -> list[tuple[str, list[float]]]:
        labels = self.subject.labels
        if len(labels) <= 3:
            return [
                (label, [float(i == j) for j in range(len(labels))]) for i, label in enumerate(labels)
            ]
        return [("a random direction", [self.generator.uniform(-1, 1) for _ in labels])]


def _rounding(nodes: Sequence[Value], seeds: Mapping[Value, float]) -> float:
    """Return what rounding inside f may do to Σ seed · output, where numbers may cancel unseen."""
    sizes = path_sizes(nodes, seeds)
    terms = (
        sizes.get(node, 0.0) * abs(partial * operand.data)
        for node in nodes
        if node.operands
        for operand, partial in zip(node.operands, local_derivatives(node), strict=True)
    )
    return 2.0**-52 * math.fsum(filter(math.isfinite, terms))


def _seeds(outs: Sequence[Value], weights: Sequence[float]) -> dict[Value, float]:
    """Return the size that each output starts with: an output that is returned twice has both."""
    seeds: dict[Value, float] = {}
    for out, weight in zip(outs, weights, strict=True):
        seeds[out] = seeds.get(out, 0.0) + abs(weight)
    return seeds
