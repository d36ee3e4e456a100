"""A graph's lesson as plain data: every sweep with its steps, each ready to be shown, asked and judged.

The page, and whatever else shows a lesson, renders this and computes nothing.
"""

import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from autodiff.draw import to_dot
from autodiff.draw.engines import image
from autodiff.draw.fold import MOST_VISIBLE
from autodiff.explain import why_order
from autodiff.explain.lines import Line, Naming
from autodiff.explain.plain import written
from autodiff.graph import topological_order
from autodiff.lesson.answers import CLOSE, DIGITS
from autodiff.lesson.parts import largest_part, scopes_of
from autodiff.lesson.steps import Step, steps_of
from autodiff.mathml import mathml, symbol
from autodiff.modes import strict
from autodiff.notation import as_written, number
from autodiff.paths import paths, symbols_of
from autodiff.symbols import barred
from autodiff.trace import Trace, trace, trace_of_one
from autodiff.value import Value

LARGEST = MOST_VISIBLE  # nodes of a lesson: each is drawn and walked through
MOST_PATHS = 12
MOST_FORWARD = 12  # forward sweeps of a page: each has all steps


class LessonTooBigError(ValueError):
    """A graph that nobody would walk through; ``part`` is an inner node that a lesson can start from."""

    def __init__(self, order: Sequence[Value]) -> None:
        self.part, size = largest_part(order, LARGEST)
        small = [scope for scope, count in scopes_of(order).items() if count <= LARGEST // 2]
        scopes = [f"ad.lesson(out, within={scope!r})" for scope in small[:3]]
        offered = [f"ad.lesson(error.part), the graph of {self.part!r} with at most {size} nodes"]
        offered += [f"one part with the rest folded away, such as {', '.join(scopes)}"] if scopes else []
        super().__init__(
            f"a lesson walks through each of {len(order):,} nodes, at most {LARGEST}. Take "
            f"{'; or '.join(offered)}. Name parts with ad.scope(…); ad.draw folds them in a picture"
        )


def walked(outs: Sequence[Value]) -> list[Value]:
    """Return the nodes that a lesson walks through, operands first.

    Raises:
        LessonTooBigError: for more than LARGEST nodes.
    """
    order = topological_order(*outs)
    if len(order) > LARGEST:
        raise LessonTooBigError(order)
    return order


def sweeps_of(
    outs: Sequence[Value], digits: int, seeds: Sequence[float] | None = None
) -> list[dict[str, Any]]:
    """Return the lesson's sweeps: reverse from each output, then forward along each input.

    With ``seeds``, the adjoints of a part's outputs, there is one reverse sweep, from all of them.

    Raises:
        LessonTooBigError: for more than LARGEST nodes.
    """
    order = walked(outs)
    inputs = [x for x in order if not x.operands and not x.is_constant]
    with strict():
        if seeds is None:
            traces = [trace_of_one(out, outs) for out in outs]
        else:
            traces = [trace(outs, seeds=seeds)]
        traces += [trace(outs, mode="forward", wrt=x) for x in inputs[:MOST_FORWARD]]
        return [
            {
                "title": title_of(one),
                "mode": one.mode,
                "steps": list(shown(steps_of(one), digits)),
                "out": i if seeds is None and one.mode == "reverse" else None,
            }
            for i, one in enumerate(traces)
        ]


def title_of(one: Trace) -> str:
    """Return what a sweep is called: ``reverse mode, from y``, ``forward mode, along x``."""
    if any(seed not in (0.0, 1.0) for _, seed in one.seeds):
        return f"{one.mode} mode, errors from above"
    called = Naming(one).of
    starts = ", ".join(called[node] for node, seed in one.seeds if seed)
    return f"{one.mode} mode, {'from' if one.mode == 'reverse' else 'along'} {starts}"


def noted(steps: Sequence[Step], digits: int) -> Iterator[str | None]:
    """Yield what stands in a step's node for its derivative after the step, None for a value's.

    Where several contributions arrive they are counted, until the step that sums them: what is not
    complete is not a derivative, and the sum is asked for.
    """
    summed = {step.line.node for step in steps if step.kind == "sum"}
    expected = Counter(
        step.line.node for step in steps if step.sweep == "reverse" and step.kind != "sum"
    )
    arrived: Counter[int] = Counter()
    for step in steps:
        node, name = step.line.node, written(step.line.symbol)
        arrived[node] += step.sweep == "reverse"
        if step.sweep == "forward":
            yield None
        elif node in summed and step.kind != "sum":
            yield f"{name}: {arrived[node]} of {expected[node]}"
        else:
            yield f"{name} = {number(step.right, digits)}"


def shown(steps: Sequence[Step], digits: int) -> Iterator[dict[str, Any]]:
    """Yield the steps as data: what each shows, asks, and answers."""
    for step, after in zip(steps, noted(steps, digits), strict=True):
        line = step.line
        head, rule, numbers, result = step.shown(digits)
        if not rule and line.operator == "=":
            head = written(line.symbol)
        yield {
            "sweep": step.sweep,
            "kind": step.kind,
            "node": line.node,
            "edge": step.edge,
            "symbol": head,
            "rule": rule,
            "numbers": numbers,
            "result": result,
            "math": _math(line, digits),
            "sentence": step.sentence,
            "after": after,
            "asked": step.is_asked,
            "hints": step.hints if step.is_asked else None,
            "right": _finite(step.right),
            "slips": [[_finite(slip.number), slip.says] for slip in step.slips],
        }


def _math(line: Line, digits: int) -> list[str]:
    """Return the rule in symbols, the rule with numbers, and the result, as MathML."""
    head = f"{symbol(written(line.symbol))}<mo>{line.operator}</mo>"
    result = f"<mo>=</mo>{symbol(number(line.result, digits))}"
    if line.formula is None:
        return [head, "", result.removeprefix("<mo>=</mo>")]
    names = {placeholder: written(called) for placeholder, called in line.names.items()}
    formula, put_in = as_written(line.formula, line.numbers, line.result, digits)
    rule = mathml(line.formula, names) if names else ""
    return [f"{head}{rule}", f"{'<mo>=</mo>' if rule else ''}{mathml(formula, put_in)}", result]


def _finite(value: float) -> float | str:
    return value if abs(value) < float("inf") else repr(value)


def drawing_of(outs: Sequence[Value], sweeps: Sequence[Mapping[str, Any]], digits: int) -> str:
    """Return the graph as SVG for a page, with room in each node for all that its sweeps write there."""
    notes = [(step["node"], step["after"]) for sweep in sweeps for step in sweep["steps"]]
    svg = laid_out(outs, notes, digits)
    width = re.search(r'<svg width="([\d.]+)pt"', svg)
    natural = float(width[1]) * 96 / 72 if width else 0.0
    head = f'<svg id="graph" style="--natural: {natural:.0f}px" viewBox'
    return re.sub(r"<svg [^>]*?viewBox", head, svg, count=1, flags=re.DOTALL)


def laid_out(outs: Sequence[Value], notes: Iterable[tuple[int, str | None]], digits: int) -> str:
    """Return the graph as SVG, with a line in each node that is as long as its longest note.

    Arguments:
        outs: the outputs.
        notes: nodes, by their place in topological order, and what is to be written into them.
        digits: decimals of the numbers.

    Raises:
        NoEngineError: when nothing is installed that lays out graphs.
    """
    order = topological_order(*outs)
    called = symbols_of(order)
    copies: list[Value] = copy.deepcopy(list(order))
    longest: dict[int, int] = {}
    for node, note in notes:
        if note is not None:
            own = len(note) - len(f"{barred(called[order[node]])} = ")
            longest[node] = max(longest.get(node, 1), own)
    for node, twin in enumerate(copies):
        # A number of that many characters keeps the room; what is shown there comes later.
        twin.grad = float("1" * min(longest[node], 15)) if node in longest else None
    twins = dict(zip(order, copies, strict=True))
    return image(to_dot([twins[out] for out in outs], digits=digits), "svg").decode()


def paths_from(outs: Sequence[Value], digits: int) -> list[list[str]]:
    """Return for each node the texts of its paths, one to each output, with products and sum."""
    order = topological_order(*outs)
    return [
        ["A number of the program: no derivative is asked for."]
        if node.is_constant
        else [paths(out, node, most=MOST_PATHS).text(digits, order) for out in outs]
        for node in order
    ]


def _nodes(outs: Sequence[Value]) -> list[dict[str, Any]]:
    """Return what each node is called, and its operands' places."""
    order = topological_order(*outs)
    place = {node: i for i, node in enumerate(order)}
    called = symbols_of(order)
    return [
        {
            "symbol": called.get(node, number(node.data)),
            "operands": [place[x] for x in node.operands],
            "constant": node not in called,
        }
        for node in order
    ]


def lesson_data(
    outs: Sequence[Value], digits: int, seeds: Sequence[float] | None = None
) -> dict[str, Any]:
    """Return everything that a page shows of a graph, as data for JSON."""
    inputs = sum(not x.operands and not x.is_constant for x in topological_order(*outs))
    return {
        "sweeps": sweeps_of(outs, digits, seeds),
        "left_out": max(0, inputs - MOST_FORWARD),
        "paths": paths_from(outs, digits),
        "orders": [str(why_order(out)) for out in outs],
        "nodes": _nodes(outs),
        "close": CLOSE,
        "least": DIGITS,
        "digits": digits,
    }
