"""The table's operations as JavaScript, for the reader of answers in the page.

They are written from the rows' own rule texts, so that an answer means the same there and here. No
derivative is among them.
"""

import ast
import functools
from collections.abc import Mapping, Sequence

from autodiff.expressions import Rule
from autodiff.formulas import public_name
from autodiff.primitive import Primitive
from autodiff.rows import PRIMITIVES, built_in
from autodiff.syntax.reading import known_functions

_KERNELS = {
    **{name: f"Math.{name}" for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh",
        "atanh", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "hypot", "abs",
        "floor", "ceil",
    )},
    "maximum": "((xs) => Math.max(...xs))",
    "minimum": "((xs) => Math.min(...xs))",
    "total": "((xs) => xs.reduce((a, b) => a + b, 0))",
    "product": "((xs) => xs.reduce((a, b) => a * b, 1))",
    "count": "((xs) => xs.length)",
}  # fmt: skip
_OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.Lt: "<", ast.LtE: "<=",
    ast.Gt: ">", ast.GtE: ">=", ast.Eq: "===", ast.NotEq: "!==", ast.And: "&&", ast.Or: "||",
}  # fmt: skip


class _Unknown(Exception):
    """A rule calls what a browser does not have."""


@functools.cache
def functions() -> str:
    """Return a JavaScript object: for each function its least and most operands, and how it is computed.

    >>> "relu: [1, 1, (x) => " in functions()
    True
    """
    known = known_functions()
    written = []
    for row in (PRIMITIVES[name] for name in sorted(built_in)):
        name = public_name(row)
        if name != row.name or name not in known or name == "where":  # a way of speaking, no function
            continue
        try:
            body = _row(row)
        except _Unknown:
            continue
        names, defaults = row.operands.names, row.operands.defaults
        if row.operands.variadic:
            least, most, head = 1, 99, f"(...{names[0]})"
        else:
            least, most = len(names) - len(defaults), len(names)
            head = ", ".join(f"{x} = {defaults[x]!r}" if x in defaults else x for x in names)
            head = f"({head})"
        written.append(f"  {name}: [{least}, {most}, {head} => {body}],")
    return "{\n" + "\n".join(written) + "\n}"


def _row(row: Primitive) -> str:
    """Return a row's value as a JavaScript expression: by its careful form, else by the textbook's."""
    if row.operands.variadic and row.operands.groups != (True,):
        raise _Unknown(row.name)
    try:
        return _rule(row.forward)
    except _Unknown:
        return _rule(row.formula)


def _rule(rule: Rule) -> str:
    return _written(rule.tree)


def _written(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return {"pi": "Math.PI", "inf": "Infinity", "nan": "NaN"}.get(name, name)
        case ast.Constant(value=value):
            return repr(value)
        case ast.UnaryOp(operand=operand):
            return f"(-{_written(operand)})"
        case ast.BinOp(left=left, op=op, right=right):
            return f"({_written(left)} {_OPERATORS[type(op)]} {_written(right)})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return f"({_written(test)} ? {_written(body)} : {_written(orelse)})"
        case ast.BoolOp(op=op, values=values):
            return f"({f' {_OPERATORS[type(op)]} '.join(map(_written, values))})"
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return _compared([left, *comparators], ops)
        case ast.ListComp(elt=element, generators=[ast.comprehension() as loop]):
            return f"{_written(loop.iter)}.map(({_written(loop.target)}) => {_written(element)})"
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _called(name, arguments)
    raise _Unknown(ast.unparse(node))


def _compared(terms: Sequence[ast.expr], ops: Sequence[ast.cmpop]) -> str:
    pairs = zip(terms, ops, terms[1:], strict=False)
    parts = [f"{_written(a)} {_OPERATORS[type(op)]} {_written(b)}" for a, op, b in pairs]
    return f"({' && '.join(parts)})"


def _called(name: str, arguments: Sequence[ast.expr]) -> str:
    if name in _KERNELS:
        return f"{_KERNELS[name]}({', '.join(map(_written, arguments))})"
    row = PRIMITIVES.get(name)
    if row is None or row.operands.variadic or name in {call.name for call in row.forward.calls}:
        raise _Unknown(name)
    return f"(({', '.join(row.operands.names)}) => {_row(row)})({', '.join(map(_written, arguments))})"
