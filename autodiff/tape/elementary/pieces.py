"""What the elementary functions share: rounding, bits, and sums with what their rounding lost."""

from autodiff.tape.bits import number, word

SHIFT = 1.5 * 2.0**52  # x + SHIFT is x rounded to an integer, which stands in the sum's lower bits
SIGN = 1 << 63
UPPER = -1 << 27 & (1 << 64) - 1  # the sign, the exponent and the first 25 bits of the mantissa
TINY = 2.0**-54  # below it x is what f(x) rounds to, where f(x) = x + O(x²)


def polynomial(z: float, coefficients: tuple[float, ...]) -> float:
    """Return c0 + c1 z + c2 z² + …, from the last coefficient inwards (Horner)."""
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = value * z + coefficient
    return value


def rounded(x: float) -> float:
    """Return the integer nearest to ``x``, for |x| < 2**51."""
    return (x + SHIFT) - SHIFT


def power_of_two(k: float) -> float:
    """Return 2**k for an integer k from -1022 to 1023."""
    return number(word(k + SHIFT) + 1023 << 52)


def with_sign(magnitude: float, sign: float) -> float:
    """Return ``magnitude``, which is not negative, with the sign of ``sign``."""
    return number(word(magnitude) | word(sign) & SIGN)


def upper(x: float) -> float:
    """Return the first half of x's digits: products of two of them are exact."""
    return number(word(x) & UPPER)


def error_of_sum(x: float, y: float, total: float) -> float:
    """Return what was lost when x + y was rounded to ``total`` (Knuth's two-sum)."""
    part = total - x
    return (x - (total - part)) + (y - part)


def error_of_product(x: float, y: float, product: float) -> float:
    """Return what was lost when x * y was rounded to ``product`` (Dekker, with halves by truncation)."""
    x_high = upper(x)
    y_high = upper(y)
    x_low = x - x_high
    y_low = y - y_high
    return ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low


def quotient(x: float, x_low: float, y: float, y_low: float) -> float:
    """Return (x + x_low) / (y + y_low), rounded almost as if x, y had twice the digits."""
    inverse = 1.0 / y
    first = x * inverse
    product = first * y
    missing = (x - product) - error_of_product(first, y, product)
    return first + (missing + (x_low - first * y_low)) * inverse
