"""``Explanation``: the whole of what is said about a graph, before it is put in a format."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from autodiff.explain.lines import (
    Line,
    Naming,
    Symbol,
    forward_lines,
    reverse_lines,
    tangent_lines,
)
from autodiff.graph import topological_order
from autodiff.notation import number
from autodiff.trace import Trace, trace, trace_of_one
from autodiff.value import Value, outputs_of

ExplainMode = Literal["reverse", "forward", "both"]


@dataclass(frozen=True)
class Sweep:
    """The lines of one derivative sweep, from an output or of an input."""

    mode: str
    start: Symbol
    lines: Sequence[Line]
    trace: Trace


@dataclass(frozen=True)
class Derivative:
    """∂out/∂x as a sweep found it; None where x is not connected with out."""

    out: str
    x: str
    value: float | None


@dataclass(frozen=True)
class Cost:
    """What one mode takes for all derivatives of all outputs."""

    mode: str
    passes: int
    multiplications: int
    additions: int
    kept: int


@dataclass(frozen=True)
class Explanation:
    """The forward lines, the sweeps, the derivatives they end in, and what each mode costs."""

    forward: Sequence[Line]
    sweeps: Sequence[Sweep]
    derivatives: Sequence[Derivative]
    costs: Sequence[Cost]


def explanation(
    outs: Value | Sequence[Value],
    *,
    mode: ExplainMode = "reverse",
    wrt: Value | None = None,
    inputs: Sequence[Value] = (),
) -> Explanation:
    """Return the explanation of a graph.

    Arguments:
        outs: the outputs; reverse mode makes one sweep for each.
        mode: ``reverse``, ``forward`` (the dotted column of one input), or ``both``.
        wrt: the input that forward mode follows; the first unless given.
        inputs: leaves to report on although the outputs may not depend on them.
    """
    if mode not in ("reverse", "forward", "both"):
        raise ValueError(f"mode must be 'reverse', 'forward' or 'both', not {mode!r}")
    if wrt is not None and mode == "reverse":
        raise ValueError("wrt is for forward mode: reverse mode finds the derivatives by all inputs")
    outputs = list(dict.fromkeys(outputs_of(outs)))
    traces = []
    if mode in ("forward", "both"):
        traces.append(trace(outputs, mode="forward", wrt=wrt))
    if mode in ("reverse", "both"):
        traces += [trace_of_one(out, outputs) for out in outputs]
    order = topological_order(*outputs)
    known = set(order)
    strangers = [x.name or "x" for x in inputs if x not in known]
    return of_traces(traces, strangers)


def of_traces(traces: Sequence[Trace], strangers: Sequence[str] = ()) -> Explanation:
    """Return the explanation of one graph's traces; ``strangers`` are inputs it does not contain."""
    first = traces[0]
    sweeps = [_sweep(one) for one in traces]
    by_reverse_first = sorted(sweeps, key=lambda sweep: sweep.mode == "forward")
    found: dict[tuple[str, str], Derivative] = {}
    for one in (one for sweep in by_reverse_first for one in _derivatives(sweep)):
        found.setdefault((one.out, one.x), one)
    derivatives = [*found.values()]
    outs = dict.fromkeys(Naming(first).of[out] for out in first.outputs)
    derivatives += [Derivative(out, x, None) for out in outs for x in strangers]
    leaves = sum(not node.operands and not node.constant for node in first.nodes)
    costs = [_cost(first, "forward", leaves), _cost(first, "reverse", len(first.outputs))]
    return Explanation(forward_lines(first), sweeps, derivatives, costs)


def _sweep(one: Trace) -> Sweep:
    naming = Naming(one)
    if one.mode == "forward":
        return Sweep("forward", naming.symbol(one.seeds[0][0]), tangent_lines(one), one)
    return Sweep("reverse", Symbol(_weighted(one, naming)), reverse_lines(one), one)


def _weighted(one: Trace, naming: Naming) -> str:
    """Return what a reverse sweep differentiates: ``y1``, or ``2·y1 + 3·y2`` as the seeds are."""
    terms = [
        naming.of[out] if seed == 1 else f"{number(seed)}·{naming.of[out]}"
        for out, seed in one.seeds
        if seed
    ]
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms) or '0'})"


def _derivatives(sweep: Sweep) -> list[Derivative]:
    one, naming = sweep.trace, Naming(sweep.trace)
    ends, start = one.derivatives, sweep.start.name
    if one.mode == "forward":
        ((followed, _),) = one.seeds
        connected = [followed in _below(one, [out]) for out in one.outputs]
        return [
            Derivative(naming.of[out], start, ends[out] if known else None)
            for out, known in zip(one.outputs, connected, strict=True)
        ]
    below = _below(one, [out for out, seed in one.seeds if seed])
    leaves = [i for i, node in enumerate(one.nodes) if not node.operands and not node.constant]
    return [Derivative(start, naming.of[x], ends[x] if x in below else None) for x in leaves]


def _below(one: Trace, outs: Sequence[int]) -> set[int]:
    """Return the nodes that any of ``outs`` depends on."""
    found = set(outs)
    for node in reversed(range(len(one.nodes))):
        if node in found:
            found.update(one.nodes[node].operands)
    return found


def _cost(one: Trace, mode: str, passes: int) -> Cost:
    """Count what one pass multiplies, adds, and has to keep; for the mode the trace may not be in."""
    variables = [i for i, node in enumerate(one.nodes) if not node.constant]
    edges = [(x, i) for i in variables for x in one.nodes[i].operands if not one.nodes[x].constant]
    # The first contribution to a node needs no addition, unless it meets the seed of an output.
    ends = {i for _, i in edges} if mode == "forward" else {x for x, _ in edges} - {*one.outputs}
    kept = _most_alive(one) if mode == "forward" else len(variables)
    return Cost(mode, passes, len(edges), len(edges) - len(ends), kept)


def _most_alive(one: Trace) -> int:
    """Return how many values are alive at once when each is dropped after its last use."""
    last_use = {x: i for i, node in enumerate(one.nodes) for x in node.operands}
    alive: set[int] = set()
    most = 0
    for i, node in enumerate(one.nodes):
        if node.constant:
            continue
        alive.add(i)
        most = max(most, len(alive))
        alive = {x for x in alive if last_use.get(x, len(one.nodes)) > i or x in one.outputs}
    return most
