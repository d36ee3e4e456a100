"""Arguments of a function off every kink and edge that it meets there, or exactly on a kink.

gap   how far a run is from a kink: a margin of an operation, the difference of what is compared
flaw  an operation too near a kink or an edge of its domain, or a comparison too near to equality
"""

import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from autodiff.graph import topological_order
from autodiff.testing.interior import is_interior
from autodiff.testing.kinks import gaps_of
from autodiff.testing.subject import Subject
from autodiff.testing.watch import Watch
from autodiff.value import Value

_TRIES = 200  # runs to repair a point; every one mends a flaw or is taken back
_MOST_INPUTS = 4  # that are moved, one after the other, to reach a kink
_MOST_CONSTANTS = 12  # that an input is set to
_STEPS = (0.25, -0.25, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0)


class _Run(NamedTuple):
    """One run on Values: the graph, its inputs, and the comparisons made."""

    order: Sequence[Value]
    outs: Sequence[Value]
    inputs: Sequence[Value]
    watch: Watch

    def is_finite(self) -> bool:
        """Return whether every number of the graph is."""
        return all(math.isfinite(node.data) for node in (*self.order, *self.outs))


class Places:
    """Where a function is, from its kinks and the edges of its operations' domains.

    Arguments:
        f: the function, written with the package's operations.
        like: an example of its arguments; ``numbers`` are theirs, flat.
        margin: how far from kinks and edges is far enough.
    """

    def __init__(self, f: Callable[..., Any], like: Sequence[Any], margin: float) -> None:
        self._subject = Subject(f, like, math.inf, sys.maxsize)
        self.numbers: Sequence[float] = tuple(self._subject.numbers)
        self._margin = margin

    def arguments(self, numbers: Sequence[float]) -> tuple[Any, ...]:
        """Return arguments that hold ``numbers``."""
        return tuple(self._subject.arguments(numbers))

    def _run(self, numbers: Sequence[float]) -> _Run | None:
        """Return a run at ``numbers``, None where the function has no value."""
        self._subject.numbers, watch = [*numbers], Watch()
        try:
            outs, inputs = self._subject.graph(watch)
        except (ArithmeticError, ValueError):
            return None
        return _Run(topological_order(*outs), outs, inputs, watch)

    # ── off all kinks ───────────────────────────────────────────────────────────────────────────────

    def _flaws(self, run: _Run) -> list[Value]:
        """Return what is too near to a kink or an edge: operations, and Values compared."""
        flaws = [node for node in run.order if not self._is_sound(node)]
        flaws += [out for out in run.outs if not math.isfinite(out.data)]
        for sides, gap in zip(run.watch.comparisons, gaps_of([], run.watch), strict=True):
            if not abs(gap) >= self._margin or gap == 0:
                flaws += [side for side in sides if isinstance(side, Value)]
        return flaws

    def _is_sound(self, node: Value) -> bool:
        if node.primitive is None:
            return math.isfinite(node.data)
        values = [operand.data for operand in node.operands]
        moving = [not operand.is_constant for operand in node.operands]
        return is_interior(
            node.primitive, values, moving, margin=self._margin, steepest=sys.float_info.max
        )

    def clear_near(self, numbers: Sequence[float]) -> list[float] | None:
        """Return numbers beside ``numbers`` where all is clear, None where none are found.

        What causes a flaw is moved by a quarter or more, and moved back where that made it no better:
        now all causes together, now one or two of the first.
        """
        generator = Random(0)  # the same point for the same numbers
        best = [*numbers]
        flaws, first, everything = self._causes(best)
        for attempt in range(_TRIES):
            if not flaws:
                return best
            few = generator.sample(first, generator.randint(1, min(2, len(first))))
            tried = [*best]
            for i in few if attempt % 2 else everything:
                tried[i] = round(tried[i] + generator.choice(_STEPS), 3)
            found = self._causes(tried)
            if found[0] <= flaws:
                best, (flaws, first, everything) = tried, found
        return None

    def _causes(self, numbers: Sequence[float]) -> tuple[float, Sequence[int], Sequence[int]]:
        """Return how many flaws there are, which numbers the first depends on, and which all do."""
        run, places = self._run(numbers), range(len(numbers))
        if run is None:
            return math.inf, places, places
        flaws = self._flaws(run)
        if not flaws:
            return 0, (), ()
        first, every = ({*topological_order(*some)} for some in (flaws[:1], flaws))
        moved = [[i for i in places if run.inputs[i] in leaves] for leaves in (first, every)]
        return len(flaws), moved[0] or places, moved[1] or places

    # ── on a kink ───────────────────────────────────────────────────────────────────────────────────

    def is_on_kink(self, numbers: Sequence[float]) -> bool:
        """Return whether all is finite at ``numbers``, and an operation or a comparison at a kink."""
        run = self._run(numbers)
        return run is not None and run.is_finite() and 0.0 in gaps_of(run.order, run.watch)

    def kink_near(
        self, numbers: Sequence[float], choose: Callable[[int], int]
    ) -> Sequence[float] | None:
        """Return numbers that put the function exactly on a kink, None where none are found.

        Arguments:
            numbers: where to start.
            choose: given n, says which of n kinks is looked for first, and which of n inputs moved.
        """
        run = self._run(numbers)
        gaps = gaps_of(run.order, run.watch) if run else []
        if run is None or not gaps:
            return None
        wanted, first = choose(len(gaps)), choose(len(numbers))
        steps = (*range(first, len(numbers)), *range(first))[:_MOST_INPUTS]
        constants = [node.data for node in run.order if node.is_constant and math.isfinite(node.data)]
        for i in steps:
            for x in self._crossings(numbers, i, wanted, len(gaps), constants):
                moved = [*numbers[:i], x, *numbers[i + 1 :]]
                if self.is_on_kink(moved):
                    return moved
        pools = [self._simple(numbers, i, constants)[:5] for i in range(min(len(numbers), 3))]
        for several in itertools.product(*pools):  # where several have to meet, as for hypot
            moved = [*several, *numbers[len(several) :]]
            if self.is_on_kink(moved):
                return moved
        return None

    def _simple(self, numbers: Sequence[float], i: int, constants: Sequence[float]) -> Sequence[float]:
        """Return what number ``i`` might well be at a kink: 0, another number, a constant."""
        others = {x for j, x in enumerate(numbers) if j != i} | {*constants, 0.0}
        chosen = sorted(others, key=abs)[:_MOST_CONSTANTS]
        return [side for x in chosen for side in (x, -x)]

    def _crossings(
        self, numbers: Sequence[float], i: int, wanted: int, count: int, constants: Sequence[float]
    ) -> Iterator[float]:
        """Yield what number ``i`` may have to be for the wanted gap to be 0."""

        def gap(x: float) -> float:
            run = self._run([*numbers[:i], x, *numbers[i + 1 :]])
            gaps = gaps_of(run.order, run.watch) if run else []
            return gaps[wanted] if len(gaps) == count else math.nan

        yield from _newton(gap, numbers[i])
        yield from self._simple(numbers, i, constants)


def _newton(gap: Callable[[float], float], x: float) -> Iterator[float]:
    """Yield the steps of Newton's method towards a zero of a gap, rounded and as they are."""
    for _ in range(8):
        here, step = gap(x), 1e-6 * max(abs(x), 1.0)
        slope = (gap(x + step) - here) / step
        if not math.isfinite(slope) or not slope or not math.isfinite(here):
            return
        previous, x = x, x - here / slope
        if not math.isfinite(x):
            return
        yield from dict.fromkeys((round(x, 3), round(x, 8), x))
        if abs(x - previous) <= 4 * math.ulp(x):
            yield from (math.nextafter(x, -math.inf), math.nextafter(x, math.inf))
            return
