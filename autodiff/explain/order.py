"""Why a topological order: the naive depth-first replay, run for real, and where it goes wrong."""

from dataclasses import dataclass

from autodiff.graph import adjoints, local_derivatives, topological_order
from autodiff.notation import number
from autodiff.paths import symbols_of
from autodiff.symbols import barred
from autodiff.value import Value, check_fresh, outputs_of

_MOST_VISITS = 10_000  # the naive replay visits a node once for every path to it
_EPSILON = 2.0**-52


@dataclass(frozen=True)
class NaiveVisit:
    """One visit of the naive replay: the adjoint that was passed on, and the complete one."""

    node: Value
    passed_on: float
    complete: float


@dataclass(frozen=True, repr=False)
class NaiveReplay:
    """What the naive replay did; ``first_wrong`` is the first node left with a wrong adjoint."""

    visits: tuple[NaiveVisit, ...]
    adjoints: dict[Value, float]
    first_early: NaiveVisit | None
    first_wrong: Value | None
    text: str

    def __repr__(self) -> str:
        return f"<NaiveReplay: {len(self.visits)} visits, first wrong: {self.first_wrong!r}>"

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
    order = topological_order(*outputs_of(out))
    check_fresh(order)
    right = adjoints(order, {out: 1.0})
    naive, sizes, visits = _naive(out, right)

    def differs(node: Value, x_bar: float) -> bool:
        # Another order of adding rounds otherwise: at most once for each addition and multiplication.
        return abs(x_bar - right[node]) > 4 * len(visits) * _EPSILON * sizes[node]

    early = next((visit for visit in visits if differs(visit.node, visit.passed_on)), None)
    wrong = next((x for x in reversed(order) if not x.is_constant and differs(x, naive[x])), None)
    text = _told(order, out, visits, (naive, right), early, wrong)
    return NaiveReplay(tuple(visits), naive, early, wrong, text)


def _naive(
    out: Value, right: dict[Value, float]
) -> tuple[dict[Value, float], dict[Value, float], list[NaiveVisit]]:
    """Return the adjoints of the naive replay, the sums of their absolute parts, and the visits."""
    x_bar, sizes = {out: 0.0}, {out: 0.0}
    visits: list[NaiveVisit] = []
    pending = [(out, 1.0, 1.0)]
    while pending:
        node, contribution, size = pending.pop()
        x_bar[node] = x_bar.get(node, 0.0) + contribution
        sizes[node] = sizes.get(node, 0.0) + size
        if not node.operands:
            continue
        # Go down at once, with what has arrived so far.
        visits.append(NaiveVisit(node, x_bar[node], right[node]))
        if len(visits) > _MOST_VISITS:
            raise ValueError(
                "the naive replay visits a node once for every path to it: more than "
                f"{_MOST_VISITS} here. Try a smaller graph"
            )
        partials = local_derivatives(node)
        pending += [
            (operand, x_bar[node] * partial, sizes[node] * abs(partial))
            for operand, partial in reversed(list(zip(node.operands, partials, strict=True)))
        ]
    return x_bar, sizes, visits


def _told(
    order: list[Value],
    out: Value,
    visits: list[NaiveVisit],
    results: tuple[dict[Value, float], dict[Value, float]],
    early: NaiveVisit | None,
    wrong: Value | None,
) -> str:
    symbols, (naive, right) = symbols_of(order), results
    lines = [f"naive depth-first replay from {symbols.get(out, 'a constant')}"]
    for visit in visits[:20]:
        operands = [symbols[x] for x in visit.node.operands if not x.is_constant]
        operands = operands if len(operands) <= 8 else [*operands[:3], "…", operands[-1]]
        line = f"  {barred(symbols[visit.node])} = {number(visit.passed_on)}"
        line += f" is passed on to {', '.join(operands) or 'constants only'}"
        if visit is early:
            line += f"   too early: complete, it is {number(visit.complete)}"
        lines.append(line)
    if len(visits) > 20:
        lines.append(f"  … {len(visits) - 20} more visits")
    if wrong is None:
        return "\n".join([*lines, _luck(visits)])
    symbol = symbols[wrong]
    lines.append(
        f"first wrong node: {symbol}. The naive replay gives {barred(symbol)} = {number(naive[wrong])}, "
        f"the right adjoint is {number(right[wrong])}"
    )
    rule = "In a topological order every node waits until all its users have contributed"
    if early is not None:
        rule += f": {barred(symbols[early.node])} = {number(early.complete)} goes on once"
    return "\n".join([*lines, f"{rule}."])


def _luck(visits: list[NaiveVisit]) -> str:
    """Return why the naive replay came out right."""
    if len({visit.node for visit in visits}) == len(visits):
        return (
            "Here it comes out right: every intermediate value is used once. That is luck, not a method."
        )
    return "Here it comes out right: what was passed on too often is 0. That is luck, not a method."
