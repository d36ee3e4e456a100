"""A student's answer to a step: right, a mistake that is known, or wrong with a hint by degrees."""

import math
from typing import NamedTuple

from autodiff.errors import DomainError
from autodiff.lesson.steps import Step
from autodiff.notation import number
from autodiff.syntax import ExpressionError, number_of

CLOSE = 5e-4  # relative: three digits are enough
LONGEST = 200  # characters of an answer that is read

SAYS = {
    "empty": "Type a number, or an expression such as cos(1.1) or 3*2.",
    "long": f"That is long: an answer has at most {LONGEST} characters.",
    "unreadable": "That cannot be read as a number:",
    "right": "Right.",
    "rounded": "The right idea: give more digits.",
    "wrong": "That is not it.",
}
"""What is said to answers that are no known mistake; the page says the same."""


class Verdict(NamedTuple):
    """What is said to an answer; ``slip`` is the mistake's name where it is a known one."""

    right: bool
    says: str
    slip: str = ""
    is_number: bool = True


def verdict(step: Step, answer: str) -> Verdict:
    """Return what is said to ``answer``, any expression whose value can be compared.

    What is said never contains the number that is asked for.

    >>> import autodiff as ad
    >>> w, x = ad.Value(2.0, name="w"), ad.Value(3.0, name="x")
    >>> from autodiff.lesson.steps import steps_of
    >>> step = steps_of(ad.trace(w * x))[4]
    >>> verdict(step, "1*3").right, verdict(step, "-3").says
    (True, 'The size is right: look at the sign.')
    """
    text = answer.strip()
    if not text:
        return Verdict(False, SAYS["empty"], is_number=False)
    if len(text) > LONGEST:
        return Verdict(False, SAYS["long"], is_number=False)
    try:
        found = number_of(text)
    except DomainError:
        return Verdict(
            False, "That has no value: look at its logarithms, roots and quotients.", is_number=False
        )
    except (ExpressionError, RecursionError) as error:
        why = getattr(error, "reason", error)
        return Verdict(False, f"{SAYS['unreadable']} {why}", is_number=False)
    return judged(step, found)


def judged(step: Step, found: float) -> Verdict:
    """Return what is said to a number."""
    if same(found, step.right) or as_shown(found, step.right):
        return Verdict(True, SAYS["right"])
    for slip in step.slips:
        if same(found, slip.number):
            return Verdict(False, slip.says, slip.name)
    for digits in range(3):
        if found == round(step.right, digits) and found != 0:
            return Verdict(False, SAYS["rounded"], "rounded")
    return Verdict(False, SAYS["wrong"])


def hint(step: Step, degree: int) -> str:
    """Return help by degrees: the rule, the rule with numbers, the answer."""
    symbol, rule, numbers, result = step.shown()
    if not rule:
        rule = numbers or step.line.sentence
    return (f"The rule: {symbol} {rule}", f"With numbers: {symbol} {numbers or rule}",
            f"It is {number(step.right)}: {symbol} {result}")[min(degree, 2)]  # fmt: skip


def as_shown(found: float, right: float) -> bool:
    """Return whether a number is what tables show of another: small ones lose digits there."""
    return number(found) == number(right) == number(found, 17)


def same(found: float, wanted: float) -> bool:
    """Return whether a number counts as another: three digits are enough."""
    if math.isnan(found) or math.isnan(wanted):
        return math.isnan(found) and math.isnan(wanted)
    return found == wanted or math.isclose(found, wanted, rel_tol=CLOSE, abs_tol=1e-12)
