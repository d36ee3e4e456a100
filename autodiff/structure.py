"""Nested arguments as one flat list of numbers, and back.

Scalars, lists, tuples (named ones too), dicts and NumPy arrays nest in any way. A rebuilt array
holds floats where all its numbers are floats, and objects otherwise.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autodiff.operators import Number
from autodiff.scalars import as_float, is_real, refusal


class Structure(NamedTuple):
    """The shape that a flat list of ``size`` numbers came from."""

    size: int
    rebuild: Callable[..., Any]
    """From a sequence of the numbers, an array of them, or one with a row of lanes for each of them;
    the second argument says where in it they start, 0 unless given."""

    description: str
    shape: tuple[int, ...] | None  # of an array or a scalar, None for other containers
    is_array: bool = False


def flatten(tree: Any, place: str) -> tuple[list[Any], Structure]:
    """Return the numbers of ``tree`` in order, and the structure that rebuilds it.

    Raises:
        TypeError: where ``tree`` holds something else; the message says where, from ``place`` on.

    >>> numbers, structure = flatten({"w": [1, 2.5], "b": 3}, "x")
    >>> numbers
    [1.0, 2.5, 3.0]
    >>> structure.rebuild([10.0, 20.0, 30.0])
    {'w': [10.0, 20.0], 'b': 30.0}
    """
    if isinstance(tree, Number):
        return [tree], _SCALAR
    if is_real(tree):
        return [as_float(tree, place)], _SCALAR
    if isinstance(tree, dict):
        keys = list(tree)
        return _container(
            [(tree[key], f"{place}[{key!r}]") for key in keys],
            lambda parts: dict(zip(keys, parts, strict=True)),
            "dict",
            [f"{key!r}: " for key in keys],
        )
    if isinstance(tree, (list, tuple)):
        kind = type(tree)
        made = kind._make if hasattr(kind, "_make") else kind
        return _container([(item, f"{place}[{i}]") for i, item in enumerate(tree)], made, kind.__name__)
    if hasattr(tree, "mask") and hasattr(tree, "filled"):
        raise TypeError(f"{place} is a masked array: fill it first")
    if hasattr(tree, "dtype") and hasattr(tree, "tolist"):
        return _array(tree, place)
    raise TypeError(f"{place}: {refusal(tree)}")


def _one(leaves: Any, start: int = 0) -> Any:
    return leaves.item(start) if hasattr(leaves, "dtype") and leaves.ndim == 1 else leaves[start]


_SCALAR = Structure(1, _one, "a scalar", ())


def _container(
    parts: Sequence[tuple[Any, str]],
    made: Callable[[list[Any]], Any],
    kind: str,
    labels: Sequence[str] = ("",) * 4,
) -> tuple[list[Any], Structure]:
    numbers: list[Any] = []
    structures: list[Structure] = []
    for part, place in parts:
        own, structure = flatten(part, place)
        numbers += own
        structures.append(structure)

    def rebuild(leaves: Sequence[Any], start: int = 0) -> Any:
        rebuilt = []
        for structure in structures:
            rebuilt.append(structure.rebuild(leaves, start))
            start += structure.size
        return made(rebuilt)

    # Only the first few are shown, and `labels` need not go further.
    shown = zip(labels, structures[:4], strict=False)
    inner = ", ".join(label + structure.description for label, structure in shown)
    more = ", …" if len(structures) > 4 else ""
    return numbers, Structure(len(numbers), rebuild, f"{kind}({inner}{more})", None)


def _array(array: Any, place: str) -> tuple[list[Any], Structure]:
    import numpy as np

    shape = array.shape
    numbers: list[Any] = []
    for index, item in zip(np.ndindex(shape), array.ravel().tolist(), strict=True):
        numbers += flatten(item, f"{place}{list(index)}")[0]

    size = len(numbers)

    def rebuild(leaves: Sequence[Any], start: int = 0) -> Any:
        own = leaves[start : start + size]
        if isinstance(own, np.ndarray):
            if own.ndim == 2:
                return np.moveaxis(own.reshape(*shape, -1), -1, 0)
            return own if len(shape) == 1 else own.reshape(shape)
        if {*map(type, own)} == {float}:
            return np.array(own).reshape(shape)
        rebuilt = np.empty(size, dtype=float if all(map(is_real, own)) else object)
        for i, leaf in enumerate(own):  # one by one: a leaf may be a row of a Jacobian
            rebuilt[i] = leaf
        return rebuilt.reshape(shape)

    return numbers, Structure(size, rebuild, f"array of shape {shape}", shape, True)


def paired(leaves: Sequence[Any], structure: Structure, partner: Any, place: str) -> list[Any]:
    """Return the numbers of ``partner`` in the order of ``leaves``; it must have their structure.

    Raises:
        ValueError: when it has not; the message says where.
    """
    return _beside(structure.rebuild(leaves), partner, place)


def _beside(tree: Any, partner: Any, place: str) -> list[Any]:
    if isinstance(tree, dict) and isinstance(partner, dict) and tree.keys() == partner.keys():
        parts = [(tree[key], partner[key], f"{place}[{key!r}]") for key in tree]
    elif isinstance(tree, (list, tuple)) and type(tree) is type(partner) and len(tree) == len(partner):
        pairs = enumerate(zip(tree, partner, strict=True))
        parts = [(own, other, f"{place}[{i}]") for i, (own, other) in pairs]
    else:
        _, expected = flatten(tree, place)
        numbers, given = flatten(partner, place)
        if expected.shape is None or expected.description != given.description:
            raise ValueError(
                f"{place}: expected {expected.description}, as the other argument, "
                f"got {given.description}"
            )
        return numbers
    return [number for part in parts for number in _beside(*part)]
