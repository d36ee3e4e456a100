"""The sentence behind a line: which rule, why the sum, why a zero, which convention at a kink."""

import ast
import math
from typing import TYPE_CHECKING

from autodiff import formulas, notation
from autodiff.primitive import evaluated, named
from autodiff.symbols import barred, dotted
from autodiff.trace import Event

if TYPE_CHECKING:
    from autodiff.explain.lines import Naming


def seed(naming: "Naming", event: Event) -> str:
    """Return why an output starts with its adjoint."""
    symbol = naming.of[event.node]
    if event.value == 0:
        return f"The sweep starts from another output, so {barred(symbol)} starts at 0."
    if event.value == 1:
        return f"The sweep starts here: ∂{symbol}/∂{symbol} = 1."
    return f"The sweep starts here, with the seed {notation.number(event.value)}."


def contribution(naming: "Naming", event: Event) -> str:
    """Return why one contribution is what it is."""
    assert event.user is not None and event.position is not None
    user, operand = naming.of[event.user], naming.of[event.node]
    adjoint = naming.derivatives[event.user]
    local = _written_partial(naming, event, naming.partial(event.user, event.position))
    value = naming.partials[event.user, event.position]
    parts = [
        f"Error from above {barred(user)} = {notation.number(adjoint or 0.0)} "
        f"times the local derivative ∂{user}/∂{operand} = {local}"
        + ("." if local == notation.number(value) else f" = {notation.number(value)}.")
    ]
    if event.value == 0:
        parts.append(_why_zero(naming, event, adjoint or 0.0))
    parts += _textbook(naming, event, local, value)
    parts += _convention(naming, event.user)
    return " ".join(parts)


def sum_of_contributions(naming: "Naming", node: int) -> str:
    """Return why the contributions to a node add up."""
    symbol = naming.of[node]
    listed = [
        naming.of[user] + (f" ({times} times)" if times > 1 else "")
        for user, times in naming.users.get(node, {}).items()
    ]
    seeded = " and is an output itself" if node in naming.trace.outputs else ""
    return (
        f"+= because {symbol} feeds {_listing(listed)}{seeded}: a change of {symbol} reaches the output "
        "along each of these ways, and the effects add."
    )


def tangent_seed(naming: "Naming", node: int) -> str:
    """Return why an input starts with its tangent."""
    symbol = naming.of[node]
    if dict(naming.trace.seeds).get(node) == 1.0:
        return f"This is the input that is followed: ∂{symbol}/∂{symbol} = 1."
    followed = ", ".join(naming.of[start] for start, _ in naming.trace.seeds)
    return f"{symbol} stands still while {followed} moves: {dotted(symbol)} = 0."


def tangent(naming: "Naming", node: int) -> str:
    """Return how a tangent follows from those of the operands."""
    nodes = naming.trace.nodes
    symbol = naming.of[node]
    variables = list(dict.fromkeys(i for i in nodes[node].operands if not nodes[i].constant))
    moving = [naming.of[i] for i in variables if naming.derivatives[i] is not None]
    how = "the local derivative times its tangent"
    if len(moving) > 1:
        how = "each local derivative times that operand's tangent"
    parts = [f"{symbol} moves with {_listing(moving)}: {how}."]
    parts += _convention(naming, node)
    dropped = [
        naming.of[i] for i in variables if naming.last_use[i] == node and i not in naming.trace.outputs
    ]
    if dropped:
        parts.append(f"{_listing(dropped)} can be forgotten now.")
    return " ".join(parts)


def _written_partial(naming: "Naming", event: Event, formula: ast.expr) -> str:
    assert event.user is not None
    names, _ = naming.placeholders(event.user)
    return notation.text(formula, {x: symbol.name for x, symbol in names.items()})


def _textbook(naming: "Naming", event: Event, local: str, value: float) -> list[str]:
    """Return what textbooks write for a local derivative that the rule writes otherwise."""
    assert event.user is not None and event.position is not None
    formula = naming.partial(event.user, event.position, textbook=True)
    written = _written_partial(naming, event, formula)
    if written == local:
        return []
    if formulas.is_abbreviated(formula):
        return [f"Textbooks write {written}."]
    given = evaluated(formula, naming.placeholders(event.user)[1])
    if math.isclose(given, value, rel_tol=1e-9):
        return [f"Textbooks write {written}, which is equal up to rounding."]
    return [f"Textbooks write {written}, which gives {notation.number(given)} here."]


def _why_zero(naming: "Naming", event: Event, adjoint: float) -> str:
    user = naming.of[event.user] if event.user is not None else ""
    if adjoint == 0:
        return f"It is 0 because nothing arrives from above: {barred(user)} = 0."
    if naming.partials[event.user, event.position] != 0:
        return "It is too small for a floating-point number."
    return f"It is 0 because {user} does not change with {naming.of[event.node]} here."


def _convention(naming: "Naming", node: int) -> list[str]:
    row = named(naming.trace.nodes[node].primitive or "")
    if not row.convention or not naming.at_kink(node):
        return []
    name = formulas.public_name(row)
    return [f"This is a kink of {name}, where the derivative jumps. By convention {row.convention}."]


def _listing(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
