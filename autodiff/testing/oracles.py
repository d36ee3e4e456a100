"""Second opinions: the gradient of a recorded graph by other libraries, each where it is installed.

Operations are the library's own where it has them, such as ``relu``; the others are evaluated by their
textbook formulas in its functions. What it says of their derivatives is its own.
"""

import functools
import importlib.util
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autodiff.graph import topological_order
from autodiff.testing.formula import Formulas, NotOfferedError
from autodiff.testing.recorded import Recorded
from autodiff.testing.reference import Exact, KinkError
from autodiff.value import Value

_NAMES = (
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt",
    "hypot", "floor", "ceil", "sign", "abs",
)  # fmt: skip
_REPLAYED = 1e-38  # slopes of the replay that are smaller are its own steps
_SCIPY_STEPS = (0.1, 1e-3)  # the first that converges: a wide one may reach across a kink
_INVERSE = ("sin", "cos", "tan", "sinh", "cosh", "tanh")


def opinions(
    out: Value, inputs: Sequence[Value], asked: Sequence[str] | None = None
) -> dict[str, list[float] | str]:
    """Return ∂out/∂input by each oracle, or by those ``asked``, or why it has none.

    >>> import autodiff as ad
    >>> x = ad.Value(0.5, name="x")
    >>> opinions(ad.sin(x) * x, [x])["mpmath"]
    [0.9182168195493894]
    """
    found: dict[str, list[float] | str] = {}
    for name in ORACLES if asked is None else asked:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the numbers say it: inf, nan, 0
                found[name] = ORACLES[name](out, inputs)
        except NotOfferedError as error:
            found[name] = str(error)
        except Exception as error:  # whatever a library raises, the others are asked
            found[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return found


def written_out(oracle: str, out: Value) -> list[str]:
    """Return the operations in the graph of ``out`` that the oracle's library does not have.

    These are evaluated by their textbook formulas: what such a formula loses, an operation of the
    library's own might keep.

    >>> import autodiff as ad
    >>> written_out("mpmath", ad.gelu(ad.Value(0.5, name="x")))
    []
    """
    formulas = _FORMULAS.get(oracle)
    if formulas is None:
        return []
    rows = {node.primitive for node in topological_order(out) if node.primitive is not None}
    return sorted(row.name for row in rows if formulas().writes_out(row))


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


def _unchanged(x: Any) -> Any:
    return x


def _formulas(library: Any, number: Callable[[Any], Any] = _unchanged, **own: Any) -> Formulas:
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
    constants = {"pi": math.pi, "nan": math.nan, "inf": math.inf}
    return Formulas(lists | found | constants | own, number=number)


def _folded(function: Callable[[Any, Any], Any]) -> Callable[[Sequence[Any]], Any]:
    return lambda xs: functools.reduce(function, xs)


# ── the oracles ─────────────────────────────────────────────────────────────────────────────────────


def by_mpmath(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by the replay with 60 digits, off all kinks."""
    _loaded("mpmath")
    try:
        found = Exact(out).gradient(inputs)
    except KinkError as error:
        raise NotOfferedError(str(error)) from None
    return [x if abs(x) > _REPLAYED else 0.0 for x in found]


@functools.cache
def _in_sympy() -> Formulas:
    sympy = _loaded("sympy")
    return _formulas(
        sympy,
        number=sympy.Rational,
        abs=sympy.Abs,
        atan2=sympy.atan2,
        ceil=sympy.ceiling,
        clamp=lambda x, low, high: sympy.Min(sympy.Max(x, low), high),
        elu=lambda x, alpha: sympy.Piecewise((x, x > 0), (alpha * (sympy.exp(x) - 1), True)),
        erf=sympy.erf,
        erfc=sympy.erfc,
        expm1=lambda x: sympy.exp(x) - 1,
        gelu=lambda x: x * sympy.erfc(-x / sympy.sqrt(2)) / 2,
        hypot=lambda x, y: sympy.sqrt(x**2 + y**2),
        leaky_relu=lambda x, slope: sympy.Piecewise((x, x > 0), (slope * x, True)),
        log1p=lambda x: sympy.log(1 + x),
        log2=lambda x: sympy.log(x, 2),
        log10=lambda x: sympy.log(x, 10),
        lower_bound=sympy.Max,
        maximum=lambda xs: sympy.Max(*xs),
        minimum=lambda xs: sympy.Min(*xs),
        pi=sympy.pi,
        relu=lambda x: sympy.Max(x, 0),
        sech=sympy.sech,
        upper_bound=sympy.Min,
    )


def by_sympy(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient that SymPy derives symbolically, evaluated with 30 digits."""
    sympy, formulas = _loaded("sympy"), _in_sympy()
    symbols = [sympy.Symbol(f"x{i}", real=True) for i in range(len(inputs))]
    leaves: dict[Value, Any] = {
        node: sympy.Rational(node.data) for node in topological_order(out) if node.primitive is None
    }
    leaves |= dict(zip(inputs, symbols, strict=True))
    try:
        formula = sympy.sympify(_replayed(out, formulas, leaves))
    except TypeError:
        raise NotOfferedError("SymPy leaves the condition in a formula open") from None
    at = {symbol: sympy.Rational(x.data) for symbol, x in zip(symbols, inputs, strict=True)}
    found = [sympy.diff(formula, symbol).subs(at).evalf(30) for symbol in symbols]
    for one in found:
        if one is not sympy.nan and not one.is_Number:
            raise NotOfferedError(f"no real number: {one.evalf(3)}")
    return [float(one) for one in found]


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


@functools.cache
def _in_autograd() -> Formulas:
    numpy = _loaded("autograd.numpy")
    own: dict[str, Any] = {}
    if _is_there("scipy"):
        special = _loaded("autograd.scipy.special")
        own = {
            "erf": special.erf,
            "erfc": special.erfc,
            "logsumexp": lambda xs: special.logsumexp(numpy.array(xs)),
            "sigmoid": special.expit,
        }
    return _formulas(
        numpy,
        atan2=numpy.arctan2,
        clamp=_unless_moved(numpy.clip),
        logsigmoid=lambda x: -numpy.logaddexp(0.0, -x),
        lower_bound=numpy.maximum,
        maximum=_folded(numpy.maximum),
        minimum=_folded(numpy.minimum),
        relu=lambda x: numpy.maximum(x, 0.0),
        softplus=lambda x: numpy.logaddexp(0.0, x),
        upper_bound=numpy.minimum,
        **own,
    )


def _unless_moved(clip: Callable[..., Any]) -> Callable[..., Any]:
    """Return autograd's ``clip``, refused for bounds that are boxed: it has no derivative by them."""

    def clamp(x: Any, low: Any, high: Any) -> Any:
        if not isinstance(low, float) or not isinstance(high, float):
            raise NotOfferedError("clip has no derivative by its bounds")
        return clip(x, low, high)

    return clamp


def by_autograd(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by HIPS autograd."""
    autograd, numpy, formulas = _loaded("autograd"), _loaded("autograd.numpy"), _in_autograd()

    def f(numbers: Any) -> Any:
        return _replayed(out, formulas, {x: numbers[i] for i, x in enumerate(inputs)})

    return [float(x) for x in autograd.grad(f)(numpy.array([x.data for x in inputs]))]


@functools.cache
def _in_jax() -> Formulas:
    jax, numpy = _loaded("jax"), _loaded("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    nn, special = jax.nn, jax.scipy.special
    return _formulas(
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
        logsumexp=lambda xs: special.logsumexp(numpy.stack(xs)),
        lower_bound=numpy.maximum,
        maximum=_folded(numpy.maximum),
        minimum=_folded(numpy.minimum),
        pow=lambda x, y: x ** (int(y) if isinstance(y, float) and y.is_integer() else y),  # as written
        relu=nn.relu,
        sigmoid=nn.sigmoid,
        silu=nn.silu,
        softmax=lambda xs: nn.softmax(numpy.stack(xs))[0],
        softplus=nn.softplus,
        upper_bound=numpy.minimum,
    )


def by_jax(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by JAX, in double precision."""
    jax, formulas = _loaded("jax"), _in_jax()

    def f(*numbers: Any) -> Any:
        return _replayed(out, formulas, dict(zip(inputs, numbers, strict=True)))

    found = jax.grad(f, argnums=tuple(range(len(inputs))))(*[x.data for x in inputs])
    return [float(x) for x in found]


@functools.cache
def _in_torch() -> Formulas:
    torch = _loaded("torch")
    plain = {name: getattr(torch, name) for name in (*_NAMES, "atan2") if hasattr(torch, name)}
    nn = torch.nn.functional
    return _formulas(
        torch,
        **{name: _on_tensors(torch, function) for name, function in plain.items()},
        clamp=_on_tensors(torch, torch.clamp),
        elu=_with_a_number(nn.elu, lambda x, alpha: alpha * torch.expm1(x)),
        erf=torch.erf,
        erfc=torch.erfc,
        gelu=nn.gelu,
        leaky_relu=_with_a_number(nn.leaky_relu, lambda x, slope: slope * x),
        logsigmoid=nn.logsigmoid,
        logsumexp=lambda xs: torch.logsumexp(torch.stack(xs), 0),
        lower_bound=torch.maximum,
        maximum=_folded(torch.maximum),
        minimum=_folded(torch.minimum),
        relu=torch.relu,
        sigmoid=torch.sigmoid,
        silu=nn.silu,
        softmax=lambda xs: torch.softmax(torch.stack(xs), 0)[0],
        softplus=nn.softplus,
        upper_bound=torch.minimum,
    )


def by_torch(out: Value, inputs: Sequence[Value]) -> list[float]:
    """Return the gradient by PyTorch, in double precision."""
    torch, formulas = _loaded("torch"), _in_torch()
    numbers = [torch.tensor(x.data, dtype=torch.float64, requires_grad=True) for x in inputs]
    leaves: dict[Value, Any] = {
        node: torch.tensor(node.data, dtype=torch.float64)
        for node in topological_order(out)
        if node.primitive is None
    }
    result = _replayed(out, formulas, leaves | dict(zip(inputs, numbers, strict=True)))
    if getattr(result, "requires_grad", False):  # else nothing depends on the inputs
        result.backward()
    return [0.0 if x.grad is None else float(x.grad) for x in numbers]


def _with_a_number(
    function: Callable[[Any, float], Any], below: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """Return a function of x that takes its second operand as a number: moved, it is written out."""
    return lambda x, y: (x if x > 0 else below(x, y)) if y.requires_grad else function(x, float(y))


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

_FORMULAS: Mapping[str, Callable[[], Formulas]] = MappingProxyType({
    "sympy": _in_sympy, "autograd": _in_autograd, "jax": _in_jax, "torch": _in_torch,
})  # fmt: skip
