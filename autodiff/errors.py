"""The package's own exceptions, and the place in the user's code where one happened."""

import os
import sys
from typing import Any

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class RuleError(ValueError):
    """A rule text that cannot be read: the message shows it and marks the place."""


class DomainError(ArithmeticError):
    """An operation left its domain, or turned finite operands into inf or nan (strict mode).

    ``reason`` is the message without the line of the user's code.
    """

    def __init__(self, reason: str, line: str = "") -> None:
        super().__init__(f"{reason} ({line})" if line else reason)
        self.reason = reason


class RecordingError(RuntimeError):
    """A function that cannot be recorded once and replayed: the message says what stands in the way."""


class StaleValueError(RuntimeError):
    """A leaf's number was changed after an operation had used it."""


def is_own_file(path: str) -> bool:
    """Return whether code of that path is the package's own."""
    return path.startswith((_PACKAGE, "<autodiff"))


def user_line() -> str:
    """Return ``file.py:31: source text`` of the innermost frame outside this package, or ""."""
    frame = sys._getframe(1)
    while frame is not None:
        if not is_own_file(frame.f_code.co_filename):
            return line_text(frame.f_code.co_filename, frame.f_lineno, frame.f_globals)
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return ""


def raised_line(error: BaseException) -> str:
    """Return the same of the innermost frame outside this package that an exception went through."""
    found, trace = "", error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if not is_own_file(frame.f_code.co_filename):
            found = line_text(frame.f_code.co_filename, trace.tb_lineno, frame.f_globals)
        trace = trace.tb_next
    return found


def line_text(path: str, number: int, names: dict[str, Any]) -> str:
    """Return ``file.py:31: source text`` of a line, or ``file.py:31`` where there is no source."""
    import linecache

    source = linecache.getline(path, number, names).strip()
    place = f"{os.path.basename(path)}:{number}"
    source = source if len(source) <= 80 else source[:79] + "…"
    return f"{place}: {source}" if source else place
