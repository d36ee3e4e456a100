"""Replay with NumPy: where nothing is compiled, the same tape runs over arrays, one entry a lane.

The tape's statements (as in ``g.source``) are run with arrays for lane variables, the rule texts turned
into NumPy expressions. Shared variables are floats, computed by the kernels of eager mode.
"""

import ast
import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff import kernels
from autodiff.expressions import CONSTANTS, Rule, total_arithmetic
from autodiff.primitive import Primitive, rows
from autodiff.tape.arguments import Array
from autodiff.tape.lines import Evaluate, Partial, Program
from autodiff.tape.source import Statements, partial_function, value_function

_NUMPY_NAMES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "atan2": "arctan2", "div": "divide", "pow": "power", "abs": "absolute",
}  # fmt: skip


class NumpyReplay:
    """A program ready to run over NumPy arrays."""

    def __init__(self, program: Program) -> None:
        self.program = program
        statements = Statements(program, arrays=True)
        names = [statements.name(x) for x in program.inputs]
        lines = [f"{', '.join(names)}, = inputs"] if names else []
        lines += [f"{statements.name(target)} = 0.0" for target in program.sums]
        for line in program.lines:
            lines += statements.of(line)
        outs = "".join(f"{statements.name(x)}, " for x in program.outputs)
        bars = "".join(f"{statements.name(x) if x >= 0 else '0.0'}, " for x in program.gradient)
        body = "".join(f"    {line}\n" for line in lines)
        text = f"def run(inputs, lane_sum, ok):\n{body}    return ({outs}), ({bars}), ok\n"
        found: dict[str, Any] = {}
        exec(compile(text, "<autodiff tape>", "exec"), _namespace(program), found)
        self._run = found["run"]

    def run(
        self,
        shared: Sequence[float | Array],
        lanes: Sequence[Array],
        count: int,
        outs: Array,
        gradient: Array,
        threads: int,
    ) -> Array | None:
        """Fill ``outs`` and ``gradient``, as ``replay.Replay`` says; one thread does it all."""
        numbers = iter([x for part in shared for x in np.ravel(part).tolist()])
        columns = iter([column for block in lanes for column in block.reshape(count, -1).T])
        is_lane = self.program.variables.lane
        inputs = [next(columns) if is_lane[x] else next(numbers) for x in self.program.inputs]

        def lane_sum(a: Any, b: Any) -> float:
            return float(np.broadcast_to(np.multiply(a, b), (count,)).sum())

        with np.errstate(all="ignore"):
            values, bars, ok = self._run(inputs, lane_sum, np.ones(count, dtype=bool))
        for row, value in zip(outs, values, strict=True):
            row[:] = value
        if self.program.gradient:
            pairs = zip(self.program.inputs, bars, strict=True)
            gradient[:] = [bar for x, bar in pairs if not is_lane[x]]
        return None if np.all(ok) else ok


class _Lanes:
    """The functions of the table over arrays, made from the rule texts when first asked for."""

    def __init__(self) -> None:
        self._functions: dict[tuple[Primitive, int], Callable[..., Any]] = {}

    def value(self, row: Primitive) -> Callable[..., Any]:
        if (row, -1) not in self._functions:
            if row.operands.variadic:
                function = _one_lane_at_a_time(row.evaluate)
            elif row.name in kernels.__all__:
                function = _numpy_kernel(row.name)
            else:
                function = self._compiled(row.operands.parameters, row.forward)
            self._functions[row, -1] = function
        return self._functions[row, -1]

    def partial(self, row: Primitive, rule: int) -> Callable[..., Any]:
        if (row, rule) not in self._functions:
            if row.operands.variadic:
                function = _group_partials(row, rule)
            else:
                function = self._compiled(f"out, {row.operands.parameters}", row.partial_rules[rule])
            self._functions[row, rule] = function
        return self._functions[row, rule]

    def _compiled(self, parameters: str, rule: Rule) -> Callable[..., Any]:
        tree = _ArrayRule().visit(total_arithmetic(rule.tree))
        if parameters.startswith("out, "):  # a nan value has nan derivatives, whatever the rule says
            is_nan = ast.Compare(_name("out"), [ast.NotEq()], [_name("out")])
            tree.body = ast.Call(_name("_where"), [is_nan, _name("out"), tree.body], [])
        source = ast.unparse(ast.fix_missing_locations(tree))
        functions: dict[str, Any] = dict(CONSTANTS) | {"_where": np.where}
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            called = call.func.id if isinstance(call.func, ast.Name) else ""
            if called in kernels.__all__:
                functions[called] = _numpy_kernel(called)
            elif called in rows:
                functions[called] = self.value(rows[called])
        return eval(f"lambda {parameters}: {source}", functions)  # type: ignore[no-any-return]


class _ArrayRule(ast.NodeTransformer):
    """Rewrite what arrays cannot do in a rule: choices, chained comparisons, and, or."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return ast.Call(_name("_where"), [node.test, node.body, node.orelse], [])

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        operands = [node.left, *node.comparators]
        pairs = [
            ast.Compare(copy.deepcopy(left), [relation], [copy.deepcopy(right)])
            for left, relation, right in zip(operands, node.ops, operands[1:], strict=False)
        ]
        return _joined(pairs, ast.BitAnd())

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        return _joined(node.values, ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr())


def _name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def _joined(parts: Sequence[ast.expr], operator: ast.operator) -> ast.expr:
    joined = parts[0]
    for part in parts[1:]:
        joined = ast.BinOp(joined, operator, part)
    return joined


def _numpy_kernel(name: str) -> Callable[..., Any]:
    function = getattr(np, _NUMPY_NAMES.get(name, name), None)
    return function if isinstance(function, np.ufunc) else _one_lane_at_a_time(getattr(kernels, name))


def _one_lane_at_a_time(function: Callable[..., float]) -> Callable[..., Any]:
    def over_lanes(*operands: Any) -> Any:
        arrays = np.broadcast_arrays(*operands)
        columns = [array.tolist() for array in arrays]
        return np.array([function(*numbers) for numbers in zip(*columns, strict=True)], dtype=float)

    return over_lanes


def _group_partials(row: Primitive, rule: int) -> Callable[..., Any]:
    def over_lanes(out: Any, *operands: Any) -> Any:
        arrays = np.broadcast_arrays(out, *operands)
        columns = [array.tolist() for array in arrays]
        places = [i for i in range(len(operands)) if row.rule_position(i, len(operands)) == rule]
        table = np.array([row.partials(*numbers) for numbers in zip(*columns, strict=True)], dtype=float)
        table = table.reshape(-1, len(operands))[:, places].T
        return table if row.operands.groups[rule] else table[0]

    return over_lanes


_LANES = _Lanes()


def _namespace(program: Program) -> dict[str, Any]:
    """Return what the statements of ``program`` call: scalar functions, and those over arrays."""
    lanes = type("Functions", (), {})()
    functions: dict[str, Any] = {"nan": np.nan, "inf": np.inf, "where": np.where, "lanes": lanes}
    lane = program.variables.lane
    for line in program.lines:
        if isinstance(line, Evaluate):
            name = value_function(line.row)
            if lane[line.out]:
                setattr(lanes, name, _LANES.value(line.row))
            else:
                functions[name] = line.row.evaluate
        elif isinstance(line, Partial):
            name = partial_function(line.row, line.rule)
            if lane[line.outs[0]]:
                setattr(lanes, name, _LANES.partial(line.row, line.rule))
            else:
                functions[name] = _scalar_partial(line.row, line.rule)
    return functions


def partials_by(row: Primitive, rule: int) -> Callable[..., list[float]]:
    """Return the function of the value and the operands that gives the partials of one rule."""

    def partials(out: float, *operands: float) -> list[float]:
        every = row.partials(out, *operands)
        return [p for i, p in enumerate(every) if row.rule_position(i, len(operands)) == rule]

    return partials


def _scalar_partial(row: Primitive, rule: int) -> Callable[..., Any]:
    wanted = partials_by(row, rule)
    return wanted if row.operands.groups[rule] else lambda *numbers: wanted(*numbers)[0]
