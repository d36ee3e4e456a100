"""References for the table: each row's textbook formula, read by SymPy, evaluated by mpmath.

The formula of a row is turned into a SymPy expression, SymPy differentiates it, and mpmath evaluates
the result with as many digits as it takes. The row's forward text and partial rules have no part in
it, so a slip in them cannot hide.

    region      the smooth piece of a formula that a point lies in: conditions, signs, floors and
                maxima are decided there, so what is left can be differentiated everywhere
    reference   a number correct to 30 digits or more
    indices     which operands a formula is differentiated by: () the value, (0, 1) ∂²out/∂x∂y
"""

import ast
import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sympy
from mpmath import mp, mpc, mpf

import autodiff as ad
from autodiff.rows import built_in

ROWS: Mapping[str, ad.Primitive] = {name: ad.PRIMITIVES[name] for name in sorted(built_in)}

# What SymPy and mpmath know by themselves; every other function must be a row with a formula.
_KNOWN: dict[str, Callable[..., Any]] = {
    name: getattr(sympy, name)
    for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "asinh", "acosh",
        "atanh", "exp", "log", "sqrt", "erf", "erfc",
    )
}  # fmt: skip
_LISTS: dict[str, Callable[..., Any]] = {
    "total": lambda xs: sum(xs, sympy.S.Zero),
    "count": lambda xs: sympy.Integer(len(xs)),
    "product": lambda xs: sympy.prod(xs),
    "dot": lambda xs, ys: sum((x * y for x, y in zip(xs, ys, strict=True)), sympy.S.Zero),
    "products_of_others": lambda xs: [
        sympy.prod([*xs[:i], *xs[i + 1 :]]) for i in range(len(xs))
    ],
}  # fmt: skip
_CONSTANTS = {"pi": sympy.pi, "nan": sympy.nan, "inf": sympy.oo}


class UnknownToOracle(AssertionError):
    """A rule text calls what the oracle cannot evaluate."""


def operand_counts(row: ad.Primitive) -> tuple[int, ...]:
    """Return the operand counts a row is tested with: its own, or 1, 2 and 3 (a pair: of each)."""
    if not row.operands.variadic:
        return (len(row.operands.names),)
    return (2, 4, 6) if row.operands.groups == (True, True) else (1, 2, 3)


CASES = [(name, count) for name, row in ROWS.items() for count in operand_counts(row)]


def symbols_of(count: int) -> tuple[sympy.Symbol, ...]:
    """Return one real symbol for each of ``count`` operands."""
    return sympy.symbols(f"x1:{count + 1}", real=True)


def environment(row: ad.Primitive, operands: Sequence[Any]) -> dict[str, Any]:
    """Return what each operand name of ``row`` stands for: an expression, or a list of them."""
    names, groups = row.operands.names, row.operands.groups
    if groups == (True, True):
        half = len(operands) // 2
        return {names[0]: list(operands[:half]), names[1]: list(operands[half:])}
    return {
        name: list(operands[i:]) if group else operands[i]
        for i, (name, group) in enumerate(zip(names, groups, strict=True))
    }


class Region:
    """Reads rule texts as SymPy expressions, deciding every condition at one point."""

    def __init__(self, row: ad.Primitive, point: Sequence[float]) -> None:
        self.row, self.point = row, tuple(point)
        self.symbols = symbols_of(len(point))
        self.names = environment(row, self.symbols)
        self.on_edge = False  # the formula has an absolute value or a sign that is 0 here

    def formula(self) -> sympy.Expr:
        """Return the row's textbook formula."""
        return sympy.sympify(self.expression(self.row.formula.tree, self.names))

    def partials(self, rules: Sequence[Any]) -> list[sympy.Expr]:
        """Return the partial for each operand that ``rules`` (one for each name) state."""
        names = self.names | {"out": self.formula()}
        found: list[sympy.Expr] = []
        for rule in rules:
            partial = self.expression(rule.tree, names)
            found += partial if isinstance(partial, list) else [partial]
        return [sympy.sympify(partial) for partial in found]

    def holds(self, tree: ast.expr) -> bool:
        """Return whether a condition is true at the point."""
        return self._condition(tree, self.names)

    def number(self, expression: Any) -> mpf:
        """Return an expression's value at the point."""
        if expression in self.symbols:
            return mpf(self.point[self.symbols.index(expression)])
        number = evaluated(sympy.sympify(expression), self.symbols, self.point, 60)
        assert number is not None, f"{self.row.name}: a condition has no value at {self.point}"
        return number

    def expression(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        """Return the SymPy expression, or list of them, that a syntax tree stands for here."""
        match node:
            case ast.Constant(value=value):
                return sympy.Rational(str(value))
            case ast.Name(id=name):
                return names[name] if name in names else _CONSTANTS[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.expression(operand, names)
            case ast.BinOp(left=left, op=op, right=right):
                return _combined(op, self.expression(left, names), self.expression(right, names))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.expression(body if self._condition(test, names) else orelse, names)
            case ast.ListComp(elt=element, generators=[ast.comprehension() as loop]):
                items = self.expression(loop.iter, names)
                name = loop.target.id
                return [self.expression(element, {**names, name: item}) for item in items]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, [self.expression(x, names) for x in arguments])
        raise UnknownToOracle(f"{self.row.name}: the oracle cannot read {ast.unparse(node)!r}")

    def _condition(self, node: ast.expr, names: Mapping[str, Any]) -> bool:
        if isinstance(node, ast.BoolOp):
            found = [self._condition(part, names) for part in node.values]
            return all(found) if isinstance(node.op, ast.And) else any(found)
        assert isinstance(node, ast.Compare), f"{ast.unparse(node)!r} is no condition"
        terms = [self.number(self.expression(x, names)) for x in (node.left, *node.comparators)]
        pairs = zip(node.ops, itertools.pairwise(terms), strict=True)
        return all(_COMPARISONS[type(op)](x, y) for op, (x, y) in pairs)

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if name in _LISTS:
            return _LISTS[name](*arguments)
        if name in ("abs", "sign"):
            sign = sympy.Integer(int(mp.sign(self.number(arguments[0]))))
            self.on_edge |= sign == 0
            return sign * arguments[0] if name == "abs" else sign
        if name in ("floor", "ceil"):
            return sympy.Integer(int(getattr(mp, name)(self.number(arguments[0]))))
        if name in ("maximum", "minimum"):
            choose = max if name == "maximum" else min
            return choose(arguments[0], key=self.number)
        if name == "shares":
            winners = [self.number(x) == self.number(arguments[1]) for x in arguments[0]]
            return [sympy.Rational(winner, sum(winners)) for winner in winners]
        row = ROWS.get(name)
        if row is not None and row.formula != row.forward:
            inner = arguments[0] if row.operands.variadic else arguments
            return self.expression(row.formula.tree, environment(row, inner))
        if name in _KNOWN:
            return _KNOWN[name](*arguments)
        if row is not None and name not in row.forward.calls:
            return self.expression(row.forward.tree, environment(row, arguments))
        raise UnknownToOracle(
            f"the oracle does not know the function {name!r}, met in the row {self.row.name!r}: give "
            f"the row a formula= in functions that {__name__} knows, or teach it there"
        )


def _combined(op: ast.operator, left: Any, right: Any) -> Any:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
    return left**right


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: lambda x, y: x < y, ast.LtE: lambda x, y: x <= y, ast.Gt: lambda x, y: x > y,
    ast.GtE: lambda x, y: x >= y, ast.Eq: lambda x, y: x == y, ast.NotEq: lambda x, y: x != y,
}  # fmt: skip


class _NotReal(ArithmeticError):
    """A logarithm of a negative number."""


def _real_log(x: mpf) -> mpf:
    if x < 0:
        raise _NotReal
    return mp.log(x)


@cache
def _function(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> Callable[..., Any]:
    return sympy.lambdify(symbols, expression, modules=[{"log": _real_log}, "mpmath"], cse=True)


@cache
def _derivative(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> sympy.Expr:
    return sympy.diff(expression, *symbols)


NOT_REAL = mpf("nan")


def evaluated(
    expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...], point: Sequence[Any], digits: int
) -> mpf | None:
    """Return the expression's value with ``digits`` digits, None at a pole, nan where complex."""
    with mp.workdps(digits):
        try:
            number = mp.mpmathify(_function(expression, symbols)(*map(mpf, point)))
        except ZeroDivisionError:
            return None
        except _NotReal:
            return NOT_REAL
    if isinstance(number, mpc):
        return number.real if number.imag == 0 else NOT_REAL
    return None if mp.isinf(number) else number


class Reference:
    """The number that a derivative of a row's formula has at a point, and how sensitive it is.

    Attributes:
        number: the value; None at a pole or an edge of the domain; nan where it is not real.
    """

    def __init__(self, region: Region, formula: sympy.Expr, indices: Sequence[int]) -> None:
        self.symbols, self.point = region.symbols, region.point
        by = tuple(region.symbols[i] for i in indices)
        self.expression = _derivative(formula, by) if by else formula
        self.digits = 60
        self.number = None if by and region.on_edge else self._converged()

    def _at(self, point: Sequence[Any]) -> mpf | None:
        return evaluated(self.expression, self.symbols, point, self.digits)

    def _converged(self) -> mpf | None:
        """Return the value once two precisions agree on 30 digits.

        Rounding noise differs from one precision to the next, so noise never agrees; only 0 may
        (log(1 + 1e-300) is 0 up to 300 digits), so 0 is believed only of 400 digits and more.
        """
        last = self._at(self.point)
        for digits in (90, 400, 1600, 2500):
            if self.expression.is_zero:
                return last
            self.digits, before = digits, last
            last = self._at(self.point)
            if last is None or before is None:
                continue
            if last and abs(last - before) <= abs(last) * mpf("1e-30"):
                return last
            # Far below the smallest float, all that matters is that it rounds to 0.
            if digits >= 1600 and abs(last) < mpf("1e-340") and abs(before) < mpf("1e-340"):
                return last
        stuck = last is not None and not mp.isnan(last)
        assert not stuck, f"{self.expression} at {self.point} needs more than {digits} digits"
        return last

    def sensitivity(self) -> mpf:
        """Return Σ |x · ∂/∂x|: what relative errors of the operands do to the number, absolutely.

        By difference quotients: the working precision has digits to spare for a step of 1e-25.
        """
        step, total = mpf("1e-25"), mpf(0)
        assert self.number is not None
        with mp.workdps(self.digits):
            for i, x in enumerate(self.point):
                moved = [self._moved(i, x * (1 + h)) for h in (step, -step)]
                real = [y for y in moved if y is not None and not mp.isnan(y)]
                total += abs(real[0] - self._at(self.point)) / step if real else mp.inf
        return total

    def _moved(self, i: int, x: mpf) -> mpf | None:
        return self._at([*self.point[:i], x, *self.point[i + 1 :]])
