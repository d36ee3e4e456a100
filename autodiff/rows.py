"""How a row gets into the table: its texts are read, its names looked up, and it is registered."""

import ast
import builtins
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autodiff import kernels
from autodiff.errors import RuleError
from autodiff.expressions import (
    CONSTANTS,
    Operands,
    Rule,
    check_calls,
    counted,
    is_name,
    parse_operands,
    parse_rule,
)
from autodiff.primitive import Primitive, on_floats, on_numbers, rows

PRIMITIVES: Mapping[str, Primitive] = MappingProxyType(rows)
"""The table: every operation by name, the user's own included."""

built_in: set[str] = set()
"""The names of the package's own rows."""


def define(
    name: str,
    operands: str,
    forward: str,
    partials: str | Sequence[str],
    *,
    domain: str = "",
    kinks: Sequence[str] = (),
    convention: str = "",
    formula: str = "",
    textbook: Sequence[str] = (),
    source: str = "",
) -> Primitive:
    """Return a new primitive: one row, and it works in every mode, as the built-in ones do.

    This is ``ad.custom_primitive``; the package's own rows are made by it, too.

    Arguments:
        name: a Python name that no built-in operation has; defining it again replaces the row.
        operands: ``"x"``, ``"x, y"``, ``"x, slope=0.01"``, or ``"*xs"`` for any number.
        forward: the value, an expression in the operands.
        partials: the local derivative for each operand, an expression in the operands and ``out``;
            for a group ``*xs`` a list, ``[exp(x - out) for x in xs]``.
        domain: a condition on the operands, checked in strict mode.
        kinks: expressions in the operands that are 0 where the derivative jumps.
        convention: what the derivative is there, in words.
        formula: the textbook form of the value, where it differs from ``forward``.
        textbook: the textbook form of the partials, where it differs.
        source: where the formula comes from.

    Raises:
        RuleError: when a rule text cannot be read, or uses an unknown name.

    >>> import autodiff as ad
    >>> softsign = ad.custom_primitive("softsign", "x", "x / (1 + abs(x))", "1 / (1 + abs(x))**2")
    >>> ad.grad(softsign)(1.0)
    0.25
    """
    if name in built_in or name in CONSTANTS or (built_in and name in kernels.__all__):
        raise RuleError(f"{name!r} is a built-in operation: choose another name")
    if built_in and (hasattr(builtins, str(name)) or str(name).startswith("_")):
        raise RuleError(f"{name!r} is a name that Python or a rule needs: choose another")
    if not isinstance(name, str) or not is_name(name):
        raise RuleError(f"the primitive's name {name!r} is no Python name")
    spec = parse_operands(operands)
    inside = set(spec.names)
    if callable(partials) or callable(forward):
        raise RuleError(f"{name}({operands}): rules are texts such as 'cos(x)', and no functions")
    texts: Sequence[str] = [partials] if isinstance(partials, str) else list(partials)
    primitive = Primitive(name, spec, parse_rule(forward, inside), _partial_rules(name, spec, texts))
    if primitive.forward.is_list or isinstance(primitive.forward.tree, (ast.Compare, ast.BoolOp)):
        raise RuleError(f"{name}({operands}): the value must be one number:\n    {forward}")
    primitive.domain = parse_rule(domain, inside) if domain else None
    primitive.kinks = tuple(parse_rule(text, inside) for text in kinks)
    primitive.convention = convention
    primitive.formula = parse_rule(formula, inside) if formula else primitive.forward
    primitive.textbook = _partial_rules(name, spec, textbook or texts, "textbook partial")
    primitive.source = source
    if built_in:  # while the table is being made, a row may call one that is defined below it
        _check_names(primitive)
    _register(primitive)
    return primitive


def _partial_rules(
    name: str, spec: Operands, texts: Sequence[str], kind: str = "partial"
) -> tuple[Rule, ...]:
    if len(texts) != len(spec.names):
        raise RuleError(
            f"{name}({spec.text}) needs one {kind} rule for each of its {counted(len(spec.names))}, "
            f"not {len(texts)}: {list(texts)}"
        )
    rules = tuple(parse_rule(text, {*spec.names, "out"}) for text in texts)
    for rule, group in zip(rules, spec.groups, strict=True):
        if rule.is_list != group:
            wanted = "a list, [… for x in xs]" if group else "one number, no list"
            raise RuleError(f"{name}({spec.text}): the rule text must be {wanted}:\n    {rule.text}")
    return rules


def _register(primitive: Primitive) -> None:
    rows[primitive.name] = primitive
    on_numbers[primitive.name] = primitive
    if primitive.name not in kernels.__all__:
        # A variadic rule is handed one list in rule texts, as the public function is.
        on_floats[primitive.name] = primitive


def close_table() -> None:
    """Check every row defined so far and make them the package's own: nobody may redefine them."""
    for code, primitive in enumerate(rows.values()):
        _check_names(primitive)
        if not primitive.operands.variadic and len(primitive.operands.names) < 3:
            primitive.code = code
    built_in.update(rows)


def _check_names(primitive: Primitive) -> None:
    """Raise ``RuleError`` where a rule of ``primitive`` calls what is not there.

    Only the partials may call the primitive itself: its value cannot be made of itself.
    """
    own = {primitive.name: primitive}
    values = [primitive.forward, primitive.formula, *primitive.kinks]
    values += [primitive.domain] if primitive.domain else []
    known = {
        name: function
        for name, function in on_floats.items()
        if function is not rows.get(primitive.name)
    }
    _check_calls(values, known)
    _check_calls([*primitive.partial_rules, *primitive.textbook], on_numbers | own)
    rules = [*values, *primitive.partial_rules, *primitive.textbook]
    called = {call.name for rule in rules for call in rule.calls} | {"div", "pow", "len", "operands"}
    for operand in primitive.operands.names:
        if operand in called:
            raise RuleError(
                f"{primitive.name}({primitive.operands.text}): {operand!r} names a function too"
            )


def checked_rule(rule: Rule) -> Rule:
    """Return a rule whose calls are of functions of the table, with as many operands as they take.

    Raises:
        RuleError: when they are not.
    """
    _check_calls([rule], on_numbers)
    return rule


def _check_calls(rules: Sequence[Rule], functions: Mapping[str, Any]) -> None:
    called = {call.name for rule in rules for call in rule.calls}
    arities = {name: _arity(name, functions[name]) for name in called if callable(functions.get(name))}
    for rule in rules:
        check_calls(rule, arities)


def _arity(name: str, function: Any) -> int | None:
    """Return how many operands a function of a rule text takes, None for any number."""
    row = function if isinstance(function, Primitive) else rows.get(name)
    if row is not None:
        return None if row.operands.variadic else len(row.operands.names)
    count: int = function.__code__.co_argcount
    return count


custom_primitive = define  # its public name
