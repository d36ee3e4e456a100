"""Bounds on rounding: how far a value, or a derivative, may be off what exact numbers would give.

The exact numbers themselves are ``autodiff.testing.reference``'s.
"""

from typing import Any

import autodiff as ad
from autodiff.graph import adjoints, local_derivatives, topological_order

UNIT = 2.0**-53  # the unit roundoff of a double
# An operation is off by at most so many units, relative to its value and to what one unit in each
# operand does to it: the C library's functions by 1 or 2, a careful form chains three or four.
UNITS_PER_OPERATION = 4

TRUNCATION = 1e-30
"""More than the error of the replay's derivatives, by steps of 1e-20, at third ones of up to 1e10."""


def rounding_bound(out: Any) -> float:
    """Return a bound on the rounding error of ``out``, to first order.

    Each operation is off by some units; what that does to ``out`` is the operation's adjoint. For
    a recorded derivative (``create_graph=True``) this is the bound on the derivative itself.
    """
    order = topological_order(out)
    x_bar = adjoints(order, {out: 1.0})
    total = 0.0
    for node in order:
        if node.operands:
            values = [x.data for x in node.operands]
            partials = node.primitive.partials(node.data, *values)
            sizes = [abs(p * x) for p, x in zip(partials, values, strict=True) if p * x == p * x]
            total += abs(x_bar[node]) * (abs(node.data) + sum(sizes))
    return UNITS_PER_OPERATION * UNIT * total


def gradient_bound(out: ad.Value, leaf: ad.Value) -> float:
    """Return a bound on the rounding error of ∂out/∂leaf, to first order.

    The recorded derivative knows what its operands' roundings do. Products and sums of plain
    numbers are not recorded: a path of n edges is rounded n times in multiplying and n in adding.
    """
    recorded = ad.gradients(out, leaf, create_graph=True)
    return rounding_bound(recorded) + summing_bound(out, leaf)


def summing_bound(out: ad.Value, leaf: ad.Value) -> float:
    """Return how far two ways to sum the products of local derivatives into ∂out/∂leaf may differ.

    The local derivatives are the same in both: a path of n edges is rounded n times in multiplying
    and n in adding, and what is bounded is the sum of |product| over all paths.
    """
    order = topological_order(out)
    path_bar = dict.fromkeys([*order, leaf], 0.0) | {out: 1.0}
    for node in reversed(order):
        if node.operands:
            for x, partial in zip(node.operands, local_derivatives(node), strict=True):
                path_bar[x] += path_bar[node] * abs(partial)
    return 2 * len(order) * UNIT * path_bar[leaf]
