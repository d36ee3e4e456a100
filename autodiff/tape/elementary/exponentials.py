"""exp, expm1, sinh, cosh and tanh on lanes."""

import math

from autodiff.tape.elementary.pieces import (
    TINY,
    error_of_sum,
    polynomial,
    power_of_two,
    quotient,
    rounded,
    with_sign,
)

LN2_HIGH, LN2_LOW = 0.6931471805598903, 5.497923018708371e-14  # 42 bits: k * LN2_HIGH is exact
INVERSE_LN2 = 1 / math.log(2)
OVERFLOWS = 710.6  # where exp, expm1, sinh and cosh have all overflowed, and 2**k has nearly
# (exp(r) - 1 - r) / r² for |r| <= ln(2)/2
EXP = (
    0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326112, 0.001388888888888373,
    0.0001984126987490126, 2.4801587325605324e-05, 2.7557255297969643e-06, 2.755727357010214e-07,
    2.5105259538448494e-08, 2.0914717341716378e-09,
)  # fmt: skip


def exponential(x: float) -> tuple[float, float, float]:
    """Return k, r and t with exp(x) = 2**k * (1 + r + t), |r| <= ln(2)/2, t of the order of r²."""
    k = rounded(x * INVERSE_LN2)
    high = x - k * LN2_HIGH
    r = high - k * LN2_LOW
    rest = (high - r) - k * LN2_LOW
    return k, r, r * r * polynomial(r, EXP) + rest


def exp(x: float) -> float:
    x = -746.0 if x < -746.0 else x  # exp is 0 there, and k stays in range
    x = OVERFLOWS if x > OVERFLOWS else x
    k, r, t = exponential(x)
    high = 1.0 + r
    value = high + ((r - (high - 1.0)) + t)
    half = rounded(0.5 * k)  # in two steps: 2**k itself may overflow, or be subnormal
    return value * power_of_two(half) * power_of_two(k - half)


def quarter_expm1(x: float) -> tuple[float, float]:
    """Return high and low with (exp(x) - 1) / 4 = high + low, for -40 <= x <= OVERFLOWS.

    A quarter, because the functions made of it are finite a little beyond exp's own overflow.
    """
    k, r, t = exponential(x)
    scale = power_of_two(k - 2.0)
    less = scale - 0.25
    lost = (scale - less) - 0.25
    high = less + scale * r
    low = (error_of_sum(less, scale * r, high) + lost) + scale * t
    total = high + low
    return total, low - (total - high)


def expm1(x: float) -> float:
    inside = -40.0 if x < -40.0 else x
    quarter, _ = quarter_expm1(OVERFLOWS if inside > OVERFLOWS else inside)
    return x if abs(x) < TINY else 4.0 * quarter


def sinh(x: float) -> float:
    size = abs(x)
    quarter, low = quarter_expm1(OVERFLOWS if size > OVERFLOWS else size)
    # (exp(x) - 1) / 2 + (1 - exp(-x)) / 2
    value = 2.0 * quarter + (quarter / (2.0 * quarter + 0.5) + 2.0 * low)
    return x if size < TINY else with_sign(value, x)


def cosh(x: float) -> float:
    size = abs(x)
    k, r, t = exponential(OVERFLOWS if size > OVERFLOWS else size)
    half = (1.0 + (r + t)) * power_of_two(k - 2.0) * 2.0
    return half + 0.25 / half


def tanh(x: float) -> float:
    size = abs(x)
    quarter, low = quarter_expm1(44.0 if size > 22.0 else 2.0 * size)
    # (exp(2x) - 1) / (exp(2x) + 1)
    below = quarter + 0.5
    below_low = error_of_sum(quarter, 0.5, below) + low
    value = quotient(quarter, low, below, below_low)
    return x if size < TINY else with_sign(value, x)
