"""Reading an expression: text such as ``a = w*x; y = sin(a)`` turned into statements.

The text is parsed as Python and then walked. Only arithmetic, the table's functions, comparisons
(for ``where``), numbers and ``name = …`` are allowed, and Python itself evaluates nothing. What tables
print may be pasted back: ``·``, ``−`` and superscripts are read.
"""

import ast
import keyword
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from autodiff import functions
from autodiff.expressions import CONSTANTS
from autodiff.primitives import PRIMITIVES

MOST_CHARACTERS = 100_000
_LONGEST_COMPLAINT = 300  # characters: names may be of any length
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
_SPELLED = dict.fromkeys("·⋅×", "*") | dict.fromkeys("−–", "-") | dict.fromkeys("\n\t\r\xa0", " ")
_SPELLED |= {"÷": "/", "π": " pi ", "√": " sqrt "}
_UNREADABLE = {
    r"['\"`\\#]": "this character has no meaning here",
    r"√(?!\s*\()": "a root needs brackets: √(x)",
    "[⁰¹²³⁴-⁹]\\s*\\*\\*": "brackets are missing: which power comes first?",
}
# A number before a name, a name or a number after a name or a closing bracket.
_NO_OPERATOR = re.compile(
    r"(?<![\w.])(?!0[xXoObB])\d[\d_.]*(?![eE][+-]?\d)(?=[^\W\d_])|\w\s+(?=\w)|\)\s*(?=\w)"
)
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


class ExpressionError(ValueError):
    """An expression that cannot be read or computed; the message marks the place with a caret."""

    def __init__(self, complaint: str, text: str = "", span: tuple[int, int] | None = None) -> None:
        if len(complaint) > _LONGEST_COMPLAINT:
            complaint = f"{complaint[: _LONGEST_COMPLAINT - 1]}…"
        super().__init__(f"{complaint}\n{_marked(text, *span)}" if span else complaint)
        self.complaint = complaint


def _marked(text: str, start: int, end: int) -> str:
    """Return the line of ``text`` around a place, cut where it is long, and carets under the place."""
    from rich.cells import cell_len

    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start) % (len(text) + 1)
    left, right = max(first, start - 60), min(last, start + 40)
    text = "".join(c if c.isprintable() else " " for c in text)
    carets = "^" * max(1, cell_len(text[start : min(end, right)]))
    return f"    {text[left:right]}\n    {' ' * cell_len(text[left:start])}{carets}"


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

    @property
    def place(self) -> tuple[int, int]:
        """Where the statement's first word stands in the user's text."""
        first = re.match(r"\w*", self.piece.spelled)
        return self.piece.places[0], self.piece.places[max(first.end() if first else 0, 1) - 1] + 1


class Program(NamedTuple):
    """A parsed text: its statements, and the names that need a value in order of appearance."""

    text: str
    statements: tuple[Statement, ...]
    inputs: tuple[str, ...]


def parse(text: str) -> Program:
    """Return the program in ``text``: statements separated by ``;`` or new lines.

    Raises:
        ExpressionError: for anything but arithmetic, known functions, numbers and ``name = …``.

    >>> parse("a = w*x; sin(a)").inputs
    ('w', 'x')
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the expression has {len(text)} characters, more than {MOST_CHARACTERS}")
    for characters, complaint in _UNREADABLE.items():
        if found := re.search(characters, text):
            raise ExpressionError(complaint, text, found.span())
    statements = []
    inputs: dict[str, None] = {}
    assigned: set[str] = set()
    for piece in _pieces(text):
        statement = _statement(text, piece)
        for node in walk(statement.expression):
            if isinstance(node, ast.Name) and node.id not in assigned | CONSTANTS.keys():
                inputs[node.id] = None
        if statement.target is not None:
            if statement.target in inputs:
                complaint = f"{statement.target!r} is used before it gets this value"
                raise ExpressionError(f"{complaint}: choose another name", text, statement.place)
            if statement.target in assigned | CONSTANTS.keys():
                complaint = f"{statement.target!r} has a value already: choose another name"
                raise ExpressionError(complaint, text, statement.place)
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
        with warnings.catch_warnings(action="ignore"):
            body = ast.parse(piece.spelled).body
    except SyntaxError as error:
        complaint, character = _syntax_complaint(piece.spelled, error)
        start = piece.places[min(character, len(piece.places) - 1)]
        raise ExpressionError(complaint, text, (start, start + 1)) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression is nested too deeply, or has too many terms") from None
    except ValueError:
        raise ExpressionError("this is not an expression: a character in it is no text") from None
    node = body[0]
    if len(body) == 1 and isinstance(node, ast.Expr):
        return Statement(None, _checked(text, piece, node.value), piece)
    if len(body) == 1 and isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Name):
            return Statement(target.id, _checked(text, piece, node.value), piece)
    raise ExpressionError("only expressions and name = expression are allowed", text, whole)


def _syntax_complaint(spelled: str, error: SyntaxError) -> tuple[str, int]:
    """Return what is wrong with a text that Python cannot read, and at which character."""
    character = (error.offset or 1) - 1
    said = error.msg.partition(". ")[0]  # what follows is about Python's other statements
    if "nested parentheses" in said:
        return f"the expression is nested too deeply ({said})", character
    if said.startswith("Exceeds the limit"):
        return "this number has too many digits", character
    if said.startswith("cannot assign"):
        return "left of = stands one name alone, such as y = x**2", character
    for word in re.finditer(r"\w+", spelled):
        if keyword.iskeyword(word[0]):
            return f"{word[0]!r} is a word of Python: choose another name", word.start()
    if missing := _NO_OPERATOR.search(spelled):
        return "an operator is missing here: products are written with *", missing.end()
    return f"this is not an expression ({said})", character


def walk(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the operands of ``tree``, then itself: every part before the part that needs it."""
    found = [tree]
    for node in found:  # grows while it is walked
        found += parts_of(node)
    return reversed(found)


def parts_of(node: ast.expr) -> list[ast.expr]:
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
    for node in walk(tree):
        complaint = _complaint(node)
        if complaint:
            raise ExpressionError(complaint, text, piece.span(node))
    return tree


def _complaint(node: ast.expr) -> str:
    """Return what is wrong with one node, "" where nothing is."""
    if isinstance(node, ast.Constant):
        if type(node.value) not in (int, float):
            return f"{node.value!r} is not a real number"
        too_large = abs(node.value) > sys.float_info.max  # type: ignore[arg-type]
        return "this is larger than any floating-point number" if too_large else ""
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name):
            return "functions are called by name: or is a * missing before the bracket?"
        if node.keywords:
            return "the operands of a function are given by position"
        if node.func.id == "where" and len(node.args) != 3:
            return "where takes a condition and two values: where(x > 0, a, b)"
        return "" if node.func.id in known_functions() else _unknown_function(node.func.id)
    if isinstance(node, ast.BinOp) and not isinstance(node.op, OPERATORS):
        hint = ": powers are written **" if isinstance(node.op, ast.BitXor) else ""
        return f"this operator is not among + - * / **{hint}"
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, (ast.USub, ast.UAdd)):
        return "this operator is not among + -"
    if isinstance(node, ast.Compare) and not all(isinstance(op, COMPARISONS) for op in node.ops):
        return "this comparison is not among < <= > >= == !="
    if isinstance(node, ast.Tuple):
        return "a comma separates the operands of a function: decimals are written with a point"
    if not isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Name)):
        return "this is not arithmetic: only + - * / **, functions, numbers and names are allowed"
    return ""


def known_functions() -> dict[str, Callable[..., Any]]:
    """Return what an expression may call: the table's rows of scalars, by their public names."""
    rows: dict[str, Callable[..., Any]] = {
        name: row for name, row in PRIMITIVES.items() if row.operands.groups != (True, True)
    }
    return rows | {"max": functions.max, "min": functions.min, "where": functions.where}


def _unknown_function(name: str) -> str:
    import difflib

    close = ["log"] if name == "ln" else difflib.get_close_matches(name, known_functions(), 3)
    hint = f"did you mean {' or '.join(close)}?" if close else "or is a * missing before the bracket?"
    return f"no function is called {name!r}: {hint}"
