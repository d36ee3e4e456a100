"""Neurons, layers, and networks of them.

    a  pre-activation: w·x + b
    h  output: g(a)

Lectures count from 1, and so do names here: "layer 2 / neuron 3 / w[1]".
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from random import Random
from typing import Any

from autodiff.modes import scope
from autodiff.nn.activations import activation_of
from autodiff.nn.initialisers import Initialiser, initialiser_of
from autodiff.nn.modules import Module, module_of, of_width
from autodiff.primitives import dot
from autodiff.value import Value


class Neuron(Module):
    """One unit: a weighted sum of its inputs, and a bias.

    Arguments:
        inputs: how many.
        generator: where the weights are drawn from.
        initialiser: a name, or a function of generator, inputs and outputs.
        bias: whether there is one.
        atomic: build the sum of ``*`` and ``+`` nodes, for a drawing; else it is one ``dot`` node,
            with the same result bit for bit.
        fan_out: how many units the layer has, for the initialiser.
    """

    def __init__(
        self,
        inputs: int,
        *,
        generator: Random,
        initialiser: str | Initialiser = "xavier",
        bias: bool = True,
        atomic: bool = False,
        fan_out: int = 1,
    ) -> None:
        drawn = initialiser_of(initialiser)
        self.w = [
            Value(drawn(generator, inputs, fan_out), name=f"w[{i + 1}]")
            for i in range(count_of(inputs, "inputs"))
        ]
        self.b = Value(0.0, name="b") if bias else None
        self.atomic = atomic

    def __call__(self, x: Sequence[Any]) -> Any:
        """Return the pre-activation, one number."""
        x = of_width(x, len(self.w), "a neuron")
        if not self.atomic:
            a = dot(self.w, x)
        else:
            a = self.w[0] * x[0]
            for w, xi in zip(self.w[1:], x[1:], strict=True):
                a = a + w * xi
        return a if self.b is None else a + self.b

    def arguments(self) -> dict[str, Any]:
        """Return what the neuron was made with."""
        return {"inputs": len(self.w), "bias": self.b is not None, "atomic": self.atomic}


class Layer(Module):
    """A linear layer and its activation: h = g(W x + b), one neuron for each row of W.

    >>> from random import Random
    >>> layer = Layer(2, 3, "relu", generator=Random(0))
    >>> len(layer([0.5, -0.5])), len(layer.parameters())
    (3, 9)
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        activation: str = "linear",
        *,
        generator: Random,
        initialiser: str | Initialiser = "xavier",
        bias: bool = True,
        atomic: bool = False,
        name: str = "",
    ) -> None:
        self.activation = activation_of(activation)
        self.name = name
        self.neurons = []
        for unit in range(count_of(units, "units")):
            with _scopes(True, name, f"neuron {unit + 1}"):
                self.neurons.append(
                    Neuron(
                        inputs, generator=generator, initialiser=initialiser, bias=bias, atomic=atomic,
                        fan_out=units,
                    )
                )  # fmt: skip

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return the units' outputs."""
        atomic = self.neurons[0].atomic
        x = of_width(x, len(self.neurons[0].w), self.name or "the layer")
        a = []
        for unit, neuron in enumerate(self.neurons, 1):
            with _scopes(atomic, self.name, f"neuron {unit}"):
                a.append(neuron(x))
        with _scopes(atomic, self.name):
            return self.activation.of(a)

    @property
    def outputs(self) -> str:
        """What the activation says of its outputs."""
        return self.activation.outputs

    def arguments(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        neuron = self.neurons[0].arguments()
        return {
            "inputs": neuron["inputs"], "units": len(self.neurons), "activation": self.activation.name,
            "bias": neuron["bias"], "atomic": neuron["atomic"], "name": self.name,
        }  # fmt: skip


class Sequential(Module):
    """Modules one after the other: the outputs of one are the inputs of the next."""

    def __init__(self, *layers: Module) -> None:
        if not layers:
            raise ValueError("a network of no layers")
        self.layers = [module_of(layer, "a network's layer") for layer in layers]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return what the last module makes of what the first made of ``x``, and so on."""
        h: Any = x
        for layer in self.layers:
            h = layer(h)
        return h  # type: ignore[no-any-return]

    def batch(self, X: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """Return the outputs for each sample; all samples are through one module before the next."""
        H: Any = X
        for layer in self.layers:
            H = layer.batch(H)
        return H  # type: ignore[no-any-return]

    @property
    def outputs(self) -> str:
        """What the last module says of its outputs."""
        return self.layers[-1].outputs

    def arguments(self) -> dict[str, Any]:
        """Return the modules; each is saved as one."""
        return {"layers": self.layers}


class MLP(Sequential):
    """A feedforward network: layer k has ``sizes[k-1]`` inputs and ``sizes[k]`` units.

    Arguments:
        sizes: of the input and of each layer, at least two numbers.
        activation: of the hidden layers.
        output: of the last one.
        generator: where the weights are drawn from.
        initialiser: a name, or a function.
        bias: whether neurons have one; without, a constant 1 among the inputs does its work.
        atomic: build ``*`` and ``+`` nodes in scopes, for drawing and explaining.

    >>> from random import Random
    >>> model = MLP([2, 4, 1], "tanh", "logistic", generator=Random(1))
    >>> len(model.parameters()), model.parameters()[4].name, model.parameters()[4].scope
    (17, 'w[2]', 'layer 1 / neuron 2')
    >>> 0 < model([0.5, -1.0])[0].data < 1
    True
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "tanh",
        output: str = "linear",
        *,
        generator: Random,
        initialiser: str | Initialiser = "xavier",
        bias: bool = True,
        atomic: bool = False,
    ) -> None:
        if len(sizes) < 2:
            raise ValueError(f"sizes {list(sizes)}: expected the inputs and at least one layer")
        self.given: dict[str, Any] = {
            "sizes": [*sizes], "activation": activation, "output": output, "bias": bias,
            "atomic": atomic,
        }  # fmt: skip
        kinds = [activation] * (len(sizes) - 2) + [output]
        super().__init__(*[
            Layer(
                inputs, units, kind, generator=generator, initialiser=initialiser, bias=bias,
                atomic=atomic, name=f"layer {k}",
            )
            for k, ((inputs, units), kind) in enumerate(zip(pairwise(sizes), kinds, strict=True), 1)
        ])  # fmt: skip

    def arguments(self) -> dict[str, Any]:
        """Return what the network was made with."""
        return dict(self.given)

    def is_as_made(self) -> bool:
        """Return whether the layers are still those that the arguments say."""
        sizes, count = self.given["sizes"], len(self.given["sizes"]) - 1
        kinds = [self.given["activation"]] * (count - 1) + [self.given["output"]]
        expected = [
            {"inputs": inputs, "units": units, "activation": kind, "name": f"layer {k}",
             "bias": self.given["bias"], "atomic": self.given["atomic"]}
            for k, ((inputs, units), kind) in enumerate(zip(pairwise(sizes), kinds, strict=True), 1)
        ]  # fmt: skip
        return [type(layer) is Layer and layer.arguments() for layer in self.layers] == expected


def count_of(number: Any, what: str) -> int:
    """Return ``number``; raises ``ValueError`` where it is no whole number above 0."""
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(f"{what}: expected a whole number above 0, got {number!r}")
    return number


def _scopes(wanted: bool, *names: str) -> AbstractContextManager[None]:
    """Return the context of the scopes; with nothing wanted, one that does nothing and costs nothing."""
    inside = " / ".join(filter(None, names))
    return scope(inside) if wanted and inside else nullcontext()
