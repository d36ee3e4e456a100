"""``Number``: the Python operators, written once for every kind of number that is differentiated.

A kind of number derives from ``Number`` and says two things: ``_primal``, the float that comparisons
look at, and ``_apply(primitive, operands)``, what an operation gives. Where kinds meet, the one with
the higher ``_precedence`` decides.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Self

from autodiff import calls, functions, modes
from autodiff.primitive import Primitive
from autodiff.primitives import PRIMITIVES, abs, add, ceil, div, floor, mul, neg, pow, sub
from autodiff.scalars import as_float, is_real, refusal


class Number:
    """A number whose arithmetic is recorded or carries derivatives along."""

    __slots__ = ()
    _precedence = 0

    @property
    def _primal(self) -> float:
        """The plain float this number stands for."""
        raise AttributeError(f"{type(self).__name__} has no primal")

    @staticmethod
    def _apply(primitive: Primitive, operands: Sequence[Any]) -> Any:
        """Return what ``primitive`` gives for ``operands``, at least one of this kind."""
        raise AttributeError(f"{primitive.name} has no rule here")

    def _binary(self, primitive: Primitive, other: Any) -> Any:
        if isinstance(other, Number) or is_real(other):
            return primitive(self, other)
        return _stranger(primitive, other)

    def _reflected(self, primitive: Primitive, other: Any) -> Any:
        if is_real(other):
            return primitive(other, self)
        return _stranger(primitive, other)

    def _unary(self, primitive: Primitive) -> Any:
        return primitive(self)

    # ── arithmetic ──────────────────────────────────────────────────────────────────────────────

    def __add__(self, other: Any) -> Any:
        return self._binary(add, other)

    def __radd__(self, other: Any) -> Any:
        return self._reflected(add, other)

    def __sub__(self, other: Any) -> Any:
        return self._binary(sub, other)

    def __rsub__(self, other: Any) -> Any:
        return self._reflected(sub, other)

    def __mul__(self, other: Any) -> Any:
        return self._binary(mul, other)

    def __rmul__(self, other: Any) -> Any:
        return self._reflected(mul, other)

    def __truediv__(self, other: Any) -> Any:
        return self._binary(div, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._reflected(div, other)

    def __pow__(self, other: Any) -> Any:
        return self._binary(pow, other)

    def __rpow__(self, other: Any) -> Any:
        return self._reflected(pow, other)

    def __neg__(self) -> Any:
        return self._unary(neg)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Any:
        return self._unary(abs)

    def __floor__(self) -> Any:
        return self._unary(floor)

    def __ceil__(self) -> Any:
        return self._unary(ceil)

    # ── comparisons look at the number alone ────────────────────────────────────────────────────

    def _compare(self, relation: Callable[[Any, Any], bool], other: Any) -> Any:
        if isinstance(other, Number):
            outcome = relation(self._primal, other._primal)
        elif is_real(other):
            if hasattr(other, "dtype"):  # NumPy would compare with a float32 in single precision
                other = other.item()
            outcome = bool(relation(self._primal, other))  # a NumPy scalar answers with its own bool
        else:
            return NotImplemented
        if modes.active.blocks and (recorder := modes.witness()):
            recorder.compared(relation, self, other, outcome)
        return outcome

    def __eq__(self, other: object) -> Any:
        return self._compare(operator.eq, other)

    def __ne__(self, other: object) -> Any:
        return self._compare(operator.ne, other)

    def __lt__(self, other: Any) -> Any:
        return self._compare(operator.lt, other)

    def __le__(self, other: Any) -> Any:
        return self._compare(operator.le, other)

    def __gt__(self, other: Any) -> Any:
        return self._compare(operator.gt, other)

    def __ge__(self, other: Any) -> Any:
        return self._compare(operator.ge, other)

    def __bool__(self) -> bool:
        return bool(self != 0.0)

    def __hash__(self) -> int:
        return id(self) >> 4  # by identity: a node is itself, whatever its number

    # ── what would lose the derivative is refused ───────────────────────────────────────────────

    def __float__(self) -> NoReturn:
        kind = type(self).__name__
        raise TypeError(
            f"a {kind} does not turn into a float by itself, because the derivative would be lost "
            f"without a word (math.sin(x) does it, too): use ad.sin(x), or x.data for the number alone"
        )

    def __int__(self) -> NoReturn:
        self.__float__()

    def __complex__(self) -> NoReturn:
        self.__float__()

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if modes.active.blocks and (recorder := modes.witness()):
            recorder.refuse("formats", self)
        return format(self._primal, spec)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Return ``np.sin(value)``, ``np.float64(2) * value``, and work inside object arrays."""
        return _ufunc(ufunc, method, inputs, options)


def _stranger(primitive: Primitive, other: Any) -> Any:
    """Return NotImplemented for a type that may know Values; refuse what cannot be meant."""
    array = type(other).__module__.partition(".")[0] == "numpy"
    if array and hasattr(other, "dtype"):
        return NotImplemented  # NumPy comes back through __array_ufunc__
    hopeless = (str, bytes, complex, type(None), list, tuple, set, dict)
    if isinstance(other, hopeless) or hasattr(other, "dtype"):
        raise TypeError(f"{primitive.name}: {refusal(other)}")
    return NotImplemented


# NumPy's name of a function, where it is not ours.
_NUMPY_NAMES = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg",
    "power": "pow", "float_power": "pow", "absolute": "abs", "fabs": "abs", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "clip": "clamp", "positive": "identity",
    "logaddexp": "logsumexp",
}  # fmt: skip
_COMPARISONS = {
    "equal": operator.eq, "not_equal": operator.ne, "less": operator.lt, "less_equal": operator.le,
    "greater": operator.gt, "greater_equal": operator.ge,
}  # fmt: skip


def _ufunc(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    import numpy as np

    compare = _COMPARISONS.get(ufunc.__name__)
    if compare:  # np.float64(3) < x hands the 3 over as an array of no dimensions
        inputs = [x.item() if isinstance(x, np.ndarray) and x.shape == () else x for x in inputs]
    arrays = [item for item in inputs if isinstance(item, np.ndarray)]
    for array in arrays:
        if array.dtype != object:
            raise TypeError(f"numpy.{ufunc.__name__}: {refusal(array)}")
    if method != "__call__" or (options and not arrays):
        return NotImplemented
    ours = _our_function(ufunc.__name__)
    if arrays and ours and not options:
        return np.frompyfunc(ours, ufunc.nin, 1)(*inputs)
    if arrays:
        boxed = (_boxed(item) if isinstance(item, Number) else item for item in inputs)
        return ufunc(*boxed, **options)
    if compare:
        return compare(*(x if isinstance(x, Number) else as_float(x, "comparison") for x in inputs))
    return ours(*inputs) if ours else NotImplemented


def _our_function(theirs: str) -> Callable[..., Any] | None:
    """Return our function for NumPy's of that name, None where there is none."""
    if theirs in ("maximum", "minimum"):
        return functions.max if theirs == "maximum" else functions.min
    return PRIMITIVES.get(_NUMPY_NAMES.get(theirs, theirs))


def _boxed(number: Number) -> Any:
    """Return an object array of no dimensions around ``number``, so that NumPy broadcasts it."""
    import numpy as np

    box = np.empty((), dtype=object)
    box[()] = number
    return box


def _method(primitive: Primitive) -> Callable[..., Any]:
    def method(self: Any, *operands: Any, **named: Any) -> Any:
        return primitive(self, *operands, **named)

    return _described(method, primitive)


def _unary_method(primitive: Primitive) -> Callable[..., Any]:
    def method(self: Any, *operands: Any, **named: Any) -> Any:
        return primitive(self, *operands, **named) if operands or named else unary(self, primitive)

    return _described(method, primitive)


def _described(method: Any, primitive: Primitive) -> Callable[..., Any]:
    method.__name__ = primitive.name
    method.__doc__ = f"Return ``ad.{primitive.name}`` of this number and the given operands."
    function: Callable[..., Any] = method
    return function


def unary(x: Number, primitive: Primitive) -> Any:
    """Return what an operation on one operand gives for ``x``."""
    return x._unary(primitive)


def _add_methods() -> None:
    for row in PRIMITIVES.values():
        # A row that only serves one of our functions (where, lower_bound) is no method.
        if not row.operands.variadic and not hasattr(functions, row.name):
            alone = len(row.operands.names) == 1
            calls.extend(Number, row.name, _unary_method(row) if alone else _method(row))
    for theirs, ours in _NUMPY_NAMES.items():  # np.arcsin calls x.arcsin() for x of an object array
        if not PRIMITIVES[ours].operands.variadic:
            calls.extend(Number, theirs, _method(PRIMITIVES[ours]))


_add_methods()
