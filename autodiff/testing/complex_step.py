"""Local derivatives by the complex step: f(x + ih) = f(x) + ih·f'(x) − …, and nothing is subtracted.

Each operation's textbook formula is evaluated on complex numbers, piece by piece: comparisons, signs and
absolute values go by the real part. The rows' derivative rules have no part in it.

Source: Squire & Trapp 1998, "Using complex variables to estimate derivatives of real functions".
"""

import cmath
import math
from collections.abc import Sequence
from typing import Any

from autodiff.primitive import Primitive
from autodiff.testing.finite_differences import Estimate
from autodiff.testing.formula import Formulas, NotOfferedError

_STEP = 1e-20  # relative: its square is far below the rounding of what it is added to
_BESIDE = (0, 1, -1, 3, -4)  # units in the last place: what these change is the formula's own rounding
_SURE = 1e-12  # relative: formulas round a few times
_UNIT = 2.0**-50  # of terms that may have cancelled unseen, about as large as the value, or 1
_BRANCH = 1e-6  # relative: a value that is farther off belongs to another branch, or has no digits left


def _real(x: Any) -> float:
    return float(x.real)


def _abs(x: Any) -> Any:
    return -x if _real(x) < 0 else x


def _fsum(xs: Sequence[Any]) -> complex:
    return complex(math.fsum(x.real for x in xs), math.fsum(x.imag for x in xs))


def _product(xs: Sequence[Any]) -> Any:
    return math.prod(xs, start=complex(1.0))


_ANALYTIC = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp", "log", "log10", "sin",
    "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip

_on_complex = Formulas(
    {name: getattr(cmath, name) for name in _ANALYTIC}
    | {
        "abs": _abs,
        "ceil": lambda x: math.ceil(_real(x)),
        "count": len,
        "dot": lambda xs, ys: _fsum([complex(x * y) for x, y in zip(xs, ys, strict=True)]),
        "floor": lambda x: math.floor(_real(x)),
        "inf": math.inf,
        "maximum": lambda xs: max(xs, key=_real),
        "minimum": lambda xs: min(xs, key=_real),
        "nan": math.nan,
        "pi": math.pi,
        "product": _product,
        "sign": lambda x: math.copysign(1.0, _real(x)) if _real(x) else 0.0,
        "total": _fsum,
    },
    ordered=_real,
)


def complex_partial(row: Primitive, operands: Sequence[float], position: int) -> Estimate | None:
    """Return ∂row/∂operand at floats, None where the formula is not analytic there, or loses its digits.

    The error is what the formula's own rounding does, seen at the floats beside the operand.

    >>> import autodiff as ad
    >>> complex_partial(ad.exp, [1.0], 0).value == math.e
    True
    >>> complex_partial(ad.erf, [1.0], 0) is None
    True
    """
    try:
        found = [_slope(row, operands, position, units) for units in _BESIDE]
    except (ArithmeticError, ValueError, TypeError, NotOfferedError):
        return None
    (middle, value), out = found[0], row.evaluate(*operands)
    if not all(math.isfinite(slope) for slope, _ in found) or not abs(value - out) <= _BRANCH * abs(out):
        return None
    spread = max(abs(slope - middle) for slope, _ in found)
    return Estimate(middle, 2 * spread + _SURE * abs(middle) + _UNIT * max(1.0, abs(out)))


def _slope(row: Primitive, operands: Sequence[float], position: int, units: int) -> tuple[float, float]:
    """Return the derivative, and the value, some units in the last place beside the operand."""
    x = operands[position] + units * math.ulp(operands[position])
    h = _STEP * (abs(x) or 1.0)
    moved: list[Any] = [*operands]
    moved[position] = complex(x, h)
    out = complex(_on_complex(row, moved))
    return out.imag / h, out.real
