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
from autodiff.trace import Trace, trace
from autodiff.value import Value

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
    outputs = list(dict.fromkeys([outs] if isinstance(outs, Value) else outs))
    traces = []
    if mode in ("forward", "both"):
        traces.append(trace(outputs, mode="forward", wrt=wrt))
    if mode in ("reverse", "both"):
        for out in outputs:
            traces.append(trace(outputs, seeds=[float(other is out) for other in outputs]))
    order = topological_order(*outputs)
    strangers = [x.name or "x" for x in inputs if all(x is not node for node in order)]
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
    start = next(node for node, seed in one.seeds if seed)
    return Sweep("reverse", naming.symbol(start), reverse_lines(one), one)


def _derivatives(sweep: Sweep) -> list[Derivative]:
    one, naming = sweep.trace, Naming(sweep.trace)
    ends = one.derivatives
    if one.mode == "forward":
        return [Derivative(naming.of[out], sweep.start.name, ends[out]) for out in one.outputs]
    leaves = [i for i, node in enumerate(one.nodes) if not node.operands and not node.constant]
    return [Derivative(sweep.start.name, naming.of[leaf], ends[leaf]) for leaf in leaves]


def _cost(one: Trace, mode: str, passes: int) -> Cost:
    """Count what one pass multiplies, adds, and has to keep; for the mode the trace may not be in."""
    variables = [i for i, node in enumerate(one.nodes) if not node.constant]
    edges = [(x, i) for i in variables for x in one.nodes[i].operands if not one.nodes[x].constant]
    ends = {i for _, i in edges} if mode == "forward" else {x for x, _ in edges}
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
