"""Which nodes of a graph are drawn, and which are folded into a group named after their scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from autodiff.value import Value

MOST_VISIBLE = 200  # nodes that can still be read in one picture
REST = "unscoped"
EVERYTHING = "everything"

Fold = int | Literal["all"] | None


class GraphTooBigError(ValueError):
    """A graph with more nodes than a picture can show, even folded by its scopes."""


@dataclass(frozen=True)
class Folding:
    """Where each node is drawn: as itself, or in a group (its name); constants go with their user."""

    total: int
    group: dict[Value, str | None]
    groups: dict[str, int]

    @property
    def folded(self) -> int:
        """How many nodes are inside groups."""
        return sum(self.groups.values())

    @property
    def visible(self) -> int:
        """How many nodes are drawn one by one."""
        return self.total - self.folded

    @property
    def caption(self) -> str:
        """The counts in words, "" where nothing is folded."""
        if not self.groups:
            return ""
        groups = f"{len(self.groups)} group{'s' if len(self.groups) != 1 else ''}"
        return f"{self.visible} nodes drawn + {self.folded} folded into {groups} = {self.total} nodes"


def folding(order: Sequence[Value], outs: Sequence[Value], fold: Fold = None) -> Folding:
    """Return how a graph is folded.

    Arguments:
        order: its nodes.
        outs: its outputs, which are never folded.
        fold: how many levels of scope stay open; ``"all"`` folds everything but the outputs, into
            one group where there are too many scopes; None folds no more than it takes.

    Raises:
        GraphTooBigError: when None leaves too many nodes at every level.
    """
    kept = set(outs)
    if fold is not None and fold != "all" and not (isinstance(fold, int) and fold >= 0):
        raise ValueError(f"fold must be a number of levels, 'all' or None, not {fold!r}")
    if fold is not None:
        chosen = _folded(order, kept, fold)
        return chosen if fold != "all" or len(chosen.groups) <= MOST_VISIBLE else _one_group(chosen)
    if len(order) <= MOST_VISIBLE:
        return Folding(len(order), dict.fromkeys(order), {})
    deepest = max(len(_levels(node)) for node in order)
    for level in reversed(range(deepest)):
        candidate = _folded(order, kept, level)
        if candidate.visible + len(candidate.groups) <= MOST_VISIBLE:
            return candidate
    raise GraphTooBigError(
        f"the graph has {len(order)} nodes; a picture shows {MOST_VISIBLE}. "
        'Folded it can be drawn: ad.draw(out, fold="all"). '
        'Name its parts with ad.scope("…") while it is made, and they fold by name; '
        "or draw a part of it, starting from an inner node"
    )


def _one_group(chosen: Folding) -> Folding:
    group = {node: None if name is None else EVERYTHING for node, name in chosen.group.items()}
    return Folding(chosen.total, group, {EVERYTHING: chosen.folded})


def _levels(node: Value) -> list[str]:
    return node.scope.split(" / ") if node.scope else []


def _folded(order: Sequence[Value], kept: set[Value], fold: int | Literal["all"]) -> Folding:
    group: dict[Value, str | None] = {}
    groups: dict[str, int] = {}
    for node in reversed(order):  # users first: a constant goes where its user goes
        levels = _levels(node)
        name: str | None = None
        if node in kept:
            pass
        elif fold == "all":
            name = levels[0] if levels else REST
        elif len(levels) > fold:
            name = " / ".join(levels[: fold + 1])
        group[node] = group.get(node, name) if node.is_constant else name
        for operand in node.operands:
            if operand.is_constant and operand not in kept:
                group[operand] = group[node]
        if group[node] is not None:
            inside = str(group[node])
            groups[inside] = groups.get(inside, 0) + 1
    return Folding(len(order), group, dict(reversed(groups.items())))
