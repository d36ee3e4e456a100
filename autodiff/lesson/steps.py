"""A trace as the steps of a lesson: what is asked at each, and what each known mistake would give.

Everything is the trace's own: no derivative is computed here.

    right   the number of a step
    slip    a mistake, and the number that it leads to at this very step
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autodiff import formulas
from autodiff.explain.lines import Line, Naming, forward_lines, reverse_lines, tangent_lines
from autodiff.explain.plain import cells, written
from autodiff.notation import number
from autodiff.primitive import evaluated, named
from autodiff.trace import Event, Trace

SUM = "the sum of its contributions"


class Slip(NamedTuple):
    """A mistake: which, the number it gives, and what is said to it (not the answer)."""

    name: str
    number: float
    says: str


class Step(NamedTuple):
    """One step of a sweep."""

    sweep: str  # "forward", "reverse" or "tangent"
    kind: str  # "given", "value", "seed", "contribution", "sum" or "tangent"
    line: Line
    slips: tuple[Slip, ...]
    told: str = ""  # why, where the line does not say

    @property
    def right(self) -> float:
        """The number of the step."""
        return self.line.result

    @property
    def is_asked(self) -> bool:
        """Whether a student can find the number: a leaf's is given."""
        return self.kind != "given"

    @property
    def edge(self) -> tuple[int, int] | None:
        """The node whose operand this is about, and the operand's position; else None."""
        event = self.line.event
        if event is None or event.user is None or event.position is None:
            return None
        return event.user, event.position

    def shown(self, digits: int = 4) -> tuple[str, str, str, str]:
        """Return symbol and operator, the rule, the rule with numbers, and the result, as text."""
        rule, numbers, result = cells(self.line, digits)
        rule = SUM if self.kind == "sum" else rule
        return f"{written(self.line.symbol)} {self.line.operator}", rule, numbers, result

    @property
    def sentence(self) -> str:
        """Why the step is as it is."""
        return self.line.sentence or self.told

    @property
    def hints(self) -> tuple[str, str, str]:
        """Help by degrees: the rule, the rule with numbers, the answer."""
        symbol, rule, numbers, result = self.shown()
        name = written(self.line.symbol)
        if self.kind == "seed":
            first = f"{name} is where the sweep starts: how much does a number change with itself?"
            if self.sweep == "tangent":
                first = f"{name} is how fast an input changes: is it the one that is followed?"
            return first, first, f"{name} = {result}"
        told = f"It is {number(self.right)}: {symbol} {result}"
        return f"The rule: {symbol} {rule}", f"With numbers: {symbol} {numbers or rule}", told


_SIGN = "The size is right: look at the sign."
_ERROR_ALONE = "You passed the error on unchanged: what is this edge's local derivative?"
_LOCAL_ALONE = "That is the local derivative: multiply it by the error from above."
_OTHER = "That is the derivative for the other input of this operation."
_IN_FOR_OUT = "Input and output are exchanged: look which of them the local derivative is written in."
_VALUE = "That is the node's value, not its derivative."
_NEWEST = "Another path reached this node before: add, do not replace."
_TWICE = "One contribution is in it twice."
_LEFT_OUT = "Not every contribution is in it: count the ways that the node is used."
_SWAPPED = "The operands are exchanged: look at their order."
_OPERAND = "That is an operand as it was: what does the operation make of it?"


def steps_of(trace: Trace) -> list[Step]:
    """Return the steps of a trace: its forward sweep, then its sweep of derivatives.

    >>> import autodiff as ad
    >>> w, x = ad.Value(2.0, name="w"), ad.Value(3.0, name="x")
    >>> [(step.kind, step.right) for step in steps_of(ad.trace(w * x))[2:]]
    [('value', 6.0), ('seed', 1.0), ('contribution', 3.0), ('contribution', 2.0)]
    """
    naming = Naming(trace)
    steps = []
    for line in forward_lines(trace):
        given = line.formula is None
        slips = () if given else tuple(_distinct(line.result, _value_slips(trace, line)))
        told = _told(trace, naming, line)
        steps.append(Step("forward", "given" if given else "value", line, slips, told))
    if trace.mode == "forward":
        for line in tangent_lines(trace):
            kind = "seed" if line.formula is None else "tangent"
            slips = tuple(_distinct(line.result, _tangent_slips(trace, naming, line)))
            steps.append(Step("tangent", kind, line, slips))
        return steps
    received: dict[int, list[float]] = {}
    for line in reverse_lines(trace):
        if line.event is None:
            found, kind = _sum_slips(trace, line, received[line.node]), "sum"
        elif line.event.kind == "seed":
            found, kind = _seed_slips(trace, line), "seed"
        else:
            found, kind = _contribution_slips(trace, naming, line, line.event), "contribution"
        if line.event is not None:
            received.setdefault(line.node, []).append(line.event.value)
        steps.append(Step("reverse", kind, line, tuple(_distinct(line.result, found))))
    return steps


_CALLED = {
    "add": "the sum", "sub": "the difference", "mul": "the product", "div": "the quotient",
    "pow": "the power", "neg": "the negative", "square": "the square",
}  # fmt: skip


def _told(trace: Trace, naming: Naming, line: Line) -> str:
    """Return what a forward step does, in words."""
    node = trace.nodes[line.node]
    if node.primitive is None:
        return f"{line.symbol.name} is given."
    nodes = dict.fromkeys(node.operands)
    operands = [naming.of.get(i, number(trace.nodes[i].value)) for i in nodes]
    listed = operands[0] if len(operands) == 1 else f"{', '.join(operands[:-1])} and {operands[-1]}"
    return f"{line.symbol.name} is {_CALLED.get(node.primitive, node.primitive)} of {listed}."


def _distinct(right: float, slips: Iterator[Slip]) -> Iterator[Slip]:
    """Yield the slips that give another number than the right one and than those before."""
    seen = {right}
    for slip in slips:
        if slip.number not in seen and slip.number == slip.number:
            seen.add(slip.number)
            yield slip


def _value_slips(trace: Trace, line: Line) -> Iterator[Slip]:
    node = trace.nodes[line.node]
    values = [trace.nodes[i].value for i in node.operands]
    row = named(node.primitive or "")
    yield Slip("sign", -line.result, _SIGN)
    if len(values) == 2 and not row.operands.variadic:
        yield Slip("swapped operands", row.evaluate(values[1], values[0]), _SWAPPED)
    for value in values[:8]:
        yield Slip("operand", value, _OPERAND)


def _seed_slips(trace: Trace, line: Line) -> Iterator[Slip]:
    yield Slip("value", trace.nodes[line.node].value, _VALUE)
    yield Slip("zero", 0.0, "Nothing would ever arrive anywhere: what is ∂out/∂out?")
    yield Slip("sign", -line.result, _SIGN)


def _contribution_slips(trace: Trace, naming: Naming, line: Line, event: Event) -> Iterator[Slip]:
    assert event.user is not None and event.position is not None
    adjoint = naming.derivatives[event.user] or 0.0
    local = naming.partials[event.user, event.position]
    wrong = [
        Slip("forgot the local derivative", adjoint, _ERROR_ALONE),
        Slip("forgot the error from above", local, _LOCAL_ALONE),
    ]
    for position in range(len(trace.nodes[event.user].operands)):
        other = naming.partials.get((event.user, position))
        if position != event.position and other is not None:
            wrong.append(Slip("swapped operand", adjoint * other, _OTHER))
    for exchanged in _in_for_out(naming, event):
        wrong.append(Slip("input for output", adjoint * exchanged, _IN_FOR_OUT))
    wrong.append(Slip("value", trace.nodes[event.node].value, _VALUE))
    yield Slip("sign", -line.result, _SIGN)
    yield from wrong
    for slip in wrong:  # two mistakes: the first of them is told
        yield Slip(slip.name, -slip.number, slip.says)


def _in_for_out(naming: Naming, event: Event) -> Iterator[float]:
    """Yield the local derivative with input and output exchanged: the textbook's form, the rule's."""
    assert event.user is not None and event.position is not None
    _, numbers = naming.placeholders(event.user)
    own = f"${event.position}"
    exchanged = {**numbers, formulas.OUT: numbers[own], own: numbers[formulas.OUT]}
    for textbook in (True, False):
        formula = naming.partial(event.user, event.position, textbook=textbook)
        if not formulas.is_abbreviated(formula):
            yield float(evaluated(formula, exchanged))


def _sum_slips(trace: Trace, line: Line, terms: Sequence[float]) -> Iterator[Slip]:
    yield Slip("overwrote", terms[-1], _NEWEST)
    for term in terms[:-1]:
        yield Slip("overwrote", term, _NEWEST)
    for term in reversed(terms):
        yield Slip("twice", line.result + term, _TWICE)
    for count in range(2, len(terms)):
        yield Slip("left out", math.fsum(terms[:count]), _LEFT_OUT)
    for term in terms:
        yield Slip("left out", line.result - term, _LEFT_OUT)
    yield Slip("sign", -line.result, _SIGN)
    yield Slip("value", trace.nodes[line.node].value, _VALUE)


def _tangent_slips(trace: Trace, naming: Naming, line: Line) -> Iterator[Slip]:
    node = trace.nodes[line.node]
    yield Slip("sign", -line.result, _SIGN)
    for position, operand in enumerate(node.operands):
        moved = naming.derivatives[operand]
        if moved is None:
            continue
        local = naming.partials.get((line.node, position))
        yield Slip("forgot the local derivative", moved, _ERROR_ALONE.replace("error", "tangent"))
        if local is not None:
            yield Slip(
                "forgot the tangent", local, "That is the local derivative: multiply it by the tangent."
            )
            if len(node.operands) > 1:
                yield Slip("overwrote", local * moved, "The other operand moves, too: add what it does.")
    yield Slip("value", node.value, _VALUE)
