"""``Primitive``: one row of the derivative table, and everything that is read off it.

x_bar    adjoint of x, ∂out/∂x of the whole graph's output
x_dot    tangent of x
partial  local derivative of one operation, ∂out/∂x of its own output
"""

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from autodiff import kernels, modes
from autodiff.errors import DomainError, user_line
from autodiff.expressions import (
    CONSTANTS,
    Operands,
    Rule,
    counted,
    forward_function,
    partials_function,
    total_arithmetic,
)
from autodiff.operation import Operation
from autodiff.scalars import as_float

# What a rule text may call: on floats the kernels and the rows, on other numbers the rows and the
# few kernels that only add, multiply and compare.
on_floats = CONSTANTS | {name: getattr(kernels, name) for name in kernels.__all__}
on_numbers = CONSTANTS | {name: getattr(kernels, name) for name in kernels.GENERIC}
rows: dict[str, "Primitive"] = {}


@final
class Primitive(Operation):
    """One operation: its operands, its value and its local derivatives, stated once as rule text.

    A primitive is called like a function: floats give a float, Values a Value, Duals a Dual. The
    float function is ``evaluate(*operands)``, the partials are ``partials(out, *operands)``.

    >>> import autodiff as ad
    >>> ad.sin(0.0)
    0.0
    >>> ad.sin.partial_rules[0].text
    'cos(x)'
    >>> ad.sin.partials(0.0, 0.0)
    (1.0,)
    """

    __slots__ = (
        "_domain_holds", "_margins", "_recorded_partials", "convention", "domain", "evaluate",
        "formula", "forward",
        "kinks", "name", "operands", "partial", "partial_rules", "partials", "source", "textbook",
    )  # fmt: skip

    def __init__(
        self, name: str, operands: Operands, forward: Rule, partial_rules: tuple[Rule, ...]
    ) -> None:
        self.name = name
        self.operands = operands
        self.code = -3 if operands.variadic else -min(len(operands.names), 3)
        self.forward = forward
        self.partial_rules = partial_rules
        self.domain: Rule | None = None
        self.kinks: tuple[Rule, ...] = ()
        self.convention = ""
        self.formula = forward
        self.textbook = partial_rules
        self.source = ""

    evaluate: Callable[..., float]
    partial: Callable[[float, float], float]
    partials: Callable[..., tuple[float, ...]]
    _recorded_partials: tuple[Callable[..., tuple[Any, ...]], ...]
    _margins: tuple[Callable[..., float], ...]
    _domain_holds: Callable[..., bool]

    def __getattr__(self, name: str) -> Any:
        """Return one of the six above, compiled from the rule texts when it is first asked for."""
        function = _compiled(self, name)
        setattr(self, name, function)
        return function

    def __repr__(self) -> str:
        return f"<primitive {self.name}({self.operands.text})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (named, (self.name,))  # a copy of a row is the row

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.apply(self.bind(arguments, named))

    def apply(self, operands: Sequence[Any]) -> Any:
        """Return what the operation gives for ``operands``, one argument each."""
        apply, precedence = None, 0
        kinds: set[Any] = set(map(type, operands))
        for kind in kinds:  # in any order: no two have the same precedence
            if getattr(kind, "_precedence", 0) > precedence:
                apply, precedence = kind._apply, kind._precedence
        if apply is not None:
            return apply(self, operands)
        floats = [as_float(operand, self.name) for operand in operands]
        out = self.evaluate(*floats)
        if modes.active.blocks and modes.current().strict:
            self.check_domain(floats, out)
        return out

    def bind(self, arguments: Sequence[Any], named: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        """Return the operands that a call's arguments stand for: defaults filled in, lists unpacked.

        Raises:
            TypeError: for too few or too many arguments.
            ValueError: for two groups of different lengths.
        """
        spec = self.operands
        if not spec.variadic:
            if len(arguments) == len(spec.names) and not named:
                return tuple(arguments)
            given = dict(zip(spec.names, arguments, strict=False))
            named = named or {}
            known = {**spec.defaults, **given, **named}
            once = not given.keys() & named.keys() and len(arguments) <= len(spec.names)
            if once and known.keys() == {*spec.names}:
                return tuple(known[name] for name in spec.names)
            count = len(arguments) + len(named)
            raise TypeError(f"{self.name}({spec.text}) takes {counted(len(spec.names))}, not {count}")
        if named:
            raise TypeError(f"{self.name}({spec.text}) takes no operands by name")
        if len(spec.groups) == 2 and [type(x) for x in arguments] == [list, list]:
            xs, ys = arguments
            if len(xs) == len(ys) and all(spec.groups):  # nearly always, and spared what follows
                return (*xs, *ys)
        if len(arguments) == len(spec.groups) and all(spec.groups) and _all_iterable(arguments):
            groups = [tuple(argument) for argument in arguments]
            if len({len(group) for group in groups}) > 1:
                lengths = " and ".join(str(len(group)) for group in groups)
                raise ValueError(f"{self.name}({spec.text}): the groups have lengths {lengths}")
            return tuple(operand for group in groups for operand in group)
        if len(spec.groups) == 2 and spec.groups[0]:
            raise TypeError(f"{self.name}({spec.text}) takes two lists of numbers")
        return tuple(arguments)

    def recorded_partials(self, out: Any, operands: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
        """Return the partials as numbers of the operands' own kind, None where not wanted.

        The rules run on Values or Duals, so the partials can be differentiated again.
        """
        count = len(operands)
        rule_of = [self.rule_position(position, count) for position in range(count)]
        results: dict[int, Any] = {}
        for position in range(count):
            rule = rule_of[position]
            if wanted[position] and rule not in results:
                results[rule] = self._recorded_partials[rule](out, *operands)
        first = {rule: rule_of.index(rule) for rule in results}
        return [
            results[rule][position - first[rule]] if wanted[position] else None
            for position, rule in enumerate(rule_of)
        ]

    def rule_position(self, position: int, count: int) -> int:
        """Return which of the partial rules belongs to the operand at ``position`` of ``count``."""
        return self.operands.names.index(self.operands.name_of(position, count))

    def margins(self, values: Sequence[float]) -> list[float]:
        """Return how far the operands are from each kink: numbers that are 0 exactly at one."""
        return [margin(*values) for margin in self._margins]

    def check_domain(
        self, values: Sequence[float], out: float, names: Sequence[str | None] = ()
    ) -> None:
        """Raise ``DomainError`` where the operands are outside the domain or ``out`` ran away.

        That is: nan from operands none of which is nan, or inf from finite operands.
        """
        if any(math.isnan(value) for value in values):
            return  # it was reported where it arose
        ran_away = math.isnan(out) or (math.isinf(out) and all(map(math.isfinite, values)))
        inside = self.domain is None or self._domain_holds(*values)
        if ran_away or not inside:
            raise DomainError(self._complaint(values, f"gives {out!r}", names, inside), user_line())

    def check_partial(
        self,
        position: int,
        partial: float,
        values: Sequence[float],
        names: Sequence[str | None] = (),
    ) -> None:
        """Raise ``DomainError`` where a local derivative at finite operands is inf or nan."""
        if math.isfinite(partial) or not all(map(math.isfinite, values)):
            return
        count = len(values)
        shown = [
            name or repr(value) for name, value in zip(names or [None] * count, values, strict=True)
        ]
        called = {self.operands.name_of(i, count): word for i, word in enumerate(shown)}
        rule = renamed(self.textbook[self.rule_position(position, count)], called)
        event = f"has the local derivative {rule} = {partial!r}"
        raise DomainError(self._complaint(values, event, names), user_line())

    def _complaint(
        self, values: Sequence[float], event: str, names: Sequence[str | None], inside: bool = True
    ) -> str:
        """Return ``log(z) at z = -2.0 gives nan: z > 0 is needed``; an unnamed operand is a number."""
        count = len(values)
        given = list(names) or [None] * count
        shown = [name or repr(value) for name, value in zip(given, values, strict=True)][:8]
        text = f"{self.name}({', '.join(shown)}{', …' if count > 8 else ''})"
        known = {name: repr(value) for name, value in zip(given, values, strict=True) if name}
        if known:
            text += " at " + ", ".join(f"{name} = {value}" for name, value in list(known.items())[:8])
        text += f" {event}"
        if self.domain is not None and not inside:
            own = [self.operands.name_of(i, count) for i in range(count)]
            called = {rule: name for rule, name in zip(own, given, strict=True) if name}
            text += f": {renamed(self.domain, called)} is needed"
        return text


def _compiled(row: Primitive, function: str) -> Any:
    spec, name = row.operands, row.name
    rules = dict(zip(spec.names, row.partial_rules, strict=True))
    if function == "evaluate":
        evaluate = forward_function(name, spec, row.forward, on_floats)
        if on_floats.get(name) is row and not spec.variadic:
            on_floats[name] = evaluate  # from now on rule texts call it directly
        return evaluate
    if function == "partials":
        return partials_function(name, spec, rules, on_floats)
    if function == "partial" and spec.variadic:
        return lambda out, x: row.partials(out, x)[0]
    if function == "partial":
        return partials_function(name, spec, rules, on_floats, alone=True)
    if function == "_recorded_partials":
        single = [{operand: rule} for operand, rule in rules.items()]
        return tuple(partials_function(name, spec, rule, on_numbers) for rule in single)
    if function == "_margins":
        return tuple(forward_function(name, spec, rule, on_floats) for rule in row.kinks)
    if function == "_domain_holds" and row.domain is not None:
        return forward_function(name, spec, row.domain, on_floats)
    raise AttributeError(f"a Primitive has no attribute {function!r}")


def renamed(rule: Rule, names: Mapping[str, str]) -> str:
    """Return the text of ``rule`` with its operands called by other names (any text)."""
    import re

    return re.sub(r"[A-Za-z_]\w*", lambda match: names.get(match[0], match[0]), rule.text)


def _all_iterable(arguments: Sequence[Any]) -> bool:
    return all(hasattr(argument, "__iter__") for argument in arguments)


def evaluated(tree: ast.expr, numbers: Mapping[str, Any]) -> Any:
    """Return what a rule's expression is, its names standing for the given floats."""
    code = compile(total_arithmetic(tree), "<autodiff formula>", "eval")
    lists = {name: row for name, row in rows.items() if row.operands.variadic}
    return eval(code, on_floats | lists | dict(numbers))  # names and calls were checked with the rule


def named(name: str) -> Primitive:
    """Return the row called ``name``; ``KeyError`` says when there is none."""
    try:
        return rows[name]
    except KeyError:
        raise KeyError(f"no primitive is called {name!r}: define it with ad.custom_primitive") from None
