"""A graph as DOT text: a pure function of the graph, byte for byte the same every time.

Variables are ellipses, operations boxes, constants bare numbers, outputs have a double border and
groups of folded nodes a dashed one. Colour (Okabe and Ito's palette) only repeats what shape, line
and text say, so grey prints read as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from autodiff.draw.fold import Fold, Folding, folding
from autodiff.formulas import forward_formula
from autodiff.graph import local_derivatives, topological_order
from autodiff.notation import number, text
from autodiff.paths import Path, Paths, symbols_of
from autodiff.symbols import barred
from autodiff.value import Value, check_fresh, outputs_of

_VARIABLE, _OPERATION, _GROUP, _HIGHLIGHT = "#cfe8f7", "#f4f4f4", "#fdf1cf", "#d55e00"
_MARKED = f'color="{_HIGHLIGHT}", penwidth=3'

Edge = tuple[Value, Value, int]


def to_dot(
    outs: Value | Sequence[Value],
    *,
    direction: Literal["LR", "TB"] = "LR",
    derivatives: bool = True,
    highlight: Paths | Path | Sequence[Paths] | None = None,
    fold: Fold = None,
    digits: int = 4,
) -> str:
    """Return the graph of one or several outputs as DOT text, one edge for each operand position.

    Arguments:
        outs: the outputs.
        direction: ``LR`` from left to right, ``TB`` from top to bottom.
        derivatives: label each edge with its local derivative.
        highlight: paths to draw thick, as ``ad.paths`` gives them (all of them, or one, or those of
            several outputs).
        fold: how many levels of scope stay open, ``"all"`` for none; None folds only what is too big.
        digits: decimals of the numbers.

    Raises:
        GraphTooBigError: when the graph cannot be folded to a readable size.
        StaleValueError: when a leaf's number was assigned after the graph had used it.
        TypeError: when an output is no Value.

    >>> import autodiff as ad
    >>> x = ad.Value(3.0, name="x")
    >>> '"n0" -> "n1" [label=" 6"' in ad.to_dot(ad.square(x))
    True
    """
    if direction not in ("LR", "TB"):
        raise ValueError(f"direction must be 'LR' or 'TB', not {direction!r}")
    outputs = list(dict.fromkeys(outputs_of(outs)))
    order = topological_order(*outputs)
    folded = folding(order, outputs, fold)
    check_fresh(order)
    nodes, edges = _highlighted(highlight)
    symbols = symbols_of(order)
    title = ", ".join(symbols.get(out, number(out.data, digits)) for out in outputs)
    lines = [
        f"digraph {quoted(f'graph of {title}')} {{",
        f"  graph [rankdir={direction}, ordering=in, fontname=Courier, fontsize=11, nodesep=0.3,",
        f"         label={quoted(folded.caption)}]",
        "  node [fontname=Courier, fontsize=12, style=filled, color=black, margin=0.08]",
        "  edge [fontname=Courier, fontsize=10, arrowsize=0.7]",
    ]
    identity = {node: f"n{i}" for i, node in enumerate(order)}
    groups = {name: f"g{i}" for i, name in enumerate(folded.groups)}
    identity |= {node: groups[name] for node, name in folded.group.items() if name is not None}
    lines += [_group_line(i, name, count) for i, (name, count) in enumerate(folded.groups.items())]
    graded = any(node.has_grad for node in order)
    kept = set(outputs)  # a set compares by identity, a list by number
    for node in order:
        if folded.group[node] is None:
            label = _label(node, symbols, digits, graded)
            lines.append(_node_line(identity[node], node, label, node in kept, node in nodes))
    lines += _edge_lines(order, folded, identity, edges, derivatives, digits)
    return "\n".join([*lines, "}"]) + "\n"


def quoted(label: str) -> str:
    r"""Return text as a DOT string that is drawn as it is, whatever it contains.

    >>> print(quoted('<b>|{x}"\\ &amp;'))
    "<b>|{x}\"\\ &amp;amp;"
    """
    escaped = label.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.replace("\r", "").replace("\n", "\\n")


def _label(node: Value, symbols: Mapping[Value, str], digits: int, graded: bool) -> str:
    """Return the lines of a node: what it is, its number, its gradient."""
    value = number(node.data, digits)
    if node.is_constant:
        return f"{node.name} = {value}" if node.name else value
    symbol = symbols[node]
    lines = [symbol, value]
    if node.primitive is not None:
        values = [operand.data for operand in node.operands]
        formula = forward_formula(node.primitive, values, [x.is_constant for x in node.operands])
        names = {f"${i}": symbols[x] for i, x in enumerate(node.operands) if not x.is_constant}
        lines = [f"{symbol} = {text(formula, names)}", f"= {value}"]
    if graded:
        lines.append(f"{barred(symbol)} = {number(node.grad, digits) if node.has_grad else '–'}")
    return "\n".join(lines)


def _node_line(identity: str, node: Value, label: str, is_out: bool, highlighted: bool) -> str:
    attributes = {"label": quoted(label)}
    if node.is_constant:
        attributes |= {"shape": "plaintext", "style": '""'}
    elif node.primitive is None:
        attributes |= {"shape": "ellipse", "fillcolor": f'"{_VARIABLE}"'}
    else:
        attributes |= {"shape": "box", "fillcolor": f'"{_OPERATION}"'}
    if is_out:
        attributes["peripheries"] = "2"
    if highlighted:
        attributes |= {"color": f'"{_HIGHLIGHT}"', "penwidth": "3"}
    return f'  "{identity}" [{", ".join(f"{key}={value}" for key, value in attributes.items())}]'


def _group_line(i: int, name: str, count: int) -> str:
    label = quoted(f"{name}\n{count} node{'s' if count != 1 else ''}")
    return f'  "g{i}" [label={label}, shape=box, style="filled,dashed", fillcolor="{_GROUP}"]'


def _edge_lines(
    order: Sequence[Value],
    folded: Folding,
    identity: Mapping[Value, str],
    highlighted: set[Edge],
    derivatives: bool,
    digits: int,
) -> list[str]:
    """Return a line for each visible edge; edges from or to a group are bundled, with their count."""
    lines: list[str] = []
    bundles: dict[tuple[str, str], int] = {}
    marked: set[tuple[str, str]] = set()
    for node in order:
        if not node.operands:
            continue
        inside = folded.group[node] is not None
        partials = local_derivatives(node) if derivatives and not inside else ()
        for position, operand in enumerate(node.operands):
            ends = identity[operand], identity[node]
            if inside or folded.group[operand] is not None:
                if ends[0] != ends[1]:
                    bundles[ends] = bundles.get(ends, 0) + 1
                    marked |= {ends} if (operand, node, position) in highlighted else set()
                continue
            attributes = []
            if partials and not operand.is_constant:
                attributes.append(f"label={quoted(f' {number(partials[position], digits)}')}")
            if (operand, node, position) in highlighted:
                attributes.append(_MARKED)
            if operand.is_constant:
                attributes.append("style=dotted, arrowhead=none")
            lines.append(_edge_line(*ends, attributes))
    for ends, count in bundles.items():
        attributes = [f"label={quoted(f' ×{count}')}", "style=dashed"]
        lines.append(_edge_line(*ends, [*attributes, _MARKED] if ends in marked else attributes))
    return lines


def _edge_line(tail: str, head: str, attributes: Sequence[str]) -> str:
    return f'  "{tail}" -> "{head}"' + (f" [{', '.join(attributes)}]" if attributes else "")


def _highlighted(highlight: Paths | Path | Iterable[Paths] | None) -> tuple[set[Value], set[Edge]]:
    """Return the nodes and edges on the given paths."""
    if isinstance(highlight, Path):
        ends = zip(highlight.nodes, highlight.nodes[1:], highlight.positions, strict=False)
        return set(highlight.nodes), set(ends)
    nodes: set[Value] = set()
    edges: set[Edge] = set()
    for paths in [highlight] if isinstance(highlight, Paths) else highlight or ():
        reached = {paths.x}  # without listing the paths, of which there may be too many
        for node in topological_order(paths.out):
            on = [(x, node, position) for position, x in enumerate(node.operands) if x in reached]
            reached |= {node} if on else set()
            edges.update(on if paths.count else ())
        nodes |= reached if paths.count else set()
    return nodes, edges
