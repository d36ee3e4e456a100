"""The command line's expressions: text such as ``a = w*x; y = sin(a)`` turned into Values.

The text is parsed as Python and then walked. Only arithmetic, the table's functions, comparisons
(for ``where``), numbers and ``name = …`` are allowed, and Python itself evaluates nothing. What tables
print may be pasted back: ``·``, ``−`` and superscripts are read.
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from autodiff import functions, modes
from autodiff.errors import DomainError
from autodiff.expressions import CONSTANTS
from autodiff.operators import Number
from autodiff.primitive import Primitive
from autodiff.primitives import PRIMITIVES, identity
from autodiff.value import Value

MOST_CHARACTERS = 100_000
_SUPERSCRIPTS = {character: str(digit) for digit, character in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_SPELLED = {
    "·": "*",
    "×": "*",
    "−": "-",
    "÷": "/",
    "π": "pi",
    "√": "sqrt",
    "\n": " ",
    "\t": " ",
    "\r": " ",
}
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


class ExpressionError(ValueError):
    """An expression that cannot be read or computed; the message marks the place with a caret."""

    def __init__(self, complaint: str, text: str = "", span: tuple[int, int] | None = None) -> None:
        super().__init__(f"{complaint}\n{_marked(text, *span)}" if span else complaint)
        self.complaint = complaint


def _marked(text: str, start: int, end: int) -> str:
    """Return the line of ``text`` around a place, cut where it is long, and carets under the place."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start) % (len(text) + 1)
    left, right = max(first, start - 60), min(last, start + 40)
    carets = "^" * max(1, min(end, right) - start)
    return f"    {text[left:right]}\n    {' ' * (start - left)}{carets}"


class _Piece(NamedTuple):
    """One statement as Python spells it, and where in the user's text each character stood."""

    spelled: str
    places: Sequence[int]

    def span(self, node: Any) -> tuple[int, int]:
        """Return where a node of the parsed statement stands in the user's text."""
        start = self._place(node.col_offset)
        last = self._place((node.end_col_offset or node.col_offset + 1) - 1)
        return start, last + 1

    def _place(self, column: int) -> int:
        # Python counts columns in bytes.
        characters = len(self.spelled.encode()[:column].decode(errors="ignore"))
        return self.places[min(characters, len(self.places) - 1)]


class Statement(NamedTuple):
    """``target = expression``, or an expression alone."""

    target: str | None
    expression: ast.expr
    piece: _Piece


class Program(NamedTuple):
    """A parsed text: its statements, and the names that need a value in order of appearance."""

    text: str
    statements: tuple[Statement, ...]
    inputs: tuple[str, ...]


class Computed(NamedTuple):
    """What a program gives: its outputs, and its inputs by name."""

    outputs: list[Value]
    inputs: dict[str, Value]


def parse(text: str) -> Program:
    """Return the program in ``text``: statements separated by ``;`` or new lines.

    Raises:
        ExpressionError: for anything but arithmetic, known functions, numbers and ``name = …``.

    >>> parse("a = w*x; sin(a)").inputs
    ('w', 'x')
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the expression has {len(text)} characters, more than {MOST_CHARACTERS}")
    statements = []
    inputs: dict[str, None] = {}
    assigned: set[str] = set()
    for piece in _pieces(text):
        statement = _statement(text, piece)
        for node in _walk(statement.expression):
            if isinstance(node, ast.Name) and node.id not in assigned | CONSTANTS.keys():
                inputs[node.id] = None
        if statement.target is not None:
            if statement.target in assigned | inputs.keys() | CONSTANTS.keys():
                place = piece.span(statement.expression)
                raise ExpressionError(
                    f"{statement.target!r} has a value already: choose another name",
                    text, (piece.places[0], place[0]),
                )  # fmt: skip
            assigned.add(statement.target)
        statements.append(statement)
    if not statements:
        raise ExpressionError("the expression is empty")
    return Program(text, tuple(statements), tuple(inputs))


def _pieces(text: str) -> Iterator[_Piece]:
    """Yield the statements of ``text``: it is cut at ``;`` and at new lines outside brackets."""
    spelled: list[str] = []
    places: list[int] = []
    depth, raised = 0, False
    for place, character in enumerate([*text, ";"]):
        depth += (character in "([") - (character in ")]")
        if character == ";" or (character == "\n" and depth <= 0):
            if "".join(spelled).strip():
                skipped = len("".join(spelled)) - len("".join(spelled).lstrip())
                yield _Piece("".join(spelled).strip(), places[skipped:])
            spelled, places, depth = [], [], 0
            continue
        if character in _SUPERSCRIPTS:
            written = ("" if raised else "**") + _SUPERSCRIPTS[character]
        else:
            written = _SPELLED.get(character, character)
        raised = character in _SUPERSCRIPTS
        spelled.append(written)
        places += [place] * len(written)


def _statement(text: str, piece: _Piece) -> Statement:
    whole = (piece.places[0], piece.places[len(piece.spelled) - 1] + 1)
    try:
        body = ast.parse(piece.spelled).body
    except SyntaxError as error:
        column = len(piece.spelled[: (error.offset or 1) - 1].encode())
        start = piece._place(column)
        complaint = f"this is not an expression ({error.msg})"
        if "nested parentheses" in error.msg:
            complaint = f"the expression is nested too deeply ({error.msg})"
        raise ExpressionError(complaint, text, (start, start + 1)) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression is nested too deeply, or has too many terms") from None
    except ValueError as error:
        raise ExpressionError(f"this is not an expression ({error})") from None
    node = body[0]
    if len(body) == 1 and isinstance(node, ast.Expr):
        return Statement(None, _checked(text, piece, node.value), piece)
    if len(body) == 1 and isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Name):
            return Statement(target.id, _checked(text, piece, node.value), piece)
    raise ExpressionError("only expressions and name = expression are allowed", text, whole)


def _walk(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the operands of ``tree``, then itself: every part before the part that needs it."""
    found = [tree]
    for node in found:  # grows while it is walked
        found += _parts(node)
    return reversed(found)


def _parts(node: ast.expr) -> list[ast.expr]:
    """Return the parts of an allowed node that have values of their own, last first."""
    if isinstance(node, ast.BinOp):
        return [node.right, node.left]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Compare):
        return [*reversed(node.comparators), node.left]
    if isinstance(node, ast.Call):
        return [*reversed(node.args)]
    return []


def _checked(text: str, piece: _Piece, tree: ast.expr) -> ast.expr:
    """Return ``tree``, every part of which is allowed."""
    for node in _walk(tree):
        complaint = _complaint(node)
        if complaint:
            raise ExpressionError(complaint, text, piece.span(node))
    return tree


def _complaint(node: ast.expr) -> str:
    """Return what is wrong with one node, "" where nothing is."""
    if isinstance(node, ast.Constant):
        return "" if type(node.value) in (int, float) else f"{node.value!r} is not a real number"
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.keywords:
            return "functions are called by name, their operands by position"
        return "" if node.func.id in _functions() else _unknown_function(node.func.id)
    if isinstance(node, ast.BinOp) and type(node.op) not in _ROW_OF:
        hint = ": powers are written **" if isinstance(node.op, ast.BitXor) else ""
        return f"this operator is not among + - * / **{hint}"
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, (ast.USub, ast.UAdd)):
        return "this operator is not among + -"
    if isinstance(node, ast.Compare) and any(type(op) not in _COMPARE for op in node.ops):
        return "this comparison is not among < <= > >= == !="
    if not isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Name)):
        return "this is not arithmetic: only + - * / **, functions, numbers and names are allowed"
    return ""


def _functions() -> dict[str, Callable[..., Any]]:
    """Return what an expression may call: the table's rows of scalars, by their public names."""
    rows: dict[str, Callable[..., Any]] = {
        name: row for name, row in PRIMITIVES.items() if row.operands.groups != (True, True)
    }
    return rows | {"max": functions.max, "min": functions.min, "where": functions.where}


def _unknown_function(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, _functions(), 3)
    hint = f": did you mean {' or '.join(close)}?" if close else ""
    return f"no function is called {name!r}{hint}"


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
        return float(_evaluated(program, program.statements[0], CONSTANTS, {}))


def compute(program: Program, values: Mapping[str, float]) -> Computed:
    """Return the outputs of ``program``: what its statements give and no later statement uses.

    Arguments:
        values: a number for each input, in the order in which the inputs are to be listed.

    Raises:
        ExpressionError: for a missing value, a wrong number of operands, or an operation outside its
            domain.

    >>> computed = compute(parse("y = x*x"), {"x": 3.0})
    >>> computed.outputs[0].data
    9.0
    """
    inputs = {name: Value(number, name=name) for name, number in values.items()}
    with modes.strict():
        outputs = _outputs(program, inputs)
    for out in outputs:
        if not isinstance(out, Value):
            raise ExpressionError(
                "there is nothing to differentiate: an output uses no name with a value, such as x with x=2"
            )
    return Computed(outputs, inputs)


def evaluate(program: Program, values: Mapping[str, float]) -> list[float]:
    """Return the outputs of ``program`` as floats; outside a domain they are nan or inf.

    >>> evaluate(parse("y = x*x; log(-y)"), {"x": 3.0})
    [nan]
    """
    return _outputs(program, values)


def _outputs(program: Program, inputs: Mapping[str, Any]) -> list[Any]:
    """Return what the statements give and no other statement uses."""
    names: dict[str, Any] = CONSTANTS | dict(inputs)
    known: dict[Any, Any] = {}
    expressions = [statement.expression for statement in program.statements]
    used = {node.id for tree in expressions for node in _walk(tree) if isinstance(node, ast.Name)}
    outputs: list[Any] = []
    for statement in program.statements:
        result = _evaluated(program, statement, names, known)
        if statement.target is not None:
            if isinstance(result, Value):
                result = identity(result) if result.name is not None else result  # y = x is a new node
                result.name = statement.target
            names[statement.target] = result
        if statement.target not in used:
            outputs.append(result)
    return outputs


def _evaluated(
    program: Program, statement: Statement, names: Mapping[str, Any], known: dict[Any, Any]
) -> Any:
    """Return what a statement gives; an operation that was done before, ``known``, is not done twice."""
    results: dict[ast.expr, Any] = {}
    for node in _walk(statement.expression):
        span = statement.piece.span(node)
        try:
            results[node] = _result(node, results, names)
            if isinstance(results[node], Value) and results[node].operands:
                made = results[node]
                key = (
                    made.primitive,
                    *(repr(x.data) if x.is_constant else id(x) for x in made.operands),
                )
                results[node] = known.setdefault(key, made)
        except KeyError:
            name = node.id if isinstance(node, ast.Name) else "?"
            complaint = f"{name!r} has no value: add {name}=NUMBER"
            raise ExpressionError(complaint, program.text, span) from None
        except DomainError as error:
            raise ExpressionError(error.reason, program.text, span) from None
        except (TypeError, ValueError, OverflowError) as error:
            raise ExpressionError(str(error), program.text, span) from None
    return results[statement.expression]


def _result(node: ast.expr, results: Mapping[ast.expr, Any], names: Mapping[str, Any]) -> Any:
    """Return what one node gives, its parts being known."""
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return names[node.id]
    parts = [results[part] for part in reversed(_parts(node))]
    if isinstance(node, ast.Compare):
        pairs = zip(node.ops, parts, parts[1:], strict=False)
        return all(_COMPARE[type(op)](x, y) for op, x, y in pairs)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        function = _functions()[node.func.id]
        if function is functions.where and len(parts) == 3:
            return functions.where(*parts)
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
