"""A trace as lines of an explanation: what is computed, by which rule, from which numbers.

The lines are neutral: text, Markdown and LaTeX are made from them elsewhere. Every number in them is
the trace's own.
"""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from autodiff import formulas
from autodiff.primitive import named
from autodiff.symbols import numbers, symbols
from autodiff.trace import Event, Trace

Mark = Literal["", "bar", "dot"]


@dataclass(frozen=True)
class Symbol:
    """What a quantity is called: a node's symbol, with a bar for its adjoint, a dot for its tangent."""

    name: str
    mark: Mark = ""


@dataclass(frozen=True)
class Line:
    """One line: ``symbol operator formula = formula with numbers = result``.

    ``names`` and ``numbers`` say what the formula's placeholders are called and what they are.
    ``label`` is the node's number in the order of making, a1, a2 …; ``sentence`` says why. ``event`` is
    the seed or contribution that the line shows; a sum of several has none.
    """

    symbol: Symbol
    label: str
    operator: str
    formula: ast.expr | None
    names: Mapping[str, Symbol]
    numbers: Mapping[str, float]
    result: float
    node: int
    sentence: str = field(default="", compare=False)
    event: Event | None = field(default=None, compare=False)


class Naming:
    """The symbols of a trace's nodes, and the formulas of its operations."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        # An output has a symbol even when it is a constant: there is nothing else to show.
        variables = [i for i, x in enumerate(trace.nodes) if not x.constant or i in trace.outputs]
        given = [trace.nodes[i].name for i in variables]
        chosen = symbols(given, [trace.nodes[i].scope for i in variables])
        self.of = dict(zip(variables, chosen, strict=True))
        self.label = dict(zip(variables, numbers(given), strict=True))
        self.derivatives = trace.derivatives
        self.partials = {
            (event.user, event.position): event.value
            for event in trace.events
            if event.kind == "local derivative"
        }
        self.users: dict[int, Counter[int]] = {}  # of each node, with how many edges
        for i, node in enumerate(trace.nodes):
            for operand in node.operands:
                self.users.setdefault(operand, Counter())[i] += 1
        self.last_use = {x: i for i, node in enumerate(trace.nodes) for x in node.operands}
        self._at_kink: dict[int, bool] = {}
        self._placeholders: dict[int, tuple[dict[str, Symbol], dict[str, float]]] = {}

    def symbol(self, node: int, mark: Mark = "") -> Symbol:
        """Return what the value, adjoint or tangent of a node is called."""
        return Symbol(self.of[node], mark)

    def _operands(self, node: int) -> tuple[list[float], list[bool]]:
        nodes = self.trace.nodes
        operands = nodes[node].operands
        return [nodes[i].value for i in operands], [nodes[i].constant for i in operands]

    def forward(self, node: int) -> ast.expr:
        """Return the formula of a node's value."""
        traced = self.trace.nodes[node]
        assert traced.primitive is not None
        return formulas.forward_formula(named(traced.primitive), *self._operands(node))

    def partial(self, node: int, position: int, *, textbook: bool = False) -> ast.expr:
        """Return the formula of a node's local derivative by one operand, or the textbook's form."""
        traced = self.trace.nodes[node]
        assert traced.primitive is not None
        values, constants = self._operands(node)
        return formulas.partial_formula(
            named(traced.primitive), position, values, traced.value, constants, textbook=textbook
        )

    def at_kink(self, node: int) -> bool:
        """Return whether the operands of a node are at a kink of its operation."""
        if node not in self._at_kink:
            row = named(self.trace.nodes[node].primitive or "")
            self._at_kink[node] = 0.0 in row.margins(self._operands(node)[0])
        return self._at_kink[node]

    def placeholders(self, node: int) -> tuple[dict[str, Symbol], dict[str, float]]:
        """Return what the placeholders of a node's formulas are called, and what they are."""
        if node not in self._placeholders:
            self._placeholders[node] = self._new_placeholders(node)
        return self._placeholders[node]

    def _new_placeholders(self, node: int) -> tuple[dict[str, Symbol], dict[str, float]]:
        nodes = self.trace.nodes
        names, numbers = {formulas.OUT: self.symbol(node)}, {formulas.OUT: nodes[node].value}
        for position, operand in enumerate(nodes[node].operands):
            numbers[f"${position}"] = nodes[operand].value
            if not nodes[operand].constant:
                names[f"${position}"] = self.symbol(operand)
        return names, numbers


def forward_lines(trace: Trace) -> list[Line]:
    """Return one line for each value: the elementary operations a1, a2 …"""
    naming = Naming(trace)
    lines = []
    for node, traced in enumerate(trace.nodes):
        if node not in naming.of:
            continue
        if traced.operands:
            lines.append(_computed(naming, node, "", naming.forward(node), {}, traced.value))
        else:
            lines.append(_plain(naming, node, "", traced.value))
    return lines


def reverse_lines(trace: Trace) -> list[Line]:
    """Return one line for each seed and contribution, and one for each sum of several."""
    from autodiff.explain import sentences

    naming = Naming(trace)
    arriving = Counter(e.node for e in trace.events if e.kind in ("seed", "accumulate"))
    received: dict[int, list[float]] = {}
    lines = []
    for event in trace.events:
        if event.kind not in ("seed", "accumulate") or event.after is None:
            continue
        node = event.node
        received.setdefault(node, []).append(event.value)
        if event.kind == "seed":
            line = _plain(naming, node, "bar", event.value, sentences.seed(naming, event))
        else:
            line = _contribution(naming, event, sentences.contribution(naming, event))
        lines.append(replace(line, event=event))
        if len(received[node]) == arriving[node] > 1:
            sentence = sentences.sum_of_contributions(naming, node)
            lines.append(_sum(naming, node, "bar", received[node], event.after, sentence))
    return lines


def tangent_lines(trace: Trace) -> list[Line]:
    """Return one line for each tangent: the dotted column beside the values."""
    from autodiff.explain import sentences

    naming = Naming(trace)
    lines = []
    for node, tangent in enumerate(naming.derivatives):
        if tangent is None:
            continue
        traced = trace.nodes[node]
        if dict(trace.seeds).get(node) is not None or not traced.operands:
            sentence = sentences.tangent_seed(naming, node)
            lines.append(_plain(naming, node, "dot", tangent, sentence))
            continue
        terms, moving = [], {}
        for position, operand in enumerate(traced.operands):
            moved = naming.derivatives[operand]
            if moved is not None and (node, position) in naming.partials:
                placeholder = f"$dot{position}"
                moving[placeholder] = naming.symbol(operand, "dot"), moved
                terms.append(_times(naming.partial(node, position), formulas.name(placeholder)))
        formula, sentence = formulas.sum_of(terms), sentences.tangent(naming, node)
        lines.append(_computed(naming, node, "dot", formula, moving, tangent, sentence=sentence))
    return lines


def _times(partial: ast.expr, moved: ast.expr) -> ast.expr:
    one = isinstance(partial, ast.Constant) and partial.value == 1
    return moved if one else formulas.product(partial, moved)


def _plain(naming: Naming, node: int, mark: Mark, result: float, sentence: str = "") -> Line:
    symbol = naming.symbol(node, mark)
    return Line(symbol, naming.label[node], "=", None, {}, {}, result, node, sentence)


def _computed(
    naming: Naming,
    node: int,
    mark: Mark,
    formula: ast.expr,
    derivatives: Mapping[str, tuple[Symbol, float]],
    result: float,
    *,
    user: int | None = None,
    sentence: str = "",
) -> Line:
    """Return the line of a formula about the operands of ``user``, by default the node itself.

    ``derivatives`` are the placeholders of adjoints and tangents: what they are called, and are.
    """
    called, known = naming.placeholders(node if user is None else user)
    used = dict.fromkeys(part.id for part in ast.walk(formula) if isinstance(part, ast.Name))
    names = {x: called[x] for x in used if x in called} | {x: s for x, (s, _) in derivatives.items()}
    numbers = {x: known[x] for x in used if x in known} | {x: n for x, (_, n) in derivatives.items()}
    symbol, operator = naming.symbol(node, mark), "=" if user is None else "+="
    return Line(symbol, naming.label[node], operator, formula, names, numbers, result, node, sentence)


def _contribution(naming: Naming, event: Event, sentence: str) -> Line:
    assert event.user is not None and event.position is not None
    adjoint = naming.derivatives[event.user]
    assert adjoint is not None  # it was visited
    above = {"$bar": (naming.symbol(event.user, "bar"), adjoint)}
    formula = formulas.product(formulas.name("$bar"), naming.partial(event.user, event.position))
    return _computed(
        naming, event.node, "bar", formula, above, event.value, user=event.user, sentence=sentence
    )


def _sum(
    naming: Naming, node: int, mark: Mark, terms: Sequence[float], result: float, sentence: str
) -> Line:
    numbers = {f"$term{i}": term for i, term in enumerate(terms)}
    formula = formulas.sum_of([formulas.name(placeholder) for placeholder in numbers])
    symbol = naming.symbol(node, mark)
    return Line(symbol, naming.label[node], "=", formula, {}, numbers, result, node, sentence)
