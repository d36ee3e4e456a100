"""Second opinions: the gradient of a recorded graph by other libraries, each where it is installed.

Operations are the library's own where it has them, such as ``relu``; the others are evaluated by their
textbook formulas in its functions. What it says of their derivatives is its own.
"""

import functools
import importlib.util
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autodiff.graph import topological_order
from autodiff.testing.formula import Formulas, NotOfferedError
from autodiff.testing.recorded import Recorded
from autodiff.testing.reference import Exact
from autodiff.value import Value

_NAMES = (
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt",
    "hypot", "floor", "ceil", "sign", "abs",
)  # fmt: skip
_SCIPY_STEPS = (0.1, 1e-3)  # the first that converges: a wide one may reach across a kink
_INVERSE = ("sin", "cos", "tan", "sinh", "cosh", "tanh")


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


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _loaded(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise NotOfferedError(f"{name.partition('.')[0]} is not installed") from None


# ── a graph in another library's functions ──────────────────────────────────────────────────────────


def _replayed(out: Value, formulas: Formulas, leaves: Mapping[Value, Any]) -> Any:
    numbers: dict[Value, Any] = {}
    for node in topological_order(out):
        if node.primitive is None:
            numbers[node] = leaves.get(node, node.data)
        else:
            numbers[node] = formulas(node.primitive, [numbers[x] for x in node.operands])
    return numbers[out]


def _formulas(library: Any, **own: Any) -> Formulas:
    """Return the rows in a library's functions; ``own`` are those that it calls otherwise."""
    found = {name: getattr(library, name) for name in _NAMES if hasattr(library, name)}
    for name in _INVERSE:
        inverse = getattr(library, f"a{name}", None) or getattr(library, f"arc{name}", None)
        found |= {f"a{name}": inverse} if inverse is not None else {}
    lists = {
        "total": sum,
        "count": len,
        "maximum": max,
        "minimum": min,
        "product": math.prod,
        "dot": lambda xs, ys: sum(x * y for x, y in zip(xs, ys, strict=True)),
    }
    return Formulas(lists | found | {"pi": math.pi, "nan": math.nan, "inf": math.inf} | own)


def _folded(function: Callable[[Any, Any], Any]) -> Callable[[Sequence[Any]], Any]:
    return lambda xs: functools.reduce(function, xs)


# ── the oracles ─────────────────────────────────────────────────────────────────────────────────────


def by_mpmath(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by the replay with 60 digits."""
    _loaded("mpmath")
    return Exact(out).gradient(inputs)


def by_sympy(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient that SymPy derives symbolically, evaluated with 30 digits."""
    sympy = _loaded("sympy")
    symbols = [sympy.Symbol(f"x{i}", real=True) for i in range(len(inputs))]
    formulas = _formulas(
        sympy,
        abs=sympy.Abs,
        atan2=sympy.atan2,
        ceil=sympy.ceiling,
        erf=sympy.erf,
        erfc=sympy.erfc,
        expm1=lambda x: sympy.exp(x) - 1,
        hypot=lambda x, y: sympy.sqrt(x**2 + y**2),
        log1p=lambda x: sympy.log(1 + x),
        log2=lambda x: sympy.log(x, 2),
        log10=lambda x: sympy.log(x, 10),
        maximum=lambda xs: sympy.Max(*xs),
        minimum=lambda xs: sympy.Min(*xs),
        pi=sympy.pi,
        relu=lambda x: sympy.Max(x, 0),
    )
    leaves: dict[Value, Any] = {
        node: sympy.Rational(node.data) for node in topological_order(out) if node.primitive is None
    }
    leaves |= dict(zip(inputs, symbols, strict=True))
    try:
        formula = sympy.sympify(_replayed(out, formulas, leaves))
    except TypeError:
        raise NotOfferedError("SymPy leaves the condition in a formula open") from None
    at = {symbol: sympy.Rational(x.data) for symbol, x in zip(symbols, inputs, strict=True)}
    return [float(sympy.diff(formula, symbol).subs(at).evalf(30)) for symbol in symbols]


def by_scipy(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by SciPy's adaptive finite differences (``scipy.differentiate``, 1.15)."""
    differentiate = _loaded("scipy.differentiate")
    numpy = _loaded("numpy")
    found, graph = [], Recorded([out], inputs, [1.0])
    for x in inputs:

        def moved(numbers: Any, x: Value = x) -> Any:
            flat = [graph.value_at({x: float(number)}) for number in numpy.ravel(numbers)]
            return numpy.reshape(flat, numpy.shape(numbers))

        tried = (
            differentiate.derivative(moved, x.data, initial_step=step, tolerances={"atol": 1e-12})
            for step in _SCIPY_STEPS  # atol: a slope of 0 has no relative error
        )
        result = next((one for one in tried if one.success), None)
        if result is None:
            raise ValueError("the differences did not converge")
        found.append(float(result.df))
    return found


def by_autograd(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by HIPS autograd."""
    autograd, numpy = _loaded("autograd"), _loaded("autograd.numpy")
    special = _loaded("autograd.scipy.special") if _is_there("scipy") else None
    formulas = _formulas(
        numpy,
        atan2=numpy.arctan2,
        maximum=_folded(numpy.maximum),
        minimum=_folded(numpy.minimum),
        **({"erf": special.erf, "erfc": special.erfc, "sigmoid": special.expit} if special else {}),
    )

    def f(numbers: Any) -> Any:
        return _replayed(out, formulas, {x: numbers[i] for i, x in enumerate(inputs)})

    return [float(x) for x in autograd.grad(f)(numpy.array([x.data for x in inputs]))]


def by_jax(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by JAX, in double precision."""
    jax, numpy = _loaded("jax"), _loaded("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    nn, special = jax.nn, jax.scipy.special
    formulas = _formulas(
        numpy,
        atan2=numpy.arctan2,
        cbrt=numpy.cbrt,
        clamp=numpy.clip,
        elu=nn.elu,
        erf=special.erf,
        erfc=special.erfc,
        gelu=functools.partial(nn.gelu, approximate=False),
        leaky_relu=nn.leaky_relu,
        logsigmoid=nn.log_sigmoid,
        maximum=_folded(numpy.maximum),
        minimum=_folded(numpy.minimum),
        relu=nn.relu,
        sigmoid=nn.sigmoid,
        silu=nn.silu,
        softplus=nn.softplus,
    )

    def f(*numbers: Any) -> Any:
        return _replayed(out, formulas, dict(zip(inputs, numbers, strict=True)))

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
    plain = {name: getattr(torch, name) for name in (*_NAMES, "atan2") if hasattr(torch, name)}
    nn = torch.nn.functional
    formulas = _formulas(
        torch,
        **{name: _on_tensors(torch, function) for name, function in plain.items()},
        clamp=_on_tensors(torch, torch.clamp),
        erf=torch.erf,
        erfc=torch.erfc,
        gelu=nn.gelu,
        logsigmoid=nn.logsigmoid,
        maximum=_folded(torch.maximum),
        minimum=_folded(torch.minimum),
        relu=torch.relu,
        sigmoid=torch.sigmoid,
        silu=nn.silu,
        softplus=nn.softplus,
    )
    result = _replayed(out, formulas, leaves | dict(zip(inputs, numbers, strict=True)))
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
