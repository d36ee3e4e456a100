"""What tests of the tape share: a generated program run by itself, and comparing bit for bit."""

import builtins
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def alone(source: str) -> Callable[..., Any]:
    """Return the function that a generated program defines; it may import Python's math, no more."""

    def importing(name: str, *rest: Any) -> Any:
        assert name in ("builtins", "math"), f"the program imports {name}"
        return __import__(name, *rest)

    namespace: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": importing}}
    exec(source, namespace)
    title = re.findall(r"^def (\w+)", source, re.MULTILINE)[-1]
    function: Callable[..., Any] = namespace[title]
    return function


def bits(numbers: Any) -> list[str]:
    """Return each number in a form that is equal for the same bits; every nan is alike."""
    return ["nan" if x != x else struct.pack("d", x).hex() for x in np.ravel(numbers).tolist()]


def same(left: Any, right: Any) -> bool:
    """Return whether all numbers are equal, nan to nan.

    Gradients are compared so: eager mode adds to 0.0, which takes the sign from a zero.
    """
    return np.array_equal(np.ravel(left), np.ravel(right), equal_nan=True)


def transposed(samples: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the samples' first numbers, their second numbers, and so on."""
    return [list(column) for column in zip(*samples, strict=True)]
