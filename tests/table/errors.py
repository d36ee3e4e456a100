"""How far a float is from its reference, and how far it may be.

The tolerance is 4 units in the last place (ulp) of the reference, times max(1, condition), where
condition is the larger of two computed numbers:

    (a) Σ |x · ∂q/∂x| / |q|, the relative condition number of the quantity q itself: what one
        rounding of each operand does to it, however it is computed;
    (b) for second derivatives Σ |path| / |Σ path|, over the paths through the recorded graph of the
        first derivative: chain and product rule add terms, and near a zero of the sum they cancel.

4 ulp are a rule of two or three elementary functions of about 1 ulp each (the C library's bound).
In the subnormal range the ulp is 5e-324 throughout, so the tolerance is absolute there.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from mpmath import mp, mpf

from autodiff import Value
from autodiff.graph import local_derivatives, topological_order
from tests.table.oracles import Reference
from tests.table.points import LARGEST, TINY

ULPS = 4
_OVERFLOW = mpf(2) ** 1024 - mpf(2) ** 970  # from here on a number rounds to inf


@dataclass(frozen=True)
class Error:
    """One comparison: the error in ulp, and the condition that explains it (1 if not needed)."""

    ulps: float
    condition: float

    def within(self, ulps: float) -> bool:
        """Return whether the error is at most ``ulps``, times the condition."""
        return self.ulps <= ulps * max(1.0, self.condition)


def ulp(number: mpf) -> mpf:
    """Return the spacing of the floats around ``number``."""
    size = min(abs(number), mpf(LARGEST))
    return mpf(math.ulp(float(size))) if size > TINY else mpf(TINY)


def error(got: float, reference: Reference, paths: Callable[[], float] = lambda: 0.0) -> Error:
    """Return how far ``got`` is from the reference.

    ``paths`` gives (b)'s Σ |path|; it is asked for only where the flat tolerance does not do. Where
    that sum overflows, its terms may be inf - inf: then nan is within the tolerance.
    """
    number = reference.number
    assert number is not None
    if mp.isnan(number):
        return Error(0.0 if math.isnan(got) else math.inf, 1.0)
    flat = Error(_distance(got, number), 1.0)
    if flat.within(ULPS):
        return flat
    with mp.workdps(60):
        terms = paths()
        if math.isnan(got):
            return Error(math.inf, math.inf if math.isinf(terms) else 1.0)
        condition = max(reference.sensitivity(), mpf(terms)) / max(abs(number), mpf(TINY))
        if math.isinf(got):  # right where the tolerated neighbourhood of the reference overflows
            reach = abs(number) + ULPS * max(1, condition) * ulp(number)
            same_sign = (got > 0) == (number > 0)
            flat = Error(0.0 if reach >= _OVERFLOW and same_sign else math.inf, 1.0)
        return Error(flat.ulps, float(condition))


def _distance(got: float, number: mpf) -> float:
    """Return |got - number| in ulp of the number; inf stands for any number that rounds to it."""
    with mp.workdps(60):
        if math.isnan(got):
            return math.inf
        if math.isinf(got):
            right = abs(number) >= _OVERFLOW and (got > 0) == (number > 0)
            return 0.0 if right else math.inf
        return float(abs(mpf(got) - number) / ulp(number))


def sum_of_paths(out: Value, x: Value) -> float:
    """Return Σ |product of the local derivatives| over every path from ``out`` back to ``x``."""
    order = topological_order(out)
    size = dict.fromkeys(order, 0.0)
    size[out] = 1.0
    for node in reversed(order):
        if node.operands:
            for operand, partial in zip(node.operands, local_derivatives(node), strict=True):
                size[operand] += abs(size[node] * partial)
    return size.get(x, 0.0)
