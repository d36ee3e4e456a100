"""Replay: a program made ready to run, natively where that was built, over NumPy arrays otherwise."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from autodiff.tape.arguments import Array
from autodiff.tape.lanes import native
from autodiff.tape.layout import layout
from autodiff.tape.lines import Program
from autodiff.tape.numpy_lanes import NumpyReplay, partials_by

KIND = "NumPy" if native is None else "native"


class Replay(Protocol):
    """What runs a program over lanes."""

    def run(
        self,
        shared: Sequence[float | Array],
        lanes: Sequence[Array],
        count: int,
        outs: Array,
        gradient: Array,
        threads: int,
    ) -> Array | None:
        """Fill ``outs`` and ``gradient``; return None, or in which lanes every check held.

        Arguments:
            shared: the shared arguments' numbers, in order: floats and contiguous float64 arrays.
            lanes: the lane arguments' numbers: float64, the lanes first.
            count: how many lanes.
            outs: one row of ``count`` numbers for each output.
            gradient: the derivative by each shared number, of the sum over the lanes.
        """
        ...


def of(program: Program) -> Replay:
    """Return what runs ``program``."""
    return NumpyReplay(program) if native is None else NativeReplay(program)


class NativeReplay:
    """A program laid out for the compiled replay."""

    def __init__(self, program: Program) -> None:
        laid_out = layout(program, native.codes)
        callbacks = [
            row.evaluate if rule < 0 else partials_by(row, rule) for row, rule in laid_out.callbacks
        ]
        self._program = native.Program(laid_out, callbacks)

    def run(
        self,
        shared: Sequence[float | Array],
        lanes: Sequence[Array],
        count: int,
        outs: Array,
        gradient: Array,
        threads: int,
    ) -> Array | None:
        """Fill ``outs`` and ``gradient``, as ``Replay.run`` says."""
        held = self._program.run(shared, lanes, count, outs, gradient, threads)
        return None if held is None else np.frombuffer(held, dtype=bool)
