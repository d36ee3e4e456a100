"""Anything in any order: operations, backward, changed leaves, copies, replays, beside a plain model.

The model is floats in lists: a node is a row and the places of its operands. What is stale, and every
gradient, the model finds by walking back over its list.
"""

import copy
import pickle
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import autodiff as ad
from autodiff.graph import topological_order
from autodiff.testing.interior import interior_points, is_interior, operand_counts
from tests.oracles import gradient_bound, rounding_bound
from tests.strategies import BUILT_IN

ROWS = [ad.PRIMITIVES[name] for name in BUILT_IN]
eighths = st.integers(-16, 16).map(lambda n: n / 8)  # exact, and few: nodes meet at the same numbers
anywhere = st.integers(0, 1000)  # a place, counted round
few = st.integers(0, 7)


@dataclass
class Node:
    """A number, how it came about, and when: a change after the use makes what used it stale."""

    number: float
    row: ad.Primitive | None = None
    operands: tuple[int, ...] = ()
    is_constant: bool = False
    made: int = 0
    changed: int = 0
    grad: float | None = None


@dataclass
class Replay:
    """A compiled function of leaves, and the node of the model that it computes."""

    compiled: object
    out: int
    leaves: list[int] = field(default_factory=list)


def behind(model, out):
    """Return the places of all that ``out`` depends on, itself too, newest first."""
    found, pending = {out}, [out]
    while pending:
        new = {*model[pending.pop()].operands} - found
        found |= new
        pending += new
    return sorted(found, reverse=True)


def computed(model, out, given):
    """Return ``out`` computed anew from other numbers, of any kind, of its leaves."""
    numbers = dict(given)
    for at in reversed(behind(model, out)):
        node = model[at]
        if node.row is not None:
            numbers[at] = node.row.apply([numbers[x] for x in node.operands])
        else:
            numbers.setdefault(at, node.number)
    return numbers[out]


class Machine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.model: list[Node] = []
        self.real: list[ad.Value] = []
        self.replays: list[Replay] = []
        self.left: list[tuple[ad.Value, float, float]] = []  # what was copied from, and stays as it was
        self.clock = 0

    # ── the model ───────────────────────────────────────────────────────────────────────────────────

    def behind(self, out):
        return behind(self.model, out)

    def is_stale(self, out):
        return any(
            self.model[x].changed > self.model[at].made
            for at in self.behind(out) for x in self.model[at].operands
        )  # fmt: skip

    def adjoints(self, out, seed):
        """Return the adjoint of each place, by adding up from the newest to the oldest."""
        bar = dict.fromkeys(self.behind(out), 0.0) | {out: seed}
        for at in bar:
            node = self.model[at]
            values = [self.model[x].number for x in node.operands]
            partials = node.row.partials(node.number, *values) if node.row else ()
            for x, partial in zip(node.operands, partials, strict=True):
                bar[x] += bar[at] * partial
        return bar

    def leaves_of(self, out):
        return [
            at for at in self.behind(out) if not self.model[at].row and not self.model[at].is_constant
        ]

    def add(self, value, node):
        self.clock += 1
        node.made = self.clock
        self.real.append(value)
        self.model.append(node)
        return len(self.model) - 1

    def operation(self, row, places):
        """Make an operation in both, and return its place."""
        operands = [self.model[x].number for x in places]
        value = row.apply([self.real[x] for x in places])
        return self.add(value, Node(row.evaluate(*operands), row, tuple(places)))

    def moved(self, place, target):
        """Return the place of the number, moved to the target by an addition."""
        shift = target - self.model[place].number
        constant = self.add(ad.Value(shift).detach(), Node(shift, is_constant=True))
        return self.operation(ad.add, (place, constant))

    def some(self, at, which=lambda node: True):
        """Return one of the places where ``which`` holds, the newest for 0, None where there is none."""
        fit = [place for place, node in enumerate(self.model) if which(node)]
        return fit[-1 - at % len(fit)] if fit else None

    # ── what may happen ─────────────────────────────────────────────────────────────────────────────

    @initialize(numbers=st.lists(eighths, min_size=2, max_size=3))
    def start(self, numbers):
        for number in numbers:
            self.add(ad.Value(number, name=f"x{len(self.model)}"), Node(number))

    @rule(row=st.sampled_from(ROWS), count=anywhere, at=st.tuples(*[anywhere] * 4), point=anywhere)
    def operate(self, row, count, at, point):
        counts = operand_counts(row)
        places = [self.some(each) for each in at[: counts[count % len(counts)]]]
        if all(self.model[place].is_constant for place in places):
            places[0] = self.some(at[0], lambda node: not node.is_constant)
        moving = (True,) * len(places)
        if not is_interior(row, [self.model[place].number for place in places], moving):
            points = interior_points(row, moving)
            targets = points[point % len(points)]
            places = [self.moved(place, x) for place, x in zip(places, targets, strict=True)]
        out = self.operation(row, places)
        with pytest.raises(AttributeError, match="follows from its operands"):
            self.real[out].data = 1.0

    @rule(at=few, seed=st.sampled_from([1.0, -2.0, 0.5]))
    def backward(self, at, seed):
        out = self.some(at, lambda node: not node.is_constant)  # mostly an operation made just now
        if self.is_stale(out):
            with pytest.raises(ad.StaleValueError):
                self.real[out].backward(seed)
            return
        self.real[out].backward(seed)
        for place, bar in self.adjoints(out, seed).items():
            node = self.model[place]
            if node.row is not None:
                node.grad = bar
            elif not node.is_constant:
                node.grad = (node.grad or 0.0) + bar

    @rule(first=anywhere, second=anywhere)
    def zero_grad(self, first, second):
        places = [self.some(first), self.some(second)]
        ad.zero_grad([self.real[place] for place in places])
        for place in places:
            self.model[place].grad = None

    @rule(at=anywhere, number=eighths)
    def change_a_leaf(self, at, number):
        leaf = self.some(at, lambda node: node.row is None and not node.is_constant)
        self.real[leaf].data = number
        self.clock += 1
        self.model[leaf].number, self.model[leaf].changed = number, self.clock

    @rule(at=anywhere)
    def detach(self, at):
        place = self.some(at)
        self.add(self.real[place].detach(), Node(self.model[place].number, is_constant=True))
        with pytest.raises(ValueError, match="it is a constant"):
            self.real[-1].backward()

    @rule()
    def copy_all(self):
        self.leave()
        self.real = copy.deepcopy(self.real)

    @rule(at=few)
    def save_and_load(self, at):
        """One result goes on, and what it depends on: graphs in a pickle share their leaves alone."""
        out = self.some(at, lambda node: node.row is not None)
        if out is None or not self.leaves_of(out):
            return
        self.leave()
        kept = sorted(self.behind(out))
        loaded = {out: pickle.loads(pickle.dumps(self.real[out]))}
        for at in reversed(kept):
            loaded |= zip(self.model[at].operands, loaded[at].operands, strict=True)
        self.real = [loaded[at] for at in kept]
        place = {before: after for after, before in enumerate(kept)}
        used = [(self.model[x], self.model[at]) for at in kept for x in self.model[at].operands]
        self.clock += 1
        for leaf in [x for x, user in used if x.changed > user.made]:
            leaf.changed = self.clock  # loaded, it is later than all that used it, stale or not
        self.model = [
            replace(node, operands=tuple(place[x] for x in node.operands))
            for node in map(self.model.__getitem__, kept)
        ]
        self.replays = [
            replace(one, out=place[one.out], leaves=[place[leaf] for leaf in one.leaves])
            for one in self.replays if one.out in place
        ]  # fmt: skip

    def leave(self):
        """Keep what is copied from: whatever happens to the copy, it stays as it is."""
        self.left = [(value, value.data, value.grad) for value in self.real]

    @rule(at=few)
    def compile(self, at):
        out = self.some(at, lambda node: node.row is not None)
        leaves = self.leaves_of(out) if out is not None else []
        model = [*self.model]  # as it is now: it is recorded later, and places may change

        def f(*numbers):
            return computed(model, out, dict(zip(leaves, numbers, strict=True)))

        if leaves:
            self.replays.append(Replay(ad.compile(f, argnum=range(len(leaves))), out, leaves))

    @precondition(lambda self: self.replays)
    @rule(at=few)
    def replay(self, at):
        """At the leaves' numbers of now, as if the graph were computed anew."""
        chosen = self.replays[at % len(self.replays)]
        leaves = [ad.Value(self.model[leaf].number) for leaf in chosen.leaves]
        numbers = [leaf.data for leaf in leaves]
        value = computed(self.model, chosen.out, dict(zip(chosen.leaves, numbers, strict=True)))
        out = computed(self.model, chosen.out, dict(zip(chosen.leaves, leaves, strict=True)))
        assert out.data == value or value != value
        if not all(self.is_tame(node) for node in topological_order(out)):
            return  # near a kink or an edge no bound says how far replays may be apart
        for _ in range(2):  # the first may be the recording
            replayed, gradient = chosen.compiled.value_and_grad(*numbers)
            # 3: eager mode is one bound off; a vectorised function errs by up to twice what that allows.
            assert abs(replayed - value) <= 3 * rounding_bound(out)
            for leaf, own, bar in zip(leaves, gradient, ad.gradients(out, leaves), strict=True):
                assert abs(own - bar) <= 3 * gradient_bound(out, leaf)

    def is_tame(self, node):
        values = [operand.data for operand in node.operands]
        moving = [not operand.is_constant for operand in node.operands]
        return not values or is_interior(node.primitive, values, moving, margin=0.01, steepest=1e6)

    # ── what holds at any time ──────────────────────────────────────────────────────────────────────

    @invariant()
    def numbers_and_gradients_are_the_models(self):
        for value, node in zip(self.real, self.model, strict=True):
            assert value.data == node.number
            assert value.has_grad is (node.grad is not None)
            assert value.grad == (node.grad or 0.0)
            assert value.is_constant is node.is_constant
            assert value.primitive is node.row

    @invariant()
    def what_was_copied_from_stays_as_it_was(self):
        for value, number, grad in self.left:
            assert (value.data, value.grad) == (number, grad)


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=2 * settings.default.max_examples,
    stateful_step_count=40,
    phases=[Phase.generate, Phase.shrink],  # none that traces every line to explain a failure
)
