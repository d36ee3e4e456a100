"""Second opinions: the gradient of a recorded graph by other libraries, each where it is installed.

The graph's operations are evaluated by their textbook formulas, in the functions of the library that is
asked; what it says of their derivatives is its own.
"""

import builtins
import importlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autodiff.graph import topological_order
from autodiff.primitive import Primitive, rows
from autodiff.testing.reference import Exact
from autodiff.value import Value

_NAMES = (
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt",
    "hypot", "floor", "ceil", "sign", "abs",
)  # fmt: skip
_INVERSE = ("sin", "cos", "tan", "sinh", "cosh", "tanh")


class NotOfferedError(Exception):
    """A library is missing, or has no such operation; the message says which."""


def opinions(out: Value, inputs: Sequence[Value]) -> dict[str, list[float] | str]:
    """Return ∂out/∂input by each oracle, or why it has none.

    >>> import autodiff as ad
    >>> x = ad.Value(0.5, name="x")
    >>> opinions(ad.sin(x) * x, [x])["mpmath"]
    [0.9182168195493894]
    """
    found: dict[str, list[float] | str] = {}
    for name, oracle in ORACLES.items():
        try:
            found[name] = oracle(out, inputs)
        except NotOfferedError as error:
            found[name] = str(error)
        except (ArithmeticError, ValueError, TypeError, RuntimeError) as error:
            found[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return found


def _loaded(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise NotOfferedError(f"{name.partition('.')[0]} is not installed") from None


# ── a graph in another library's functions ──────────────────────────────────────────────────────────


class _Names(dict[str, Any]):
    """A library's functions, and each row by its own formula in them."""

    def __init__(self, functions: Mapping[str, Any], operands: Mapping[str, Any]) -> None:
        super().__init__({**functions, **operands, "__builtins__": builtins})
        self._functions = functions

    def __missing__(self, name: str) -> Any:
        if name not in rows:
            raise NotOfferedError(f"there is no {name!r} in it")
        row = rows[name]
        if row.formula == row.forward and name in {call.name for call in row.forward.calls}:
            raise NotOfferedError(f"there is no {name!r} in it")
        if row.operands.variadic:
            return lambda numbers: _evaluated(row, self._functions, numbers)
        return lambda *operands: _evaluated(row, self._functions, operands)


def _evaluated(row: Primitive, functions: Mapping[str, Any], operands: Sequence[Any]) -> Any:
    bound: dict[str, Any] = {}
    for name, group in zip(row.operands.names, row.operands.groups, strict=True):
        bound[name] = [] if group else None
    for position, x in enumerate(operands):
        name = row.operands.name_of(position, len(operands))
        if isinstance(bound[name], list):
            bound[name].append(x)
        else:
            bound[name] = x
    return eval(row.formula.text, _Names(functions, bound))


def _replayed(out: Value, functions: Mapping[str, Any], leaves: Mapping[Value, Any]) -> Any:
    numbers: dict[Value, Any] = {}
    for node in topological_order(out):
        if node.primitive is None:
            numbers[node] = leaves.get(node, node.data)
        else:
            numbers[node] = _evaluated(node.primitive, functions, [numbers[x] for x in node.operands])
    return numbers[out]


def _functions(library: Any, **own: Any) -> dict[str, Any]:
    found = {name: getattr(library, name) for name in _NAMES if hasattr(library, name)}
    for name in _INVERSE:
        inverse = getattr(library, f"arc{name}", None) or getattr(library, f"a{name}", None)
        inverse = (
            getattr(library, f"arc{name.replace('h', '')}h", inverse) if name.endswith("h") else inverse
        )
        if inverse is not None:
            found[f"a{name}"] = inverse
    lists = {
        "total": sum,
        "count": len,
        "maximum": lambda xs: max(xs),
        "minimum": lambda xs: min(xs),
        "product": _product,
        "dot": lambda xs, ys: sum(x * y for x, y in zip(xs, ys, strict=True)),
    }
    return lists | found | {"pi": 3.141592653589793, "nan": float("nan"), "inf": float("inf")} | own


def _product(xs: Sequence[Any]) -> Any:
    found: Any = 1.0
    for x in xs:
        found = found * x
    return found


# ── the oracles ─────────────────────────────────────────────────────────────────────────────────────


def by_mpmath(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by the replay with 60 digits."""
    _loaded("mpmath")
    return Exact(out).gradient(inputs)


def by_sympy(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient that SymPy derives symbolically, evaluated with 30 digits."""
    sympy = _loaded("sympy")
    symbols = [sympy.Symbol(f"x{i}", real=True) for i in range(len(inputs))]
    functions = _functions(sympy) | {
        "abs": sympy.Abs,
        "ceil": sympy.ceiling,
        "expm1": lambda x: sympy.exp(x) - 1,
        "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
        "log1p": lambda x: sympy.log(1 + x),
        "log2": lambda x: sympy.log(x, 2),
        "log10": lambda x: sympy.log(x, 10),
        "atan2": sympy.atan2,
        "erf": sympy.erf,
        "erfc": sympy.erfc,
        "maximum": lambda xs: sympy.Max(*xs),
        "minimum": lambda xs: sympy.Min(*xs),
        "pi": sympy.pi,
    }
    leaves: dict[Value, Any] = {
        node: sympy.Rational(node.data) for node in topological_order(out) if node.primitive is None
    }
    leaves |= dict(zip(inputs, symbols, strict=True))
    try:
        formula = sympy.sympify(_replayed(out, functions, leaves))
    except TypeError:
        raise NotOfferedError("SymPy leaves the condition in a formula open") from None
    at = {symbol: sympy.Rational(x.data) for symbol, x in zip(symbols, inputs, strict=True)}
    return [float(sympy.diff(formula, symbol).subs(at).evalf(30)) for symbol in symbols]


def by_scipy(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by SciPy's adaptive finite differences (``scipy.differentiate``, 1.15)."""
    differentiate = _loaded("scipy.differentiate")
    numpy = _loaded("numpy")
    found = []
    for x in inputs:

        def moved(numbers: Any, x: Value = x) -> Any:
            flat = [_on_floats(out, {x: float(number)}) for number in numpy.ravel(numbers)]
            return numpy.reshape(flat, numpy.shape(numbers))

        result = differentiate.derivative(moved, x.data, initial_step=0.1)
        if not result.success:
            raise ValueError("the differences did not converge")
        found.append(float(result.df))
    return found


def _on_floats(out: Value, moved: Mapping[Value, float]) -> float:
    numbers: dict[Value, float] = {}
    for node in topological_order(out):
        if node.primitive is None:
            numbers[node] = moved.get(node, node.data)
        else:
            numbers[node] = node.primitive.evaluate(*[numbers[x] for x in node.operands])
    return numbers[out]


def by_autograd(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by HIPS autograd."""
    autograd, numpy = _loaded("autograd"), _loaded("autograd.numpy")
    functions = _functions(numpy, atan2=numpy.arctan2)

    def f(numbers: Any) -> Any:
        return _replayed(out, functions, {x: numbers[i] for i, x in enumerate(inputs)})

    return [float(x) for x in autograd.grad(f)(numpy.array([x.data for x in inputs]))]


def by_jax(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by JAX, in double precision."""
    jax, numpy = _loaded("jax"), _loaded("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    functions = _functions(
        numpy, atan2=numpy.arctan2, erf=jax.scipy.special.erf, erfc=jax.scipy.special.erfc
    )

    def f(*numbers: Any) -> Any:
        return _replayed(out, functions, dict(zip(inputs, numbers, strict=True)))

    found = jax.grad(f, argnums=tuple(range(len(inputs))))(*[x.data for x in inputs])
    return [float(x) for x in found]


def by_torch(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by PyTorch, in double precision."""
    torch = _loaded("torch")
    numbers = [torch.tensor(x.data, dtype=torch.float64, requires_grad=True) for x in inputs]
    leaves: dict[Value, Any] = {
        node: torch.tensor(node.data, dtype=torch.float64)
        for node in topological_order(out)
        if node.primitive is None
    }
    functions = _functions(torch, atan2=torch.atan2, erf=torch.erf, erfc=torch.erfc)
    functions |= {
        name: _on_tensors(torch, function) for name, function in functions.items() if name in _NAMES
    }
    result = _replayed(out, functions, leaves | dict(zip(inputs, numbers, strict=True)))
    result.backward()
    return [0.0 if x.grad is None else float(x.grad) for x in numbers]


def _on_tensors(torch: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that takes plain numbers, too: constants of a formula are none of torch's."""
    return lambda *xs: function(
        *[x if hasattr(x, "dtype") else torch.tensor(float(x), dtype=torch.float64) for x in xs]
    )


ORACLES: Mapping[str, Callable[[Value, Sequence[Value]], list[float]]] = MappingProxyType({
    "mpmath": by_mpmath,
    "sympy": by_sympy,
    "scipy": by_scipy,
    "autograd": by_autograd,
    "jax": by_jax,
    "torch": by_torch,
})  # fmt: skip
"""The oracles by name."""
