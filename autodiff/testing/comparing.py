"""A derivative beside its references: each objects, agrees, or cannot say."""

import math
from collections.abc import Mapping, Sequence

from autodiff.testing.report import Comparison, Reference, Verdict

_LARGEST_ERROR = 1e-6  # relative: a reference that is less certain tells nothing


def dot(gradient: Sequence[float], direction: Sequence[float]) -> float:
    """Return the derivative along a direction."""
    return math.fsum(g * d for g, d in zip(gradient, direction, strict=True) if d)


def compared(label: str, mine: dict[str, float], references: Sequence[Reference]) -> Comparison:
    """Return the comparison: it fails where one reference objects, and passes where one agrees."""
    found = [_verdict(mine, one) for one in references]
    for wanted in ("FAIL", "PASS", "INCONCLUSIVE"):
        for verdict, reason in found:
            if verdict == wanted:
                return Comparison(label, mine, tuple(references), verdict, reason)
    return Comparison(label, mine, (), "INCONCLUSIVE", "there is no reference")


def tolerance(mine: Mapping[str, float], reference: Reference) -> float:
    """Return how far a derivative may be off a reference: its error, and the rounding of the numbers."""
    scale = max(abs(reference.value), *map(abs, mine.values()))
    return 4 * reference.error + 2.0**-50 * scale


def _verdict(mine: dict[str, float], reference: Reference) -> tuple[Verdict, str]:
    _, value, error = reference
    if not all(map(math.isfinite, (*mine.values(), value, error))):
        return "INCONCLUSIVE", "not everything is finite here: an edge of the domain?"
    scale = max(abs(value), *map(abs, mine.values()))
    if error > _LARGEST_ERROR * max(scale, 1.0):
        return "INCONCLUSIVE", "too uncertain: the function is too noisy, or not smooth, here"
    for mode, got in mine.items():
        if abs(got - value) > tolerance(mine, reference):
            off = f"off by {abs(got - value):.2g}"
            return "FAIL", off if len(mine) == 1 else f"{mode} is {off}"
    return "PASS", ""
