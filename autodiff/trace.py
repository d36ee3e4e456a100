"""``Trace``: what one forward and one derivative sweep did, event by event, as plain data.

A trace is immutable, goes to JSON and back, and can be played forwards and backwards to any position.
It holds the very numbers of the sweep: the last adjoints are those of ``backward``, bit for bit.

    evaluate          a node gets its value
    seed              a derivative is set at the start: an output's adjoint, the input's tangent
    visit             (reverse) a node's adjoint is complete: its operands come next
    local derivative  ∂node/∂operand for one edge
    contribution      error from above × local derivative, along that edge
    accumulate        the contribution is added to what the node has so far
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from autodiff.graph import local_derivatives, topological_order
from autodiff.later import room
from autodiff.value import Value, check_fresh, seeds_of

FORMAT = "autodiff trace"
VERSION = 1
MOST_SHOWN = 200  # nodes of a trace that shows itself as a table
AT_A_NODE = ("evaluate", "seed", "visit")
ALONG_AN_EDGE = ("local derivative", "contribution", "accumulate")


class TraceNode(NamedTuple):
    """One node of the traced graph; operands are positions in ``Trace.nodes``."""

    name: str | None
    primitive: str | None
    operands: tuple[int, ...]
    value: float
    constant: bool
    scope: str


class Event(NamedTuple):
    """One thing that happened.

    ``node`` is the node it happened to; for what happens along an edge, ``user`` is the node whose
    operand number ``position`` it is. ``before`` and ``after`` are the node's derivative around the
    event, None where there is none yet.
    """

    kind: str
    node: int
    value: float
    user: int | None = None
    position: int | None = None
    before: float | None = None
    after: float | None = None


class State(NamedTuple):
    """What is known at one position of a trace: ``None`` is not 0, it is not computed yet."""

    values: tuple[float | None, ...]
    derivatives: tuple[float | None, ...]


@dataclass(frozen=True, repr=False)
class Trace:
    """The events of one forward sweep and one derivative sweep; ``trace`` makes it.

    ``seeds`` gives the derivative the sweep starts with: in reverse mode of each output, in forward
    mode of the chosen input.
    """

    mode: str
    nodes: tuple[TraceNode, ...]
    outputs: tuple[int, ...]
    seeds: tuple[tuple[int, float], ...]
    events: tuple[Event, ...]

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        return f"<Trace: {self.mode} mode, {len(self.nodes)} nodes, {len(self.events)} events>"

    def _repr_markdown_(self) -> str | None:
        """Return what a notebook shows: the table of steps, if one can read it."""
        if len(self.nodes) > MOST_SHOWN:
            return None
        shown: str = room("explain").explain(self, format="markdown")
        return shown

    def at(self, position: int) -> State:
        """Return what is known after the first ``position`` events."""
        replay = Replay(self)
        replay.goto(position)
        return replay.state

    @property
    def derivatives(self) -> tuple[float | None, ...]:
        """The adjoints (reverse) or tangents (forward) at the end, None where none arrived."""
        return self.at(len(self.events)).derivatives

    def to_json(self) -> str:
        """Return the trace as JSON text; ``from_json`` gives back an equal trace."""
        import json

        document = {
            "format": FORMAT,
            "version": VERSION,
            "mode": self.mode,
            "nodes": [node._asdict() for node in self.nodes],
            "outputs": self.outputs,
            "seeds": self.seeds,
            "events": [event._asdict() for event in self.events],
        }
        return json.dumps(_jsonable(document), ensure_ascii=False, allow_nan=False)

    @staticmethod
    def from_json(text: str) -> "Trace":
        """Return the trace that ``to_json`` wrote.

        Raises:
            ValueError: when the text is not such a trace; the message says what is wrong.
        """
        return _from_document(text)


class Replay:
    """A position in a trace, moved by ``next``, ``back`` and ``goto``; ``state`` is what is known there.

    >>> import autodiff as ad
    >>> x = ad.Value(3.0, name="x")
    >>> replay = Replay(ad.trace(x * x))
    >>> replay.next().kind
    'evaluate'
    >>> replay.goto(len(replay.trace)); replay.state.derivatives
    (6.0, 1.0)
    >>> replay.goto(0); replay.state.derivatives
    (None, None)
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.position = 0
        self._values: list[float | None] = [None] * len(trace.nodes)
        self._derivatives: list[float | None] = [None] * len(trace.nodes)

    @property
    def state(self) -> State:
        """The values and derivatives known at this position."""
        return State(tuple(self._values), tuple(self._derivatives))

    def next(self) -> Event:
        """Return the next event, having done it; ``IndexError`` at the end."""
        event = self.trace.events[self.position]
        if event.kind == "evaluate":
            self._values[event.node] = event.value
        elif event.kind in ("seed", "accumulate"):
            self._derivatives[event.node] = event.after
        self.position += 1
        return event

    def back(self) -> Event:
        """Return the event before this position, having undone it; ``IndexError`` at the start."""
        if self.position == 0:
            raise IndexError("the trace is at its start")
        self.position -= 1
        event = self.trace.events[self.position]
        if event.kind == "evaluate":
            self._values[event.node] = None
        elif event.kind in ("seed", "accumulate"):
            self._derivatives[event.node] = event.before
        return event

    def goto(self, position: int) -> None:
        """Move to where ``position`` events have happened; ``IndexError`` outside the trace."""
        if not 0 <= position <= len(self.trace):
            raise IndexError(f"position {position}: the trace has {len(self.trace)} events")
        while self.position < position:
            self.next()
        while self.position > position:
            self.back()


def trace(
    outs: Value | Sequence[Value],
    *,
    mode: Literal["reverse", "forward"] = "reverse",
    seeds: float | Sequence[float] | None = None,
    wrt: Value | None = None,
) -> Trace:
    """Return the trace of a graph: its evaluation, then one reverse or one forward sweep.

    Arguments:
        outs: the outputs.
        mode: ``reverse`` carries adjoints from the outputs, ``forward`` tangents from one input.
        seeds: (reverse) the adjoint each output starts with, 1.0 unless given.
        wrt: (forward) the input to follow; the first one unless given.

    Raises:
        StaleValueError: when a leaf's number was assigned after the graph had used it.
        ValueError: when ``wrt`` is not in the graph, or a constant.

    >>> import autodiff as ad
    >>> x = ad.Value(3.0, name="x")
    >>> [event.kind for event in ad.trace(ad.square(x)).events][2:]
    ['seed', 'visit', 'local derivative', 'contribution', 'accumulate']
    """
    if mode not in ("reverse", "forward"):
        raise ValueError(f"mode must be 'reverse' or 'forward', not {mode!r}")
    seed_of = seeds_of(outs, seeds)
    if mode == "reverse":
        return _reverse(seed_of)
    order, nodes, place = _nodes(seed_of)
    starts = {place[_followed(order, wrt)]: 1.0}
    events = tuple(_forward_events(order, nodes, starts))
    return Trace(mode, nodes, tuple(place[out] for out in seed_of), tuple(starts.items()), events)


def trace_of_one(out: Value, outs: Iterable[Value]) -> Trace:
    """Return the reverse trace of ``out`` alone, in the graph of all of ``outs``.

    The other outputs start at 0, and so does what they alone reach; where their local derivatives
    are infinite they add nothing at all (0 · inf would be nan), as in the trace of ``out`` by itself.
    """
    return _reverse({node: float(node is out) for node in outs}, silent={*outs} - {out})


def _reverse(seed_of: Mapping[Value, float], silent: Collection[Value] = ()) -> Trace:
    order, nodes, place = _nodes(seed_of)
    starts = {place[node]: seed for node, seed in seed_of.items()}
    evaluations = (Event("evaluate", i, node.value) for i, node in enumerate(nodes))
    events = (*evaluations, *_reverse_events(order, nodes, starts, {place[node] for node in silent}))
    return Trace("reverse", nodes, tuple(starts), tuple(starts.items()), events)


def _nodes(outs: Iterable[Value]) -> tuple[list[Value], tuple[TraceNode, ...], dict[Value, int]]:
    """Return the graph of ``outs``: in order, as trace nodes, and the place of each node."""
    order = topological_order(*outs)
    check_fresh(order)
    place = {node: i for i, node in enumerate(order)}
    nodes = tuple(
        TraceNode(
            node.name,
            node.primitive.name if node.primitive else None,
            tuple(place[operand] for operand in node.operands),
            node.data,
            node.is_constant,
            node.scope,
        )
        for node in order
    )
    return order, nodes, place


def _followed(order: Sequence[Value], wrt: Value | None) -> Value:
    variables = [node for node in order if not node.operands and not node.is_constant]
    if wrt is None and not variables:
        raise ValueError("the graph has no input to follow")
    if wrt is not None and all(wrt is not node for node in order):
        raise ValueError(f"{wrt!r} is not in the graph of the outputs")
    if wrt is not None and wrt.is_constant:
        raise ValueError(f"{wrt!r} is a constant: nothing changes with it")
    return variables[0] if wrt is None else wrt


def _reverse_events(
    order: Sequence[Value], nodes: Sequence[TraceNode], seeds: dict[int, float], silent: set[int]
) -> Iterator[Event]:
    """Yield what ``graph.adjoints`` does, in its order and with its arithmetic.

    ``silent`` are nodes that no seed but 0 has reached so far.
    """
    x_bar: list[float | None] = [None] * len(nodes)
    for out, seed in seeds.items():
        yield Event("seed", out, seed, before=None, after=seed)
        x_bar[out] = seed
    for i in reversed(range(len(nodes))):
        out_bar = x_bar[i]
        if out_bar is None or not nodes[i].operands:
            continue
        yield Event("visit", i, out_bar)
        partials = local_derivatives(order[i])
        for position, operand in enumerate(nodes[i].operands):
            if nodes[operand].constant:
                continue
            partial, before = partials[position], x_bar[operand]
            if i not in silent:
                silent.discard(operand)
            elif not math.isfinite(partial):
                continue
            elif before is None:
                silent.add(operand)
            yield Event("local derivative", operand, partial, i, position)
            contribution = out_bar * partial
            yield Event("contribution", operand, contribution, i, position)
            after = (0.0 if before is None else before) + contribution
            yield Event("accumulate", operand, contribution, i, position, before, after)
            x_bar[operand] = after


def _forward_events(
    order: Sequence[Value], nodes: Sequence[TraceNode], seeds: dict[int, float]
) -> Iterator[Event]:
    """Yield what ``graph.tangents`` does: each node's tangent right after its value."""
    x_dot: list[float | None] = [None] * len(nodes)
    still: set[int] = set()
    for i, node in enumerate(nodes):
        yield Event("evaluate", i, node.value)
        still |= {i} if node.operands and still.issuperset(node.operands) else set()
        if i in seeds or not (node.operands or node.constant):
            x_dot[i] = seeds.get(i, 0.0)  # the inputs that are not followed stand still
            still |= set() if i in seeds else {i}
            yield Event("seed", i, seeds.get(i, 0.0), after=x_dot[i])
            continue
        partials = local_derivatives(order[i]) if node.operands else ()
        for position, operand in enumerate(node.operands):
            moved = x_dot[operand]
            if moved is None or (operand in still and not math.isfinite(partials[position])):
                continue  # 0 · inf is nan, but what stands still adds nothing
            yield Event("local derivative", i, partials[position], i, position)
            contribution = partials[position] * moved
            yield Event("contribution", i, contribution, i, position)
            before = x_dot[i]
            after = (0.0 if before is None else before) + contribution
            yield Event("accumulate", i, contribution, i, position, before, after)
            x_dot[i] = after


# ── JSON: exact floats, and words for what JSON has no numbers for ──────────────────────────────

_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _jsonable(item: Any) -> Any:
    if isinstance(item, float) and not math.isfinite(item):
        return repr(item)
    if isinstance(item, dict):
        return {key: _jsonable(value) for key, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [_jsonable(value) for value in item]
    return item


def _from_document(text: str) -> Trace:
    import json

    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a trace: the text is not JSON ({error})") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"not a trace: no {FORMAT!r} in it")
    if document.get("version") != VERSION:
        raise ValueError(f"the trace has version {document.get('version')!r:.60}, this reads {VERSION}")
    try:
        nodes = tuple(_node(node, i) for i, node in enumerate(document["nodes"]))
        events = tuple(_event(event, nodes) for event in document["events"])
        if document["mode"] not in ("reverse", "forward"):
            raise ValueError(f"no mode is called {document['mode']!r}")
        outputs = tuple(_index(out, len(nodes)) for out in document["outputs"])
        seeds = tuple((_index(node, len(nodes)), _float(seed)) for node, seed in document["seeds"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"the trace is damaged: {type(error).__name__} {error!s:.200}") from None
    return Trace(document["mode"], nodes, outputs, seeds, events)


def _node(node: dict[str, Any], i: int) -> TraceNode:
    operands = tuple(_index(operand, i) for operand in node["operands"])
    name, row, scope, constant = node["name"], node["primitive"], node["scope"], node["constant"]
    if not all(text is None or isinstance(text, str) for text in (name, row)):
        raise TypeError(f"{name!r} or {row!r} is no text")
    if not isinstance(scope, str) or not isinstance(constant, bool):
        raise TypeError(f"{scope!r} is no text, or {constant!r} neither true nor false")
    return TraceNode(name, row, operands, _float(node["value"]), constant, scope)


def _event(event: dict[str, Any], nodes: Sequence[TraceNode]) -> Event:
    kind, user, position = event["kind"], event["user"], event["position"]
    before, after = (None if event[x] is None else _float(event[x]) for x in ("before", "after"))
    if kind in ALONG_AN_EDGE:
        position = _index(position, len(nodes[_index(user, len(nodes))].operands))
    elif kind not in AT_A_NODE or (user, position) != (None, None):
        raise ValueError(f"no event at {position!r} of {user!r} is called {kind!r}")
    if (kind in ("seed", "accumulate")) != (after is not None):
        raise ValueError(f"{kind!r} cannot leave the derivative {after!r}")
    return Event(
        kind, _index(event["node"], len(nodes)), _float(event["value"]), user, position, before, after
    )


def _float(item: Any) -> float:
    if isinstance(item, str):
        return _WORDS[item]
    if isinstance(item, bool) or not isinstance(item, (int, float)):
        raise TypeError(f"{item!r} is no number")
    return float(item)


def _index(item: Any, count: int) -> int:
    if not isinstance(item, int) or isinstance(item, bool) or not 0 <= item < count:
        raise ValueError(f"{item!r} is not a position among {count}")
    return item
