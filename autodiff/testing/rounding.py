"""How large the terms are that derivatives are summed of: what their rounding errors are relative to.

size   of a node: the sum of |product of local derivatives| over all paths from it to the output
reach  of a node: the same over all paths from the inputs to it
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autodiff.graph import local_derivatives, topological_order
from autodiff.testing.recorded import Recorded
from autodiff.testing.sums import total
from autodiff.value import Value

ROUNDING = 2.0**-42
"""Relative to the sum of absolute terms: what two ways of adding up thousands of products may differ."""


def path_sizes(nodes: Sequence[Value], seeds: Mapping[Value, float]) -> dict[Value, float]:
    """Return the size of each node, the outputs' being their seeds.

    >>> x = Value(3.0)
    >>> out = x * 2.0 - x * 2.0
    >>> path_sizes(topological_order(out), {out: 1.0})[x]
    4.0
    """
    sizes = {out: abs(seed) for out, seed in seeds.items()}
    for node in reversed(nodes):
        if node.operands and sizes.get(node):
            for operand, partial in zip(node.operands, local_derivatives(node), strict=True):
                sizes[operand] = sizes.get(operand, 0.0) + sizes[node] * abs(partial)
    return sizes


def path_reaches(nodes: Sequence[Value], seeds: Mapping[Value, float]) -> dict[Value, float]:
    """Return the reach of each node that moves, the inputs' being their seeds."""
    reach = {x: abs(seed) for x, seed in seeds.items()}
    for node in nodes:
        if node.operands:
            partials = local_derivatives(node)
            moving = [(x, p) for x, p in zip(node.operands, partials, strict=True) if p and x in reach]
            if moving:  # of what does not move, the derivative may be nan
                reach[node] = total(abs(p) * reach[x] for x, p in moving)
    return reach


def rounding_inside(nodes: Sequence[Value], seeds: Mapping[Value, float]) -> float:
    """Return what rounding inside f may do to Σ seed · output, where numbers may cancel unseen."""
    sizes = path_sizes(nodes, seeds)
    terms = (
        sizes.get(node, 0.0) * abs(partial * operand.data)
        for node in nodes
        if node.operands
        for operand, partial in zip(node.operands, local_derivatives(node), strict=True)
    )
    return 2.0**-52 * total(filter(math.isfinite, terms))


def slope_size(graph: Recorded, direction: Sequence[float]) -> float:
    """Return the sum of |term| in the derivative of Σ weight · output along a direction."""
    reach = path_reaches(graph.nodes, dict(zip(graph.inputs, direction, strict=True)))
    return total(seed * reach.get(out, 0.0) for out, seed in graph.seeds().items())


def curvature_size(graph: Recorded, u: Sequence[float], v: Sequence[float]) -> float:
    """Return the sum of |term| in u·Hv, H being the Hessian of Σ weight · output.

    That is, for every operation, its size times its second derivatives along what reaches its operands.
    """
    sizes = path_sizes(graph.nodes, graph.seeds())
    reach_u, reach_v = (
        path_reaches(graph.nodes, dict(zip(graph.inputs, w, strict=True))) for w in (u, v)
    )
    terms = []
    for node in graph.nodes:
        wanted = [x in reach_u for x in node.operands]
        if not sizes.get(node) or not any(wanted):
            continue
        # What does not move enters as a float: a derivative by it may be nan.
        own = [Value(x.data) if x in reach_u else x.data for x in node.operands]
        partials = node.primitive.recorded_partials(node.primitive.apply(own), own, wanted)
        seeds: dict[Value, float] = {}
        for x, partial in zip(node.operands, partials, strict=True):
            if isinstance(partial, Value):
                seeds[partial] = seeds.get(partial, 0.0) + reach_u[x]
        curved: Mapping[Any, float] = path_sizes(topological_order(*seeds), seeds) if seeds else {}
        moving = [(x, twin) for x, twin in zip(node.operands, own, strict=True) if x in reach_v]
        terms += [sizes[node] * curved.get(twin, 0.0) * reach_v[x] for x, twin in moving]
    return total(terms)
