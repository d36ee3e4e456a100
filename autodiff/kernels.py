"""Float functions that never raise: the elementary functions of the forward texts.

Python's ``math`` raises where IEEE-754 has an answer (``math.exp(1000)``, ``math.log(0.0)``,
``1.0 / 0.0``). Each function here returns that answer instead, as C, NumPy, JAX and PyTorch do,
and otherwise calls the same C library function. Reductions add and multiply from left to right,
so that every way of running a graph gives the same bits. The C form of the functions on lists is made
from their source here, which therefore is plain: loops, tests and arithmetic.

The functions named in ``GENERIC`` use only ``+``, ``*`` and ``==``, and so work for Values too.
"""

import builtins
import math
from collections.abc import Callable, Sequence
from math import inf, nan
from typing import Any

__all__ = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh",
    "count",
    "div", "dot", "erf", "erfc", "exp", "expm1", "floor", "hypot", "log", "log1p", "log2", "log10",
    "logsumexp", "maximum", "minimum", "pow", "product", "products_of_others", "runner_up", "shares",
    "sin",
    "sinh", "sqrt", "tan", "tanh", "total",
]  # fmt: skip

GENERIC = ("count", "products_of_others", "shares", "total")


def _nan_outside(function: Callable[[float], float]) -> Callable[[float], float]:
    """Return ``function`` giving nan where ``math`` raises a domain error."""

    def total(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return nan

    return total


sin = _nan_outside(math.sin)
cos = _nan_outside(math.cos)
tan = _nan_outside(math.tan)
asin = _nan_outside(math.asin)
acos = _nan_outside(math.acos)
sqrt = _nan_outside(math.sqrt)
acosh = _nan_outside(math.acosh)
abs = math.fabs
atan, atan2, tanh, asinh = math.atan, math.atan2, math.tanh, math.asinh
erf, erfc, cbrt = math.erf, math.erfc, math.cbrt


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def expm1(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return inf


def cosh(x: float) -> float:
    try:
        return math.cosh(x)
    except OverflowError:
        return inf


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def log(x: float) -> float:
    try:
        return math.log(x)
    except ValueError:
        return -inf if x == 0 else nan


def log2(x: float) -> float:
    try:
        return math.log2(x)
    except ValueError:
        return -inf if x == 0 else nan


def log10(x: float) -> float:
    try:
        return math.log10(x)
    except ValueError:
        return -inf if x == 0 else nan


def log1p(x: float) -> float:
    try:
        return math.log1p(x)
    except ValueError:
        return -inf if x == -1 else nan


def atanh(x: float) -> float:
    try:
        return math.atanh(x)
    except ValueError:
        return math.copysign(inf, x) if x in (-1, 1) else nan


def div(x: float, y: float) -> float:
    try:
        return x / y
    except ZeroDivisionError:
        if x == 0 or x != x:
            return nan
        return math.copysign(inf, x) * math.copysign(1.0, y)


def pow(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0 and y % 2 == 1 else inf
    except ValueError:
        if x != 0:
            return nan  # a negative base with a fractional exponent has no real power
        return math.copysign(inf, x) if y % 2 == 1 else inf


def hypot(x: float, y: float) -> float:
    if math.isinf(x) or math.isinf(y):
        return inf
    try:
        return builtins.abs(complex(x, y))  # C's hypot; math.hypot is another algorithm
    except OverflowError:
        # CPython also raises it at nan, when an earlier function's overflow was left in C's errno.
        return inf if x == x and y == y else nan


def floor(x: float) -> float:
    return math.copysign(math.floor(x), x) if math.isfinite(x) else x


def ceil(x: float) -> float:
    return math.copysign(math.ceil(x), x) if math.isfinite(x) else x


def maximum(xs: Sequence[float]) -> float:
    largest = -inf
    for x in xs:
        if x != x:
            return nan
        if x > largest:
            largest = x
    return largest


def minimum(xs: Sequence[float]) -> float:
    return -maximum([-x for x in xs])


def count(xs: Sequence[Any]) -> float:
    return float(len(xs))


def runner_up(xs: Sequence[float]) -> float:
    """Return the second largest of the operands, -inf where there is none."""
    return sorted(xs)[-2] if len(xs) > 1 else -math.inf


def total(xs: Sequence[Any]) -> Any:
    if len(xs) == 0:
        return 0.0
    partial_sum = xs[0]
    for i in range(1, len(xs)):
        partial_sum += xs[i]
    return partial_sum


def product(xs: Sequence[float]) -> float:
    partial_product: float = 1.0
    for x in xs:
        partial_product *= x
    return partial_product


def dot(xs: Sequence[float], ys: Sequence[float]) -> float:
    return float(total([xs[i] * ys[i] for i in range(len(xs))]))


def logsumexp(xs: Sequence[float]) -> float:
    """Return log Σ exp(x), with the largest x taken out so that nothing overflows or is lost."""
    largest = maximum(xs)
    if not -inf < largest < inf:
        return largest
    # The largest term is exp(0) = 1: log1p of the others keeps the digits of a tiny rest.
    rest = 0.0
    left_out = 0.0
    for x in xs:
        if x == largest and left_out == 0.0:
            left_out = 1.0
        else:
            rest += exp(x - largest)
    return largest + log1p(rest)


def products_of_others(xs: Sequence[Any]) -> list[Any]:
    """Return, for each x, the product of all the others (no division: x may be 0)."""
    products: list[Any] = [1.0] * len(xs)
    after: Any = 1.0
    for i in range(len(xs) - 1, -1, -1):
        products[i] = after
        after = xs[i] * after
    before: Any = 1.0
    for i in range(len(xs)):
        products[i] = before * products[i]
        before = before * xs[i]
    return products


def shares(xs: Sequence[Any], out: Any) -> list[float]:
    """Return 1/k for each of the k operands that equal ``out``, and 0 for the others."""
    winners = 0.0
    for x in xs:
        if x == out:
            winners += 1.0
    share = 1.0 / winners if winners > 0.0 else 0.0
    return [share if x == out else 0.0 for x in xs]
