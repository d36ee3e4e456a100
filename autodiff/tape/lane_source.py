"""The Cython text of the lane unit: Python source and the derivative table, as code on rows of lanes.

Needed only where the package is built.
"""

import ast
import inspect
from types import ModuleType

from autodiff.tape.elementary import angles, exponentials, logarithms, pieces, turns

MODULES = (pieces, exponentials, logarithms, turns, angles)
"""The Python source of the elementary functions; each uses those before it."""

PREFIX = "lane_"  # elementary.exp is lane_exp there: exp is the C library's own

_C_TYPES = {
    "float": "double",
    "int": "uint64_t",
    "tuple[float, float]": "(double, double)",
    "tuple[float, float, float]": "(double, double, double)",
}

_C_NAMES = {"abs": "libm_abs", "sqrt": "libm_sqrt", "inf": "c_inf", "nan": "c_nan"}

_BITS = """
from libc.stdint cimport uint64_t
from libc.string cimport memcpy


cdef inline uint64_t word(double x) noexcept nogil:
    cdef uint64_t n
    memcpy(&n, &x, 8)
    return n


cdef inline double number(uint64_t n) noexcept nogil:
    cdef double x
    memcpy(&x, &n, 8)
    return x
"""


class _Inlined(ast.NodeTransformer):
    """Rewrite a function of ``module`` for C: constants as literals, polynomials written out."""

    def __init__(self, module: ModuleType, functions: set[str]) -> None:
        self.module = module
        self.functions = functions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.functions:
            return ast.Name(PREFIX + node.id, node.ctx)
        if node.id in _C_NAMES:
            return ast.Name(_C_NAMES[node.id], node.ctx)
        value = getattr(self.module, node.id, None)
        if isinstance(value, int):
            return ast.Name(f"<uint64_t>{value}U", node.ctx)
        if isinstance(value, float):
            return ast.Constant(value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id == "polynomial":
            z, coefficients = node.args
            assert isinstance(coefficients, ast.Name)
            *others, last = getattr(self.module, coefficients.id)
            value: ast.expr = ast.Constant(last)
            for coefficient in reversed(others):
                product = ast.BinOp(value, ast.Mult(), self.visit(z))
                value = ast.BinOp(product, ast.Add(), ast.Constant(coefficient))
            return value
        self.generic_visit(node)
        return node


def _typed(function: ast.FunctionDef) -> str:
    """Return the Cython text of a function whose annotations say the C types of what it handles."""
    assert function.returns is not None
    result = _C_TYPES[ast.unparse(function.returns)]
    parameters = ", ".join(
        f"{_C_TYPES[ast.unparse(a.annotation)]} {a.arg}" for a in function.args.args if a.annotation
    )
    locals_: dict[str, str] = {}
    lines = []
    for statement in function.body:
        if isinstance(statement, ast.Expr):  # the docstring
            continue
        if isinstance(statement, ast.AnnAssign):
            locals_[ast.unparse(statement.target)] = _C_TYPES[ast.unparse(statement.annotation)]
            assert statement.value is not None
            lines.append(f"{ast.unparse(statement.target)} = {ast.unparse(statement.value)}")
            continue
        if isinstance(statement, ast.Assign):
            for name in ast.walk(statement.targets[0]):
                if isinstance(name, ast.Name) and name.id not in {a.arg for a in function.args.args}:
                    locals_.setdefault(name.id, "double")
        lines.append(ast.unparse(statement))
    head = f"cdef inline {result} {PREFIX}{function.name}({parameters}) noexcept nogil:"
    declarations = [f"cdef {kind} {name}" for name, kind in locals_.items()]
    return "\n    ".join([head, *declarations, *lines])


def elementary_text() -> str:
    """Return the elementary functions as Cython text, each named ``lane_…``."""
    texts, functions = [_BITS.strip()], set()
    for module in MODULES:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.FunctionDef) and node.name != "polynomial":
                functions.add(node.name)
                texts.append(_typed(_Inlined(module, functions).visit(node)))
    return "\n\n\n".join(texts)
