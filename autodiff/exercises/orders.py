"""Exercises with the order of the reverse sweep: which node is next, and the whole order."""

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from autodiff.exercises.exercise import Answers, Blank, Exercise, Judged
from autodiff.explain.lines import Naming, forward_lines
from autodiff.explain.plain import cells
from autodiff.lesson.drills import is_readable, web
from autodiff.syntax import compute, parse
from autodiff.trace import Trace, trace

OPERATIONS = {1: 4, 2: 5, 3: 7}  # by difficulty


class _Graph:
    """The computed nodes of a drawn graph: what each is called, and who uses it."""

    def __init__(self, kind: str, seed: int, difficulty: int) -> None:
        generator = Random(f"{kind} {seed}")
        while not is_readable(drawn := web(OPERATIONS[difficulty], generator)):
            continue
        one = trace(compute(parse(drawn.text), drawn.values).outputs)
        naming = Naming(one)
        self.rows = [
            f"{line.symbol.name} = {cells(line, 4)[0]}" for line in forward_lines(one) if line.formula
        ]
        generator.shuffle(self.rows)  # the order of making would be an answer
        self.symbol = naming.of
        self.place = {symbol: node for node, symbol in naming.of.items()}
        self.inner = [i for i, node in enumerate(one.nodes) if node.operands]
        self.users = {i: set(naming.users.get(i, ())) for i in self.inner}
        self.visited_in_turn = [event.node for event in one.events if event.kind == "visit"]
        self.trace: Trace = one

    def waits_for(self, node: int, visited: set[int]) -> list[str]:
        """Return the users of a node whose contributions have not arrived."""
        return [self.symbol[user] for user in sorted(self.users[node] - visited)]

    def refusal(self, symbol: str, visited: set[int]) -> str:
        """Return why a node cannot be visited next, "" where it can."""
        node = self.place.get(symbol)
        if node is None:
            return f"No node is called {symbol[:20]!r} here."
        if node not in self.users:
            return f"{symbol} is an input: it has no operands to pass anything on to."
        if node in visited:
            return f"{symbol} was visited before."
        missing = self.waits_for(node, visited)
        if missing:
            count = f"{len(missing)} contribution{'s' if len(missing) > 1 else ''}"
            return f"{symbol} still waits for {count}: its adjoint is not complete."
        return ""


def next_node(seed: int, difficulty: int) -> Exercise:
    """Return the exercise to choose a node whose adjoint is complete."""
    graph = _Graph("next", seed, difficulty)
    # Where there is a choice to get wrong, if the graph has such a place.
    counts = range(1, len(graph.inner))
    hard = [
        n for n in counts
        if any(graph.waits_for(i, set(graph.visited_in_turn[:n])) for i in graph.inner)
    ]  # fmt: skip
    count = Random(seed).choice(hard or [*counts] or [0])
    visited = set(graph.visited_in_turn[:count])
    ready = [graph.symbol[i] for i in graph.inner if not graph.refusal(graph.symbol[i], visited)]

    def judge(answer: Any, _: Answers) -> Judged:
        refusal = graph.refusal(str(answer).strip(), visited)
        return Judged(0.0, refusal) if refusal else Judged(1.0, "")

    done = ", ".join(graph.symbol[i] for i in graph.visited_in_turn[:count]) or "none yet"
    prompt = (
        f"{_listed(graph.rows)}\n\nThe reverse sweep has visited: {done}. Which node may it "
        "visit next, so that it passes on a complete adjoint? (If there are several, one is enough.)"
    )
    return Exercise(
        "next", seed, difficulty, "Choose the next node", prompt,
        (Blank("node", " or ".join(ready), judge),), "answers = ...",
    )  # fmt: skip


def order(seed: int, difficulty: int) -> Exercise:
    """Return the exercise to put all computed nodes into an order for the reverse sweep."""
    graph = _Graph("order", seed, difficulty)
    edges = [(user, node) for node in graph.inner for user in graph.users[node]]

    def judge(answer: Any, _: Answers) -> Judged:
        words = (
            re.findall(r"\w+", answer) if isinstance(answer, str) else [str(x).strip() for x in answer]
        )
        for word in words:
            if graph.place.get(word) not in graph.users:
                return Judged(0.0, f"{word[:20]!r} is none of the computed nodes.")
        nodes = [graph.place[word] for word in words]
        if len(set(nodes)) < len(nodes) or set(nodes) != set(graph.inner):
            return Judged(
                0.0, f"Each of the {len(graph.inner)} computed nodes stands in the order once."
            )
        place = {node: i for i, node in enumerate(nodes)}
        kept = sum(place[user] < place[node] for user, node in edges)
        if kept == len(edges):
            return Judged(1.0, "")
        first = next(node for node in nodes if any(place[u] > place[node] for u in graph.users[node]))
        user = next(u for u in sorted(graph.users[first]) if place[u] > place[first])
        says = (
            f"{graph.symbol[first]} comes before {graph.symbol[user]}, which uses it: its adjoint is "
            "not complete by then."
        )
        return Judged(kept / len(edges), says)

    prompt = (
        f"{_listed(graph.rows)}\n\nPut these nodes into an order in which the reverse sweep can "
        "visit them, the output first."
    )
    right = ", ".join(graph.symbol[i] for i in graph.visited_in_turn)
    points = max(len(edges), 1)
    return Exercise(
        "order", seed, difficulty, "Order the reverse sweep", prompt,
        (Blank("order", f"{right} (or any order with users first)", judge, points),),
        "answers = \"\"  # such as 'y, a4, a3'",
    )  # fmt: skip


def _listed(rows: Sequence[str]) -> str:
    return "y is computed by these nodes:\n\n" + "\n".join(f"- `{row}`" for row in rows)
