"""The rows that may err by more than 4 ulp: where, by how much, and why. A test asks for each one."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from autodiff.kernels import pow


@dataclass(frozen=True)
class Exemption:
    """More room for the value (order 0) or the derivatives of a row."""

    orders: tuple[int, ...]
    ulps: float
    where: Callable[..., bool]  # asked about the operands of each point
    witness: tuple[float, ...]  # a point that needs it
    why: str


def _anywhere(*operands: float) -> bool:
    return True


def _largest(*operands: float) -> float:
    return max(map(abs, operands))


def _underflows(*operands: float) -> bool:
    """Whether some partial product of the operands is subnormal."""
    partial_products = [math.prod(operands[: i + 1]) for i in range(len(operands))]
    return any(abs(x) < 2.0**-1022 for x in partial_products)


EXEMPTIONS: dict[str, list[Exemption]] = {
    "cbrt": [
        Exemption((2,), 8, _anywhere, (1.5,), "out**-5 is in it, and the C library's cbrt errs by 1.6 ulp"),
    ],
    "pow": [
        Exemption(
            (1, 2), 400, lambda x, y: abs(y) < 1, (1e278, 1e-8),
            "y - 1 drops digits of y: half an ulp of the exponent, times |log x| < 745",
        ),
        Exemption(
            (2,), math.inf, lambda x, y: pow(abs(x), y) < 2.0**-1022, (1e-274, 1.5),
            "out underflows before out / x, a term of the mixed derivative, can be formed",
        ),
    ],
    "elu": [
        Exemption(
            (1, 2), math.inf, lambda x, alpha: x < -708 and abs(alpha) > 1, (-746.0, -1e9),
            "exp(x) is subnormal before a large alpha multiplies it",
        ),
    ],
    "prod": [
        Exemption(
            (0,), math.inf, _underflows, (5e-324, 7.3, -1e255),
            "a subnormal partial product has few digits left",
        ),
    ],
    "dot": [
        Exemption(
            (0,), math.inf, lambda *xs: _largest(*xs) > 1e150, (1e308, -1e232, 3.0, 1e117),
            "two products overflow with opposite signs: inf - inf is nan, left to right",
        ),
    ],
    "logsumexp": [
        Exemption(
            (1, 2), 64, lambda *xs: _largest(*xs) <= 128, (35.0, 48.25),
            "exp(x - out) feels the rounding of out: half an ulp of it is |out| / 2 ulp of the power",
        ),
        Exemption(
            (1, 2), math.inf, lambda *xs: _largest(*xs) > 128, (1001.5, 1007.25),
            "the same, for any |out|",
        ),
    ],
    "softmax": [
        Exemption(
            (0, 1, 2), math.inf, lambda *xs: max(xs) - xs[0] > 690, (2.0, 712.0),
            "a probability below 1e-300 is taken for 0 in the derivatives, below 1e-308 in the value",
        ),
        Exemption(
            (2,), 8, _anywhere, (-1.000000000001, 1e-90, 1e-182),
            "a product of four factors, each a row of its own",
        ),
    ],
}  # fmt: skip


def allowed_ulps(name: str, order: int, point: tuple[float, ...], usual: float) -> float:
    """Return the tolerance at a point: the usual one unless an exception covers it."""
    room = [
        entry.ulps for entry in EXEMPTIONS.get(name, ()) if order in entry.orders and entry.where(*point)
    ]
    return max([usual, *room])
