"""Arguments: what a compiled function is called with, as flat float64 numbers and a key of their shape.

shared argument   one for the whole call (parameters)
lane argument     one entry for each sample: an array with the samples first, or a list of samples
key               equal for two calls whose arguments have the same structure and shapes
"""

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autodiff.operators import Number
from autodiff.scalars import as_float, is_real, refusal
from autodiff.structure import Structure, flatten

Key = Any  # nested tuples
Array = np.ndarray[Any, Any]
_FLOAT64 = np.dtype(float)


class HoldsNodes(Exception):
    """An argument is being differentiated already: the call is not for the tape."""


class Call(NamedTuple):
    """The arguments of one call, ready for a replay."""

    key: tuple[Any, ...]  # the arguments' names and structures
    shared: list[float | Array]  # float64, contiguous
    lanes: list[Array]  # float64, of shape (samples,) or (samples, numbers of one sample)
    samples: int  # -1 where there are no lane arguments

    def lanes_of(self, chosen: Array) -> list[Array]:
        """Return the lane arguments' numbers, in the chosen lanes."""
        return [block[chosen] for block in self.lanes]


class Shape(NamedTuple):
    """What is known about one argument from its first call: where its numbers are, and its structure."""

    name: str
    lane: bool
    structure: Structure
    paths: tuple[str, ...]


class Parameters:
    """The parameters of a function, and which of them are lanes."""

    def __init__(self, f: Callable[..., Any], lanes: Sequence[str]) -> None:
        self.f = f
        self.names, self.optional, self.rest, self.by_name = _parameters(f)
        self.lanes = frozenset(lanes)
        for name in lanes:
            if name not in self.names:
                known = ", ".join(self.names) or "none"
                raise ValueError(f"lanes: the function has no parameter {name!r} (it has {known})")

    def bound(
        self, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Return the names of a call's arguments, and the arguments in that order.

        Raises:
            TypeError: for too many, too few, unknown or twice the same.
        """
        names = self.names
        if not named and len(arguments) == len(names):
            return names, arguments
        if len(arguments) > len(names):
            if self.rest is None:
                raise TypeError(f"the function takes {len(names)} arguments, not {len(arguments)}")
            more = [f"{self.rest}_{i}" for i in range(len(arguments) - len(names))]
            names = (*names, *more)
        given = dict(zip(names, arguments, strict=False))
        for name, argument in named.items():
            if name not in names or name in given:
                why = "given twice" if name in given else "unknown"
                if name in self.by_name:
                    why = "a compiled function is recorded with its default: make it positional"
                raise TypeError(f"argument {name!r}: {why}")
            given[name] = argument
        missing = [name for name in names if name not in given and name not in self.optional]
        if missing:
            raise TypeError(f"the argument {missing[0]!r} is missing")
        order = tuple([name for name in names if name in given])
        return order, tuple([given[name] for name in order])

    def ordered(self, names: tuple[str, ...]) -> Callable[..., Any]:
        """Return the function as one of just the arguments ``names``, in that order."""
        if names[: len(self.names)] == self.names[: len(names)]:
            return self.f
        # One that may be left out was left out before others: these are handed in by name.
        gap = next(i for i, name in enumerate(names) if name != self.names[i])

        @functools.wraps(self.f)
        def called(*arguments: Any) -> Any:
            named = zip(names[gap:], arguments[gap:], strict=True)
            return self.f(*arguments[:gap], **dict(named))

        return called

    def call(self, names: tuple[str, ...], arguments: tuple[Any, ...]) -> Call:
        """Return the numbers of the bound arguments.

        Raises:
            TypeError: for what is no number, naming the place.
            ValueError: for lane arguments of different lengths.
            HoldsNodes: when there are Values or Duals among the numbers.
        """
        keys: list[Any] = [names]
        shared: list[float | Array] = []
        lanes: list[Array] = []
        samples = -1
        for name, argument in zip(names, arguments, strict=True):
            if name in self.lanes:
                key, block = _lane_numbers(argument, name)
                if samples not in (-1, len(block)):
                    first = next(n for n in names if n in self.lanes)
                    raise ValueError(
                        f"{name} has {len(block)} samples, but {first} has {samples}: "
                        "every lane argument needs one for each lane"
                    )
                samples = len(block)
                lanes.append(block)
            else:
                key = _numbers(argument, name, shared)
            keys.append(key)
        return Call(tuple(keys), shared, lanes, samples)


def _parameters(
    f: Callable[..., Any],
) -> tuple[tuple[str, ...], frozenset[str], str | None, frozenset[str]]:
    """Return f's parameters, which may be left out, what ``*rest`` is called, which go by name only."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return (), frozenset(), "x", frozenset()
    names = tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))
    optional = frozenset(p.name for p in parameters if p.default is not p.empty)
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY and p.default is p.empty:
            raise TypeError(f"compile: {p.name!r} can be given by name only: make it positional")
    by_name = frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
    return names, optional, rest, by_name


def key_of(structure: Structure) -> Key:
    """Return the key of everything that has this structure."""
    return _collect(structure.rebuild([0.0] * structure.size), [])


class _NoNumber(Exception):
    """Something among the numbers is none."""


def _numbers(tree: Any, place: str, found: list[float | Array]) -> Key:
    """Append the numbers of ``tree`` to ``found``, in the order of ``flatten``; return its key.

    Raises:
        TypeError: for what is no number; the message says where, from ``place`` on.
    """
    try:
        return _collect(tree, found)
    except _NoNumber:
        flatten(tree, place)  # it walks the same way, and says where
        raise


def _collect(tree: Any, found: list[float | Array]) -> Key:
    kind = type(tree)
    if kind is float:
        found.append(tree)
        return ""
    if kind is np.ndarray and tree.dtype is _FLOAT64 and tree.flags.c_contiguous:
        found.append(tree)
        return tree.shape
    if isinstance(tree, (list, tuple)):
        return (kind, *[_collect(item, found) for item in tree])
    if isinstance(tree, dict):
        return ("dict", *[(type(key), key, _collect(item, found)) for key, item in tree.items()])
    if isinstance(tree, np.ma.MaskedArray):
        raise _NoNumber
    if isinstance(tree, np.ndarray) and tree.dtype.kind in "fiub":
        found.append(np.ascontiguousarray(tree, dtype=float))
        return tree.shape
    if isinstance(tree, np.ndarray) and tree.dtype == object:
        return ("object", tree.shape, *[_collect(item, found) for item in tree.flat])
    if isinstance(tree, Number):
        raise HoldsNodes
    if not is_real(tree):
        raise _NoNumber
    found.append(as_float(tree))
    return ""


def _lane_numbers(argument: Any, name: str) -> tuple[Key, Array]:
    """Return the key of one sample, and the numbers of all: one row a sample."""
    if type(argument) is np.ndarray and argument.dtype is _FLOAT64 and 0 < argument.ndim < 3:
        return argument.shape[1:], argument
    if isinstance(argument, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array: fill it, or leave the masked samples out")
    if isinstance(argument, np.ndarray) and argument.dtype.kind in "fiub" and argument.ndim > 0:
        block = np.asarray(argument, dtype=float)
        if block.ndim > 2:
            block = block.reshape(len(block), math.prod(block.shape[1:]))
        return argument.shape[1:], block
    if not isinstance(argument, (list, tuple)):
        what = refusal(argument) if np.ndim(argument) else f"got {type(argument).__name__}"
        raise TypeError(f"{name} is a lane argument: an array or a list with one entry a sample; {what}")
    rows, keys = [], []
    for i, sample in enumerate(argument):
        found: list[float | Array] = []
        keys.append(_numbers(sample, f"{name}[{i}]", found))
        rows.append(np.concatenate([np.atleast_1d(part) for part in found]) if found else found)
        if keys[-1] != keys[0]:
            raise ValueError(f"{name}[{i}] has another structure than {name}[0]")
    width = len(rows[0]) if rows else 0
    return ("samples", keys[0] if keys else ""), np.array(rows, dtype=float).reshape(len(rows), width)


def shape_of(name: str, argument: Any, lane: bool) -> Shape:
    """Return the structure of an argument, of its first sample if it is a lane argument."""
    tree = argument
    if lane:
        tree = argument[0] if len(argument) else np.zeros(np.shape(argument)[1:])
    _, structure = flatten(tree, name)
    return Shape(name, lane, structure, tuple(_paths(tree)))


def _paths(tree: Any) -> list[str]:
    """Return how each number of ``tree`` is reached, in the order of ``flatten``."""
    if isinstance(tree, dict):
        return [f"[{key!r}]{path}" for key, item in tree.items() for path in _paths(item)]
    if isinstance(tree, (list, tuple)):
        return [f"[{i}]{path}" for i, item in enumerate(tree) for path in _paths(item)]
    if isinstance(tree, np.ndarray):
        return [
            f"[{', '.join(map(str, index))}]{path}" if index else path
            for index, item in np.ndenumerate(tree)
            for path in _paths(item)
        ]
    return [""]
