"""What is in force while operations run: recording or not, strict or not, the current scope, a tape.

The context managers may be nested, and are separate for each thread. ``active.blocks`` counts
the blocks open anywhere: while it is 0 an operation need not look any further.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from autodiff.operation import Active

active = Active()
_lock = threading.Lock()


class Mode(NamedTuple):
    """The settings of one thread at one moment."""

    recording: bool = True
    strict: bool = False
    scope: str = ""
    recorder: Any = None  # what `ad.compile` notes comparisons and hidden operations with


_DEFAULT = Mode()
_mode = ContextVar("autodiff mode", default=_DEFAULT)


def current() -> Mode:
    """Return the settings in force here."""
    return _mode.get()


@contextmanager
def _changed(**settings: Any) -> Iterator[None]:
    token = _mode.set(_mode.get()._replace(**settings))
    with _lock:
        active.blocks += 1
    try:
        yield
    finally:
        with _lock:
            active.blocks -= 1
        _mode.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Return a context in which operations give constants: nothing is recorded.

    >>> import autodiff as ad
    >>> x = ad.Value(3.0)
    >>> with ad.no_grad():
    ...     y = x * x
    >>> y.operands
    ()
    """
    with _changed(recording=False):
        yield


@contextmanager
def recording() -> Iterator[None]:
    """Return a context in which operations are recorded again inside a ``no_grad``."""
    with _changed(recording=True):
        yield


recorders: list[Any] = []  # those at work, in any thread


@contextmanager
def recorded_by(recorder: Any) -> Iterator[None]:
    """Return a context in which comparisons and hidden operations are told to ``recorder``."""
    if recorder is not None:
        recorders.append(recorder)
    try:
        with _changed(recorder=recorder, recording=True, scope=""):
            yield
    finally:
        if recorder is not None:
            recorders.remove(recorder)


def recorder() -> Any:
    """Return what is recording a tape here, None where nothing is."""
    return _mode.get().recorder if active.blocks else None


class _Elsewhere:
    """What a number is told to that may belong to a recording in another thread or context.

    There the recorder sees nothing of it: so it is refused.
    """

    def refuse(self, deed: str, node: Any) -> None:
        for recorder in tuple(recorders):
            if recorder.owns(node):
                recorder.refuse(f"(in a thread or context of its own) {deed}", node)

    def compared(self, relation: Any, left: Any, right: Any, outcome: bool) -> None:
        self.refuse("compares", left)
        self.refuse("compares", right)

    def hide(self, constant: Any, row: Any, operands: Any) -> None:
        for operand in operands:
            self.refuse("detaches", operand)


_elsewhere = _Elsewhere()


def witness() -> Any:
    """Return what is to be told what happens to a number here, None where nobody records."""
    return _mode.get().recorder or (_elsewhere if recorders else None)


@contextmanager
def strict() -> Iterator[None]:
    """Return a context in which leaving an operation's domain raises ``DomainError``.

    So does an operation, or a local derivative, that makes inf or nan out of finite operands.

    >>> import autodiff as ad
    >>> with ad.strict():  # doctest: +ELLIPSIS
    ...     ad.log(ad.Value(-2.0, name="z"))
    Traceback (most recent call last):
    ...
    autodiff.errors.DomainError: log(z) at z = -2.0 gives nan: z > 0 is needed (...)
    """
    with _changed(strict=True):
        yield


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Return a context whose ``name`` the nodes made inside carry; scopes nest with `` / ``.

    >>> import autodiff as ad
    >>> with ad.scope("layer 1"), ad.scope("neuron 2"):
    ...     x = ad.Value(1.0)
    >>> x.scope
    'layer 1 / neuron 2'
    """
    if not isinstance(name, str):
        raise TypeError(f"scope: expected text, got {type(name).__name__} {name!r}")
    outer = current().scope
    with _changed(scope=f"{outer} / {name}" if outer else name):
        yield
