"""A student's answer to a step: right, a mistake that is known, or wrong with a hint by degrees."""

import math
from typing import NamedTuple

from autodiff.lesson.steps import Step
from autodiff.notation import number
from autodiff.syntax import ExpressionError, evaluate, number_of, parse

CLOSE = 5e-4  # relative
DIGITS = 3  # a number that is correctly rounded to so many is right, to fewer it is the right idea
LONGEST = 200  # characters of an answer that is read

SPELLINGS = {"·": "*", "×": "*", "−": "-", "^": "**", "²": "**2", "³": "**3", "π": "pi"}
"""What may be typed as formulas show it."""

SAYS = {
    "empty": "Type a number, or an expression such as cos(1.1) or 3*2.",
    "long": f"That is long: an answer has at most {LONGEST} characters.",
    "unreadable": "That cannot be read as a number:",
    "no value": "That has no value: look at its logarithms, roots and quotients.",
    "right": "Right.",
    "rounded": "The right idea: give more digits.",
    "wrong": "That is not it.",
    "comma": "a decimal point is a point, not a comma",
    "name": "put in the number for",
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
        found = number_of(as_typed(text))
    except (ExpressionError, RecursionError, ArithmeticError) as error:
        if _has_no_value(as_typed(text)):
            return Verdict(False, SAYS["no value"], is_number=False)
        return Verdict(False, f"{SAYS['unreadable']} {_reason(text, error)}", is_number=False)
    if not math.isfinite(found):
        return Verdict(False, SAYS["no value"], is_number=False)
    return judged(step, found)


def as_typed(text: str) -> str:
    """Return a text in which what formulas show is spelled as it is read."""
    for shown, typed in SPELLINGS.items():
        text = text.replace(shown, typed)
    return text


def _has_no_value(text: str) -> bool:
    """Return whether an answer can be read, and is outside the domain of one of its operations."""
    try:
        (found,) = evaluate(parse(text), {})
    except (ExpressionError, RecursionError, ArithmeticError, ValueError):
        return False
    return isinstance(found, float) and not math.isfinite(found)


def _reason(text: str, error: Exception) -> str:
    head, comma, tail = text.partition(",")
    if comma and head.strip("-").isdecimal() and tail.isdecimal():
        return SAYS["comma"]
    return str(getattr(error, "reason", error))


def judged(step: Step, found: float) -> Verdict:
    """Return what is said to a number."""
    if same(found, step.right):
        return Verdict(True, SAYS["right"])
    for slip in step.slips:
        if same(found, slip.number):
            return Verdict(False, slip.says, slip.name)
    if any(found == rounded and found for rounded in _rounded(step.right)):
        return Verdict(False, SAYS["rounded"], "rounded")
    return Verdict(False, SAYS["wrong"])


def _rounded(right: float) -> list[float]:
    """Return a number with too few digits."""
    return [*(float(f"{right:.{n}f}") for n in range(3)), *(float(f"{right:.{n}e}") for n in range(2))]


def hint(step: Step, degree: int) -> str:
    """Return help by degrees: the rule, the rule with numbers, the answer."""
    return step.hints[min(degree, 2)]


def same(found: float, wanted: float) -> bool:
    """Return whether a number counts as another: close, of three digits, or as tables show it."""
    if found == wanted or math.isclose(found, wanted, rel_tol=CLOSE, abs_tol=1e-12):
        return True
    return found == float(f"{wanted:.{DIGITS - 1}e}") or number(found, 17) == number(wanted)
