"""Rule text and the list kernels' Python source as Cython text: numbers are doubles, lists pointers.

view    a list of numbers that need not be stored: how many there are, and the one at an index
scope   what the names of a rule, or of a kernel's body, stand for

A list written out in a rule, ``total([exp(x - out) for x in xs])``, is never stored: the kernel's
function is made once more, with ``exp(xs[i] - out)`` where it reads its list at ``i``.
"""

import ast
import copy
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from autodiff import kernels
from autodiff.expressions import CONSTANTS
from autodiff.primitive import Primitive

KERNELS = {
    node.name: node
    for node in ast.parse(inspect.getsource(kernels)).body
    if isinstance(node, ast.FunctionDef) and node.name in kernels.__all__
}
"""The Python source of the kernels."""


def _holds_numbers(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation).startswith(("Sequence[", "list["))


LIST_KERNELS = {name for name, node in KERNELS.items() if _holds_numbers(node.args.args[0].annotation)}
"""The kernels that take a list."""


@dataclass(frozen=True)
class View:
    """A list: the number of its elements, the element at an index, and its name where it is stored."""

    count: ast.expr
    element: Callable[[ast.expr], ast.expr]
    stored: str = ""


class Scope(NamedTuple):
    """What names stand for: lists, and numbers (or indices) as the expression that replaces them."""

    lists: Mapping[str, View]
    numbers: Mapping[str, ast.expr]

    def also(self, **numbers: ast.expr) -> "Scope":
        """Return the scope with more numbers in it."""
        return Scope(self.lists, {**self.numbers, **numbers})


def scope_of(names: Iterable[str], groups: Iterable[bool], prefix: str = "") -> Scope:
    """Return the scope of a function whose parameters are called ``names``, the groups pointers."""
    lists, numbers = {}, {}
    for name, group in zip(names, groups, strict=True):
        if group:
            lists[name] = _pointer(prefix + name)
        else:
            numbers[name] = _name(prefix + name)
    return Scope(lists, numbers)


def parameters_of(scope: Scope) -> list[str]:
    """Return the C parameters that a scope's stored lists and numbers are handed over by."""
    lists = [view.stored for view in scope.lists.values()]
    return [f"double {ast.unparse(number)}" for number in scope.numbers.values()] + [
        text for name in lists for text in (f"const double* {name}", f"Py_ssize_t {name}_count")
    ]


def function(kind: str, name: str, parameters: Sequence[str], lines: Iterable[str]) -> str:
    """Return one inline C function as Cython text; ``/`` in it is C's."""
    head = f"cdef inline {kind} {name}({', '.join(parameters)}) noexcept nogil:"
    return "\n".join(["@cython.cdivision(True)", head, *(f"    {line}" for line in lines), ""])


class Translator:
    """The functions of one Cython text; those of the list kernels arise where a rule calls them.

    Arguments:
        functions: the C function for each kernel of one or two numbers.
        rows: the rows that rules may call, as ``{name}_value``.
    """

    def __init__(self, functions: Mapping[str, str], rows: Mapping[str, Primitive]) -> None:
        self.functions = functions
        self.rows = rows
        self.texts: dict[str, str] = {}  # the list kernels' functions, by name

    def number(self, tree: ast.expr, scope: Scope, owner: str) -> ast.expr:
        """Return the C expression for a rule that is one number; ``owner`` is whose rule it is."""
        return _Expression(self, scope, owner).visit(copy.deepcopy(tree))  # type: ignore[no-any-return]

    def stored(self, tree: ast.expr, scope: Scope, owner: str) -> list[str]:
        """Return the lines that write a rule's list, element by element, to ``result``."""
        if isinstance(tree, ast.Call):  # of a kernel that gives a list
            call = self.number(tree, scope, owner)
            assert isinstance(call, ast.Call)
            call.args.append(_name("result"))
            return [ast.unparse(call)]
        view = self.view(tree, scope, owner)
        element = ast.unparse(view.element(_name("place")))
        return [f"for place in range({ast.unparse(view.count)}):", f"    result[place] = {element}"]

    def view(self, tree: ast.expr, scope: Scope, owner: str) -> View:
        """Return the list that an expression is: a name, or ``[… for x in xs]``, or over a range."""
        if isinstance(tree, ast.Name):
            return scope.lists[tree.id]
        if not isinstance(tree, ast.ListComp) or len(tree.generators) > 1 or tree.generators[0].ifs:
            raise NotImplementedError(f"{owner}: {ast.unparse(tree)} has no C form")
        over, target, element = tree.generators[0].iter, tree.generators[0].target, tree.elt
        assert isinstance(target, ast.Name)
        bound = target.id
        if isinstance(over, ast.Name):
            xs = scope.lists[over.id]
            return View(
                xs.count, lambda i: self.number(element, scope.also(**{bound: xs.element(i)}), owner)
            )
        (count,) = _range(over, scope)
        return View(count, lambda i: self.number(element, scope.also(**{bound: i}), owner))

    def call(self, kernel: str, arguments: Sequence[ast.expr], scope: Scope, owner: str) -> ast.expr:
        """Return the call of a list kernel, and see to it that its C function is there."""
        node = KERNELS[kernel]
        names = [parameter.arg for parameter in node.args.args]
        groups = [_holds_numbers(parameter.annotation) for parameter in node.args.args]
        whole = [isinstance(x, ast.Name) for x, g in zip(arguments, groups, strict=True) if g]
        if all(whole):
            views = [self.view(x, scope, owner) for x, g in zip(arguments, groups, strict=True) if g]
            numbers = [
                self.number(x, scope, owner) for x, g in zip(arguments, groups, strict=True) if not g
            ]
            inner, name = scope_of(names, groups), f"{kernel}_of"
        else:
            (written_out,) = arguments
            given = _free(written_out, scope)
            views, numbers = list(given.lists.values()), list(given.numbers.values())
            outside = scope_of(
                [*given.lists, *given.numbers],
                [True] * len(given.lists) + [False] * len(given.numbers),
                "given_",
            )
            name = f"{owner}_{kernel}_{sum(text.startswith(f'{owner}_') for text in self.texts)}"
            inner = Scope({names[0]: self.view(written_out, outside, name)}, {})
        handed = inner if all(whole) else outside
        if name not in self.texts:
            self.texts[name] = ""  # its place, before the kernels that it calls itself
            self.texts[name] = _kernel_function(self, name, node, inner, parameters_of(handed))
        lists = [x for view in views for x in (_name(_stored(view, owner)), view.count)]
        return ast.Call(_name(name), [*numbers, *lists], [])


class _Expression(ast.NodeTransformer):
    """Rewrites an expression of numbers: names, calls, powers, and integers as floats."""

    def __init__(self, translator: Translator, scope: Scope, owner: str) -> None:
        self.translator, self.scope, self.owner = translator, scope, owner

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant(float(node.value))  # type: ignore[arg-type]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.scope.numbers:
            return self.scope.numbers[node.id]
        return ast.Constant(CONSTANTS["pi"]) if node.id == "pi" else _name(f"c_{node.id}")

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        assert isinstance(node.value, ast.Name)
        return self.scope.lists[node.value.id].element(_index(node.slice, self.scope))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Pow):
            return ast.Call(_name(self.translator.functions["pow"]), [node.left, node.right], [])
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        if name in LIST_KERNELS:
            return self.translator.call(name, node.args, self.scope, self.owner)
        if name == "float":
            return self.visit(node.args[0])  # type: ignore[no-any-return]
        if name == "len":
            return ast.Call(_name("<double>"), [_index(node, self.scope)], [])
        functions = self.translator.functions
        arguments = [self.visit(argument) for argument in node.args]
        if name not in functions and self.translator.rows[name].operands.variadic:
            raise NotImplementedError(f"{self.owner}: a rule calls the row {name} of any number")
        return ast.Call(_name(functions.get(name, f"{name}_value")), arguments, [])


def _kernel_function(
    translator: Translator, name: str, node: ast.FunctionDef, scope: Scope, parameters: list[str]
) -> str:
    """Return a list kernel's C function: the statements of its Python source, one by one."""
    gives_list = _holds_numbers(node.returns)
    body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    ranged = {
        s.target.id for s in ast.walk(node)
        if isinstance(s, ast.For) and isinstance(s.target, ast.Name) and isinstance(s.iter, ast.Call)
    }  # fmt: skip
    made = {target.id for s in ast.walk(node) for target in _targets(s) if isinstance(target, ast.Name)}
    results = {s.value.id for s in body if isinstance(s, ast.Return) and isinstance(s.value, ast.Name)}
    lists = results if gives_list else set()
    doubles = sorted(made - ranged - lists)
    inner = Scope(
        {**scope.lists, **{x: _pointer("result") for x in lists}},
        {**scope.numbers, **{x: _name(x) for x in made - lists}},
    )
    statements = _statements(translator, body, inner, name)
    indices = sorted(ranged | ({"place"} if any("[place]" in line for line in statements) else set()))
    lines = [f"cdef Py_ssize_t {', '.join(indices)}"] if indices else []
    lines += [f"cdef double {', '.join(doubles)}"] if doubles else []
    lines += statements
    kind, extra = ("void", ["double* result"]) if gives_list else ("double", [])
    return function(kind, name, [*parameters, *extra], lines)


def _targets(node: ast.AST) -> list[ast.expr]:
    """Return what a statement assigns to."""
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For)) else []


def _statements(translator: Translator, body: Sequence[ast.stmt], scope: Scope, owner: str) -> list[str]:
    return [line for statement in body for line in _statement(translator, statement, scope, owner)]


def _statement(translator: Translator, node: ast.stmt, scope: Scope, owner: str) -> list[str]:
    def number(tree: ast.expr | None) -> str:
        assert tree is not None
        return ast.unparse(translator.number(tree, scope, owner))

    def block(body: Sequence[ast.stmt], within: Scope = scope) -> list[str]:
        return [f"    {line}" for line in _statements(translator, body, within, owner)]

    match node:
        case ast.Return(value=ast.Name(id=name)) if name in scope.lists:
            return ["return"]  # it was written to result
        case ast.Return(value=ast.ListComp() as written_out):
            return [*translator.stored(written_out, scope, owner), "return"]
        case ast.Return(value=value):
            return [f"return {number(value)}"]
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ) if name in scope.lists:  # [number] * len(xs)
            assert isinstance(value, ast.BinOp) and isinstance(value.left, ast.List)
            count = ast.unparse(_index(value.right, scope))
            return [f"for place in range({count}):", f"    result[place] = {number(value.left.elts[0])}"]
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
            return [f"{number(target)} = {number(value)}"]
        case ast.AugAssign(target=target, value=value, op=op):
            return [f"{number(target)} = {number(ast.BinOp(target, op, value))}"]
        case ast.If(test=test, body=body, orelse=orelse):
            otherwise = ["else:", *block(orelse)] if orelse else []
            return [f"if {number(test)}:", *block(body), *otherwise]
        case ast.For(target=ast.Name(id=name), iter=ast.Name(id=listed), body=body):
            view = scope.lists[listed]
            bind = f"    {name} = {ast.unparse(view.element(_name('place')))}"
            return [f"for place in range({ast.unparse(view.count)}):", bind, *block(body)]
        case ast.For(target=ast.Name(id=name), iter=over, body=body):
            bounds = ", ".join(ast.unparse(bound) for bound in _range(over, scope))
            return [f"for {name} in range({bounds}):", *block(body)]
    raise NotImplementedError(f"{owner}: {ast.unparse(node)} has no C form")


def _free(tree: ast.expr, scope: Scope) -> Scope:
    """Return the part of ``scope`` that an expression uses."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return Scope(
        {name: view for name, view in scope.lists.items() if name in used},
        {name: number for name, number in scope.numbers.items() if name in used},
    )


def _range(over: ast.expr, scope: Scope) -> list[ast.expr]:
    assert isinstance(over, ast.Call) and ast.unparse(over.func) == "range", ast.unparse(over)
    return [_index(argument, scope) for argument in over.args]


def _index(node: ast.expr, scope: Scope) -> ast.expr:
    """Return an expression of integers: indices, and the lengths of lists."""
    if isinstance(node, ast.Call):
        assert isinstance(node.args[0], ast.Name)
        return scope.lists[node.args[0].id].count
    if isinstance(node, ast.BinOp):
        return ast.BinOp(_index(node.left, scope), node.op, _index(node.right, scope))
    return scope.numbers[node.id] if isinstance(node, ast.Name) else node


def _pointer(name: str) -> View:
    return View(_name(f"{name}_count"), lambda i: ast.Subscript(_name(name), i, ast.Load()), stored=name)


def _stored(view: View, owner: str) -> str:
    if not view.stored:
        raise NotImplementedError(f"{owner}: a list inside a list that is not stored")
    return view.stored


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())
