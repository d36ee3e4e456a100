"""A recorded graph with 60 digits: values, and local derivatives, from the rows' own formulas.

Each operation's textbook formula is evaluated by mpmath, and its derivative by a central difference with
a step so small that the result has some 40 digits. The rows' derivative rules have no part in it.
"""

import ast
import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autodiff.graph import topological_order
from autodiff.primitive import Primitive, rows
from autodiff.value import Value

DIGITS = 60
_STEP = -20  # of ten: relative to the operand
LARGEST = 1e15  # an operand, or a value, beyond this is left to finite differences


def is_installed() -> bool:
    """Return whether mpmath is there."""
    try:
        import mpmath  # noqa: F401
    except ImportError:
        return False
    return True


@functools.cache
def _functions() -> dict[str, Callable[..., Any]]:
    """Return what the functions of formulas are on mpmath's numbers."""
    from mpmath import mp, mpf

    same = (
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "cos", "cosh", "erf", "erfc",
        "exp", "expm1", "floor", "hypot", "log", "log1p", "log10", "sign", "sin", "sinh", "sqrt", "tan",
        "tanh",
    )  # fmt: skip
    return {name: getattr(mp, name) for name in same} | {
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
    }


class _ExactConstants(ast.NodeTransformer):
    """``1 / 3`` is to be the quotient of two exact numbers."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Call(ast.Name("mpf", ast.Load()), [node], [])


class _Functions(dict[str, Any]):
    """The functions above, and each row by its own formula."""

    def __missing__(self, name: str) -> Any:
        row = rows[name]
        if row.operands.variadic:
            return lambda numbers: exact(row, numbers)
        return lambda *operands: exact(row, operands)


@functools.lru_cache(maxsize=1024)
def _code(row: Primitive) -> Any:
    tree = _ExactConstants().visit(copy.deepcopy(row.formula.tree))
    return compile(ast.fix_missing_locations(ast.Expression(tree)), f"<formula of {row.name}>", "eval")


def exact(row: Primitive, operands: Sequence[Any]) -> Any:
    """Return what ``row``'s textbook formula gives for mpmath numbers, to the working precision.

    Raises:
        ArithmeticError: where the formula has no real value.
    """
    from mpmath import mp, mpc, mpf

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
    constants = {"pi": +mp.pi, "inf": mp.inf, "nan": mp.nan, "__builtins__": {}}
    # All as globals: inside [exp(x) for x in xs] Python 3.11 sees no others.
    found = eval(_code(row), _Functions(_functions() | constants | numbers))
    if isinstance(found, mpc):
        if found.imag:
            raise ArithmeticError(f"{row.name} has no real value at {operands}")
        found = found.real
    return mpf(found)


def exact_partials(row: Primitive, operands: Sequence[Any], wanted: Sequence[bool] = ()) -> list[Any]:
    """Return ∂row/∂operand for each operand, as mpmath numbers of some 40 digits; 0 where not wanted.

    Raises:
        ArithmeticError: where the formula has no real value beside the operands.
    """
    from mpmath import mpf

    found = []
    for i, x in enumerate(operands):
        if wanted and not wanted[i]:
            found.append(mpf(0))
            continue
        h = (abs(x) or mpf(1)) * mpf(10) ** _STEP
        upper, lower = ([*operands[:i], x + s * h, *operands[i + 1 :]] for s in (1, -1))
        found.append((exact(row, upper) - exact(row, lower)) / (2 * h))
    return found


def exact_sides(row: Primitive, operands: Sequence[Any], position: int) -> tuple[float, float]:
    """Return the slopes on the left and on the right of one operand."""
    from mpmath import mpf, workdps

    with workdps(DIGITS):
        numbers = [mpf(x) for x in operands]
        x = numbers[position]
        h = (abs(x) or mpf(1)) * mpf(10) ** _STEP
        middle = exact(row, numbers)
        sides = []
        for step in (-h, h):
            numbers[position] = x + step
            sides.append(float((exact(row, numbers) - middle) / step))
    return sides[0], sides[1]


def reference_partials(row: Primitive, operands: Sequence[float]) -> list[float] | None:
    """Return the local derivatives at floats, None where the reference has none."""
    from mpmath import mpf, workdps

    if any(not abs(x) <= LARGEST for x in operands):
        return None
    with workdps(DIGITS):
        try:
            return [float(partial) for partial in exact_partials(row, [mpf(x) for x in operands])]
        except (ArithmeticError, ValueError, TypeError, KeyError):
            return None


class Exact:
    """The graph of ``out`` with 60 digits: its value and its gradient.

    Raises:
        ArithmeticError: where a formula has no value; ValueError, OverflowError likewise.
    """

    def __init__(self, out: Value, moved: Mapping[Value, Any] | None = None) -> None:
        from mpmath import mpf, workdps

        self.order = topological_order(out)
        self.out = out
        self.numbers: dict[Value, Any] = {}
        with workdps(DIGITS):
            for node in self.order:
                if node.primitive is None:
                    self.numbers[node] = (moved or {}).get(node, mpf(node.data))
                    continue
                if not abs(node.data) <= LARGEST:
                    raise OverflowError(f"{node!r} is too large for the reference")
                self.numbers[node] = exact(node.primitive, [self.numbers[x] for x in node.operands])

    @property
    def value(self) -> float:
        """The value of the output."""
        return float(self.numbers[self.out])

    def gradient(self, inputs: Sequence[Value]) -> list[float]:
        """Return ∂out/∂input for each input: one reverse sweep over exact local derivatives."""
        from mpmath import mpf, workdps

        with workdps(DIGITS):
            x_bar: dict[Value, Any] = {self.out: mpf(1)}
            for node in reversed(self.order):
                if node.primitive is None or not x_bar.get(node):
                    continue
                moving = [not x.is_constant for x in node.operands]
                numbers = [self.numbers[x] for x in node.operands]
                partials = exact_partials(node.primitive, numbers, moving)
                for operand, partial in zip(node.operands, partials, strict=True):
                    x_bar[operand] = x_bar.get(operand, mpf(0)) + x_bar[node] * partial
            return [float(x_bar.get(x, 0)) for x in inputs]
