"""Why a topological order: the naive depth-first replay, run for real, and where it goes wrong."""

from dataclasses import dataclass

from autodiff.graph import adjoints, local_derivatives, topological_order
from autodiff.notation import number
from autodiff.paths import symbols_of
from autodiff.symbols import barred
from autodiff.value import Value

_MOST_VISITS = 10_000  # the naive replay visits a node once for every path to it


@dataclass(frozen=True)
class NaiveVisit:
    """One visit of the naive replay: the adjoint that was passed on, and the complete one."""

    node: Value
    passed_on: float
    complete: float


@dataclass(frozen=True)
class NaiveReplay:
    """What the naive replay did; ``first_wrong`` is the first node left with a wrong adjoint."""

    visits: tuple[NaiveVisit, ...]
    adjoints: dict[Value, float]
    first_early: NaiveVisit | None
    first_wrong: Value | None
    text: str

    def __str__(self) -> str:
        return self.text


def naive_replay(out: Value | None = None) -> NaiveReplay:
    """Return the naive depth-first replay of a graph; see ``why_order``."""
    if out is None:
        a = Value(1.0, name="a")
        b = a + a
        b.name = "b"
        out = b + b
        out.name = "c"
    order = topological_order(out)
    right = adjoints(order, {out: 1.0})
    naive, visits = _naive(out, right)
    early = next((visit for visit in visits if visit.passed_on != visit.complete), None)
    wrong = next(
        (x for x in reversed(order) if not x.is_constant and naive.get(x, 0.0) != right[x]), None
    )
    text = _told(order, out, visits, (naive, right), early, wrong)
    return NaiveReplay(tuple(visits), naive, early, wrong, text)


def _naive(out: Value, right: dict[Value, float]) -> tuple[dict[Value, float], list[NaiveVisit]]:
    """Return the adjoints of the naive replay, and its visits in order."""
    x_bar = {out: 1.0}
    visits = [NaiveVisit(out, 1.0, right[out])]
    pending = [(out, position, 1.0) for position in reversed(range(len(out.operands)))]
    while pending:
        node, position, passed_on = pending.pop()
        operand = node.operands[position]
        x_bar[operand] = x_bar.get(operand, 0.0) + passed_on * local_derivatives(node)[position]
        if operand.operands:  # go down at once, with what has arrived so far
            visits.append(NaiveVisit(operand, x_bar[operand], right[operand]))
            places = reversed(range(len(operand.operands)))
            pending += [(operand, place, x_bar[operand]) for place in places]
        if len(visits) > _MOST_VISITS:
            raise ValueError(
                f"the naive replay visits a node once for every path to it: more than {_MOST_VISITS} here. "
                "Try a smaller graph"
            )
    return x_bar, visits


def _told(
    order: list[Value],
    out: Value,
    visits: list[NaiveVisit],
    results: tuple[dict[Value, float], dict[Value, float]],
    early: NaiveVisit | None,
    wrong: Value | None,
) -> str:
    symbols, (naive, right) = symbols_of(order), results
    lines = [f"naive depth-first replay from {symbols[out]}"]
    for visit in visits[:20]:
        operands = ", ".join(symbols[x] for x in visit.node.operands if not x.is_constant)
        line = f"  {barred(symbols[visit.node])} = {number(visit.passed_on)} is passed on to {operands}"
        if visit is early:
            line += f"   too early: complete, it is {number(visit.complete)}"
        lines.append(line)
    if len(visits) > 20:
        lines.append(f"  … {len(visits) - 20} more visits")
    if wrong is None:
        lines.append("Here it comes out right: no node feeds two others. That is luck, not a method.")
        return "\n".join(lines)
    symbol = symbols[wrong]
    lines.append(
        f"first wrong node: {symbol}. The naive replay gives {barred(symbol)} = {number(naive.get(wrong, 0.0))}, "
        f"the right adjoint is {number(right[wrong])}"
    )
    if early is not None:
        once = f"{barred(symbols[early.node])} = {number(early.complete)} goes on once"
        lines.append(
            f"In a topological order every node waits until all its users have contributed: {once}."
        )
    return "\n".join(lines)
