"""The rows' textbook formulas on numbers of any kind: with 60 digits, complex, another library's."""

import ast
import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autodiff.primitive import Primitive, rows


class NotOfferedError(Exception):
    """A library is missing, or has no such operation; the message says which."""


def _same(x: Any) -> Any:
    return x


class Formulas:
    """The formulas of all rows, in the functions of one kind of numbers.

    Arguments:
        functions: by the names that formulas call them, and those of rows that are better not taken by
            their formulas.
        number: makes a number of a constant.
        ordered: what a number is compared by.
    """

    def __init__(
        self,
        functions: Mapping[str, Any],
        number: Callable[[Any], Any] = _same,
        ordered: Callable[[Any], Any] = _same,
    ) -> None:
        self.functions = {**functions, "_number": number, "_ordered": ordered, "__builtins__": {}}

    def __call__(self, row: Primitive, operands: Sequence[Any]) -> Any:
        """Return what ``row`` gives, by the function of its name, or else by its formula.

        Raises:
            NotOfferedError: when a function is missing that no formula stands for.
        """
        own = self._own(row)
        if own is not None:
            return own(operands) if row.operands.variadic else own(*operands)
        # As globals: a list in a formula does not see locals.
        return eval(_code(row), _Names(self, _bound(row, operands)))

    def _own(self, row: Primitive) -> Callable[..., Any] | None:
        """Return the function of the row's name; one of any number of operands takes a list of them."""
        is_of_two_lists = row.operands.groups == (True, True)
        return None if is_of_two_lists else self.functions.get(row.name)

    def writes_out(self, row: Primitive) -> bool:
        """Return whether ``row`` is none of the functions, and more than arithmetic: a formula."""
        if self._own(row) is not None:
            return False
        parts = [*ast.walk(row.formula.tree)]
        called = {call.name for call in row.formula.calls}
        return bool(called - _ARITHMETIC) or any(isinstance(part, ast.IfExp) for part in parts)


_ARITHMETIC = {"total", "count", "product", "dot", "maximum", "minimum"}  # on lists, in every library


class _Names(dict[str, Any]):
    """What names in a formula are: functions, operands, and each other row by its own formula."""

    def __init__(self, formulas: Formulas, operands: Mapping[str, Any]) -> None:
        super().__init__({**formulas.functions, **operands})
        self._formulas = formulas

    def __missing__(self, name: str) -> Callable[..., Any]:
        row = rows.get(name)
        if row is None or name in {call.name for call in row.formula.calls}:
            raise NotOfferedError(f"there is no {name!r} in it")
        if row.operands.variadic:
            return lambda numbers: self._formulas(row, numbers)
        return lambda *operands: self._formulas(row, operands)


def _bound(row: Primitive, operands: Sequence[Any]) -> dict[str, Any]:
    """Return what each name in the row's rules stands for: an operand, or a list of them."""
    spec = row.operands
    bound: dict[str, Any] = {
        name: [] if group else None for name, group in zip(spec.names, spec.groups, strict=True)
    }
    for position, x in enumerate(operands):
        name = spec.name_of(position, len(operands))
        if isinstance(bound[name], list):
            bound[name].append(x)
        else:
            bound[name] = x
    return bound


class _AnyNumbers(ast.NodeTransformer):
    """Constants become numbers of the kind, and comparisons are made by what they are ordered by."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return _call("_number", node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        node.left = _call("_ordered", node.left)
        node.comparators = [_call("_ordered", one) for one in node.comparators]
        return node


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


@functools.lru_cache(maxsize=1024)
def _code(row: Primitive) -> Any:
    tree = _AnyNumbers().visit(copy.deepcopy(row.formula.tree))
    return compile(ast.fix_missing_locations(ast.Expression(tree)), f"<formula of {row.name}>", "eval")
