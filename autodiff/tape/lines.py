"""The tape: straight-line programs of a few kinds of lines (a Wengert list).

    variable   a number of its own in every lane ("lane variable"), or one number for all ("shared")
    lane       one sample of a batch; a line about lane variables runs for every lane
    x_bar      adjoint of x

Source: Griewank & Walther 2008, §2.2 (evaluation procedures) and §3.2 (reverse sweeps).
"""

from collections.abc import Mapping
from typing import NamedTuple

from autodiff.primitive import Primitive

ONE, MINUS_ONE = 0, 1  # the first two variables of every tape: the constants 1 and -1


class Affine(NamedTuple):
    """``out = a*b + a*b + …``, added from left to right: chains of ``+``, ``-`` and ``*`` in one line.

    Where ``nan_of`` is a variable, ``out`` is nan wherever that variable is (-1: nothing is asked).
    """

    out: int
    terms: tuple[tuple[int, int], ...]
    nan_of: int = -1


class Evaluate(NamedTuple):
    """``out = row(*operands)``: the value of an operation."""

    out: int
    row: Primitive
    operands: tuple[int, ...]


class Partial(NamedTuple):
    """``outs = ∂value/∂operand`` by the row's rule number ``rule``, for each operand it is about."""

    outs: tuple[int, ...]
    row: Primitive
    rule: int
    value: int
    operands: tuple[int, ...]


class LaneSum(NamedTuple):
    """``target += Σ over the lanes of a * b`` for each target: adjoints of shared variables."""

    a: int
    terms: tuple[tuple[int, int], ...]  # (b, target)


class Check(NamedTuple):
    """The comparison ``left relation right`` must come out as it did while recording."""

    relation: str
    left: int
    right: int
    outcome: bool


Line = Affine | Evaluate | Partial | LaneSum | Check


class Variables:
    """The variables of one tape: which are lanes, which are constants, what they are called."""

    def __init__(self) -> None:
        self.lane: list[bool] = []
        self.constants: dict[int, float] = {}
        self.names: dict[int, str] = {}
        for number in (1.0, -1.0):
            self.constants[self.new(False)] = number

    def new(self, lane: bool) -> int:
        """Return a new variable."""
        self.lane.append(lane)
        return len(self.lane) - 1

    def copy(self) -> "Variables":
        """Return the same variables, so that a second program can add its own."""
        twin = Variables()
        twin.lane = list(self.lane)
        twin.constants = dict(self.constants)
        twin.names = dict(self.names)
        return twin


class Program(NamedTuple):
    """Lines in the order of running: shared, for every lane forward and in reverse, shared again.

    ``outputs`` are the function's results, ``gradient`` the adjoints of the inputs (empty in a program
    that only evaluates; -1 where an input has no adjoint: it is 0).
    """

    variables: Variables
    inputs: tuple[int, ...]
    before: list[Line]
    lanes: list[Line]
    lanes_back: list[Line]
    after: list[Line]
    outputs: tuple[int, ...]
    gradient: tuple[int, ...] = ()
    sums: tuple[int, ...] = ()  # the targets of lane sums, which start at 0
    adjoints: Mapping[int, int] = {}  # of the variables, -1 where nothing arrives

    @property
    def lines(self) -> list[Line]:
        """All lines, in the order of running."""
        return [*self.before, *self.lanes, *self.lanes_back, *self.after]
