"""Activations: from a layer's pre-activations to its outputs, a list to a list.

A function of one number is applied to each (its Jacobian is diagonal); softmax looks at all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from autodiff.functions import softmax
from autodiff.primitives import elu, gelu, leaky_relu, relu, sigmoid, silu, softplus, tanh

Function = Callable[[Sequence[Any]], list[Any]]


class Activation(NamedTuple):
    """An activation, and what can be said of its outputs."""

    name: str
    of: Function
    outputs: str = "any"  # "any", "probability" (each in [0, 1]), "distribution" (they add up to 1)


def _each(name: str, row: Callable[[Any], Any], outputs: str = "any") -> Activation:
    return Activation(name, lambda a: [row(x) for x in a], outputs)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType({
    activation.name: activation
    for activation in (
        Activation("linear", list),
        _each("logistic", sigmoid, "probability"),
        _each("tanh", tanh),
        _each("relu", relu),
        _each("leaky_relu", leaky_relu),
        _each("elu", elu),
        _each("softplus", softplus),
        _each("gelu", gelu),
        _each("silu", silu),
        Activation("softmax", softmax, "distribution"),
    )
})  # fmt: skip
"""The activations by name. Maxout and the randomised leaky ReLU are modules: they hold more."""


def activation_of(name: str) -> Activation:
    """Return the activation of that name.

    Raises:
        ValueError: for a name that is none.

    >>> activation_of("relu").of([-1.0, 2.0])
    [0.0, 2.0]
    """
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"activation {name!r}: there are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
