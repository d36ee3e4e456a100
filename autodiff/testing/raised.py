"""What the user's code raised, and by which line."""

from autodiff.errors import raised_line


def raised_as(error: BaseException) -> str:
    """Return ``ValueError: math domain error (file.py:31: source text)``."""
    line = raised_line(error)
    return f"{type(error).__name__}: {error}" + (f" ({line})" if line else "")
