"""A derivative beside its references: each objects, agrees, or cannot say."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from autodiff.testing.report import Comparison, Reference, Verdict

_LARGEST_ERROR = 1e-6  # relative: a reference that is less certain tells nothing
_FEWEST_DIGITS = 1e-2  # relative to a derivative itself: fewer digits do not show that it is right


_NOTHING = "no slope is found here: an edge of the domain, or nothing but noise at every step?"
_NOT_FINITE = "not everything is finite here: an edge of the domain?"


class Precision(NamedTuple):
    """What numbers are measured by.

    scale     as large as derivatives are here: one that is 0 has no size of its own
    accuracy  relative, of what is compared, where it is less than a float's
    unseen    a derivative as small changes f by less than f's own rounding: no difference can show it
    finite    whether a derivative that is not finite is wrong where the reference is certain
    """

    scale: float = 1.0
    unseen: float = math.inf
    accuracy: float = 0.0
    finite: bool = False


_TINY = 2.0**-500  # its square is no float
SMALLEST = 2.0**-1060  # of sums of subnormal numbers, which have few digits


def precision_of(
    gradient: Sequence[float],
    steps: Sequence[float],
    sizes: Sequence[float],
    value: float,
    accuracy: float,
) -> Precision:
    """Return what a derivative along ``steps`` is measured by: what the others do to f, and f itself.

    Arguments:
        gradient: all derivatives, none where they are not to be trusted.
        steps: the direction.
        sizes: of the numbers: what a relative change of each does to f can be compared.
        value: of f.
        accuracy: of f and the gradient.
    """
    known = [abs(g * size) for g, size in zip(gradient, sizes, strict=False) if math.isfinite(g)]
    change = max(known, default=0.0) or abs(value) or 1.0
    along = max(abs(step) / size for step, size in zip(steps, sizes, strict=True))
    return Precision(
        max(1.0, change * along), (2.0**-48 + accuracy) * abs(value) * along + _TINY, accuracy
    )


def compared(
    label: str,
    mine: dict[str, float],
    references: Sequence[Reference],
    precision: Precision = Precision(),  # noqa: B008 (it cannot change)
) -> Comparison:
    """Return the comparison: it fails where one reference objects, and passes where one agrees."""
    found = [_verdict(mine, one, precision) for one in references]
    for wanted in ("FAIL", "PASS", "INCONCLUSIVE"):
        for verdict, reason in found:
            if verdict == wanted:
                return Comparison(label, mine, tuple(references), verdict, reason)
    return Comparison(label, mine, (), "INCONCLUSIVE", "there is no reference")


def tolerance(mine: Mapping[str, float], reference: Reference, accuracy: float = 0.0) -> float:
    """Return how far a derivative may be off a reference: its error, and the rounding of the numbers."""
    size = max(abs(reference.value), *map(abs, mine.values()))
    return 4 * reference.error + (2.0**-50 + accuracy) * size + SMALLEST


def _verdict(mine: dict[str, float], reference: Reference, precision: Precision) -> tuple[Verdict, str]:
    _, value, error = reference
    size = max(abs(value), *(abs(got) for got in mine.values() if math.isfinite(got)), 0.0)
    limit = max(_LARGEST_ERROR, math.sqrt(precision.accuracy))
    certain = error <= limit * max(abs(value), precision.scale) < math.inf
    for mode, got in mine.items():
        if precision.finite and certain and not math.isfinite(got):
            return "FAIL", f"{mode} is {got!r} where the function is smooth"
    if not all(map(math.isfinite, (*mine.values(), value, error))):
        return "INCONCLUSIVE", _NOTHING if all(map(math.isfinite, mine.values())) else _NOT_FINITE
    if not certain:
        return "INCONCLUSIVE", "too uncertain: the function is too noisy, or not smooth, here"
    allowed = tolerance(mine, reference, precision.accuracy)
    for mode, got in mine.items():
        if abs(got - value) > allowed:
            off = f"off by {abs(got - value):.2g}"
            if value:
                off += f", relative {abs(got / value - 1):.2g}"
            return "FAIL", off if len(mine) == 1 else f"{mode} is {off}"
    if size > precision.unseen and allowed > _FEWEST_DIGITS * size:
        return (
            "INCONCLUSIVE",
            f"seen to ± {allowed:.2g} only: it is small beside the rest of the function",
        )
    if any(mine.values()) and allowed > limit * size:
        return "PASS", f"seen to ± {allowed:.2g} only"
    return "PASS", ""
