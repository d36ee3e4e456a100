"""A part of a graph as a graph of its own: what enters is given, the error from above is its seed.

All else is folded away into these numbers, so that one layer, one neuron or one sample of a graph of
any size can be walked through.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from autodiff.graph import adjoints, topological_order
from autodiff.modes import no_grad
from autodiff.paths import symbols_of
from autodiff.value import Value


class Part(NamedTuple):
    """The outputs of a part, and the adjoint that each receives from the rest of the graph."""

    outputs: list[Value]
    seeds: list[float]


def part_of(outs: Sequence[Value], scope: str) -> Part:
    """Return the nodes made within a scope as a graph of its own, with its adjoints as they are.

    Raises:
        ValueError: when no node was made within it; the message lists the scopes there are.
    """
    order = topological_order(*outs)
    inside = {node for node in order if _is_within(node, scope) and node.operands}
    if not inside:
        there = ", ".join(map(repr, [*scopes_of(order)][:8])) or "none: name parts with ad.scope(…)"
        raise ValueError(f"nothing was computed within {scope!r}; there is {there}")
    called = symbols_of(order)
    x_bar = adjoints(order, dict.fromkeys(outs, 1.0))
    used_outside = {x for node in order if node not in inside for x in node.operands} | set(outs)
    copies: dict[Value, Value] = {}
    for node in order:
        if node not in inside:
            continue
        for operand in node.operands:
            if operand not in copies:
                copies[operand] = _entering(operand, called.get(operand))
        assert node.primitive is not None
        copies[node] = Value(
            node.data, node.primitive, [copies[x] for x in node.operands], name=called[node]
        )
    leaving = [node for node in order if node in inside and node in used_outside]
    return Part([copies[node] for node in leaving], [x_bar.get(node, 0.0) for node in leaving])


def scopes_of(order: Sequence[Value]) -> dict[str, int]:
    """Return the scopes in which a graph computes something, outer ones first: how many operations."""
    made = Counter(node.scope for node in order if node.operands and node.scope)
    found: Counter[str] = Counter()
    for scope, count in made.items():
        levels = scope.split(" / ")
        for i in range(len(levels)):
            found[" / ".join(levels[: i + 1])] += count
    return dict(sorted(found.items(), key=lambda one: one[0].count(" / ")))


def largest_part(order: Sequence[Value], most: int) -> tuple[Value, int]:
    """Return an inner node whose own graph has at most ``most`` nodes, and a bound of how many.

    The bound counts what is shared as often as it is used: it is found in one walk.
    """
    size: dict[Value, int] = {}
    best = order[0]
    for node in order:
        size[node] = 1 + sum(size[x] for x in node.operands)
        if size[best] < size[node] <= most:
            best = node
    return best, size[best]


def _is_within(node: Value, scope: str) -> bool:
    return node.scope == scope or node.scope.startswith(f"{scope} / ")


def _entering(node: Value, symbol: str | None) -> Value:
    if node.is_constant:
        with no_grad():
            return node.detach()
    return Value(node.data, name=symbol)
