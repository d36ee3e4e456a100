"""``check_gradients``: derivatives in every mode against references that know their own error."""

import math
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from autodiff.scalars import is_real
from autodiff.testing import directions, properties
from autodiff.testing.budget import BudgetSpentError
from autodiff.testing.derivatives import MODES
from autodiff.testing.engine import Asked, check_engine
from autodiff.testing.findings import Findings
from autodiff.testing.own_gradient import NoGradientError, OwnGradient
from autodiff.testing.raised import raised_as
from autodiff.testing.recorded import Recorded
from autodiff.testing.report import Report
from autodiff.testing.subject import Subject, UnfitError
from autodiff.testing.watch import Watch

_SAME_EXCEPTIONS = "same exceptions on floats and on Values"


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
    asked = Asked(order, tuple(modes), accuracy, Random(seed))
    return _Check(subject, gradient, asked).report()


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


class _Check:
    """One check of a function, and what it has found so far."""

    def __init__(self, subject: Subject, gradient: Callable[..., Any] | None, asked: Asked) -> None:
        self.subject, self.gradient, self.asked = subject, gradient, asked
        self.findings = Findings()

    def report(self) -> Report:
        """Return what is found, as far as the budget goes."""
        subject = self.subject
        try:
            with subject.budget.interrupting():
                self._all()
        except BudgetSpentError as error:
            self.findings.add("stopped", "INCONCLUSIVE", str(error))
        except UnfitError as error:
            self.findings.add("cannot be checked", "INCONCLUSIVE", str(error))
        return self.findings.report(subject.title, subject.budget.evaluations)

    def _all(self) -> None:
        subject, findings = self.subject, self.findings
        try:
            values = subject.value(subject.numbers)
        except UnfitError:
            raise
        except Exception as error:  # whatever the user's function raises
            self._raised(error)
            return
        if not all(map(math.isfinite, values)):
            value = next(y for y in values if not math.isfinite(y))
            findings.add("not finite here", "INCONCLUSIVE", f"it is {value!r}: an edge of its domain?")
            return
        again = properties.repeatable(subject, values)
        findings.properties.append(again)
        if again.verdict != "PASS":
            return
        findings.properties.append(properties.unmodified(subject))
        if self.gradient is not None:
            self._own_gradient(self.gradient, values)
        else:
            self._engine(values)
        if findings.report("", 0).verdict == "FAIL":
            # State that changes late looks like a wrong derivative.
            again = properties.repeatable(subject, values)
            if again.verdict != "PASS":
                self.findings = Findings(properties=[again])

    def _raised(self, error: Exception) -> None:
        """Tell what the function raises on floats, and whether it does on Values."""
        reason = raised_as(error)
        if self.gradient is None:
            try:
                self.subject.graph()
            except UnfitError:
                raise
            except Exception as other:
                if type(other) is not type(error):
                    reason += f"; on Values {raised_as(other)}"
            else:
                self.findings.add(_SAME_EXCEPTIONS, "FAIL", f"on floats alone {reason}")
                return
        self.findings.add("no value here", "INCONCLUSIVE", f"it raises {reason}")

    def _engine(self, values: Sequence[float]) -> None:
        """Compare the engine's own derivatives."""
        watch = Watch()
        try:
            outs, inputs = self.subject.graph(watch)
        except UnfitError:
            raise
        except Exception as error:
            self.findings.add(_SAME_EXCEPTIONS, "FAIL", f"on Values alone {raised_as(error)}")
            return
        self.findings.properties.append(properties.equal_value(values, outs))
        # Of several outputs a weighted sum is differentiated.
        drawn = [self.asked.generator.uniform(0.5, 1.5) for _ in outs]
        graph = Recorded(outs, inputs, [1.0] if len(outs) == 1 else drawn)
        check_engine(self.subject, graph, watch, self.asked, self.findings)

    def _own_gradient(self, gradient: Callable[..., Any], values: Sequence[float]) -> None:
        """Compare a gradient written by hand."""
        name, findings = self.subject.name, self.findings
        if len(values) > 1:
            raise UnfitError(f"{name} returned {len(values)} numbers: gradient= is for one")
        own = OwnGradient(self.subject, gradient, values[0], self.asked.accuracy)
        try:
            for one in own.comparisons(self.asked.generator):
                findings.comparisons.append(one)
        except NoGradientError as error:
            findings.add("no gradient", "FAIL", str(error))
            return
        findings.notes += directions.chosen_note(len(self.subject.numbers))
        if findings.any_failed:
            mistake = own.mistake()
            findings.notes += [f"likely: {mistake}"] if mistake else []
