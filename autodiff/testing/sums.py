"""Sums that are exact but for one rounding, and never raise."""

import math
from collections.abc import Iterable, Sequence


def total(terms: Iterable[float]) -> float:
    """Return the sum; inf or nan where a float has no place for it.

    >>> total([1e308, 1e308]), total([0.1] * 10)
    (inf, 1.0)
    """
    terms = list(terms)
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):  # beyond the largest float; inf - inf
        return float(sum(terms))


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """Return Σ left · right over what is not 0 in ``right``: the derivative along a direction."""
    return total(x * y for x, y in zip(left, right, strict=True) if y)
