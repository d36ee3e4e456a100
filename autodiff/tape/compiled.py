"""``compile``: record a function once, replay it many times.

Arguments become flat numbers (``arguments``); for each structure of arguments there are recorded
tapes (``record``, ``optimise``, ``reverse``), one for each way the function's comparisons have gone so
far; the lanes of a call are replayed (``replay``) on the tape whose comparisons they decide alike.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autodiff import modes
from autodiff.errors import RecordingError
from autodiff.structure import Structure, flatten
from autodiff.tape import replay
from autodiff.tape.arguments import Array, Call, HoldsNodes, Parameters, key_of, shape_of
from autodiff.tape.entry import SCALAR, Entry, Tape
from autodiff.tape.record import (
    plain_value,
    recording_of,
    with_local_names,
)
from autodiff.tape.source import standalone
from autodiff.tape.statistics import Statistics, statistics
from autodiff.transforms import value_and_grad

MAX_TAPES = 256
"""So many ways through a function are recorded for one structure of arguments; what goes yet another
way is computed eagerly."""


class Results(NamedTuple):
    """What a replay over all lanes gave."""

    entry: Entry
    outs: Array  # one row for each number of the result
    gradient: Array  # by the shared inputs, summed over the lanes
    structure: Structure


class Compiled:
    """A function that is recorded once and replayed; ``compile`` makes it."""

    def __init__(
        self,
        f: Callable[..., Any],
        lanes: Sequence[str],
        argnum: int | Sequence[int] | None,
        threads: int,
    ) -> None:
        self.f = f
        self.parameters = Parameters(f, lanes)
        self.argnum = argnum
        self.threads = threads
        self._entries: dict[tuple[Any, ...], Entry] = {}
        self._latest: tuple[Entry, Tape] | None = None
        self.__name__ = getattr(f, "__name__", "f")
        self.__doc__ = getattr(f, "__doc__", None)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Compiled, (self.f, sorted(self.parameters.lanes), self.argnum, self.threads))

    def __repr__(self) -> str:
        tapes = sum(len(entry.tapes) for entry in self._entries.values())
        return f"<compiled {getattr(self.f, '__name__', self.f)}: {tapes} tapes, {replay.KIND} replay>"

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Return what the function returns; with lanes, one result for each lane."""
        names, ordered = self.parameters.bound(arguments, named)
        try:
            entry, outs, _, structure = self._results(names, ordered, False)
        except HoldsNodes:
            self._refuse_lanes()
            return self.f(*arguments, **named)
        return entry.values(outs, structure)

    def value_and_grad(self, *arguments: Any, **named: Any) -> tuple[Any, Any]:
        """Return the value, or one for each lane, and the gradient of it, or of their sum.

        The gradient is a tuple with one entry for each shared argument, in that argument's structure;
        where ``compile`` was given an ``argnum``, it is as for ``ad.value_and_grad``.
        """
        names, ordered = self.parameters.bound(arguments, named)
        try:
            entry, outs, gradient, structure = self._results(names, ordered, True)
        except HoldsNodes:
            self._refuse_lanes()
            argnums = [names.index(name) for name in self._wanted_names(names)]
            value, gradients = value_and_grad(self.parameters.ordered(names), argnums)(*ordered)
        else:
            value, gradients = entry.values(outs, structure), entry.gradients(gradient)
        return value, gradients[0] if isinstance(self.argnum, int) else gradients

    @property
    def source(self) -> str:
        """The tape that ran last, as a Python program that runs by itself.

        It takes the function's own arguments and returns the value and, for each shared argument, the
        flat list of its derivatives. Raises ``RuntimeError`` before the first call.
        """
        entry, tape = self._last()
        several = tape.recording.structure.shape is None or tape.recording.structure.is_array
        recording = with_local_names(
            tape.recording, entry.f, tape.numbers, entry.input_names, entry.called
        )
        program = Tape(recording, tape.numbers, entry.lanes, tape.wanted).program(not several)
        name = getattr(self.f, "__name__", "f")
        title = name if name.isidentifier() else "f"
        return standalone(program, entry.arguments(), title, several)

    def stats(self) -> Statistics:
        """Return counts and sizes of the tape that ran last: instructions, memory, operations.

        Raises:
            RuntimeError: before the first call.
        """
        _, tape = self._last()
        tapes = sum(len(entry.tapes) for entry in self._entries.values())
        return statistics(tape.recording, tape.forward, tape.wanted, tapes)

    def _last(self) -> tuple[Entry, Tape]:
        if self._latest is None:
            raise RuntimeError("nothing is recorded yet: call the compiled function once")
        return self._latest

    def _refuse_lanes(self) -> None:
        if self.parameters.lanes:
            raise TypeError(
                "a function compiled with lanes takes plain numbers, not Values: "
                "its gradient comes from value_and_grad"
            ) from None

    def _wanted_names(self, names: tuple[str, ...]) -> list[str]:
        if self.argnum is None:
            return [name for name in names if name not in self.parameters.lanes]
        argnums = [self.argnum] if isinstance(self.argnum, int) else list(self.argnum)
        for argnum in argnums:
            if not isinstance(argnum, int) or not -len(names) <= argnum < len(names):
                raise TypeError(f"argnum {argnum!r}: only {len(names)} arguments were given")
            if names[argnum] in self.parameters.lanes:
                raise TypeError(f"argnum {argnum!r}: {names[argnum]} is a lane argument, not shared")
        return [names[argnum] for argnum in argnums]

    # ── lanes find their tapes ──────────────────────────────────────────────────────────────────

    def _results(self, names: tuple[str, ...], arguments: tuple[Any, ...], gradient: bool) -> Results:
        call = self.parameters.call(names, arguments)
        entry = self._entries.get(call.key)
        if entry is None:
            entry = self._entry(names, arguments, call)
        count = call.samples if entry.has_lanes else 1
        if entry.eager_only or (modes.active.blocks and modes.current().strict):
            return self._eagerly(entry, arguments, range(count), gradient)
        if not count:
            structure = entry.tapes[0].recording.structure if entry.tapes else SCALAR
            return Results(entry, np.empty((structure.size, 0)), np.zeros(entry.count), structure)
        if not entry.tapes:
            entry.keep(self._recorded(entry, call, 0))
            if entry.eager_only:
                return self._eagerly(entry, arguments, range(count), gradient)
        tape = entry.tapes[0]
        self._latest = (entry, tape)
        structure = tape.recording.structure
        if gradient and structure is not SCALAR:
            raise TypeError(
                "value_and_grad needs a function with one number as its result, this one returned "
                f"{structure.description}"
            )
        outs = np.empty((structure.size, count))
        total = np.zeros(entry.count)
        held = tape.replay(gradient).run(call.shared, call.lanes, count, outs, total, self.threads)
        if held is None:
            return Results(entry, outs, total, structure)
        return self._dispatched(entry, call, arguments, gradient, len(held))

    def _entry(self, names: tuple[str, ...], arguments: tuple[Any, ...], call: Call) -> Entry:
        """Return the entry for arguments of a structure that was not met before."""
        wanted = self._wanted_names(names)
        lanes = [name in self.parameters.lanes for name in names]
        arrays = any(
            isinstance(argument, np.ndarray)
            for argument, lane in zip(arguments, lanes, strict=True)
            if lane
        )
        shapes = [shape_of(*named) for named in zip(names, arguments, lanes, strict=True)]
        entry = Entry(self.parameters.ordered(names), shapes, wanted, arrays)
        if call.samples:  # without samples nothing is known about the structure of one
            self._entries[call.key] = entry
        return entry

    def _dispatched(
        self, entry: Entry, call: Call, arguments: tuple[Any, ...], gradient: bool, count: int
    ) -> Results:
        """Return the results of a call whose lanes take different ways through the function."""
        first = used = entry.tapes[0]
        outs = np.empty((first.recording.structure.size, count))
        total = np.zeros(entry.count)
        pending = np.arange(count)
        known = iter(entry.tapes)
        while len(pending):
            tape = next(known, None)
            fresh = tape is None
            if tape is None and len(entry.tapes) >= MAX_TAPES:  # recording takes longer than running
                own = self._eagerly(entry, arguments, pending.tolist(), gradient)
                outs[:, pending] = own.outs
                _add(total, own.gradient)
                break
            if tape is None:
                tape = self._recorded(entry, call, int(pending[0]))
                if entry.eager_only:
                    return self._eagerly(entry, arguments, range(count), gradient)
            if tape is not first:
                _check_alike(first.recording.structure, tape.recording.structure)
            left = self._replayed(tape, call, gradient, pending, outs, total)
            if len(left) < len(pending):
                used = tape
                entry.keep(tape)
            if fresh and len(left) and left[0] == pending[0]:
                # Not even where it was recorded: a comparison hangs on the last bit of a vectorised
                # function, which rounds otherwise than eager mode does. There eager mode decides.
                own = self._eagerly(entry, arguments, left[:1].tolist(), gradient)
                outs[:, left[:1]] = own.outs
                _add(total, own.gradient)
                left = left[1:]
            pending = left
        self._latest = (entry, used)
        return Results(entry, outs, total, first.recording.structure)

    def _replayed(
        self, tape: Tape, call: Call, gradient: bool, pending: Array, outs: Array, total: Array
    ) -> Array:
        """Write the results of the lanes that ``tape`` is right for; return those left over."""
        runner = tape.replay(False)
        part = np.empty((len(outs), len(pending)))
        nothing = np.zeros(len(total))
        held = runner.run(call.shared, call.lanes_of(pending), len(pending), part, nothing, self.threads)
        right = np.ones(len(pending), dtype=bool) if held is None else held
        chosen = pending[right]
        outs[:, chosen] = part[:, right]
        if gradient and len(chosen):
            runner = tape.replay(True)
            part = np.empty((len(outs), len(chosen)))
            contribution = np.zeros(len(total))
            runner.run(call.shared, call.lanes_of(chosen), len(chosen), part, contribution, self.threads)
            _add(total, contribution)
        return pending[~right]

    def _recorded(self, entry: Entry, call: Call, lane: int) -> Tape:
        """Return what the function does at the numbers of ``lane``."""
        shared = iter([x for part in call.shared for x in np.ravel(part).tolist()])
        lanes = iter([x for block in call.lanes for x in np.ravel(block[lane]).tolist()])
        numbers = [next(lanes if is_lane else shared) for is_lane in entry.lanes]
        recording = recording_of(entry.f, numbers, entry.input_names, entry.called)
        entry.eager_only |= recording.strict
        return Tape(recording, numbers, entry.lanes, entry.wanted)

    def _eagerly(
        self, entry: Entry, arguments: tuple[Any, ...], samples: Iterable[int], gradient: bool
    ) -> Results:
        """Return the results of running the function itself, on one sample after the other.

        In strict mode that finds the first operation that leaves its domain, and names its line.
        """
        argnums = [entry.names.index(name) for name in entry.wanted_names]
        total = np.zeros(entry.count)
        columns: list[list[float]] = []
        structure = SCALAR
        for sample in samples:
            own = [
                argument[sample] if shape.lane else argument
                for argument, shape in zip(arguments, entry.shapes, strict=True)
            ]
            if gradient:
                value, gradients = value_and_grad(entry.f, argnums)(*own)
                _add(total, entry.flat(gradients))
            else:
                value = plain_value(entry.f, own)
            before = structure
            numbers, structure = flatten(value, "the function's result")
            _check_alike(before if columns else structure, structure)
            columns.append(numbers)
        outs = np.array(columns, dtype=float).reshape(len(columns), structure.size).T
        return Results(entry, outs, total, structure)


def _add(total: Array, contribution: Array) -> None:
    with np.errstate(all="ignore"):  # inf - inf is nan, as in eager mode, and nobody is warned
        total += contribution


def _check_alike(one: Structure, other: Structure) -> None:
    if key_of(one) != key_of(other):
        raise RecordingError(
            "the function returns different structures for different data: "
            f"{one.description} and {other.description}"
        )
