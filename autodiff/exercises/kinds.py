"""The kinds of exercises, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from autodiff.exercises.engines import broken
from autodiff.exercises.exercise import Exercise
from autodiff.exercises.lectures import lecture
from autodiff.exercises.orders import next_node, order
from autodiff.exercises.rules import partials
from autodiff.exercises.tables import contribution, slip, table
from autodiff.lesson.drills import LEVELS


class Kind(NamedTuple):
    """A kind of exercise: how one is made, and what it asks for."""

    make: Callable[[int, int], Exercise]
    summary: str


KINDS: Mapping[str, Kind] = MappingProxyType({
    "table": Kind(table, "fill in every number of both sweeps"),
    "contribution": Kind(contribution, "predict what one edge contributes"),
    "next": Kind(next_node, "choose a node whose adjoint is complete"),
    "order": Kind(order, "put the nodes into an order for the reverse sweep"),
    "slip": Kind(slip, "find the one slip in a table"),
    "lecture": Kind(lecture, "find a slip that lectures were printed with"),
    "partials": Kind(partials, "write the missing local derivatives of an operation"),
    "engine": Kind(broken, "repair an engine with a defect"),
})  # fmt: skip
"""The kinds of exercises by name."""


def exercise(kind: str, *, seed: int = 0, difficulty: int = 1) -> Exercise:
    """Return an exercise; the same three arguments give the same one everywhere.

    Arguments:
        kind: one of KINDS.
        seed: any whole number.
        difficulty: 1, 2 or 3.

    Raises:
        ValueError: for a kind or a difficulty that is not there.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of exercise is called {kind!r}: there is {', '.join(KINDS)}")
    if difficulty not in LEVELS:
        raise ValueError(f"difficulty {difficulty!r}: there are {', '.join(map(str, LEVELS))}")
    if not isinstance(seed, int):
        raise ValueError(f"a seed is a whole number, not {seed!r}")
    return KINDS[kind].make(seed, difficulty)
