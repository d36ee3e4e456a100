"""What the command line's expressions compute: a parsed program and numbers turned into Values."""

import ast
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from autodiff import functions, modes
from autodiff.errors import DomainError
from autodiff.expressions import CONSTANTS
from autodiff.operators import Number
from autodiff.primitive import Primitive
from autodiff.primitives import PRIMITIVES, identity
from autodiff.syntax.reading import (
    ExpressionError,
    Program,
    Statement,
    known_functions,
    parse,
    parts_of,
    walk,
)
from autodiff.value import Value

_ROW_OF = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.USub: "neg",
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: lambda x, y: bool(x < y),
    ast.LtE: lambda x, y: bool(x <= y),
    ast.Gt: lambda x, y: bool(x > y),
    ast.GtE: lambda x, y: bool(x >= y),
    ast.Eq: lambda x, y: bool(x == y),
    ast.NotEq: lambda x, y: bool(x != y),
}


class Computed(NamedTuple):
    """What a program gives: its outputs, and its inputs by name."""

    outputs: list[Value]
    inputs: dict[str, Value]


def compute(program: Program, values: Mapping[str, float]) -> Computed:
    """Return the outputs of ``program``: what its statements give and no later statement uses.

    Arguments:
        values: a number for each input, in the order in which the inputs are to be listed.

    Raises:
        ExpressionError: for a missing value or one too many, a wrong number of operands, or an
            operation outside its domain.

    >>> computed = compute(parse("y = x*x"), {"x": 3.0})
    >>> computed.outputs[0].data
    9.0
    """
    inputs = {name: Value(number, name=name) for name, number in values.items()}
    for statement in program.statements:
        if statement.target in values:
            complaint = f"{statement.target!r} gets its value here: leave out {statement.target}=NUMBER"
            raise ExpressionError(complaint, program.text, statement.place)
    for name in CONSTANTS.keys() & values.keys():
        raise ExpressionError(f"{name!r} has a value already: choose another name")
    with modes.strict():
        outputs = _outputs(program, inputs)
    for statement, out in outputs:
        if not isinstance(out, Value):
            complaint = "a comparison is no number: where(condition, a, b) takes one"
            if not isinstance(out, bool):
                complaint = "there is nothing to differentiate: this uses no name with a value"
            raise ExpressionError(complaint, program.text, statement.piece.span(statement.expression))
    return Computed([out for _, out in outputs], inputs)


def evaluate(program: Program, values: Mapping[str, float]) -> list[float]:
    """Return the outputs of ``program`` as floats; outside a domain they are nan or inf.

    >>> evaluate(parse("y = x*x; log(-y)"), {"x": 3.0})
    [nan]
    """
    return [out for _, out in _outputs(program, values)]


def _outputs(program: Program, inputs: Mapping[str, Any]) -> list[tuple[Statement, Any]]:
    """Return what the statements give and no other statement uses, each beside its statement."""
    _check_values(program, inputs)
    names: dict[str, Any] = CONSTANTS | dict(inputs)
    known: dict[Any, Any] = {}
    expressions = [statement.expression for statement in program.statements]
    used = {node.id for tree in expressions for node in walk(tree) if isinstance(node, ast.Name)}
    outputs: list[tuple[Statement, Any]] = []
    for statement in program.statements:
        result = _evaluated(program, statement, names, known)
        if statement.target is not None:
            if isinstance(result, Value):
                result = identity(result) if result.name is not None else result  # y = x is a new node
                result.name = statement.target
            names[statement.target] = result
        if statement.target not in used:
            outputs.append((statement, result))
    return outputs


def _check_values(program: Program, inputs: Mapping[str, Any]) -> None:
    missing = [name for name in program.inputs if name not in inputs]
    for statement in program.statements if missing else ():
        for node in walk(statement.expression):
            if isinstance(node, ast.Name) and node.id == missing[0]:
                add = f"add {' '.join(f'{name}=NUMBER' for name in missing)}"
                way = f"it is a function, {node.id}(…)" if node.id in known_functions() else add
                complaint = f"{node.id!r} has no value: {way}"
                raise ExpressionError(complaint, program.text, statement.piece.span(node))


def _evaluated(
    program: Program, statement: Statement, names: Mapping[str, Any], known: dict[Any, Any]
) -> Any:
    """Return what a statement gives; an operation that was done before, ``known``, is not done twice."""
    results: dict[ast.expr, Any] = {}
    pending = [statement.expression]
    while pending:
        node = pending[-1]
        missing = [part for part in _needed(node, results) if part not in results]
        if missing:
            pending += missing
            continue
        pending.pop()
        try:
            results[node] = _result(node, results, names)
            if isinstance(results[node], Value) and results[node].operands:
                made = results[node]
                key = (
                    made.primitive,
                    *(repr(x.data) if x.is_constant else id(x) for x in made.operands),
                )
                results[node] = known.setdefault(key, made)
        except (DomainError, TypeError, ValueError) as error:
            complaint = error.reason if isinstance(error, DomainError) else str(error)
            raise ExpressionError(complaint, program.text, statement.piece.span(node)) from None
    return results[statement.expression]


def _needed(node: ast.expr, results: Mapping[ast.expr, Any]) -> list[ast.expr]:
    """Return the parts whose values ``node`` needs, last first; of a ``where`` one branch."""
    parts = parts_of(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "where":
        otherwise, then, condition = parts
        if condition not in results:
            return [condition]
        return [then if results[condition] else otherwise]
    return parts


def _result(node: ast.expr, results: Mapping[ast.expr, Any], names: Mapping[str, Any]) -> Any:
    """Return what one node gives, its parts being known."""
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return names[node.id]
    parts = [results[part] for part in reversed(_needed(node, results))]
    if isinstance(node, ast.Compare):
        pairs = zip(node.ops, parts, parts[1:], strict=False)
        return all(_COMPARE[type(op)](x, y) for op, x, y in pairs)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        function = known_functions()[node.func.id]
        if function is functions.where:
            return functions.where(True, _not_a_comparison(parts[0]), None)
        return function(*(_not_a_comparison(part) for part in parts))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
        return parts[0]
    assert isinstance(node, (ast.BinOp, ast.UnaryOp))
    row: Primitive = PRIMITIVES[_ROW_OF[type(node.op)]]
    return row(*(_not_a_comparison(part) for part in parts))


def _not_a_comparison(part: Any) -> Any:
    if isinstance(part, bool):
        raise TypeError("a comparison is no number: it is the first operand of where(condition, a, b)")
    assert isinstance(part, (float, Number))
    return part


def number_of(text: str) -> float:
    """Return the number that a text such as ``0.5``, ``-1e3`` or ``pi/2`` is.

    Raises:
        ExpressionError: when it is none.
    """
    try:
        number = float(text)
    except ValueError:
        return _computed_number(text)
    if abs(number) == float("inf") and "inf" not in text.lower():
        raise ExpressionError(f"{text!r} is larger than any floating-point number")
    return number


def _computed_number(text: str) -> float:
    program = parse(text)
    if program.inputs or len(program.statements) != 1 or program.statements[0].target:
        raise ExpressionError(f"{text!r} is not a number")
    with modes.strict():
        number = _evaluated(program, program.statements[0], CONSTANTS, {})
    if isinstance(number, bool):
        raise ExpressionError(f"{text!r} is not a number but a comparison")
    return float(number)
