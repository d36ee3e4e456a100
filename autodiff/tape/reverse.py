"""Reverse: the lines that compute the adjoints of the inputs, made from those of a forward sweep.

Every adjoint is gathered by one affine line from the lines that use the variable, in the order in which
eager mode adds the contributions; what a shared variable gets from lanes is a sum over the lanes.

    x_bar         adjoint of x
    contribution  (key, a, b): a·b is added to an adjoint, the earlier the smaller its key
"""

from collections.abc import Sequence
from functools import cache
from math import isnan, nan

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
    Variables,
)
from autodiff.tape.optimise import Forward, key

Contribution = tuple[int, int, int]


def value_program(forward: Forward) -> Program:
    """Return the program that computes the outputs."""
    before, lanes = _parted(forward.lines, forward.variables)
    return Program(forward.variables, forward.inputs, before, lanes, [], [], forward.outputs)


def gradient_program(forward: Forward, wanted: Sequence[bool]) -> Program:
    """Return the program that computes the one output, and its derivative by the wanted inputs.

    With lanes the derivative is that of the sum of the output over all lanes.
    """
    return _Reverse(forward, wanted).program()


def _parted(lines: Sequence[Line], variables: Variables) -> tuple[list[Line], list[Line]]:
    """Return the lines about shared variables, and those about lanes."""
    shared: list[Line] = []
    lanes: list[Line] = []
    for line in lines:
        (lanes if _is_lane(line, variables) else shared).append(line)
    return shared, lanes


def _is_lane(line: Line, variables: Variables) -> bool:
    if isinstance(line, Check):
        return variables.lane[line.left] or variables.lane[line.right]
    if isinstance(line, Partial):
        return variables.lane[line.outs[0]]
    return isinstance(line, LaneSum) or variables.lane[line.out]


@cache
def _passes_nan_on(row: Primitive) -> bool:
    """Return whether a nan operand is sure to make the value nan (shown for one operand alone)."""
    return len(row.operands.names) == 1 and not row.operands.variadic and isnan(row.evaluate(nan))


class _Reverse:
    def __init__(self, forward: Forward, wanted: Sequence[bool]) -> None:
        self.forward = forward
        self.variables = forward.variables.copy()
        self.contributions: dict[int, list[Contribution]] = {}
        self.bars: dict[int, int] = {}
        self.sums: dict[int, int] = {}  # for a shared variable the sum of what the lanes contribute
        self.pending: dict[int, list[tuple[int, int]]] = {}  # the terms of lane sums, by first factor
        self.lanes: list[Line] = []
        self.after: list[Line] = []
        self.wanted = self._wanted(wanted)
        self.nan_at_risk = self._nan_at_risk()

    def program(self) -> Program:
        forward = self.forward
        before, lanes = _parted(forward.lines, forward.variables)
        self._seed(forward.outputs[0])
        for line in reversed(lanes):
            self._back(line, True)
        for line in reversed(before):
            self._back(line, False)
        gradient = tuple([self._bar(x) if self.wanted[x] else -1 for x in forward.inputs])
        return Program(
            self.variables, forward.inputs, before, lanes, self.lanes, self.after, forward.outputs,
            gradient, tuple(self.sums.values()), self.bars,
        )  # fmt: skip

    def _seed(self, out: int) -> None:
        lanes = self.variables.lane
        if lanes[out] or not any(lanes[x] for x in self.forward.inputs):
            self.contributions[out] = [(key(len(lanes), 0), ONE, ONE)]
        elif self.wanted[out]:  # a shared output stands in the sum once for every lane
            self.lanes.append(LaneSum(ONE, ((ONE, self._sum_of(out)),)))

    def _wanted(self, inputs: Sequence[bool]) -> list[bool]:
        """Return which variables lie on a way from a wanted input."""
        wanted = [False] * len(self.variables.lane)
        for x, wants in zip(self.forward.inputs, inputs, strict=True):
            wanted[x] = wants
        for line in self.forward.lines:
            if isinstance(line, Affine):
                moves = any(wanted[a] or wanted[b] for a, b in line.terms)
                wanted[line.out] = moves and line.out not in self.forward.hidden
            elif isinstance(line, Evaluate):
                moves = any(wanted[x] for x in line.operands)
                wanted[line.out] = moves and line.out not in self.forward.hidden
        return wanted

    def _nan_at_risk(self) -> set[int]:
        """Return the affine variables whose nan some user might not hand back as a nan adjoint."""
        sums = {line.out for line in self.forward.lines if isinstance(line, Affine)}
        swallowed = set(self.forward.outputs)
        for line in self.forward.lines:
            if isinstance(line, Evaluate) and not _passes_nan_on(line.row):
                swallowed.update(line.operands)
        return sums & swallowed

    def _back(self, line: Line, lane: bool) -> None:
        """Add what one line of the forward sweep contributes to its operands' adjoints."""
        if not isinstance(line, (Affine, Evaluate)) or not self.wanted[line.out]:
            return
        y_bar = self._bar(line.out)
        if y_bar < 0:
            return
        if isinstance(line, Affine):
            for (a, b), (key_a, key_b) in zip(line.terms, self.forward.keys[line.out], strict=True):
                self._contribute(lane, a, key_a, y_bar, b)
                self._contribute(lane, b, key_b, y_bar, a)
        else:
            place = self.forward.order[line.out]
            for position, partial in self._partials(line, lane):
                self._contribute(lane, line.operands[position], key(place, position), y_bar, partial)
        for a, terms in self.pending.items():
            self.lanes.append(LaneSum(a, tuple(terms)))
        self.pending.clear()

    def _partials(self, line: Evaluate, lane: bool) -> list[tuple[int, int]]:
        """Return the wanted local derivatives, each as (position, variable)."""
        row, operands, count = line.row, line.operands, len(line.operands)
        places: dict[int, list[int]] = {}  # of the operands that each rule is about
        for position in range(count):
            places.setdefault(row.rule_position(position, count), []).append(position)
        found: list[tuple[int, int]] = []
        for rule, positions in places.items():
            if not any(self.wanted[operands[position]] for position in positions):
                continue
            if row.partial_rules[rule].text == "out":
                found += [(position, line.out) for position in positions]
                continue
            outs = tuple([self.variables.new(lane) for _ in positions])
            self._lines(lane).append(Partial(outs, row, rule, line.out, operands))
            found += zip(positions, outs, strict=True)
        return found

    def _contribute(self, lane: bool, x: int, when: int, y_bar: int, partial: int) -> None:
        """Note that ``y_bar · partial`` belongs to the adjoint of ``x``, in every lane or once."""
        if not self.wanted[x]:
            return
        if lane and not self.variables.lane[x]:
            terms = self.pending.setdefault(self._as_lane(y_bar), [])
            terms.append((self._as_lane(partial), self._sum_of(x)))
        else:
            self.contributions.setdefault(x, []).append((when, y_bar, partial))

    def _sum_of(self, x: int) -> int:
        if x not in self.sums:
            self.sums[x] = self.variables.new(False)
        return self.sums[x]

    def _as_lane(self, x: int) -> int:
        """Return ``x`` as a lane variable, or the constant 1."""
        if x == ONE or self.variables.lane[x]:
            return x
        twin = self.variables.new(True)
        self.lanes.append(Affine(twin, ((x, ONE),)))
        return twin

    def _bar(self, x: int) -> int:
        """Return the adjoint of ``x``, after the line that gathers it; -1 where nothing arrives."""
        if x in self.bars:
            return self.bars[x]
        lane = self.variables.lane[x]
        contributions = self.contributions.pop(x, [])
        if len(contributions) > 1:
            contributions.sort()
        terms = [(a, b) for _, a, b in contributions]
        if x in self.sums:
            terms.insert(0, (ONE, self.sums[x]))
        if lane:
            terms = [self._lane_term(a, b) for a, b in terms]
        nan_of = x if x in self.nan_at_risk else -1
        if not terms:
            bar = -1
        elif len(terms) == 1 and nan_of < 0 and ONE in terms[0] and self._fits(lane, *terms[0]):
            bar = terms[0][1] if terms[0][0] == ONE else terms[0][0]
        else:
            bar = self.variables.new(lane)
            self._lines(lane).append(Affine(bar, tuple(terms), nan_of))
        self.bars[x] = bar
        return bar

    def _fits(self, lane: bool, a: int, b: int) -> bool:
        """Return whether the factor beside 1 can stand for an adjoint as it is."""
        other = b if a == ONE else a
        return not lane or other == ONE or self.variables.lane[other]

    def _lane_term(self, a: int, b: int) -> tuple[int, int]:
        """Return the term with a lane variable, or 1, as its second factor."""
        if b == ONE or self.variables.lane[b]:
            return (a, b)
        if a == ONE or self.variables.lane[a]:
            return (b, a)
        return (a, self._as_lane(b))

    def _lines(self, lane: bool) -> list[Line]:
        return self.lanes if lane else self.after
