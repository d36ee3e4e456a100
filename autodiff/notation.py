"""Formulas and numbers in writing: plain text and LaTeX.

Text can be read back: the dot and the superscripts aside it is the Python expression it looks like.
"""

import ast
import re
from collections.abc import Mapping, Sequence

from autodiff.expressions import CONSTANTS
from autodiff.formulas import is_abbreviated, squares_multiplied_out
from autodiff.primitive import evaluated

_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_ADD, _DIV, _MUL, _NEG, _POW, _ATOM = range(1, 7)  # how tightly an operation binds
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def text(formula: ast.expr, names: Mapping[str, str], *, times: str = "·") -> str:
    """Return ``formula`` on one line, each symbol written as ``names`` says.

    >>> from autodiff.expressions import parse_rule
    >>> from autodiff.formulas import general
    >>> text(general(parse_rule("x * cos(y) ** 2 / -z", "xyz")), {"x": "w", "z": "-3"})
    'w·cos(y)² / -(-3)'
    """
    return _Text(names, times).render(formula)[0]


def latex(formula: ast.expr, names: Mapping[str, str], *, times: str = r" \cdot ") -> str:
    r"""Return ``formula`` in LaTeX.

    >>> from autodiff.expressions import parse_rule
    >>> from autodiff.formulas import general
    >>> latex(general(parse_rule("1 / sqrt(x)", "x")), {"x": "a_1"})
    '\\frac{1}{\\sqrt{a_1}}'
    """
    return _Latex(names, times).render(formula)[0]


class _Text:
    """Render a formula; each part comes with its binding strength, so that brackets are few."""

    left_bracket, right_bracket = "(", ")"
    fraction_strength = _DIV

    def __init__(self, names: Mapping[str, str], times: str) -> None:
        self.names, self.times = names, times

    def render(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, ast.Name):
            written = self.names.get(node.id, self.constant(node.id))
            return written, _strength(written)
        if isinstance(node, ast.Constant):
            written = number(float(node.value), 17)  # type: ignore[arg-type]
            return written, _strength(written)
        if isinstance(node, ast.UnaryOp):
            return f"-{self.bracketed(node.operand, _POW)}", _NEG
        if isinstance(node, ast.BinOp):
            return self.binary(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.call(node.func.id, node.args)
        return self.condition(node), _ADD - 1

    def bracketed(self, node: ast.expr, least: int) -> str:
        written, strength = self.render(node)
        return written if strength >= least else f"{self.left_bracket}{written}{self.right_bracket}"

    def constant(self, symbol: str) -> str:
        return "π" if symbol == "pi" else symbol

    def binary(self, node: ast.BinOp) -> tuple[str, int]:
        if isinstance(node.op, (ast.Add, ast.Sub)):
            sign = "+" if isinstance(node.op, ast.Add) else "-"
            left, right = self.bracketed(node.left, _ADD), self.bracketed(node.right, _DIV)
            if right.startswith("-"):
                right = f"{self.left_bracket}{right}{self.right_bracket}"
            return f"{left} {sign} {right}", _ADD
        if isinstance(node.op, ast.Mult):
            left, right = self.bracketed(node.left, _MUL), self.bracketed(node.right, _NEG)
            if isinstance(node.left, ast.Constant) and left.startswith("-"):
                left = f"{self.left_bracket}{left}{self.right_bracket}"
            if right.startswith("-"):
                right = f"{self.left_bracket}{right}{self.right_bracket}"
            return f"{left}{self.times}{right}", _MUL
        if isinstance(node.op, ast.Div):
            return self.fraction(node.left, node.right), self.fraction_strength
        return self.power(node.left, node.right), _POW

    def fraction(self, top: ast.expr, bottom: ast.expr) -> str:
        return f"{self.bracketed(top, _MUL)} / {self.bracketed(bottom, _NEG)}"

    def power(self, base: ast.expr, exponent: ast.expr) -> str:
        written = self.bracketed(base, _ATOM)
        if isinstance(exponent, ast.Constant) and exponent.value in range(2, 10):
            return f"{written}{number(float(exponent.value)).translate(_SUPERSCRIPTS)}"  # type: ignore[arg-type]
        return f"{written}**{self.bracketed(exponent, _POW)}"

    def call(self, function: str, arguments: Sequence[ast.expr]) -> tuple[str, int]:
        if function == "square" and len(arguments) == 1:
            return self.power(arguments[0], ast.Constant(2.0)), _POW
        return f"{function}({', '.join(self.render(x)[0] for x in arguments)})", _ATOM

    def condition(self, node: ast.expr) -> str:
        """Return what only the reference page shows: choices, comparisons, lists."""
        if isinstance(node, ast.IfExp):
            body, test, orelse = (self.render(x)[0] for x in (node.body, node.test, node.orelse))
            return f"{body} if {test} else {orelse}"
        if isinstance(node, ast.Compare):
            parts = [self.bracketed(node.left, _ADD)]
            for comparison, right in zip(node.ops, node.comparators, strict=True):
                parts += [_COMPARISONS[type(comparison)], self.bracketed(right, _ADD)]
            return " ".join(parts)
        if isinstance(node, ast.BoolOp):
            word = " and " if isinstance(node.op, ast.And) else " or "
            return word.join(self.render(value)[0] for value in node.values)
        if isinstance(node, ast.ListComp):
            return f"{self.render(node.elt)[0]} for each {ast.unparse(node.generators[0].target)}"
        return ast.unparse(node)


_LATEX_NAMES = {
    name: name for name in ["sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "max", "min"]
} | {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "sigmoid": "sigma",
}


class _Latex(_Text):
    left_bracket, right_bracket = r"\left(", r"\right)"
    fraction_strength = _POW

    def constant(self, symbol: str) -> str:
        return {"pi": r"\pi", "inf": r"\infty", "nan": r"\text{nan}", "…": r"\dots"}.get(symbol, symbol)

    def fraction(self, top: ast.expr, bottom: ast.expr) -> str:
        return rf"\frac{{{self.render(top)[0]}}}{{{self.render(bottom)[0]}}}"

    def power(self, base: ast.expr, exponent: ast.expr) -> str:
        return f"{self.bracketed(base, _ATOM)}^{{{self.render(exponent)[0]}}}"

    def call(self, function: str, arguments: Sequence[ast.expr]) -> tuple[str, int]:
        inner = ", ".join(self.render(x)[0] for x in arguments)
        if function == "sqrt":
            return rf"\sqrt{{{inner}}}", _ATOM
        if function == "abs":
            return rf"\left|{inner}\right|", _ATOM
        if function == "exp":
            return f"e^{{{inner}}}", _POW
        if function == "square" and len(arguments) == 1:
            return self.power(arguments[0], ast.Constant(2.0)), _POW
        written = _LATEX_NAMES.get(function, function)
        known = function in _LATEX_NAMES
        escaped = written.replace("_", r"\_")
        head = f"\\{written}" if known else rf"\operatorname{{{escaped}}}"
        return rf"{head}\left({inner}\right)", _ATOM


def _strength(written: str) -> int:
    """Return how tightly a written number or name binds: a negative one like a product."""
    if written.startswith("-"):
        return _NEG
    if re.fullmatch(r"[\d.]+(e[+-]\d+)?|(adj|dot)\(\w+\)", written):
        return _ATOM
    return _ATOM if all(c.isalnum() or c in "._[]\\{}^̄̇…" for c in written) else _ADD


def number(value: float, digits: int = 4) -> str:
    """Return ``value`` so that it reads: rounded to ``digits`` decimals, in full from 16 on.

    Numbers too small or too large for that keep ``digits`` significant ones. Rounding never turns
    a number into 0 or infinity, nor into an integer unless it is one to 9 decimals.

    >>> number(0.45359612142557731), number(2.0), number(1.2345678e-7), number(0.1, 17)
    ('0.4536', '2', '1.235e-07', '0.1')
    """
    if value != value or value in (float("inf"), -float("inf")):
        return repr(value)
    if digits >= 16:
        written = repr(value)
    elif value == 0 or 10.0 ** -min(digits, 3) <= abs(value) < 1e9:
        written = _rounded(value, digits)
    else:
        written = f"{value:.{digits}g}"
        if abs(float(written)) == float("inf"):  # rounded up beyond the largest float
            written = repr(value)
    written = written.removesuffix(".0")
    return "0" if written == "-0" and value == 0 else written


def _rounded(value: float, digits: int) -> str:
    """Return ``value`` with ``digits`` decimals, with more where it would pass for an integer."""
    for decimals in range(digits, max(digits + 1, 10)):
        written = f"{value:.{decimals}f}"
        if "." in written:
            written = written.rstrip("0").rstrip(".")
        if "." in written or not digits or abs(value - round(value)) < 1e-9:
            break
    return written


def substituted(
    formula: ast.expr, numbers: Mapping[str, float], result: float, digits: int, *, times: str = " · "
) -> str:
    """Return ``formula`` with the numbers put in; computing it gives ``result`` as it is printed.

    Operands are written with ``digits`` like every number; where rounding them would show in the
    result, with as many more as it takes.
    """
    computed, written = as_written(formula, numbers, result, digits)
    return text(computed, written, times=times)


def as_written(
    formula: ast.expr, numbers: Mapping[str, float], result: float, digits: int
) -> tuple[ast.expr, dict[str, str]]:
    """Return ``formula`` and its numbers as ``substituted`` writes them."""
    for more in range(min(digits, 17), 18):
        written = {symbol: number(value, more) for symbol, value in numbers.items()}
        if agrees(formula, written, result, digits):
            return formula, written
    # What is left are the sign of a zero and the last digit of a square.
    signed = {symbol: "-0" if repr(numbers[symbol]) == "-0.0" else written[symbol] for symbol in written}
    return squares_multiplied_out(formula), signed


def agrees(formula: ast.expr, written: Mapping[str, str], result: float, digits: int) -> bool:
    """Return whether ``formula``, computed with the numbers as written, prints as ``result`` does."""
    if is_abbreviated(formula):
        return True  # abbreviated: it cannot be computed
    numbers = CONSTANTS | {symbol: float(number) for symbol, number in written.items()}
    return number(evaluated(formula, numbers), digits) == number(result, digits)
