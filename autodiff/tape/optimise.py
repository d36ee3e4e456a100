"""Optimise: a recording becomes the lines of a forward sweep.

In one pass over the operations: what no output or guard needs is left out (dead code), what hangs on
no input is a constant (constant folding: the recorded number is the value), what was computed before
is not computed again (common subexpressions), and chains of ``+``, ``-``, ``*`` become affine lines.
All of it keeps the order of operations, so values are those of eager mode bit for bit; adjoints are,
too, unless common subexpressions were merged, whose adjoints are then summed before they go on. The one
exception: ``x ** 2`` is ``x * x``, the correctly rounded square, where the C library's power may be
1 ulp off.

    key    when eager mode would add a contribution, the smaller the earlier: later operations come
           first, the operands of one in order
    term   (a, b, key of the contribution to a, key of that to b) of an affine line
"""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from autodiff.primitive import Primitive, renamed, rows
from autodiff.primitives import pow, square
from autodiff.tape.lines import MINUS_ONE, ONE, Affine, Check, Evaluate, Line, Variables
from autodiff.tape.record import Operation, Recording

Term = tuple[int, int, int, int]

_OPERANDS = 1 << 40  # more than any operation has: a key is place and position in one number


def key(place: int, position: int) -> int:
    """Return the key of the contribution of operation ``place`` to its operand at ``position``."""
    return position - place * _OPERANDS


class Forward(NamedTuple):
    """A forward sweep, and what the reverse sweep needs to know about it."""

    variables: Variables
    inputs: tuple[int, ...]
    lines: list[Line]
    outputs: tuple[int, ...]
    keys: dict[int, list[tuple[int, int]]]  # of each affine line's terms
    order: dict[int, int]  # when eager mode made the value of an Evaluate
    hidden: set[int]  # variables through which no derivative goes back


@cache
def linear_form(row: Primitive) -> str:
    """Return which affine form the row's value has, "" for none.

    Read off the rule texts: each operand occurs once, under +, -, *, total or dot alone, and the
    derivatives are those of the table's row of this form. A row of a user's may have others on purpose
    (a gradient that is reversed, or scaled): that is none.

    >>> from autodiff.primitives import PRIMITIVES
    >>> [linear_form(PRIMITIVES[name]) for name in ("add", "mul", "neg", "dot", "sin")]
    ['x + y', 'x * y', '-x', 'dot(xs, ys)', '']
    """
    form, *partials = _in_common_names(row)
    return form if partials == _forms().get(form) else ""


@cache
def _forms() -> dict[str, list[str]]:
    """Return the affine forms, and the derivatives of each."""
    known = (_in_common_names(rows[name]) for name in _LINEAR)
    return {form: partials for form, *partials in known}


_LINEAR = ("identity", "neg", "add", "sub", "mul", "sum", "dot")


def _in_common_names(row: Primitive) -> list[str]:
    """Return a row's rule texts, the value first, its operands called x and y, or xs and ys."""
    names = ("xs", "ys") if row.operands.variadic else ("x", "y")
    called = dict(zip(row.operands.names, names, strict=False))
    return [
        ast.unparse(ast.parse(renamed(rule, called), mode="eval"))
        for rule in (row.forward, *row.partial_rules)
    ]


def forward_sweep(recording: Recording, lanes: Sequence[bool]) -> Forward:
    """Return the lines that compute the outputs of ``recording``.

    Arguments:
        recording: what the function did.
        lanes: for each input whether it has a value of its own in every lane.
    """
    return _Optimiser(recording, lanes).forward()


class Simple(NamedTuple):
    """A recording without what is constant or computed twice; places stand for variables."""

    same: list[int]  # the earliest place that holds the same number
    constants: dict[int, float]
    uses: list[int]  # how often each place is an operand of what is needed


def simplified(recording: Recording) -> Simple:
    """Return which variables of ``recording`` are constants, are the same, are needed, and how often."""
    same = list(range(recording.inputs))
    constants: dict[int, float] = {}
    known: dict[tuple[object, ...], int] = {}
    for place, operation in enumerate(recording.operations, recording.inputs):
        if isinstance(operation, Operation):
            operands = tuple([same[x] for x in operation.operands])
            if constants and all(x in constants for x in operands):
                operation = operation.row.evaluate(*[constants[x] for x in operands])
            else:
                same.append(known.setdefault((operation.row, operands, operation.hidden), place))
                continue
        constants[place] = operation
        same.append(known.setdefault((repr(operation),), place))
    uses = [0] * len(same)
    for place in (*recording.outputs, *(x for g in recording.guards for x in (g.left, g.right))):
        uses[same[place]] += 2  # an output or a guard needs the number itself
    for place in range(len(same) - 1, recording.inputs - 1, -1):
        if uses[place] and place not in constants:
            for operand in recording.operations[place - recording.inputs].operands:  # type: ignore[union-attr]
                uses[same[operand]] += 1
    return Simple(same, constants, uses)


class _Optimiser:
    def __init__(self, recording: Recording, lanes: Sequence[bool]) -> None:
        self.recording = recording
        self.simple = simplified(recording)
        self.variables = Variables()
        self.lines: list[Line] = []
        self.keys: dict[int, list[tuple[int, int]]] = {}
        self.order: dict[int, int] = {}
        self.hidden: set[int] = set()
        self.sums: dict[int, list[Term]] = {}  # affine forms that have no line (yet)
        self.constant_of: dict[str, int] = {"1.0": ONE, "-1.0": MINUS_ONE}
        self.inputs = tuple([self.variables.new(lane) for lane in lanes])
        self.variable: list[int] = list(self.inputs)  # for each recorded variable, -1 where it is dead

    def forward(self) -> Forward:
        recording, (same, constants, uses) = self.recording, self.simple
        for place, operation in enumerate(recording.operations, recording.inputs):
            if same[place] != place:
                self.variable.append(self.variable[same[place]])
            elif not uses[place]:
                self.variable.append(-1)
            elif place in constants:
                self.variable.append(self.constant(constants[place]))
            else:
                self.variable.append(self._operation(place, operation))  # type: ignore[arg-type]
        outputs = tuple([self.row(self.variable[out]) for out in recording.outputs])
        checks: list[Line] = list(self._checks())
        self._name()
        return Forward(
            self.variables, self.inputs, self.lines + checks, outputs, self.keys, self.order, self.hidden
        )

    def constant(self, number: float) -> int:
        """Return the variable that holds ``number``."""
        variable = self.constant_of.get(repr(number))
        if variable is None:
            variable = self.constant_of[repr(number)] = self.variables.new(False)
            self.variables.constants[variable] = number
        return variable

    def _operation(self, place: int, operation: Operation) -> int:
        row = operation.row
        operands = tuple([self.variable[x] for x in operation.operands])
        if row is pow and self.variables.constants.get(operands[1]) == 2.0:
            row, operands = square, operands[:1]  # the C library's power takes 20 times as long
        lanes = self.variables.lane
        out = self.variables.new(any(lanes[x] for x in operands))
        form = linear_form(row)
        if form:
            self.sums[out] = self._terms(form, place, lanes[out], operands)
            if operation.hidden or self.simple.uses[place] != 1:
                self.row(out)
        else:
            rows = tuple([self.row(x) for x in operands])
            self.lines.append(Evaluate(out, row, rows))
            self.order[out] = place
        if operation.hidden:
            self.hidden.add(out)
        return out

    def row(self, variable: int) -> int:
        """Return ``variable`` after making sure that a line computes it."""
        terms = self.sums.pop(variable, None)
        if terms is not None:
            self.lines.append(Affine(variable, tuple([(a, b) for a, b, _, _ in terms])))
            self.keys[variable] = [(key_a, key_b) for _, _, key_a, key_b in terms]
        return variable

    def _terms(self, form: str, place: int, lane: bool, operands: tuple[int, ...]) -> list[Term]:
        """Return the terms of an affine form, the operands' own terms taken in where they can be."""
        if form == "x * y":
            x, y = operands
            return [self._term(lane, self.row(x), self.row(y), place)]
        if form == "dot(xs, ys)":
            half = len(operands) // 2
            return [
                self._term(lane, self.row(x), self.row(y), place, i, half + i)
                for i, (x, y) in enumerate(zip(operands[:half], operands[half:], strict=True))
            ]
        if form in ("-x", "x"):
            return [self._signed(lane, operands[0], form == "-x", place, 0)]
        # Sums: the first long operand's terms are grown (moving them, not copying), single products
        # of the others are added; x + y and y + x are the same number.
        start = 1 if form == "x + y" and self._length(operands[0]) < self._length(operands[1]) else 0
        if self._length(operands[start]) and self.variables.lane[operands[start]] == lane:
            terms = self.sums.pop(operands[start])
        else:
            terms = [self._signed(lane, operands[start], False, place, start)]
        for position, operand in enumerate(operands):
            if position != start:
                negative = form == "x - y"
                terms.append(self._signed(lane, operand, negative, place, position))
        return terms

    def _length(self, variable: int) -> int:
        return len(self.sums.get(variable, ()))

    def _signed(self, lane: bool, x: int, negative: bool, place: int, position: int) -> Term:
        """Return the term ``±x``; a product that nothing else uses goes in as it is."""
        terms = self.sums.get(x, ())
        if len(terms) == 1 and self.variables.lane[x] == lane:
            ((a, b, key_a, key_b),) = terms
            constant = self.variables.constants.get(a)
            if not negative:
                del self.sums[x]
                return (a, b, key_a, key_b)
            if constant is not None:
                del self.sums[x]
                return (self.constant(-constant), b, key_a, key_b)
        return self._term(lane, MINUS_ONE if negative else ONE, self.row(x), place, position, position)

    def _term(
        self, lane: bool, a: int, b: int, place: int, position_a: int = 0, position_b: int = 1
    ) -> Term:
        """Return the term a·b; in a lane's sum the second factor is a lane, or the constant 1."""
        key_a, key_b = key(place, position_a), key(place, position_b)
        lanes = self.variables.lane
        if not lane or lanes[b] or b == ONE:
            return (a, b, key_a, key_b)
        if lanes[a] or a == ONE:
            return (b, a, key_b, key_a)
        product = self.variables.new(False)  # of two shared numbers: computed once for all lanes
        self.lines.append(Affine(product, ((a, b),)))
        self.keys[product] = [(key_a, key_b)]
        return (product, ONE, key_a, key_b)

    def _checks(self) -> Iterator[Check]:
        constants = self.variables.constants
        for guard in self.recording.guards:
            left, right = self.variable[guard.left], self.variable[guard.right]
            if left not in constants or right not in constants:
                yield Check(guard.relation, self.row(left), self.row(right), guard.outcome)

    def _name(self) -> None:
        for place, name in self.recording.names.items():
            if self.variable[place] >= 0:
                self.variables.names.setdefault(self.variable[place], name)
