"""Small things that the compiled core does in C (``calls.pxd``), and this file without it."""

import itertools
from collections.abc import Callable
from typing import Any

next_serial = itertools.count(1).__next__


def zeros(count: int) -> list[float]:
    """Return ``count`` zeros to add to."""
    return [0.0] * count


def extend(kind: type, name: str, method: Callable[..., Any]) -> None:
    """Give a class a method."""
    setattr(kind, name, method)
