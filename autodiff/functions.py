"""The public functions that are more than one row's call: choosing among operands, and softmax."""

from collections.abc import Sequence
from typing import Any

from autodiff.primitive import Primitive
from autodiff.primitives import lower_bound, maximum, minimum, softmax as _softmax, taken, upper_bound
from autodiff.scalars import as_float, is_real


def max(*xs: Any) -> Any:
    """Return the largest of the operands, or of one iterable, nan if any is nan.

    At a tie each of k variables gets 1/k of the derivative; against a plain number it gets 0, so
    ``max(x, 0)`` is ``relu(x)``.

    >>> import autodiff as ad
    >>> x, y = ad.Value(2.0), ad.Value(2.0)
    >>> ad.max(x, y, 1.0).backward()
    >>> x.grad, y.grad
    (0.5, 0.5)
    """
    return _chosen(maximum, lower_bound, xs)


def min(*xs: Any) -> Any:
    """Return the smallest of the operands, or of one iterable; ties as for ``max``.

    >>> import autodiff as ad
    >>> ad.min([3.0, 1.0, 2.0])
    1.0
    """
    return _chosen(minimum, upper_bound, xs)


def _chosen(row: Primitive, bound: Primitive, xs: Sequence[Any]) -> Any:
    operands = unpacked(row.name, xs)
    if not operands:
        raise ValueError(f"{row.name} of no operands")
    constant = [is_real(x) or getattr(x, "is_constant", False) for x in operands]
    numbers = [x for x, fixed in zip(operands, constant, strict=True) if not fixed]
    fixed = [x for x, fixed in zip(operands, constant, strict=True) if fixed]
    if not numbers:
        return row.apply(fixed)
    best = numbers[0] if len(numbers) == 1 else row.apply(numbers)
    if not fixed:
        return best
    return bound(best, fixed[0] if len(fixed) == 1 else row.apply(fixed))


def unpacked(name: str, xs: Sequence[Any]) -> tuple[Any, ...]:
    """Return the operands of ``name(a, b, c)`` or ``name([a, b, c])``, like the builtins."""
    if len(xs) == 1 and hasattr(xs[0], "__iter__"):
        if isinstance(xs[0], str):
            as_float(xs[0], name)
        return tuple(xs[0])
    return tuple(xs)


def softmax(*xs: Any) -> list[Any]:
    """Return exp(x) / Σ exp(x) for each of the operands, or of one iterable.

    >>> import autodiff as ad
    >>> ad.softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    operands = unpacked("softmax", xs)
    return [_softmax(x, *operands[:i], *operands[i + 1 :]) for i, x in enumerate(operands)]


def where(condition: Any, a: Any, b: Any) -> Any:
    """Return ``a`` if ``condition`` else ``b``; only the branch taken is recorded.

    So a branch that is nan, or has an infinite derivative, does no harm while it is not taken.

    >>> import autodiff as ad
    >>> x = ad.Value(0.0)
    >>> ad.where(x > 0, ad.log(x), 2 * x).backward()
    >>> x.grad
    2.0
    """
    return taken(a if condition else b)
