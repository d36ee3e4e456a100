"""A sweep as pictures: one graph, laid out once, where each step changes texts and styles alone.

A step comes as ``sweeps.shown`` gives it. Colour only repeats what the texts and lines say: dashed and
"…" before a value is there, the derivative as a line of its own, thick where the step is at work.

    scene    what one picture shows: what is known by then, and the step at work
    edge     the node that uses, and the operand's position
"""

import textwrap
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len

from autodiff.draw.engines import size
from autodiff.trace import TraceNode

PAPER, INK = ("#ffffff", "#cfe8f7", "#fbd9bd"), ("#000000", "#d55e00", "#767676")
"""All colours: of what is unknown, known, and has a derivative; of lines, at work, and not computed."""

Edge = tuple[int, int]

_NAMESPACE = "http://www.w3.org/2000/svg"
_FONT = "DejaVu Sans Mono,Courier,monospace"
_LETTER = 14.0  # points; of the caption
_COLUMN = 0.603 * _LETTER
_LINE = 1.5 * _LETTER
_LEAST = 48  # columns; a caption may be wider than a small graph
_MARGIN = 8.0
_THICK = "3"


class Words(NamedTuple):
    """What stands below a picture, in parts between which a line may end; and what is read out."""

    title: str
    parts: Sequence[str]
    said: str


class Scene(NamedTuple):
    """What a picture shows."""

    values: Mapping[int, str]
    derivatives: Mapping[int, str]
    along: frozenset[Edge]
    at_work: tuple[frozenset[int], frozenset[Edge]]


def words(steps: Sequence[Mapping[str, Any]]) -> list[Words]:
    """Return the words to each picture: the one before the first step, then one for each step."""
    nothing = f"{len(steps)} steps; nothing is computed yet"
    found = [Words(nothing, [], f"{nothing}.")]
    for i, step in enumerate(steps, 1):
        head = f"{step['symbol']} {step['rule']}".strip()
        parts = [head, *(f"= {part}" for part in (step["numbers"], step["result"]) if part)]
        title = f"Step {i} of {len(steps)}, {step['sweep']} sweep"
        found.append(Words(title, parts, f"{i}. {' '.join(parts)}. {step['sentence']}"))
    return found


def scenes(steps: Sequence[Mapping[str, Any]], nodes: Sequence[TraceNode]) -> Iterator[Scene]:
    """Yield the scene before the first step, then one for each step."""
    values: dict[int, str] = {}
    derivatives: dict[int, str] = {}
    along: frozenset[Edge] = frozenset()
    yield Scene({}, {}, along, (frozenset(), frozenset()))
    for step in steps:
        node, edges = step["node"], _edges_of(step, nodes)
        if step["sweep"] == "forward":
            values[node] = step["result"]
        else:
            derivatives[node] = step["after"]
            along |= edges
        at_work = frozenset({node, *(user for user, _ in edges)}), edges
        yield Scene(dict(values), dict(derivatives), along, at_work)


def _edges_of(step: Mapping[str, Any], nodes: Sequence[TraceNode]) -> frozenset[Edge]:
    """Return the edges that a step goes along: a constant has a value, but it does not move."""
    if step["edge"]:
        return frozenset([step["edge"]])
    if step["kind"] not in ("value", "tangent"):
        return frozenset()
    operands = enumerate(nodes[step["node"]].operands)
    used = [i for i, operand in operands if step["kind"] == "value" or not nodes[operand].constant]
    return frozenset((step["node"], i) for i in used)


def pictures(svg: str, steps: Sequence[Mapping[str, Any]], nodes: Sequence[TraceNode]) -> Iterator[str]:
    """Yield the pictures as SVG, all of one size: nothing computed yet, then one for each step.

    Arguments:
        svg: the graph, with a line in each node for its derivative; node i is titled ``n``i.
        steps: those of the sweep.
        nodes: those of the trace.
    """
    across, down = size(svg)
    columns = max(int(across / _COLUMN), _LEAST)
    captions = [(one.said, [one.title, *_lines(one.parts, columns)]) for one in words(steps)]
    widest = max(cell_len(line) for _, lines in captions for line in lines) * _COLUMN
    width = max(across, widest + 2 * _MARGIN)
    height = down + max(len(lines) for _, lines in captions) * _LINE + 2 * _MARGIN
    for scene, (said, lines) in zip(scenes(steps, nodes), captions, strict=True):
        root = ET.Element(
            "svg", xmlns=_NAMESPACE, width=f"{width:.2f}pt", height=f"{height:.2f}pt",
            viewBox=f"0 0 {width:.2f} {height:.2f}", role="img",
        )  # fmt: skip
        ET.SubElement(root, "title").text = said
        ET.SubElement(root, "rect", width="100%", height="100%", fill=PAPER[0])
        middle = ET.SubElement(root, "g", transform=f"translate({(width - across) / 2:.2f} 0)")
        graph = _graph(svg)
        _show(graph, scene, nodes)
        middle.extend(graph)
        for i, line in enumerate(lines, 1):
            _caption_line(root, line, down + _MARGIN + i * _LINE - 0.3 * _LETTER)
        yield ET.tostring(root, encoding="unicode") + "\n"


def _graph(svg: str) -> ET.Element:
    root = ET.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_NAMESPACE}}}")
    return root


def _show(graph: ET.Element, scene: Scene, nodes: Sequence[TraceNode]) -> None:
    """Give the nodes and edges of a graph the texts and the style that they have in a scene."""
    parallel: Counter[Edge] = Counter()
    for group in [one for one in graph.iter("g") if one.get("class") in ("node", "edge")]:
        ends = [int(end.removeprefix("n")) for end in group.findtext("title", "").split("->")]
        tail, head = ends[0], ends[-1]
        if group.get("class") == "node":
            if not nodes[tail].constant:
                _show_node(group, tail, scene, bool(nodes[tail].operands))
            continue
        places = [position for position, operand in enumerate(nodes[head].operands) if operand == tail]
        _show_edge(group, (head, places[parallel[tail, head]]), scene)  # in the order of positions
        parallel[tail, head] += 1
    for group in list(graph.iter("g")):  # what Graphviz calls them would be shown by pointing there
        for title in group.findall("title"):
            group.remove(title)


def _show_node(group: ET.Element, node: int, scene: Scene, is_operation: bool) -> None:
    value, derivative = scene.values.get(node), scene.derivatives.get(node)
    texts = group.findall("text")
    texts[1].text = "…" if value is None else f"= {value}" if is_operation else value
    texts[2].text = derivative or ""
    is_active = node in scene.at_work[0]
    for shape in group:
        if shape.tag in ("polygon", "ellipse"):
            if shape.get("fill") != "none":
                shape.set("fill", PAPER[(value is not None) + (derivative is not None)])
            shape.set("stroke", INK[1] if is_active else INK[0] if value is not None else INK[2])
            shape.set("stroke-width", _THICK if is_active else "1")
            if value is None:
                shape.set("stroke-dasharray", "5 3")


def _show_edge(group: ET.Element, edge: Edge, scene: Scene) -> None:
    for part in group:
        if part.tag == "text":
            part.text = part.text if edge in scene.along else ""
        elif edge in scene.at_work[1]:
            is_line = part.tag == "path"
            part.set("stroke", INK[1])
            part.set("stroke-width", _THICK if is_line else "2")
            part.set("fill", "none" if is_line else INK[1])


def _lines(parts: Sequence[str], columns: int) -> list[str]:
    """Return the parts in lines of at most so many columns, where they can be cut."""
    lines: list[str] = []
    for part in parts:
        if lines and cell_len(lines[-1]) + 1 + cell_len(part) <= columns:
            lines[-1] += f" {part}"
        else:
            indent = "  " if lines else ""
            lines += textwrap.wrap(
                part, columns, initial_indent=indent, subsequent_indent="    ", break_on_hyphens=False
            )
    return lines


def _caption_line(root: ET.Element, line: str, y: float) -> None:
    text = ET.SubElement(root, "text", x=f"{_MARGIN:.2f}", y=f"{y:.2f}", fill=INK[0])
    text.attrib |= {"font-family": _FONT, "font-size": f"{_LETTER:.2f}", "xml:space": "preserve"}
    text.text = line
