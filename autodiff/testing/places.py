"""Arguments of a function off every kink and edge that it meets there, or exactly on a kink.

gap    how far a run is from a kink: a margin of an operation, the difference of what is compared
flaw   an operation on finite numbers too near a kink or an edge of its domain, or a comparison too
       near to equality; not what merely follows from one, such as a sum of which one term is nan
cause  a number of the arguments that a flaw depends on
home   a point that is known to be good, from which the others that are asked for can be reached
"""

import itertools
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from autodiff.graph import topological_order
from autodiff.primitive import Primitive
from autodiff.testing.interior import is_interior
from autodiff.testing.kinks import gaps_of, sides_of_gaps
from autodiff.testing.subject import Subject
from autodiff.testing.watch import Watch
from autodiff.value import Value

_TRIES = 8  # moves to repair a point, before it is pulled home
_MANY_TRIES = 48  # the same, where a home is looked for first: at the example
_STARTS = 10  # numbers drawn around the example to look for a home at, and as many all shifted alike
_COARSE_TRIES = 6  # the first moves of a repair are by simple numbers
_HALVINGS = 3  # of the distance to home, before what is still a cause is put there
_MOST_PULLS = 8
_MOST_INPUTS = 4  # that are moved, one after the other, to reach a kink
_MOST_TOGETHER = 3  # inputs that are set to simple numbers at once
_MOST_CANDIDATES = 60  # for a point on a kink, where one is known already
_MOST_CONSTANTS = 12  # that an input is set to


class _Run(NamedTuple):
    """One run on Values: the graph, its inputs, and the comparisons made."""

    order: Sequence[Value]
    outs: Sequence[Value]
    inputs: Sequence[Value]
    watch: Watch

    def is_finite(self) -> bool:
        """Return whether every number of the graph is."""
        return all(math.isfinite(node.data) for node in (*self.order, *self.outs))

    def causes(self) -> Mapping[Value, int]:
        """Return the inputs that each node depends on, as the bits of a number."""
        compared = [side for pair in self.watch.comparisons for side in pair if isinstance(side, Value)]
        found = {node: 1 << i for i, node in enumerate(self.inputs)}
        for node in topological_order(*self.outs, *compared) if compared else self.order:
            for operand in node.operands:
                found[node] = found.get(node, 0) | found[operand]
            found.setdefault(node, 0)
        return found


class _State(NamedTuple):
    """How far numbers are from a clear point: what is wrong, and the causes of each flaw."""

    wrong: float
    causes: Sequence[Sequence[int]]

    def all_causes(self) -> set[int]:
        """Return the causes of any flaw."""
        return set().union(*self.causes)


class Places:
    """Where a function is, from its kinks and the edges of its operations' domains.

    Arguments:
        f: the function, written with the package's operations.
        like: an example of its arguments; ``numbers`` are theirs, flat.
        margin: how far from kinks and edges is far enough.
        reach: how far from ``numbers`` to look.
    """

    def __init__(self, f: Callable[..., Any], like: Sequence[Any], margin: float, reach: float) -> None:
        self._subject = Subject(f, like, math.inf, sys.maxsize)
        self.numbers: Sequence[float] = tuple(self._subject.numbers)
        self._margin, self._reach = margin, reach
        self._home: Sequence[float] | None = None
        self._judged: dict[tuple[Primitive, tuple[float, ...], tuple[bool, ...]], bool] = {}

    def arguments(self, numbers: Sequence[float]) -> tuple[Any, ...]:
        """Return arguments that hold ``numbers``."""
        return tuple(self._subject.arguments(numbers))

    def refusal(self) -> Exception | None:
        """Return what the function raises at the example, None where it has a value."""
        try:
            self._graph(self.numbers)
        except (ArithmeticError, ValueError) as error:
            return error
        return None

    def _graph(self, numbers: Sequence[float]) -> _Run:
        self._subject.numbers, watch = [*numbers], Watch()
        outs, inputs = self._subject.graph(watch)
        return _Run(topological_order(*outs), outs, inputs, watch)

    def _run(self, numbers: Sequence[float]) -> _Run | None:
        """Return a run at ``numbers``, None where the function has no value."""
        try:
            return self._graph(numbers)
        except (ArithmeticError, ValueError):
            return None

    def _starts(self) -> Iterator[Sequence[float]]:
        """Yield the example; then numbers within reach of it, all shifted alike or each for itself."""
        yield self.numbers
        generator, far = Random(0), 0.75 * self._reach  # the rest of the reach is for repairs
        for _ in range(_STARTS):
            shift = round(generator.uniform(-far, far), 3)
            yield [x + shift for x in self.numbers]
            yield [x + round(generator.uniform(-far, far), 3) for x in self.numbers]

    # ── off all kinks ───────────────────────────────────────────────────────────────────────────────

    def find_clear_home(self) -> bool:
        """Return whether there is a point where all is clear; once there is, each draw has one."""
        for start, tries, spread in self._searches():
            home, state = self._repaired(start, tries, spread, start)
            if not state.wrong:
                self._home = home
                return True
        return False

    def _searches(self) -> Iterator[tuple[Sequence[float], int, float]]:
        """Yield where to look for a home, for how long, and how far around."""
        yield self.numbers, _MANY_TRIES, self._reach
        for k in range(1, 6):  # ever nearer: the example itself may be no worse than on a kink
            yield self.numbers, _TRIES, self._reach / 2**k
        for start in itertools.islice(self._starts(), 1, None):
            yield start, _TRIES, self._reach / 4

    def clear_near(self, numbers: Sequence[float]) -> Sequence[float] | None:
        """Return numbers beside ``numbers`` where all is clear, None where none are found.

        What causes a flaw is moved, and if that does not do pulled home; the rest stays.
        """
        found, state = self._repaired(numbers, _TRIES, self._reach, self.numbers)
        if not state.wrong:
            return found
        return self._pulled_home(found, state)

    def _repaired(
        self, numbers: Sequence[float], tries: int, spread: float, centre: Sequence[float]
    ) -> tuple[Sequence[float], _State]:
        """Return numbers with fewer flaws, and what is left of those.

        The causes are moved together. Where that was no good, those that are still causes are taken
        back, and the others stay where they were moved to.
        """
        self._judged.clear()
        best, state = [*numbers], self._state(numbers)
        for attempt in range(tries):
            if not state.wrong:
                break
            tried = self._moved(best, state, attempt, spread, centre)
            found = self._state(tried)
            if found.wrong >= state.wrong:
                still = found.all_causes()
                mixed = [best[i] if i in still else x for i, x in enumerate(tried)]
                other = self._state(mixed)
                if other.wrong <= found.wrong:
                    tried, found = mixed, other
            if found.wrong <= state.wrong:
                best, state = tried, found
        return best, state

    def _moved(
        self,
        numbers: Sequence[float],
        state: _State,
        attempt: int,
        spread: float,
        centre: Sequence[float],
    ) -> list[float]:
        """Return the numbers with causes moved: now all, now one of each flaw.

        Three times of four a number goes anywhere within the spread around the centre, else a little
        from where it is. Which way depends on its place alone, not on what else is moved.
        """
        generator = Random(attempt)
        shifts = [generator.uniform(-1, 1) for _ in numbers]
        if attempt < _COARSE_TRIES:
            shifts = [round(12 * shift) / 12 for shift in shifts]
        order = [generator.random() for _ in numbers]
        one_each = {min(some, key=order.__getitem__) for some in state.causes}
        moved = [*numbers]
        for i in one_each if attempt % 2 else state.all_causes():
            x = numbers[i] + shifts[i] * spread / (6 if attempt % 4 == 3 else 1)
            low, width = centre[i] - spread, 2 * spread
            if width and not low <= x <= low + width:
                x = low + (x - low) % width
            moved[i] = round(x, 3)
        return moved

    def _pulled_home(self, numbers: Sequence[float], state: _State) -> Sequence[float] | None:
        """Return numbers of which causes are pulled home, at worst all, None where no home is known."""
        if self._home is None:
            return None
        numbers = [*numbers]
        for pull in range(_MOST_PULLS):
            for i in state.all_causes():
                left = (numbers[i] - self._home[i]) / 2 if pull < _HALVINGS else 0.0
                numbers[i] = round(self._home[i] + left, 3) if left else self._home[i]
            state = self._state(numbers)
            if not state.wrong:
                return numbers
        return self._home

    def _state(self, numbers: Sequence[float]) -> _State:
        """Return what is wrong at ``numbers``: operations not sound, and Values too nearly equal."""
        run, everything = self._run(numbers), range(len(numbers))
        if run is None:
            return _State(math.inf, [everything])
        unsound = [node for node in run.order if not self._is_sound(node)]
        flaws = [(node,) for node in unsound if all(math.isfinite(x.data) for x in node.operands)]
        close = [sides for gap, sides in sides_of_gaps([], run.watch) if self._is_close(gap)]
        if not unsound and not close:
            return _State(0, ())
        bits = run.causes()
        causes = []
        for nodes in (*flaws, *close):
            mask = 0
            for node in nodes:
                mask |= bits[node]
            causes.append([i for i in everything if mask >> i & 1] or everything)
        return _State(len(unsound) + len(close), causes or [everything])

    def _is_close(self, gap: float) -> bool:
        return math.isfinite(gap) and (abs(gap) < self._margin or gap == 0)

    def _is_sound(self, node: Value) -> bool:
        if node.primitive is None:
            return math.isfinite(node.data)
        values = tuple([operand.data for operand in node.operands])
        moving = tuple([not operand.is_constant for operand in node.operands])
        key = node.primitive, values, moving
        known = self._judged.get(key)
        if known is None:
            known = self._judged[key] = is_interior(
                *key, margin=self._margin, steepest=sys.float_info.max
            )
        return known

    # ── on a kink ───────────────────────────────────────────────────────────────────────────────────

    def is_on_kink(self, numbers: Sequence[float]) -> bool:
        """Return whether all is finite at ``numbers``, and an operation or a comparison at a kink."""
        run = self._run(numbers)
        return run is not None and run.is_finite() and 0.0 in gaps_of(run.order, run.watch)

    def find_kink_home(self) -> bool:
        """Return whether there is a point on a kink; once there is, each draw has one."""
        generator = Random(0)
        for start in self._starts():
            choose = (lambda n: 0) if start is self.numbers else generator.randrange
            self._home = self.kink_near(start, choose)
            if self._home is not None:
                return True
        return False

    def kink_near(
        self, numbers: Sequence[float], choose: Callable[[int], int]
    ) -> Sequence[float] | None:
        """Return numbers that put the function exactly on a kink: home where no others are found.

        Arguments:
            numbers: where to start; where that is outside a domain, beside it.
            choose: given n, says which of n kinks is looked for first, and which of n inputs moved.
        """
        run = self._run(numbers)
        if run is None or not run.is_finite():
            numbers, state = self._repaired(numbers, _TRIES, self._reach, self.numbers)
            if state.wrong:
                numbers = self._pulled_home(numbers, state) or numbers
            run = self._run(numbers)
        kinks = self._kinks(run) if run else []
        if run is None or not kinks:
            return self._home
        wanted, causes = kinks[choose(len(kinks))]
        first = choose(len(causes))
        constants = [node.data for node in run.order if node.is_constant and math.isfinite(node.data)]
        candidates = self._towards(numbers, wanted, (*causes[first:], *causes[:first]), constants)
        most = None if self._home is None else _MOST_CANDIDATES
        for moved in itertools.islice(candidates, most):
            if self.is_on_kink(moved):
                return moved
        return self._home

    def _kinks(self, run: _Run) -> list[tuple[int, Sequence[int]]]:
        """Return the places among a run's gaps of those that inputs can change, and which inputs."""
        bits = run.causes()
        found: list[tuple[int, Sequence[int]]] = []
        for place, (_, sides) in enumerate(sides_of_gaps(run.order, run.watch)):
            causes = [i for i in range(len(run.inputs)) if any(bits[side] >> i & 1 for side in sides)]
            if causes:
                found.append((place, causes))
        return found

    def _towards(
        self, numbers: Sequence[float], wanted: int, causes: Sequence[int], constants: Sequence[float]
    ) -> Iterator[Sequence[float]]:
        """Yield numbers at which the wanted gap may be 0."""
        for i in causes[:_MOST_INPUTS]:
            for x in self._crossings(numbers, i, wanted, constants):
                yield [*numbers[:i], x, *numbers[i + 1 :]]
        together = sorted(causes[:_MOST_TOGETHER])
        pools = [self._simple(numbers, i, constants)[:5] for i in together]
        for several in itertools.product(*pools):  # where several have to meet, as for hypot
            moved = [*numbers]
            for i, x in zip(together, several, strict=True):
                moved[i] = x
            yield moved

    def _simple(self, numbers: Sequence[float], i: int, constants: Sequence[float]) -> Sequence[float]:
        """Return what number ``i`` might well be at a kink: 0, another number, a constant."""
        others = {x for j, x in enumerate(numbers) if j != i} | {*constants, 0.0}
        chosen = sorted(others, key=abs)[:_MOST_CONSTANTS]
        return [side for x in chosen for side in (x, -x)]

    def _crossings(
        self, numbers: Sequence[float], i: int, wanted: int, constants: Sequence[float]
    ) -> Iterator[float]:
        """Yield what number ``i`` may have to be for the wanted gap to be 0."""
        counts: set[int] = set()

        def gap(x: float) -> float:
            run = self._run([*numbers[:i], x, *numbers[i + 1 :]])
            gaps = gaps_of(run.order, run.watch) if run else []
            counts.add(len(gaps))  # of another number, the function has taken another way
            return gaps[wanted] if len(counts) == 1 else math.nan

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
