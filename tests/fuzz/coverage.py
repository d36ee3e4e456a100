"""Which lines of the package an input runs, by ``sys.settrace``: the feedback of the plain fuzzer."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import autodiff

_PACKAGE = autodiff.__path__[0]

Edge = tuple[str, int, int]
"""A file, a line of it, and the line of the same call that ran before."""


def edges(run: Callable[[bytes], None], data: bytes) -> set[Edge]:
    """Return the edges between lines that ``run(data)`` goes along; what it raises goes through."""
    found: set[Edge] = set()

    def on_call(frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(_PACKAGE):
            return None
        last = 0

        def on_line(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal last
            if event == "line":
                found.add((file, last, frame.f_lineno))
                last = frame.f_lineno
            return on_line

        return on_line

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        run(data)
    finally:
        sys.settrace(before)
    return found
