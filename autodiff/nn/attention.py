"""Scaled dot-product attention: each query's mixture of the values, by how well it fits their keys."""

from collections.abc import Sequence
from math import sqrt
from random import Random
from typing import Any

from autodiff.functions import softmax
from autodiff.nn.initialisers import Initialiser
from autodiff.nn.layers import Layer
from autodiff.nn.modules import Module, module_of
from autodiff.primitives import dot

Vectors = Sequence[Sequence[Any]]


def attention(queries: Vectors, keys: Vectors, values: Vectors) -> list[list[Any]]:
    """Return softmax(Q Kᵀ / √d) V, one vector for each query.

    Arguments:
        queries: vectors of d numbers.
        keys: vectors of d numbers.
        values: as many vectors as keys.

    Raises:
        ValueError: when their numbers do not fit.

    Source: Vaswani et al. 2017, eq. 1.

    >>> attention([[0.0]], [[1.0], [2.0]], [[10.0, 0.0], [20.0, 4.0]])
    [[15.0, 2.0]]
    """
    if len(keys) != len(values) or not len(keys):
        raise ValueError(f"attention: {len(keys)} keys for {len(values)} values")
    columns = list(zip(*values, strict=True))
    mixed = []
    for query in queries:
        fits = [dot(list(query), list(key)) / sqrt(len(query)) for key in keys]
        shares = softmax(fits)
        mixed.append([dot(shares, list(column)) for column in columns])
    return mixed


class SelfAttention(Module):
    """Attention of a sequence to itself: queries, keys and values are linear in its elements.

    >>> layer = SelfAttention(2, 3, generator=Random(0))
    >>> [len(y) for y in layer([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])]
    [3, 3, 3]
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        generator: Random,
        initialiser: str | Initialiser = "xavier",
    ) -> None:
        self.query, self.key, self.value = (
            Layer(inputs, units, generator=generator, initialiser=initialiser, bias=False, name=name)
            for name in ("query", "key", "value")
        )

    def __call__(self, x: Vectors) -> list[list[Any]]:
        """Return one vector for each element of the sequence."""
        elements = [list(element) for element in x]
        return attention(*([layer(e) for e in elements] for layer in (self.query, self.key, self.value)))

    def arguments(self) -> dict[str, Any]:
        """Return what the module was made with."""
        query = self.query.arguments()
        return {"inputs": query["inputs"], "units": query["units"]}


class EachElement(Module):
    """One module applied to each element of a sequence, the outputs joined to one list."""

    def __init__(self, inner: Module) -> None:
        self.inner = module_of(inner, "inner")

    def __call__(self, x: Vectors) -> list[Any]:
        """Return the outputs for all elements, one after the other."""
        return [y for element in x for y in self.inner(list(element))]

    def arguments(self) -> dict[str, Any]:
        """Return the inner module."""
        return {"inner": self.inner}
