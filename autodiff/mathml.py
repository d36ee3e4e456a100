"""Formulas in MathML, for pages: what browsers draw and screen readers speak."""

import ast
import html
import re
from collections.abc import Mapping, Sequence

from autodiff.notation import number

_MINUS = '<mo form="prefix">-</mo>'
_ADD, _DIV, _MUL, _NEG, _POW, _ATOM = range(1, 7)  # how tightly an operation binds
_NAMES = {"pi": "π", "inf": "∞", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sigmoid": "σ"}


def mathml(formula: ast.expr, names: Mapping[str, str], *, times: str = "·") -> str:
    """Return ``formula`` as the inside of a ``<math>`` element, each symbol written as ``names`` says.

    >>> from autodiff.expressions import parse_rule
    >>> from autodiff.formulas import general
    >>> mathml(general(parse_rule("x / 2", "x")), {"x": "w"})
    '<mfrac><mrow><mi>w</mi></mrow><mrow><mn>2</mn></mrow></mfrac>'
    """
    return _Writer(names, times).render(formula)[0]


def symbol(written: str) -> str:
    """Return a symbol or a number as MathML.

    >>> symbol("-0.5"), symbol("w<1")
    ('<mo form="prefix">-</mo><mn>0.5</mn>', '<mi>w&lt;1</mi>')
    """
    if re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", written):
        sign = _MINUS if written.startswith("-") else ""
        return f"{sign}<mn>{written.removeprefix('-')}</mn>"
    return f"<mi>{html.escape(written)}</mi>"


class _Writer:
    """Render a formula; each part comes with its binding strength, so that brackets are few."""

    def __init__(self, names: Mapping[str, str], times: str) -> None:
        self.names, self.times = names, times

    def render(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, (ast.Name, ast.Constant)):
            if isinstance(node, ast.Constant):
                written = number(float(node.value), 17)  # type: ignore[arg-type]
            else:
                written = self.names.get(node.id, _NAMES.get(node.id, node.id))
            return symbol(written), _NEG if written.startswith("-") else _ATOM
        if isinstance(node, ast.UnaryOp):
            return f"{_MINUS}{self.bracketed(node.operand, _POW)}", _NEG
        if isinstance(node, ast.BinOp):
            return self.binary(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.call(node.func.id, node.args)
        return f"<mtext>{html.escape(ast.unparse(node))}</mtext>", _ATOM

    def bracketed(self, node: ast.expr, least: int) -> str:
        written, strength = self.render(node)
        return written if strength >= least else f"<mo>(</mo>{written}<mo>)</mo>"

    def row(self, node: ast.expr) -> str:
        return f"<mrow>{self.render(node)[0]}</mrow>"

    def binary(self, node: ast.BinOp) -> tuple[str, int]:
        if isinstance(node.op, ast.Div):
            return f"<mfrac>{self.row(node.left)}{self.row(node.right)}</mfrac>", _POW
        if isinstance(node.op, ast.Pow):
            return self.power(node.left, node.right), _POW
        if isinstance(node.op, ast.Mult):
            left, right, sign, strength = _MUL, _POW, self.times, _MUL
        else:
            left, right, strength = _ADD, _MUL, _ADD
            sign = "+" if isinstance(node.op, ast.Add) else "-"
            if self.render(node.right)[1] == _NEG:
                right = _POW
        return (
            f"{self.bracketed(node.left, left)}<mo>{sign}</mo>{self.bracketed(node.right, right)}",
            strength,
        )

    def power(self, base: ast.expr, exponent: ast.expr) -> str:
        return f"<msup><mrow>{self.bracketed(base, _ATOM)}</mrow>{self.row(exponent)}</msup>"

    def call(self, function: str, arguments: Sequence[ast.expr]) -> tuple[str, int]:
        inner = "<mo>,</mo>".join(self.render(x)[0] for x in arguments)
        if function == "square" and len(arguments) == 1:
            return self.power(arguments[0], ast.Constant(2.0)), _POW
        if function == "sqrt":
            return f"<msqrt>{inner}</msqrt>", _ATOM
        if function == "abs":
            return f"<mo>|</mo>{inner}<mo>|</mo>", _ATOM
        if function == "exp":
            return f"<msup><mi>e</mi><mrow>{inner}</mrow></msup>", _POW
        name = html.escape(_NAMES.get(function, function))
        return f"<mi>{name}</mi><mo>(</mo>{inner}<mo>)</mo>", _ATOM
