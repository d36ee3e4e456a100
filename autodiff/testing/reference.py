"""A recorded graph with 60 digits: values, and local derivatives, from the rows' own formulas.

Each operation's textbook formula is evaluated by mpmath, and its derivative by a central difference with
a step so small that the result has some 40 digits. The rows' derivative rules have no part in it.
Where a formula subtracts from 1 what is tiny, all of 60 digits may be lost: there it is given more.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autodiff.graph import local_derivatives, topological_order
from autodiff.primitive import Primitive
from autodiff.testing.formula import Formulas, NotOfferedError
from autodiff.value import Value

DIGITS = 60
_MARGIN = 8  # digits: a step takes half of the digits, less these
_MOST_DIGITS = 760  # what is 1e-324 keeps some 40 when its square is subtracted from 1, and a step added
_KEPT = 15  # digits: a result that has fewer, beside 1 and its operands, may have lost them
_FINER = -8  # of ten: steps are made so much smaller where a function bends
_KINK = -12  # of ten: slopes on both sides that differ by more, relative to them, do not meet
_JUMP = 1e-6  # of the value: a step of 1e-22 does not change it by so much
LARGEST = 1e30  # of an operand, or a value: beyond, there is no reference


WITHOUT_VALUE = (ArithmeticError, ValueError, TypeError, NotOfferedError)
"""What is raised where a formula has no value."""


class KinkError(ArithmeticError):
    """An operation has another slope on each side of its operands."""


def is_installed() -> bool:
    """Return whether mpmath is there."""
    try:
        import mpmath  # noqa: F401
    except ImportError:
        return False
    return True


@functools.cache
def _exactly() -> Formulas:
    """Return the rows' formulas on mpmath's numbers: ``1 / 3`` is the quotient of two exact ones."""
    from mpmath import mp, mpf

    same = (
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "cos", "cosh", "erf", "erfc",
        "exp", "expm1", "floor", "hypot", "inf", "log", "log1p", "log10", "nan", "pi", "sign", "sin",
        "sinh", "sqrt", "tan", "tanh",
    )  # fmt: skip
    own: dict[str, Callable[..., Any]] = {
        "abs": mp.fabs,
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(mp.fabs(x)),
        "count": len,
        "dot": mp.fdot,
        "log2": lambda x: mp.log(x, 2),
        "maximum": max,
        "minimum": min,
        "product": mp.fprod,
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "softplus": lambda x: mp.log1p(mp.exp(x)),
        "total": mp.fsum,
    }
    return Formulas({name: getattr(mp, name) for name in same} | own, number=mpf)


def exact(row: Primitive, operands: Sequence[Any]) -> Any:
    """Return what ``row``'s textbook formula gives for mpmath numbers, to the working precision.

    Raises:
        ArithmeticError: where the formula has no real value.
    """
    from mpmath import mp, workdps

    with workdps(max(mp.dps, _digits(operands))):
        found = _formula(row, operands)
    if mp.dps < _MOST_DIGITS and abs(found) < _lost():
        with workdps(_MOST_DIGITS):
            return _formula(row, operands)
    return found


def _digits(operands: Sequence[Any]) -> int:
    """Return how many digits keep 40 of the square of the largest, or smallest, operand beside 1."""
    from mpmath import mp

    powers = [abs(mp.mag(x)) for x in operands if x and mp.isfinite(x)]
    return min(DIGITS + int(0.61 * max(powers, default=0)), _MOST_DIGITS)  # 0.61 > 2 log10(2)


def _formula(row: Primitive, operands: Sequence[Any]) -> Any:
    from mpmath import mpc, mpf

    found = _exactly()(row, operands)
    if isinstance(found, mpc):
        if found.imag:
            at = ", ".join(f"{float(x):g}" for x in operands)
            raise ArithmeticError(f"{row.name}({at}) has no real value there")
        found = found.real
    return mpf(found)


def exact_partials(row: Primitive, operands: Sequence[Any], moving: Sequence[bool]) -> list[Any]:
    """Return ∂row/∂operand for each operand that moves, else 0, as mpmath numbers of some 35 digits.

    nan says that the slopes on both sides differ: there is a kink.

    Raises:
        ArithmeticError: where the formula has no real value beside the operands.
    """
    from mpmath import mp, workdps

    found = []
    with workdps(max(mp.dps, _digits(operands))):
        middle = _formula(row, operands) if any(moving) else None
        for i in range(len(operands)):
            if not moving[i]:
                found.append(mp.mpf(0))
                continue
            h = _step(operands[i])
            left, right = _gaps(row, operands, i, h, middle)
            if abs(left + right) < _lost():
                with workdps(_MOST_DIGITS):
                    left, right = _gaps(row, operands, i, h, None)
            if _is_kink(left, right, h, middle):  # or it bends strongly: then less over a smaller step
                with workdps(mp.dps - 2 * _FINER):
                    h *= mp.mpf(10) ** _FINER
                    left, right = _gaps(row, operands, i, h, None)
                    kink = _is_kink(left, right, h, middle)
                    found.append(mp.nan if kink else (left + right) / (2 * h))
                continue
            found.append((left + right) / (2 * h))
    return found


@functools.lru_cache(maxsize=50_000)
def _partials_at(row: Primitive, operands: tuple[float, ...], moving: tuple[bool, ...]) -> Sequence[Any]:
    """Return the same at floats, with 60 digits: a check asks for them several times."""
    from mpmath import mpf, workdps

    with workdps(DIGITS):
        return exact_partials(row, [mpf(x) for x in operands], moving)


def _is_kink(left: Any, right: Any, h: Any, middle: Any) -> bool:
    """Return whether rises over a step on both sides are of different slopes, or a jump."""
    from mpmath import mp

    rise = max(abs(left), abs(right))
    bent = abs(right - left) > mp.mpf(10) ** _KINK * max(rise, h)
    return bool(bent or rise > _JUMP * max(1, abs(middle)))


def _step(x: Any) -> Any:
    """Return a step within which few functions bend."""
    from mpmath import mp

    return min(abs(x) or mp.mpf(1), mp.mpf(1)) * mp.mpf(10) ** (_MARGIN - mp.dps // 2)


def _lost() -> Any:
    """Return below what a result beside 1 may have lost its digits."""
    from mpmath import mp

    return mp.mpf(10) ** (_KEPT - mp.dps)


def _gaps(
    row: Primitive, operands: Sequence[Any], position: int, h: Any, middle: Any
) -> tuple[Any, Any]:
    """Return how much the formula rises over a step before an operand, and over one after it."""
    upper, lower = (
        _formula(row, [*operands[:position], operands[position] + step, *operands[position + 1 :]])
        for step in (h, -h)
    )
    middle = _formula(row, operands) if middle is None else middle
    return middle - lower, upper - middle


def exact_sides(row: Primitive, operands: Sequence[Any], position: int) -> tuple[float, float]:
    """Return the slopes on the left and on the right of one operand."""
    from mpmath import mpf, workdps

    with workdps(DIGITS):
        numbers = [mpf(x) for x in operands]
        x = numbers[position]
        h = _step(x)
        middle = exact(row, numbers)
        sides = []
        for step in (-h, h):
            numbers[position] = x + step
            sides.append(float((exact(row, numbers) - middle) / step))
    return sides[0], sides[1]


def reference_partials(
    row: Primitive, operands: Sequence[float], moving: Sequence[bool] | None = None
) -> list[float] | None:
    """Return the local derivatives at floats, 0 by what does not move, None where there are none."""
    if not is_installed():
        return None

    if any(not abs(x) <= LARGEST for x in operands):
        return None
    every = tuple(moving or [True] * len(operands))
    try:
        return [float(x) for x in _partials_at(row, tuple(operands), every)]
    except WITHOUT_VALUE:
        return None


def _is_steady(node: Value) -> bool:
    """Return whether the engine has a finite derivative by each operand that moves."""
    pairs = zip(node.operands, local_derivatives(node), strict=True)
    return all(math.isfinite(partial) for x, partial in pairs if not x.is_constant)


class Exact:
    """The graph of some outputs with 60 digits, or as many as mpmath works with: values and gradient.

    Arguments:
        outs: the outputs.
        moved: other numbers for some leaves.
        factors: what each operation's value is multiplied by, as rounding would.

    Raises:
        ArithmeticError: where a formula has no value; ValueError, OverflowError likewise.
    """

    def __init__(
        self,
        *outs: Value,
        moved: Mapping[Value, Any] | None = None,
        factors: Mapping[Value, Any] | None = None,
    ) -> None:
        from mpmath import mp, mpf, workdps

        self.order = topological_order(*outs)
        self.outs = outs
        self.numbers: dict[Value, Any] = {}
        with workdps(max(mp.dps, DIGITS)):
            for node in self.order:
                if not abs(node.data) <= LARGEST:
                    raise OverflowError(f"{node!r} is too large for the reference")
                if node.primitive is None:
                    self.numbers[node] = (moved or {}).get(node, mpf(node.data))
                else:
                    found = exact(node.primitive, [self.numbers[x] for x in node.operands])
                    self.numbers[node] = found * factors[node] if factors else found

    @property
    def value(self) -> float:
        """The value of the first output."""
        return float(self.numbers[self.outs[0]])

    def gradient(
        self,
        inputs: Sequence[Value],
        weights: Sequence[float] | None = None,
        *,
        at_floats: bool = False,
    ) -> list[float]:
        """Return ∂(Σ weight · output)/∂input for each input.

        ``at_floats`` takes local derivatives where the engine does, at the numbers that it has rounded:
        what is left to differ is the rules and the sums, and not the conditioning of the values.
        """
        return [float(x) for x in self.exact_gradient(inputs, weights, at_floats=at_floats)]

    def exact_gradient(
        self,
        inputs: Sequence[Value],
        weights: Sequence[float] | None = None,
        *,
        at_floats: bool = False,
    ) -> list[Any]:
        """Return the same as mpmath numbers: one reverse sweep over exact local derivatives."""
        from mpmath import isnan, mp, mpf, workdps

        with workdps(max(mp.dps, DIGITS)):
            x_bar: dict[Value, Any] = {}
            for out, weight in zip(self.outs, weights or [1.0] * len(self.outs), strict=True):
                x_bar[out] = x_bar.get(out, mpf(0)) + mpf(weight)
            for node in reversed(self.order):
                if node.primitive is None or node not in x_bar:
                    continue
                if not _is_steady(node):
                    raise ArithmeticError(f"{node.primitive.name} is infinitely steep, or has no slope")
                if not x_bar[node]:
                    continue
                moving = tuple([not x.is_constant for x in node.operands])
                if at_floats:
                    floats = tuple([x.data for x in node.operands])
                    partials = _partials_at(node.primitive, floats, moving)
                else:
                    operands = [self.numbers[x] for x in node.operands]
                    partials = exact_partials(node.primitive, operands, moving)
                if any(map(isnan, partials)):
                    at = ", ".join(f"{x.data:g}" for x in node.operands)
                    raise KinkError(f"{node.primitive.name}({at}) is at a kink")
                for operand, partial in zip(node.operands, partials, strict=True):
                    x_bar[operand] = x_bar.get(operand, mpf(0)) + x_bar[node] * partial
            return [x_bar.get(x, mpf(0)) for x in inputs]
