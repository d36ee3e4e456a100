"""Counts and sizes of a tape: what was recorded, what is left of it, what a gradient costs.

The unit is one arithmetic operation or one call of an elementary function, in one lane.
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from autodiff.rows import built_in
from autodiff.tape.layout import layout
from autodiff.tape.lines import MINUS_ONE, ONE, Affine, Evaluate, LaneSum, Partial, Program
from autodiff.tape.optimise import Forward
from autodiff.tape.record import Operation, Recording
from autodiff.tape.reverse import gradient_program, value_program

BOUND = 5
"""A gradient costs at most this many evaluations (Griewank & Walther 2008, §3.3: 4 to 5)."""


class Statistics(NamedTuple):
    """What ``Compiled.stats`` returns; operations are those of one lane and of the shared part."""

    recorded: int  # operations that the function did while it was recorded
    lines: int  # lines of the gradient program
    terms: int  # products in its affine lines and lane sums
    variables: int
    checks: int
    operations_forward: int
    operations_gradient: int  # forward and reverse
    ratio: float  # of the two
    bound: int  # of theory
    memory: int  # bytes of the gradient program, laid out for the replay (not of its rows of numbers)
    tapes: int  # ways through the function that are recorded


def statistics(recording: Recording, forward: Forward, wanted: Sequence[bool], tapes: int) -> Statistics:
    """Return the counts of one recorded tape."""
    value = value_program(forward)
    program = gradient_program(forward, wanted) if len(forward.outputs) == 1 else value
    lines = program.lines
    ahead, both = _operations(value), _operations(program)
    return Statistics(
        recorded=sum(isinstance(operation, Operation) for operation in recording.operations),
        lines=len(lines),
        terms=sum(len(line.terms) for line in lines if isinstance(line, (Affine, LaneSum))),
        variables=len(program.variables.lane),
        checks=len(recording.guards),
        operations_forward=ahead,
        operations_gradient=both,
        ratio=both / ahead if ahead else 1.0,
        bound=BOUND,
        memory=_memory(program),
        tapes=tapes,
    )


def _memory(program: Program) -> int:
    laid_out = layout(program, {name: code for code, name in enumerate(built_in)})
    return sum(part.itemsize * len(part) for part in laid_out if isinstance(part, array))


def _operations(program: Program) -> int:
    count = 0
    for line in program.lines:
        if isinstance(line, Affine):
            signed = [term for term in line.terms if ONE in term or MINUS_ONE in term]
            negated = MINUS_ONE in line.terms[0]  # later ones are subtracted
            count += len(line.terms) - len(signed) + negated + len(line.terms) - 1
        elif isinstance(line, LaneSum):
            count += sum(1 + (ONE not in (line.a, b)) for b, _ in line.terms)
        elif isinstance(line, (Evaluate, Partial)):
            count += 1
    return count
