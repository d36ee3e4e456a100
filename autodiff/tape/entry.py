"""What is kept of a compiled function: for each structure of arguments its tapes, and the way back.

A tape is one recorded way through the function; an entry holds those of one structure of arguments, and
puts flat results and gradients into the structures that the caller expects.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.errors import RecordingError
from autodiff.structure import Structure, flatten
from autodiff.tape import replay
from autodiff.tape.arguments import Array, Shape
from autodiff.tape.lines import Program
from autodiff.tape.optimise import Forward, forward_sweep
from autodiff.tape.record import Recording, without_collector
from autodiff.tape.reverse import gradient_program, value_program
from autodiff.tape.source import Argument

SCALAR = flatten(0.0, "")[1]


class Tape:
    """One recorded way through a function, and its two replays, made when first needed."""

    def __init__(
        self,
        recording: Recording,
        numbers: Sequence[float],
        lanes: Sequence[bool],
        wanted: Sequence[bool],
    ) -> None:
        self.recording = recording
        self.numbers = numbers  # the inputs while it was recorded
        with without_collector():
            self.forward: Forward = forward_sweep(recording, lanes)
        self.wanted = wanted
        self._replays: dict[bool, replay.Replay] = {}

    def replay(self, gradient: bool) -> replay.Replay:
        """Return what runs the value, or value and gradient."""
        if gradient not in self._replays:
            with without_collector():
                self._replays[gradient] = replay.of(self.program(gradient))
        return self._replays[gradient]

    def program(self, gradient: bool) -> Program:
        """Return the lines of the value, or of value and gradient."""
        return gradient_program(self.forward, self.wanted) if gradient else value_program(self.forward)


class Entry:
    """The tapes for one structure of arguments, and how results are put back into such structures."""

    def __init__(
        self, f: Callable[..., Any], shapes: Sequence[Shape], wanted: Sequence[str], arrays: bool
    ) -> None:
        self.f = f  # of the arguments that were given, in order
        self.shapes = shapes
        self.names = tuple(shape.name for shape in shapes)
        self.wanted_names = tuple(wanted)
        self.arrays = arrays  # whether results over lanes are arrays, or lists
        self.has_lanes = any(shape.lane for shape in shapes)
        self.lanes = [shape.lane for shape in shapes for _ in shape.paths]
        self.wanted = [shape.name in wanted for shape in shapes for _ in shape.paths]
        self.count = self.lanes.count(False)
        self.tapes: tuple[Tape, ...] = ()  # replaced, never changed: several threads may look at it
        self.eager_only = False
        self.input_names = [f"{shape.name}{path}" for shape in shapes for path in shape.paths]
        self._places = self._gradient_places()

    def _gradient_places(self) -> list[tuple[int, int, Structure]]:
        """Return where each wanted argument's derivatives are among those of all shared numbers."""
        places, start = {}, 0
        for shape in self.shapes:
            if not shape.lane:
                places[shape.name] = (start, start + shape.structure.size, shape.structure)
                start += shape.structure.size
        return [places[name] for name in self.wanted_names]

    def arguments(self) -> list[Argument]:
        """Return the arguments of the recorded function."""
        found, first = [], 0
        for shape in self.shapes:
            found.append(Argument(shape.name, shape.lane, shape.paths, first))
            first += len(shape.paths)
        return found

    def keep(self, tape: Tape) -> None:
        """Put ``tape`` first: the next call is likely to go the same way."""
        others = [other for other in self.tapes if other is not tape]
        self.tapes = (tape, *others)

    def called(self, f: Callable[..., Any], inputs: Sequence[Any]) -> Any:
        """Return ``f`` of the inputs, put into the structure of its arguments."""
        parts, start = [], 0
        for shape in self.shapes:
            parts.append(inputs[start : start + shape.structure.size])
            start += shape.structure.size
        arguments = [
            shape.structure.rebuild(part) for shape, part in zip(self.shapes, parts, strict=True)
        ]
        result = f(*arguments)
        for shape, argument, part in zip(self.shapes, arguments, parts, strict=True):
            after, _ = flatten(argument, shape.name)
            if len(after) != len(part) or any(x is not y for x, y in zip(after, part, strict=True)):
                raise RecordingError(f"the function changes its argument {shape.name}: work on a copy")
        return result

    def values(self, outs: Array, structure: Structure) -> Any:
        """Return the results as the caller wants them: numbers, or over lanes arrays or lists."""
        if not self.has_lanes:
            return structure.rebuild(outs[:, 0])
        if self.arrays or structure.is_array:
            return structure.rebuild(outs)
        return structure.rebuild(_Lists(outs))

    def gradients(self, flat: Array) -> tuple[Any, ...]:
        """Return the gradient by each wanted argument, in the argument's own structure."""
        return tuple([structure.rebuild(flat, start) for start, _, structure in self._places])

    def flat(self, gradients: Sequence[Any]) -> Array:
        """Return what ``gradients`` takes apart."""
        flat = np.zeros(self.count)
        for (start, stop, structure), own in zip(self._places, gradients, strict=True):
            flat[start:stop] = flatten(own, structure.description)[0]
        return flat


class _Lists:
    """Rows that are lists one by one, and an array together: numbers and arrays are rebuilt of them."""

    def __init__(self, rows: Array) -> None:
        self.rows = rows

    def __getitem__(self, place: int | slice) -> Any:
        own = self.rows[place]
        return own if isinstance(place, slice) else own.tolist()
