"""The package's own exceptions, and the place in the user's code where one happened."""

import os
import sys

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
    import linecache

    frame = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if not is_own_file(path):
            source = linecache.getline(path, frame.f_lineno, frame.f_globals).strip()
            place = f"{os.path.basename(path)}:{frame.f_lineno}"
            source = source if len(source) <= 80 else source[:79] + "…"
            return f"{place}: {source}" if source else place
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return ""
