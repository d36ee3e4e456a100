"""log, log2, log10, log1p, asinh, acosh and atanh on lanes."""

import math
from math import inf, nan

from autodiff.kernels import sqrt
from autodiff.tape.bits import number, word
from autodiff.tape.elementary.exponentials import LN2_HIGH, LN2_LOW
from autodiff.tape.elementary.pieces import (
    TINY,
    error_of_product,
    error_of_sum,
    polynomial,
    power_of_two,
    quotient,
    upper,
    with_sign,
)

MANTISSA = (1 << 52) - 1
ONE = word(1.0)
TWO_52 = word(2.0**52)
SMALLEST_NORMAL = 2.0**-1022
SQRT2 = math.sqrt(2)
# 26 bits in the high part: its product with upper(x) is exact
LOG2_E_HIGH, LOG2_E_LOW = 1.4426950216293335, 1.9259629911266175e-08
LOG10_E_HIGH, LOG10_E_LOW = 0.4342944771051407, 4.798111141615973e-09
LOG10_2_HIGH, LOG10_2_LOW = 0.30102999566395283, 2.8363394551044964e-14  # 42 bits
LARGE = 2.0**28  # 1 + x² is x² to the last digit
# (log((1 + s) / (1 - s)) / s - 2) / z, z = s², for 1/√2 <= (1 + s) / (1 - s) <= √2
LOG = (
    0.666666666666667, 0.399999999998992, 0.2857142862611452, 0.22222211112104948, 0.1818289077802613,
    0.15331666676597175, 0.146171283998073,
)  # fmt: skip


def split(x: float) -> tuple[float, float]:
    """Return k and m with x = 2**k * m and 1/√2 <= m <= √2, for a positive finite x."""
    lift = 54.0 if x < SMALLEST_NORMAL else 0.0
    n: int = word(x * 2.0**54 if x < SMALLEST_NORMAL else x)
    m = number(n & MANTISSA | ONE)
    k = number(n >> 52 | TWO_52) - (2.0**52 + 1023.0) - lift
    return (k + 1.0 if m > SQRT2 else k), (0.5 * m if m > SQRT2 else m)


def logarithm(f: float) -> tuple[float, float]:
    """Return f²/2 and t with log(1 + f) = f - (f²/2 - t), t of the order of f³.

    With s = f / (2 + f): log(1 + f) = log((1 + s) / (1 - s)) = 2s + s³ P(s²), and 2s = f - s f.
    """
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    return half_square, s * (half_square + z * polynomial(z, LOG))


def scaled_logarithm(k: float, f: float, low: float) -> float:
    """Return log(2**k * (1 + f)) + low, where low includes k * LN2_LOW."""
    half_square, t = logarithm(f)
    multiple = k * LN2_HIGH
    high = multiple + f
    return high + ((f - (high - multiple)) - (half_square - (t + low)))


def at_the_ends(value: float, x: float, argument: float) -> float:
    """Return ``value``, a logarithm of ``x``, as IEEE-754 has it where x is 0, negative, inf or nan."""
    value = value if x < inf else argument
    value = nan if x < 0.0 else value
    return -inf if x == 0.0 else value


def log(x: float) -> float:
    k, m = split(x)
    return at_the_ends(scaled_logarithm(k, m - 1.0, k * LN2_LOW), x, x)


def log_of_sum(u: float, lost: float, more: float) -> float:
    """Return log((u + lost) * 2**more) for a positive finite u and a ``lost`` below its last digit."""
    k, m = split(u)
    lost = lost * power_of_two(-1000.0 if k > 1000.0 else -k)
    f = (m - 1.0) + lost
    return scaled_logarithm(k + more, f, (k + more) * LN2_LOW + (lost - (f - (m - 1.0))))


def log1p(x: float) -> float:
    u = 1.0 + x
    value = log_of_sum(u, error_of_sum(1.0, x, u), 0.0)
    return x if abs(x) < TINY else at_the_ends(value, u, x)


def log_to_base(x: float, high: float, low: float, k_high: float, k_low: float) -> float:
    """Return (high + low) * log(m) + k * (k_high + k_low), where x = 2**k * m."""
    k, m = split(x)
    half_square, t = logarithm(m - 1.0)
    first = upper((m - 1.0) - half_square)
    second = (((m - 1.0) - first) - half_square) + t
    multiple = k * k_high
    total = multiple + first * high
    rest = first * low + (second * high + second * low) + k * k_low
    return at_the_ends(total + ((first * high - (total - multiple)) + rest), x, x)


def log2(x: float) -> float:
    return log_to_base(x, LOG2_E_HIGH, LOG2_E_LOW, 1.0, 0.0)


def log10(x: float) -> float:
    return log_to_base(x, LOG10_E_HIGH, LOG10_E_LOW, LOG10_2_HIGH, LOG10_2_LOW)


def asinh(x: float) -> float:
    size = abs(x)
    y = 1.0 if size > LARGE else size
    part = y * y / (1.0 + sqrt(1.0 + y * y))
    # log(x + √(1 + x²)), where beyond LARGE the root is x: log(2x)
    total = y + part
    u = 1.0 + total
    lost = error_of_sum(1.0, total, u) + (part - (total - y))
    u = size if size > LARGE else u
    value = log_of_sum(u, 0.0 if size > LARGE else lost, 1.0 if size > LARGE else 0.0)
    return with_sign(value, x) if TINY < size < inf else x


def acosh(x: float) -> float:
    y = 1.0 if x > LARGE else x - 1.0
    above = 2.0 + y
    square = y * above  # x² - 1
    root = sqrt(square)
    lost = error_of_product(y, above, square) + y * error_of_sum(2.0, y, above)
    rest = (square - root * root) - error_of_product(root, root, root * root) + lost
    rest = rest / (2.0 * root if root > 0.0 else 1.0)
    total = y + root
    u = 1.0 + total
    rest = error_of_sum(1.0, total, u) + (error_of_sum(y, root, total) + rest)
    u = x if x > LARGE else u
    value = log_of_sum(u, 0.0 if x > LARGE else rest, 1.0 if x > LARGE else 0.0)
    value = value if x < inf else x
    return value if x > 1.0 else 0.0 if x == 1.0 else nan


def atanh(x: float) -> float:
    size = abs(x)
    # log1p(2x / (1 - x)) / 2
    below = 1.0 - size if size < 1.0 else 1.0
    y = quotient(2.0 * size, 0.0, below, (1.0 - below) - size)
    u = 1.0 + y
    value = 0.5 * log_of_sum(u, error_of_sum(1.0, y, u), 0.0)
    value = with_sign(inf if size == 1.0 else value, x)
    return x if size < TINY else nan if size > 1.0 else value
