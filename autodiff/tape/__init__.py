"""The second gear: a function recorded once as a tape, and replayed at array speed."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autodiff.tape.compiled import Compiled


def compile(
    f: Callable[..., Any],
    *,
    lanes: Sequence[str] = (),
    argnum: int | Sequence[int] | None = None,
    threads: int = 1,
) -> "Compiled":
    """Return ``f`` as a function that is recorded once and then replayed at array speed.

    While it is recorded ``f`` runs twice, on a replay not at all: what it does besides returning numbers
    (printing, counting, appending) happens then and never again, and what it reads besides its
    arguments (globals, attributes, arrays around it) is read then and stays as it was.

    Arguments:
        f: a function of scalars, nested containers of scalars, or arrays. It may compare and branch:
            every comparison is checked on replay, and data that goes another way is recorded anew.
        lanes: the names of f's parameters that have one entry for each sample of a batch; ``f`` sees
            one sample at a time. The others are shared by all samples.
        argnum: which positional arguments ``value_and_grad`` differentiates by, as for ``ad.grad``;
            all shared arguments unless given.
        threads: how many threads share the lanes of a large batch.

    Raises:
        ValueError: when a lane is no parameter of ``f``.
        RecordingError: from the returned function, when ``f`` does what a replay could not repeat.

    >>> import autodiff as ad
    >>> g = ad.compile(lambda w, x: (w * x - 1) ** 2, lanes=["x"])
    >>> g(3.0, [1.0, 2.0])
    [4.0, 25.0]
    >>> g.value_and_grad(3.0, [1.0, 2.0])
    ([4.0, 25.0], (24.0,))
    """
    from autodiff.tape.compiled import Compiled  # NumPy is loaded only where something is compiled

    if not callable(f):
        raise TypeError(f"compile takes a function, not {type(f).__name__} {f!r}")
    names = (lanes,) if isinstance(lanes, str) else tuple(lanes)
    if not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads: expected a whole number of 1 or more, got {threads!r}")
    return Compiled(f, names, argnum, threads)
