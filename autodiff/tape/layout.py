"""Layout: the lines of a program as int32 code for the native replay, and where its numbers live.

    slot   the place of a shared variable: one number
    row    the place of a lane variable: one number for each lane of a block
    word   one int32 of the code
    head   an instruction's first word: ``op | count << 8`` for a sum of terms, ``op | code << 8 |
           count << 20 | rule << 24`` for an operation of the table

Slots and rows are used again when what they held is dead.

Operands of a lane instruction are rows, or ``~slot`` (a negative number) for a shared one.
"""

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from autodiff.primitive import Primitive
from autodiff.tape.lines import (
    ONE,
    Affine,
    Check,
    Evaluate,
    LaneSum,
    Line,
    Partial,
    Program,
)

if TYPE_CHECKING:  # an array is generic for type checkers only
    Words = array[int]
    Doubles = array[float]
else:
    Words = Doubles = array

AFFINE, NAN_OF, EVALUATE, PARTIAL, CHECK, SHARED_TERMS, LANE_TERMS, LANE_SUM = range(8)
RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
MANY = 15  # as a count: operands, rule and results stand in the next three words
PYTHON = 4095  # the code of a row that is not built in: the next word says which callback


class Layout(NamedTuple):
    """A program as numbers."""

    slots: Doubles  # what the slots hold at the start: the constants
    rows: int  # how many
    widest: int  # the most operands and results of one operation
    checked: bool
    temporary: int  # extra rows, for shared operands of lane operations
    ones: int  # the row that holds 1 in every lane, -1 where none is needed
    before: Words
    forward: Words
    reverse: Words
    after: Words
    shared_inputs: Words  # slots, in order
    lane_inputs: Words  # rows
    outputs: Words  # rows, or ~slot
    gradient: Words  # slots of the shared inputs' adjoints, -1 where there is none
    sums: tuple[int, int]  # the slots from the first to before the second are lane sums
    callbacks: tuple[tuple[Primitive, int], ...]  # (row, rule), -1 for the value


def layout(program: Program, codes: dict[str, int]) -> Layout:
    """Return ``program`` as numbers.

    Arguments:
        program: what to lay out.
        codes: the native code of each built-in row.
    """
    return _Layout(program, codes).made()


class _Layout:
    def __init__(self, program: Program, codes: dict[str, int]) -> None:
        self.program = program
        self.codes = codes
        self.lane = program.variables.lane
        self.place: dict[int, int] = {}  # slot or row of a variable
        self.slots = 0
        self.rows = 0
        self.free_slots: list[int] = []
        self.free_rows: list[int] = []
        self.ones = -1
        self.temporary = 0
        self.callbacks: dict[tuple[Primitive, int], int] = {}

    def made(self) -> Layout:
        program = self.program
        shared = [x for x in program.inputs if not self.lane[x]]
        lanes = [x for x in program.inputs if self.lane[x]]
        for x in (*shared, *program.variables.constants, *program.sums):
            self._slot(x)
        first_sum = self.place[program.sums[0]] if program.sums else 0
        for x in lanes:
            self.place[x] = self._new_row()
        before, forward, reverse, after = self._code()
        initial = array("d", bytes(8 * self.slots))
        for x, number in program.variables.constants.items():
            initial[self.place[x]] = number
        gradient = dict(zip(program.inputs, program.gradient, strict=False))
        bars = [gradient.get(x, -1) for x in shared]
        return Layout(
            initial, self.rows, self._widest(), self._checked(), self.temporary, self.ones,
            before, forward, reverse, after,
            array("i", [self.place[x] for x in shared]), array("i", [self.place[x] for x in lanes]),
            array("i", [self._operand(x) for x in program.outputs]),
            array("i", [self.place[x] if x >= 0 else -1 for x in bars]),
            (first_sum, first_sum + len(program.sums)), tuple(self.callbacks),
        )  # fmt: skip

    def _widest(self) -> int:
        lines = self.program.lines
        return max((len(x.operands) for x in lines if isinstance(x, (Evaluate, Partial))), default=0)

    def _checked(self) -> bool:
        return any(isinstance(line, Check) for line in self.program.lines)

    def _code(self) -> list[Words]:
        """Return the words of the four parts of the program."""
        program = self.program
        last = _last_uses(program)
        kept = {*program.inputs, *program.outputs, *program.gradient, *program.sums}
        kept.update(program.variables.constants)
        dead: list[list[int]] = [[] for _ in program.lines]
        for x, i in enumerate(last):
            if i >= 0 and x not in kept:
                dead[i].append(x)
        parts = []
        i = 0
        for lines in (program.before, program.lanes, program.lanes_back, program.after):
            write = self._lane if lines is program.lanes or lines is program.lanes_back else self._shared
            code = array("i")
            for line in lines:
                write(line, code)
                for x in dead[i]:
                    (self.free_rows if self.lane[x] else self.free_slots).append(self.place[x])
                i += 1
            parts.append(code)
        return parts

    def _slot(self, x: int) -> int:
        if x not in self.place:
            if self.free_slots:
                self.place[x] = self.free_slots.pop()
            else:
                self.place[x] = self.slots
                self.slots += 1
        return self.place[x]

    def _new_row(self) -> int:
        if self.free_rows:
            return self.free_rows.pop()
        self.rows += 1
        return self.rows - 1

    # ── shared lines ────────────────────────────────────────────────────────────────────────────

    def _shared(self, line: Line, code: Words) -> None:
        place = self.place
        if isinstance(line, Affine):
            out = self._slot(line.out)
            code.append(AFFINE | len(line.terms) << 8)
            code.append(out)
            for a, b in line.terms:
                code.append(place[a])
                code.append(place[b])
            if line.nan_of >= 0:
                code.extend((NAN_OF, out, place[line.nan_of]))
        elif isinstance(line, Evaluate):
            self._head(code, EVALUATE, line.row, -1, len(line.operands))
            code.append(self._slot(line.out))
            for x in line.operands:
                code.append(place[x])
        elif isinstance(line, Partial):
            self._head(code, PARTIAL, line.row, line.rule, len(line.operands))
            code.append(place[line.value])
            for x in line.operands:
                code.append(place[x])
            for x in line.outs:
                code.append(self._slot(x))
        elif isinstance(line, Check):
            code.extend(self._check(line))

    def _check(self, line: Check) -> tuple[int, ...]:
        head = CHECK | RELATIONS.index(line.relation) << 8 | line.outcome << 20
        return (head, self._operand(line.left), self._operand(line.right))

    def _head(self, code: Words, op: int, row: Primitive, rule: int, count: int) -> None:
        """Append the words before an operation's places: what, how many operands, which rule."""
        native = self.codes.get(row.name, PYTHON)
        if count < MANY and not row.operands.variadic:
            code.append(op | native << 8 | count << 20 | max(rule, 0) << 24)
        else:
            code.append(op | native << 8 | MANY << 20)
            positions = range(count if rule >= 0 else 0)
            results = sum(row.rule_position(i, count) == rule for i in positions)
            code.extend((count, max(rule, 0), results))
        if native == PYTHON:
            code.append(self.callbacks.setdefault((row, rule), len(self.callbacks)))

    # ── lane lines ──────────────────────────────────────────────────────────────────────────────

    def _row(self, x: int) -> int:
        """Return the row of a lane variable, or that of ones."""
        if x == ONE:
            if self.ones < 0:
                self.ones = self.rows
                self.rows += 1
            return self.ones
        if x not in self.place:
            self.place[x] = self._new_row()
        return self.place[x]

    def _operand(self, x: int) -> int:
        return self._row(x) if self.lane[x] else ~self.place[x]

    def _lane(self, line: Line, code: Words) -> None:
        if isinstance(line, Affine):
            self._lane_affine(line, code)
        elif isinstance(line, (Evaluate, Partial)):
            operands = [self._operand(x) for x in line.operands]
            self.temporary = max(self.temporary, sum(x < 0 for x in operands))
            if isinstance(line, Evaluate):
                self._head(code, EVALUATE, line.row, -1, len(operands))
                code.append(self._row(line.out))
                code.extend(operands)
            else:
                self._head(code, PARTIAL, line.row, line.rule, len(operands))
                code.append(self._row(line.value))
                code.extend(operands)
                code.extend([self._row(x) for x in line.outs])
        elif isinstance(line, LaneSum):
            code.append(LANE_SUM | len(line.terms) << 8)
            code.append(self._row(line.a))
            for b, target in line.terms:
                code.append(self._row(b))
                code.append(self.place[target])
        else:
            code.extend(self._check(line))
            self.temporary = max(self.temporary, 1)  # one side may be shared

    def _lane_affine(self, line: Affine, code: Words) -> None:
        """Append runs of terms of one kind: shared · row, or row · row."""
        out = self._row(line.out)
        start = 0
        terms = line.terms
        while start < len(terms):
            lanes = self.lane[terms[start][0]]
            stop = start + 1
            while stop < len(terms) and self.lane[terms[stop][0]] == lanes:
                stop += 1
            code.append((LANE_TERMS if lanes else SHARED_TERMS) | (start == 0) << 8)
            code.append(out)
            code.append(stop - start)
            for a, b in terms[start:stop]:
                code.append(self._row(a) if lanes else self.place[a])
                code.append(self._row(b))
            start = stop
        if line.nan_of >= 0:
            code.extend((NAN_OF, out, self._row(line.nan_of)))


def _last_uses(program: Program) -> list[int]:
    """Return for each variable the line that mentions it last, -1 for one that no line mentions."""
    last = [-1] * (len(program.variables.lane) + 1)  # the last entry serves for "no variable"
    for i, line in enumerate(program.lines):
        if isinstance(line, Affine):
            for a, b in line.terms:
                last[a] = last[b] = i
            last[line.out] = last[line.nan_of] = i
        else:
            for x in _mentioned(line):
                last[x] = i
    last.pop()
    return last


def _mentioned(line: Evaluate | Partial | LaneSum | Check) -> Iterator[int]:
    """Yield every variable of a line that is no sum of terms."""
    if isinstance(line, Evaluate):
        yield line.out
        yield from line.operands
    elif isinstance(line, Partial):
        yield from line.outs
        yield line.value
        yield from line.operands
    elif isinstance(line, LaneSum):
        yield line.a
        for b, target in line.terms:
            yield b
            yield target
    else:
        yield line.left
        yield line.right
