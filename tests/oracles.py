"""Independent answers: a graph replayed with 60 digits, finite differences, bounds on rounding.

The replay evaluates each row's textbook formula with mpmath's functions: it shares neither the
engine's careful forms nor any of its derivative rules.
"""

import ast
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
from mpmath import mp, mpf

import autodiff as ad
from autodiff.graph import adjoints, local_derivatives, tangents, topological_order

DIGITS = 60
UNIT = 2.0**-53  # the unit roundoff of a double
# An operation is off by at most so many units, relative to its value and to what one unit in each
# operand does to it: the C library's functions by 1 or 2, a careful form chains three or four.
UNITS_PER_OPERATION = 4

TRUNCATION = 1e-30
"""More than the error of ``exact_derivative``, at third derivatives of up to 1e10."""

_FUNCTIONS: dict[str, Any] = {
    name: getattr(mp, name)
    for name in (
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "cos", "cosh", "erf", "erfc",
        "exp", "expm1", "floor", "hypot", "log", "log1p", "log10", "sign", "sin", "sinh", "sqrt", "tan",
        "tanh",
    )
} | {
    "abs": mp.fabs,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(mp.fabs(x)),
    "log2": lambda x: mp.log(x, 2),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "total": mp.fsum,
    "product": mp.fprod,
    "dot": mp.fdot,
    "count": len,
    "maximum": max,
    "minimum": min,
    "mpf": mpf,
}  # fmt: skip


class _ExactConstants(ast.NodeTransformer):
    """``1 / 3`` is to be the quotient of two exact numbers."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Call(ast.Name("mpf", ast.Load()), [node], [])


_codes: dict[ad.Primitive, Any] = {}


def exact(row: ad.Primitive, operands: Sequence[Any]) -> Any:
    """Return what ``row``'s textbook formula gives for mpmath numbers, to the working precision."""
    if row not in _codes:
        tree = _ExactConstants().visit(copy.deepcopy(row.formula.tree))
        tree = ast.fix_missing_locations(ast.Expression(tree))
        _codes[row] = compile(tree, f"<formula of {row.name}>", "eval")
    spec = row.operands
    numbers: dict[str, Any] = {
        name: [] if group else None for name, group in zip(spec.names, spec.groups, strict=True)
    }
    for position, x in enumerate(operands):
        name = spec.name_of(position, len(operands))
        if isinstance(numbers[name], list):
            numbers[name].append(x)
        else:
            numbers[name] = x
    return mpf(eval(_codes[row], {**_FUNCTIONS, "pi": +mp.pi, **numbers}))


def replayed(out: ad.Value, moved: Mapping[ad.Value, Any]) -> Any:
    """Return the exact value of the graph of ``out``, with other numbers in the ``moved`` leaves."""
    numbers: dict[ad.Value, Any] = {}
    for node in topological_order(out):
        if node.primitive is None:
            numbers[node] = moved.get(node, mpf(node.data))
        else:
            numbers[node] = exact(node.primitive, [numbers[x] for x in node.operands])
    return numbers[out]


def exact_derivative(out: ad.Value, leaf: ad.Value) -> float:
    """Return ∂out/∂leaf by a central difference with 60 digits.

    The step is 1e-20, so the truncation error is about 1e-40 of the third derivative, and the
    rounding error 1e-60 / 1e-20.
    """
    with mpmath.workdps(DIGITS):
        step = mpf(10) ** -20
        x = mpf(leaf.data)
        rise = replayed(out, {leaf: x + step}) - replayed(out, {leaf: x - step})
        return float(rise / (2 * step))


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


def safe_step(out: ad.Value, leaf: ad.Value) -> float:
    """Return a step of ``leaf`` that moves no number of the graph by more than about 0.02."""
    order = topological_order(out)
    speeds = tangents(order, {leaf: 1.0}).values() if leaf in order else ()
    return 0.02 / max([1.0, *map(abs, speeds)])


def finite_difference(f: Callable[[float], float], x: float, step: float) -> tuple[float, float, float]:
    """Return f'(x), an estimate of the error, and the smallest step, by Richardson extrapolation.

    Central differences have an error in even powers of the step, so each column of the table takes
    out one more power. The estimate is the change from the best entry's two neighbours (Ridders
    1982); rounding in f adds about (error of f) / (smallest step).
    """
    best, error = 0.0, float("inf")
    above: list[float] = []
    for i in range(6):
        h = step / 2**i
        row = [(f(x + h) - f(x - h)) / ((x + h) - (x - h))]
        for k, left in enumerate(above):
            row.append(row[k] + (row[k] - left) / (4 ** (k + 1) - 1))
            change = max(abs(row[k + 1] - row[k]), abs(row[k + 1] - left))
            if change <= error:
                best, error = row[k + 1], change
        above = row
    return best, error, step / 2**5
