"""asin, acos, atan, atan2 and hypot on lanes."""

from math import inf

from autodiff.kernels import sqrt
from autodiff.tape.elementary.logarithms import SQRT2
from autodiff.tape.elementary.pieces import TINY, error_of_sum, polynomial, quotient, upper, with_sign

HALF_PI, HALF_PI_LOW = 1.5707963267948966, 6.123233995736766e-17
TAN_EIGHTH_PI = SQRT2 - 1
# (atan(t) / t - 1) / z, z = t², for |t| <= tan(π/8)
ATAN = (
    -0.3333333333333333, 0.199999999999955, -0.14285714284662226, 0.11111111014909221,
    -0.09090904564022367, 0.07692182863309693, -0.06664506835133263, 0.05858108856106755,
    -0.05085240174154878, 0.03922560559586107, -0.019169476385361265,
)  # fmt: skip
# (asin(s) / s - 1) / z, z = s², for |s| <= 1/2
ASIN = (
    0.16666666666666669, 0.07499999999998433, 0.04464285714635543, 0.030381944138531247,
    0.02237217294214989, 0.017352392720869973, 0.013971212973552933, 0.011479177415184906,
    0.01032281435018578, 0.005457506718640358, 0.01740087944269402, -0.014851887071247204,
    0.028757851367421566,
)  # fmt: skip


def angle(small: float, large: float) -> tuple[float, float]:
    """Return high and low with atan(small / large) = high + low, for 0 <= small <= large, large > 0.

    From tan(π/8) on, it is π/4 + atan((small - large) / (small + large)).
    """
    bound = TAN_EIGHTH_PI * large
    total = small + large
    difference = small - large
    t = quotient(
        difference if small > bound else small,
        error_of_sum(small, -large, difference) if small > bound else 0.0,
        total if small > bound else large,
        error_of_sum(small, large, total) if small > bound else 0.0,
    )
    z = t * t
    rest = z * t * polynomial(z, ATAN)
    high = 0.5 * HALF_PI if small > bound else t
    return high, rest + (t + 0.5 * HALF_PI_LOW) if small > bound else rest


def atan(x: float) -> float:
    size = abs(x)
    size = 2.0**60 if size > 2.0**60 else size
    high, low = angle(1.0 if size > 1.0 else size, size if size > 1.0 else 1.0)
    beyond = HALF_PI - high
    beyond_low = ((HALF_PI - beyond) - high) + (HALF_PI_LOW - low)
    value = beyond + beyond_low if size > 1.0 else high + low
    return x if abs(x) < TINY else with_sign(value, x)


def arcsine(size: float) -> tuple[float, float, float]:
    """Return s, c and t for 0 <= size <= 1: asin(size) = s + t up to 0.5, then π/2 - 2(s + c + t)."""
    z = size * size if size <= 0.5 else 0.5 * (1.0 - size)
    root = sqrt(z)
    s = size if size <= 0.5 else upper(root)
    c = 0.0 if size <= 0.5 else (z - s * s) / (root + s if root > 0.0 else 1.0)
    return s, c, z * (size if size <= 0.5 else root) * polynomial(z, ASIN)


def asin(x: float) -> float:
    size = abs(x)
    s, c, t = arcsine(size)
    quarter = 0.5 * HALF_PI - s
    beyond = quarter + ((0.5 * HALF_PI - quarter) - s + (0.5 * HALF_PI_LOW - (c + t)))
    return with_sign(s + t if size <= 0.5 else 2.0 * beyond, x)


def acos(x: float) -> float:
    size = abs(x)
    s, c, t = arcsine(size)
    near = HALF_PI - x
    near_low = ((HALF_PI - near) - x) + (HALF_PI_LOW - with_sign(t, x))
    beyond = HALF_PI - s
    beyond_low = ((HALF_PI - beyond) - s) + (HALF_PI_LOW - (c + t))
    high = beyond if x < 0.0 else s
    low = beyond_low if x < 0.0 else c + t
    return near + near_low if size <= 0.5 else 2.0 * (high + low)


def hypot(x: float, y: float) -> float:
    large = abs(x) if abs(x) > abs(y) else abs(y)
    small = abs(y) if abs(x) > abs(y) else abs(x)
    scale = 2.0**-600 if large > 2.0**500 else 2.0**600 if large < 2.0**-500 else 1.0
    back = 2.0**600 if large > 2.0**500 else 2.0**-600 if large < 2.0**-500 else 1.0
    a = large * scale
    b = small * scale
    value = sqrt(a * a + b * b) * back
    value = inf if small == inf else value
    return inf if large == inf else value


def atan2(y: float, x: float) -> float:
    large = abs(x) if abs(x) > abs(y) else abs(y)
    small = abs(y) if abs(x) > abs(y) else abs(x)
    ratio = small if large == 0.0 else small / large
    scale = 2.0**-200 if large > 2.0**800 else 2.0**200 if large < 2.0**-800 else 1.0
    a = 1.0 if small == inf else small * scale
    b = 1.0 if large == inf or large == 0.0 else large * scale
    high, low = angle(a, b)
    # atan(t) is t where t is small, as it always is where one of two numbers is infinite or 0
    high = ratio if ratio < TINY else high
    low = 0.0 if ratio < TINY else low
    side = with_sign(1.0, x)
    # x > 0: angle, or π/2 - angle where y is larger; x < 0: π - angle, or π/2 + angle
    turn = -side if abs(y) > abs(x) else side
    base = HALF_PI if abs(y) > abs(x) else 0.0 if side > 0.0 else 2.0 * HALF_PI
    base_low = HALF_PI_LOW if abs(y) > abs(x) else 0.0 if side > 0.0 else 2.0 * HALF_PI_LOW
    total = base + turn * high
    value = total + (((base - total) + turn * high) + (base_low + turn * low))
    return with_sign(value, y) if value == value else value
