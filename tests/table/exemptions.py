"""The rows that may err by more than 4 ulp: where, by how much, and why. A test asks for each one.

``inf`` stands where a number inside the rule leaves the range of floats although the result does not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from operator import mul

from autodiff.kernels import hypot, pow

SUBNORMAL = 2.0**-1022


@dataclass(frozen=True)
class Exemption:
    """More room for the value (order 0) or the derivatives of a row."""

    orders: tuple[int, ...]
    ulps: float
    where: Callable[..., bool]  # asked about the operands of each point
    witness: tuple[float, ...]  # a point that needs it, in every order
    why: str


def _anywhere(*operands: float) -> bool:
    return True


def _largest(*operands: float) -> float:
    return max(map(abs, operands))


def _product_leaves_range(*operands: float) -> bool:
    return any(abs(x) < SUBNORMAL or math.isinf(x) for x in accumulate(operands, mul))


def _square_leaves_range(y: float, x: float) -> bool:
    tiny = min(abs(x), abs(y))
    return not 1e-150 < hypot(x, y) < 1.7e308 or 0 < tiny < SUBNORMAL


EXEMPTIONS: dict[str, list[Exemption]] = {
    "cbrt": [
        Exemption(
            (1,), 10, _anywhere, (0.1939594401479124,),
            "out**-2 is in it, and the C library's cbrt is promised to 4 ulp only (glibc)",
        ),
        Exemption((2,), 22, _anywhere, (1.5,), "the same for out**-5"),
    ],
    "atan": [Exemption((2,), 6, _anywhere, (-0.12745067041394081,), "hypot(1, x)**-3, times 2 x")],
    "sech": [
        Exemption((2,), 6, _anywhere, (0.02864911538596798,), "out * tanh(x)**2 - out * sech(x)**2"),
    ],
    "hypot": [
        Exemption(
            (1,), inf, lambda x, y: hypot(x, y) < 10 * SUBNORMAL, (-5e-324, 5e-324),
            "a subnormal out has few digits left",
        ),
        Exemption(
            (2,), inf, lambda x, y: hypot(x, y) < 10 * SUBNORMAL, (5e-324, 0.0), "1 / out overflows"
        ),
        Exemption((2,), 6, _anywhere, (-5.4191103638944e-143, 6.649782240938385e-143), "x * y / out**3"),
    ],
    "atan2": [
        Exemption(
            (2,), inf, _square_leaves_range, (-1e-205, 0.0),
            "1 / hypot(x, y)**2 overflows, or a subnormal x / hypot(x, y) has few digits left",
        ),
        Exemption(
            (1,), inf, lambda y, x: math.isinf(hypot(x, y)), (1.7976931348623157e308, -1e301),
            "hypot(x, y) overflows, so that a subnormal derivative becomes 0",
        ),
    ],
    "pow": [
        Exemption(
            (1, 2), 400, lambda x, y: abs(y) < 1, (1e278, 1e-8),
            "y - 1 drops digits of y: half an ulp of the exponent, times |log x| < 745",
        ),
        Exemption(
            (1,), inf, lambda x, y: math.isinf(pow(abs(x), y - 1)), (1e-320, 1e-136),
            "x ** (y - 1) overflows before a tiny y multiplies it",
        ),
        Exemption(
            (2,), inf, lambda x, y: pow(abs(x), y) < SUBNORMAL, (1e-274, 1.5),
            "out underflows before out / x, a term of the mixed derivative, can be formed",
        ),
    ],
    "elu": [
        Exemption(
            (1, 2), inf, lambda x, alpha: x < -708 and abs(alpha) > 1, (-746.0, -1e9),
            "exp(x) is subnormal before a large alpha multiplies it",
        ),
    ],
    "prod": [
        Exemption(
            (0,), inf, _product_leaves_range, (5e-324, 7.3, -1e255),
            "the product of the first operands is subnormal or inf, that of all is not",
        ),
    ],
    "dot": [
        Exemption(
            (0,), inf, lambda *xs: _largest(*xs) > 1e150, (1e308, -1e232, 3.0, 1e117),
            "two products overflow with opposite signs: inf - inf is nan, left to right",
        ),
    ],
    "sum": [
        Exemption(
            (0,), inf, lambda *xs: _largest(*xs) > 4e307, (1.5e308, 1.5e308, -1.5e308),
            "the sum of the first operands overflows, that of all does not",
        ),
    ],
    "mean": [
        Exemption(
            (0,), inf, lambda *xs: _largest(*xs) > 4e307, (1.5e308, 1.5e308),
            "the sum overflows, the mean does not",
        ),
    ],
    "logsumexp": [
        Exemption(
            (1, 2), 160, lambda *xs: _largest(*xs) <= 128, (35.0, 48.25),
            "exp(x - out) feels the rounding of out: half an ulp of it is |out| / 2 ulp of the power",
        ),
        Exemption(
            (1, 2), inf, lambda *xs: _largest(*xs) > 128, (999.19, 1003.15), "the same, for any |out|"
        ),
    ],
    "softmax": [
        Exemption(
            (0, 1, 2), inf, lambda *xs: max(xs) - xs[0] > 690, (2.0, 712.0),
            "a probability below 1e-300 is taken for 0 in the derivatives, below 1e-308 in the value",
        ),
        Exemption(
            (1,), 6, _anywhere, (-0.005938541735971521, 0.00814623088298068),
            "a product of two probabilities, of three functions each",
        ),
        Exemption(
            (2,), 16, _anywhere, (-50.6529390496433, 2.6666391900029026e-111, 0.11669469307115424),
            "the same of three; where they cancel, each is as ill-conditioned as the gap is wide",
        ),
    ],
}  # fmt: skip


def allowed_ulps(name: str, order: int, point: tuple[float, ...], usual: float) -> float:
    """Return the tolerance at a point: the usual one unless an exemption covers it."""
    room = [
        entry.ulps for entry in EXEMPTIONS.get(name, ()) if order in entry.orders and entry.where(*point)
    ]
    return max([usual, *room])
