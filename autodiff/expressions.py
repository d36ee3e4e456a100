"""Rule text: parsed once, then turned into Python functions.

A rule text is an ordinary Python expression in the operands of an operation and ``out``, its
value: ``x * y``, ``cos(x)``, ``1 if x > 0 else 0``. A rule about any number of operands may use a
list: ``[exp(x - out) for x in xs]``. Nothing else of Python is allowed, and every name must be an
operand, a constant or a known function, so a slip is found when the rule is read, not when it runs.

    operands    the names of an operation's inputs; ``*xs`` stands for any number of them
    out         the operation's value
    partial     the local derivative ∂out/∂x
"""

import ast
import copy
import keyword
import math
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from autodiff.errors import RuleError

LIST_FUNCTIONS = ("products_of_others", "shares")  # the functions that give a list
CONSTANTS = {"pi": math.pi, "nan": math.nan, "inf": math.inf}

_ALLOWED = (
    ast.Expression, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UnaryOp, ast.USub,
    ast.Compare, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.BoolOp, ast.And, ast.Or,
    ast.IfExp, ast.Call, ast.Name, ast.Load, ast.Store, ast.Constant,
    ast.ListComp, ast.comprehension,
)  # fmt: skip


def is_name(text: str) -> bool:
    """Return whether ``text`` can name an operand or a primitive."""
    return text.isidentifier() and not keyword.iskeyword(text)


class Operands(NamedTuple):
    """The operands of an operation, read from text such as ``x, slope=0.01`` or ``*xs, *ys``."""

    text: str
    names: tuple[str, ...]
    groups: tuple[bool, ...]  # True where the name stands for any number of operands
    defaults: Mapping[str, float]

    @property
    def variadic(self) -> bool:
        """Whether the operation takes any number of operands."""
        return any(self.groups)

    @property
    def parameters(self) -> str:
        """The parameter list of a function of these operands.

        Two groups (``*xs, *ys``) arrive as one sequence, the halves of which have equal length.
        """
        if self.groups == (True, True):
            return "*operands"
        return ", ".join(f"*{n}" if g else n for n, g in zip(self.names, self.groups, strict=True))

    @property
    def preamble(self) -> str:
        """The statements that name the groups when two of them arrive as one sequence."""
        if self.groups != (True, True):
            return ""
        first, second = self.names
        return f"    {first}, {second} = operands[:len(operands) // 2], operands[len(operands) // 2:]\n"

    def name_of(self, position: int, count: int) -> str:
        """Return the rule's name for the operand at ``position`` of ``count``."""
        if self.groups == (True, True):
            return self.names[0 if position < count // 2 else 1]
        return self.names[min(position, len(self.names) - 1)]


def counted(operands: int | None) -> str:
    """Return ``1 operand``, ``2 operands`` …"""
    return f"{operands} operand{'' if operands == 1 else 's'}"


def parse_operands(text: str) -> Operands:
    """Return the operands named by ``text``: ``x``, ``x, y``, ``x, slope=0.01``, ``*xs``.

    Raises:
        RuleError: for a name that is none, twice the same name, or groups in another place than
            ``*xs``, ``*xs, *ys`` and ``x, *xs``.
    """
    if not isinstance(text, str):
        raise RuleError(f"operands are text such as 'x, y', not {type(text).__name__} {text!r}")
    names: list[str] = []
    groups: list[bool] = []
    defaults: dict[str, float] = {}
    for part in (piece.strip() for piece in text.split(",")):
        name, equals, default = (piece.strip() for piece in part.lstrip("*").partition("="))
        if not is_name(name) or name in {*names, "out", *CONSTANTS}:
            raise RuleError(f"operands {text!r}: {part!r} is not a new name for an operand")
        if equals:
            try:
                defaults[name] = float(default)
            except ValueError:
                raise RuleError(f"operands {text!r}: the default {default!r} is no number") from None
        elif defaults:
            raise RuleError(f"operands {text!r}: {name!r} needs a default like those before it")
        names.append(name)
        groups.append(part.startswith("*"))
    if tuple(groups) not in {(True,), (True, True), (False, True)} and any(groups):
        raise RuleError(f"operands {text!r}: a group stands alone, in a pair, or after one operand")
    return Operands(text, tuple(names), tuple(groups), defaults)


class Call(NamedTuple):
    """A call in a rule: the function, how many arguments it is given, and where it stands."""

    name: str
    arguments: int
    column: int


class Rule(NamedTuple):
    """One rule text, its syntax tree, and the functions it calls."""

    text: str
    tree: ast.expr
    calls: tuple[Call, ...]

    @property
    def is_list(self) -> bool:
        """Whether the rule gives a list, one number for each operand of a group."""
        if isinstance(self.tree, ast.Call) and isinstance(self.tree.func, ast.Name):
            return self.tree.func.id in LIST_FUNCTIONS
        return isinstance(self.tree, ast.ListComp)


def parse_rule(text: str, names: Collection[str]) -> Rule:
    """Return the rule written in ``text``, an expression in ``names``.

    Raises:
        RuleError: when the text is no expression, uses a name that is not among ``names``, or any
            part of Python that a rule may not use. The message shows the text and the place.

    >>> parse_rule("x * cos(y)", {"x", "y"}).calls
    (Call(name='cos', arguments=1, column=5),)
    """
    if not isinstance(text, str):
        raise RuleError(f"a rule is text such as 'x * cos(y)', not {type(text).__name__} {text!r}")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise _rule_error(text, getattr(error, "offset", 1) or 1, "is not an expression") from None
    nodes = list(ast.walk(tree))
    known = {*names, *CONSTANTS}
    known |= {
        n.target.id for n in nodes if isinstance(n, ast.comprehension) and isinstance(n.target, ast.Name)
    }
    calls = {id(n.func): n for n in nodes if isinstance(n, ast.Call)}
    for node in nodes:
        complaint = _complaint(node, known) if id(node) not in calls else ""
        if complaint:
            raise _rule_error(text, getattr(node, "col_offset", 0) + 1, complaint)
    return Rule(
        text,
        tree,
        tuple(
            Call(call.func.id, len(call.args), call.col_offset + 1)
            for call in calls.values()
            if isinstance(call.func, ast.Name)
        ),
    )


def _complaint(node: ast.AST, known: Collection[str]) -> str:
    """Return what is wrong with one node of a rule, "" where nothing is."""
    if not isinstance(node, _ALLOWED):
        return f"uses {type(node).__name__}, which a rule may not"
    if isinstance(node, ast.Call) and (not isinstance(node.func, ast.Name) or node.keywords):
        return "may call functions only by name and position"
    if isinstance(node, ast.Name) and node.id not in known:
        return f"names {node.id!r}, which is no operand"
    if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
        return f"holds {node.value!r}, which is no number"
    if isinstance(node, ast.Constant) and abs(node.value) > sys.float_info.max:  # type: ignore[arg-type]
        return "holds a number larger than any float"
    if isinstance(node, ast.ListComp):
        over = node.generators[0]
        simple = isinstance(over.target, ast.Name) and isinstance(over.iter, ast.Name)
        if len(node.generators) > 1 or over.ifs or not simple:
            return "may have lists only of the form [… for x in xs]"
    return ""


def check_calls(rule: Rule, arities: Mapping[str, int | None]) -> None:
    """Raise ``RuleError`` where ``rule`` calls an unknown function or with a wrong operand count.

    ``arities`` gives each known function's operand count, None for any number.
    """
    for call in rule.calls:
        if call.name not in arities:
            complaint = f"calls {call.name!r}, which is no known function"
            raise _rule_error(rule.text, call.column, complaint)
        if arities[call.name] not in (None, call.arguments):
            expected = f"{call.name} takes {counted(arities[call.name])}, not {call.arguments}"
            if call.name == "where":
                expected += "; a choice is written 'a if x > 0 else b'"
            raise _rule_error(rule.text, call.column, f"is wrong: {expected}")


def _rule_error(text: str, column: int, complaint: str) -> RuleError:
    return RuleError(f"the rule text {complaint}:\n    {text}\n    {' ' * (column - 1)}^")


class _TotalArithmetic(ast.NodeTransformer):
    """Rewrite ``x / y`` and ``x ** y`` as calls (Python's own may raise), and integers as floats."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = {ast.Div: "div", ast.Pow: "pow"}.get(type(node.op))
        if name is None:
            return node
        return ast.Call(ast.Name(name, ast.Load()), [node.left, node.right], [])

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant(float(node.value))  # type: ignore[arg-type]  # parse_rule let numbers in only


def total_arithmetic(tree: ast.expr) -> ast.Expression:
    """Return ``tree`` with arithmetic that cannot raise, ready to be compiled."""
    changed = _TotalArithmetic().visit(copy.deepcopy(tree))
    return ast.fix_missing_locations(ast.Expression(changed))


def runnable(rule: Rule) -> str:
    """Return ``rule`` as Python source that cannot raise, given total ``div`` and ``pow``.

    >>> runnable(parse_rule("1 / x", {"x"}))
    'div(1.0, x)'
    """
    return ast.unparse(total_arithmetic(rule.tree))


def forward_function(
    name: str, operands: Operands, rule: Rule, functions: Mapping[str, Any]
) -> Callable[..., Any]:
    """Return the Python function of the operands that computes ``rule``."""
    source = f"({operands.parameters}):\n{operands.preamble}    return {runnable(rule)}\n"
    return _compiled(f"def {name}{source}", name, functions)


def partials_function(
    name: str,
    operands: Operands,
    rules: Mapping[str, Rule],
    functions: Mapping[str, Any],
    *,
    alone: bool = False,
) -> Callable[..., Any]:
    """Return the function of ``out`` and the operands that computes partials, in order.

    ``rules`` holds the rule for each operand (or group) whose partials are wanted. A nan value has
    nan derivatives, whatever the rule says: the function sees to it. One that is ``alone`` is
    given as it is, not in a tuple.
    """
    groups = dict(zip(operands.names, operands.groups, strict=True))
    values = ", ".join(f"{'*' * groups[x]}{runnable(rule)}" for x, rule in rules.items())
    if alone:
        (rule,) = rules.values()
        source = (
            f"def {name}_partial(out, {operands.parameters}):\n"
            f"    return out if out != out else {runnable(rule)}\n"
        )
        return _compiled(source, f"{name}_partial", functions)
    counts = " + ".join(f"len({x})" if groups[x] else "1" for x in rules)
    source = (
        f"def {name}_partials(out, {operands.parameters}):\n{operands.preamble}"
        f"    if out != out:\n        return (out,) * ({counts})\n"
        f"    return ({values},)\n"
    )
    return _compiled(source, f"{name}_partials", functions)


def _compiled(source: str, name: str, functions: Mapping[str, Any]) -> Callable[..., Any]:
    found: dict[str, Any] = {}
    # The rule text was checked name by name, so running it runs nothing else. ``functions`` is
    # kept, not copied: a row may call one that is defined below it.
    exec(compile(source, f"<autodiff rule {name}>", "exec"), functions, found)  # type: ignore[arg-type]
    function: Callable[..., Any] = found[name]
    return function
