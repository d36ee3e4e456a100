"""What counts as a number: any real scalar becomes a float, everything else is refused."""

import math
from decimal import Decimal
from numbers import Complex, Real
from typing import Any


def as_float(number: Any, place: str = "") -> float:
    """Return a real scalar as a float.

    Accepts int, float, Fraction, Decimal and NumPy scalars; ``place`` is where it was met, for the
    message.

    Raises:
        TypeError: for text, complex numbers, arrays, None and anything else; the message says
            what to do instead.

    >>> as_float(3)
    3.0
    """
    if type(number) is float:  # nearly always
        return number
    if is_real(number):
        try:
            return float(number)
        except OverflowError:  # an integer beyond all floats: as every operation that leaves the range
            return math.inf if number > 0 else -math.inf
    raise TypeError(f"{place}: {refusal(number)}" if place else refusal(number))


def is_real(number: Any) -> bool:
    """Return whether ``as_float`` accepts ``number``."""
    return isinstance(number, (Real, Decimal)) or _is_numpy_bool(type(number))


def _is_numpy_bool(kind: type) -> bool:
    # NumPy registers its other scalars as numbers.Real; bool is one, so its bool is one here, too.
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def refusal(stranger: Any) -> str:
    """Return the sentence that says why ``stranger`` is no real scalar, and the way out."""
    kind = type(stranger).__name__
    if isinstance(stranger, (str, bytes)):
        return f"expected a number, got the text {stranger!r}: convert it with float(...) first"
    if isinstance(stranger, Complex):
        return f"expected a real number, got the complex number {stranger!r}: use .real or .imag"
    if stranger is None:
        return "expected a number, got None: did a function forget to return its result?"
    if hasattr(stranger, "shape") and hasattr(stranger, "dtype"):
        shape = tuple(stranger.shape)
        if shape == ():
            return f"expected a scalar, got a 0-dimensional {kind}: use .item()"
        return (
            f"expected a scalar, got an array ({kind} of shape {shape}): work element by element, "
            "for example [f(x) for x in array], or make an object array of Values"
        )
    if isinstance(stranger, (list, tuple, set, dict)):
        return f"expected a number, got a {kind}: work element by element"
    if hasattr(stranger, "_primal"):
        return f"expected a plain number, got a {kind}: use .data for its number alone"
    return f"expected a number, got {kind}"
