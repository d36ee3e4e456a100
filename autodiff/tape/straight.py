"""Conditional expressions as straight-line text: what both branches need is computed before the choice.

A vector of lanes takes both branches of ``a if c else b``, so the generated text computes first and
selects afterwards, and a function that both branches call is called once, on the selected argument:

    x + log1p(exp(-x)) if x > 0 else log1p(exp(x))

becomes ``t0 = exp(-x if x > 0 else x)``, ``t1 = log1p(t0)``, ``x + t1 if x > 0 else t1``. The chosen
value comes from the very same operations, so its bits are the same.

Needed only where the package is built.
"""

import ast
import copy
from collections.abc import Container


def straightened(expression: str, vectorised: Container[str]) -> tuple[list[str], str]:
    """Return assignments to ``t0``, ``t1`` … and the expression that uses them.

    Arguments:
        expression: an expression on numbers.
        vectorised: the functions that may be called for every lane; the others stay in their branch.

    >>> straightened("x + f(-x) if x > 0 else f(x)", {"f"})
    (['t0 = f(-x if x > 0 else x)'], 'x + t0 if x > 0 else t0')
    """
    straight = _Straight(vectorised)
    result = straight.visit(ast.parse(expression, mode="eval").body)
    return [f"{name} = {text}" for text, name in straight.calls.items()], ast.unparse(result)


class _Straight(ast.NodeTransformer):
    def __init__(self, vectorised: Container[str]) -> None:
        self.vectorised = vectorised
        self.calls: dict[str, str] = {}  # the text of a call, its arguments straightened: its name

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if ast.unparse(node.func) not in self.vectorised:
            return node
        return ast.Name(self.calls.setdefault(ast.unparse(node), f"t{len(self.calls)}"), ast.Load())

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test = self.visit(node.test)
        return self.choice(test, node.body, node.orelse)

    def choice(self, test: ast.expr, yes: ast.expr, no: ast.expr) -> ast.expr:
        """Return ``yes if test else no``, with the choice made as far inside as it can be."""
        if self.same_function(yes, no):
            assert isinstance(yes, ast.Call) and isinstance(no, ast.Call)
            pairs = zip(yes.args, no.args, strict=True)
            return self.visit_Call(ast.Call(yes.func, [self.choice(test, *pair) for pair in pairs], []))
        for call in self.outermost_calls(yes):
            partners = [other for other in self.outermost_calls(no) if self.same_function(call, other)]
            if len(partners) == 1:
                common = self.choice(test, call, partners[0])
                yes, no = _replaced(yes, call, common), _replaced(no, partners[0], common)
        if ast.unparse(yes) == ast.unparse(no):
            return self.visit(yes)  # type: ignore[no-any-return]
        match yes, no:
            case ast.BinOp(op=ast.Div()), ast.BinOp(op=ast.Div()):
                left = self.choice(test, yes.left, no.left)
                return ast.BinOp(left, ast.Div(), self.choice(test, yes.right, no.right))
        return ast.IfExp(test, self.visit(yes), self.visit(no))

    def outermost_calls(self, tree: ast.expr) -> list[ast.Call]:
        """Return an expression's vectorised calls, each once, those in another's arguments left out."""
        found: dict[str, ast.Call] = {}
        pending: list[ast.AST] = [tree]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Call) and ast.unparse(node.func) in self.vectorised:
                found.setdefault(ast.unparse(node), node)
            else:
                pending += ast.iter_child_nodes(node)
        return list(found.values())

    def same_function(self, a: ast.expr, b: ast.expr) -> bool:
        if not isinstance(a, ast.Call) or not isinstance(b, ast.Call):
            return False
        function = ast.unparse(a.func)
        return function == ast.unparse(b.func) and function in self.vectorised


def _replaced(tree: ast.expr, old: ast.expr, new: ast.expr) -> ast.expr:
    """Return ``tree`` with ``new`` wherever ``old`` stands in it."""
    text = ast.unparse(old)

    class Replacement(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            same = isinstance(node, ast.expr) and ast.unparse(node) == text
            return new if same else self.generic_visit(node)

    found = Replacement().visit(copy.deepcopy(tree))
    assert isinstance(found, ast.expr)
    return found
