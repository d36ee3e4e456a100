"""sin, cos and tan on lanes."""

import math

from autodiff.tape.bits import number, word
from autodiff.tape.elementary.pieces import SHIFT, error_of_sum, polynomial, quotient, rounded

INVERSE_HALF_PI = 2 / math.pi
# π/2 in pieces of 33 bits: times a k below 2**20 the first three are exact
HALF_PI_1, HALF_PI_2, HALF_PI_3, HALF_PI_4 = (
    1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32,
)  # fmt: skip
TRIGONOMETRIC_LIMIT = 2.0**20  # beyond it sin, cos and tan reduce with too few digits of π

# (sin(r) / r - 1) / z and (cos(r) - 1 + z / 2) / z², z = r², for |r| <= π/4
SIN = (
    -0.16666666666666666, 0.008333333333330943, -0.0001984126983674956, 2.755731609787775e-06,
    -2.5051130870968297e-08, 1.591805913698281e-10,
)  # fmt: skip
COS = (
    0.041666666666666664, -0.0013888888888887393, 2.4801587298760048e-05, -2.755731726880539e-07,
    2.0876145659059344e-09, -1.1382588535352522e-11,
)  # fmt: skip


def quarter_turns(x: float) -> tuple[float, float, float]:
    """Return k, r and rest with x = k π/2 + r + rest and |r| <= π/4, for |x| <= TRIGONOMETRIC_LIMIT."""
    k = rounded(x * INVERSE_HALF_PI)
    first = x - k * HALF_PI_1  # exact
    second = first - k * HALF_PI_2
    third = second - k * HALF_PI_3
    lost = error_of_sum(first, -k * HALF_PI_2, second) + error_of_sum(second, -k * HALF_PI_3, third)
    rest = lost - k * HALF_PI_4
    r = third + rest
    return k, r, rest - (r - third)


def sine(r: float, rest: float) -> float:
    """Return sin(r + rest) - r for |r| <= π/4."""
    z = r * r
    return z * r * polynomial(z, SIN) + rest * (1.0 - 0.5 * z)


def cosine(r: float, rest: float) -> tuple[float, float]:
    """Return high and low with cos(r + rest) = high + low, for |r| <= π/4."""
    z = r * r
    half = 0.5 * z
    high = 1.0 - half
    return high, ((1.0 - high) - half) + (z * z * polynomial(z, COS) - r * rest)


def chosen(odd: int, yes: float, no: float) -> float:
    """Return ``yes`` where ``odd`` is 1, and ``no`` where it is 0."""
    return number(word(yes) & -odd | word(no) & ~-odd)


def turned(k: float, r: float, rest: float) -> float:
    """Return sin(k π/2 + r + rest): a sine or a cosine, with its sign, as k is even or odd."""
    high, low = cosine(r, rest)
    n: int = word(k + SHIFT)
    value = chosen(n & 1, high + low, r + sine(r, rest))
    return number(word(value) ^ (n & 2) << 62)


def sin(x: float) -> float:
    k, r, rest = quarter_turns(x)
    return x if x == 0.0 else turned(k, r, rest)


def cos(x: float) -> float:
    k, r, rest = quarter_turns(x)
    return turned(k + 1.0, r, rest)


def tan(x: float) -> float:
    k, r, rest = quarter_turns(x)
    n: int = word(k + SHIFT)
    high, low = cosine(r, rest)
    small = sine(r, rest)
    s = r + small
    s_low = small - (s - r)
    c = high + low
    c_low = low - (c - high)
    # s / c, or -c / s in odd quarters
    value = quotient(
        chosen(n & 1, -c, s), chosen(n & 1, -c_low, s_low),
        chosen(n & 1, s, c), chosen(n & 1, s_low, c_low),
    )  # fmt: skip
    return x if abs(x) < 2.0**-30 else value
