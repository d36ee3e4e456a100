"""What a check may take: calls of the function, and time, after which it is interrupted."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_AGAIN = 1.0  # seconds: the function may have caught the first interruption


class BudgetSpentError(BaseException):
    """A check took more evaluations, or more time, than it was given.

    It is no ``Exception``: functions under test that catch those do not catch this.
    """


class Budget:
    """How many calls of a function, and how many seconds, are left.

    Attributes:
        evaluations: how often the function has been called.
    """

    def __init__(self, seconds: float, evaluations: int) -> None:
        self.evaluations = 0
        self._most = evaluations
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def spend(self) -> None:
        """Count a call of the function; ``BudgetSpentError`` says which budget is spent."""
        self.evaluations += 1
        if self.evaluations > self._most:
            raise BudgetSpentError(
                f"its budget of {self._most:,} evaluations is spent (evaluations= gives it more)"
            )
        if time.monotonic() > self._end:
            raise self._too_late()

    def _too_late(self) -> BudgetSpentError:
        return BudgetSpentError(
            f"its budget of {self._seconds:g} seconds is spent (seconds= gives it more)"
        )

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Interrupt what runs inside when the time is up: in the main thread, where there are timers.

        Elsewhere (in other threads, on Windows), and where a program has a timer of its own, time is
        looked at between calls.
        """
        if not self._can_interrupt():
            yield
            return

        def interrupt(number: int, frame: Any) -> None:
            raise self._too_late()

        before = signal.signal(signal.SIGALRM, interrupt) or signal.SIG_DFL
        try:
            signal.setitimer(signal.ITIMER_REAL, max(self._end - time.monotonic(), 1e-3), _AGAIN)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)

    def _can_interrupt(self) -> bool:
        return (
            hasattr(signal, "setitimer")
            and threading.current_thread() is threading.main_thread()
            and signal.getitimer(signal.ITIMER_REAL)[0] == 0.0
            and self._end - time.monotonic() < threading.TIMEOUT_MAX
        )
