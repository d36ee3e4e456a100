"""Blocks that networks are built of besides plain layers: maxout, skips, gates, batch normalisation."""

from collections.abc import Sequence
from math import inf
from random import Random
from typing import Any

from autodiff.functions import max
from autodiff.modes import no_grad
from autodiff.nn.initialisers import Initialiser
from autodiff.nn.layers import Layer, count_of
from autodiff.nn.modules import Module, module_of, of_width
from autodiff.primitives import leaky_relu, mean, sigmoid, sqrt, square
from autodiff.value import Value


class Maxout(Module):
    """Units that return the largest of several weighted sums.

    Source: Goodfellow et al. 2013.
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        pieces: int = 2,
        *,
        generator: Random,
        initialiser: str | Initialiser = "xavier",
    ) -> None:
        if pieces < 2:
            raise ValueError(f"pieces {pieces}: a maximum takes at least two")
        self.units = [
            Layer(inputs, pieces, generator=generator, initialiser=initialiser, name=f"unit {unit + 1}")
            for unit in range(count_of(units, "units"))
        ]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return each unit's largest sum."""
        return [max(unit(x)) for unit in self.units]

    def arguments(self) -> dict[str, Any]:
        """Return what the module was made with."""
        pieces = self.units[0].arguments()
        return {"inputs": pieces["inputs"], "units": len(self.units), "pieces": pieces["units"]}


class RandomisedLeakyReLU(Module):
    """x where it is positive, x · slope else: the slope drawn in training, its mean at test time.

    Source: Xu, Wang, Chen & Li 2015.
    """

    draws = True

    def __init__(self, low: float = 1 / 8, high: float = 1 / 3, *, generator: Random) -> None:
        if not 0 <= low < high < inf:
            raise ValueError(f"slopes from {low} to {high}: expected 0 <= low < high")
        self.low, self.high, self.generator = low, high, generator

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return the numbers rectified."""
        return [leaky_relu(xi, self._slope()) for xi in x]

    def _slope(self) -> float:
        if self.training:
            return self.generator.uniform(self.low, self.high)
        return (self.low + self.high) / 2

    def arguments(self) -> dict[str, Any]:
        """Return what the module was made with."""
        return {"low": self.low, "high": self.high}


class Residual(Module):
    """A skip connection: x + f(x).

    Source: He, Zhang, Ren & Sun 2016.
    """

    def __init__(self, inner: Module) -> None:
        self.inner = module_of(inner, "inner")

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return the inner module's outputs, each with its input added."""
        return _added(x, self.inner(x))

    def batch(self, X: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """Return the outputs for each sample."""
        return [_added(x, f) for x, f in zip(X, self.inner.batch(X), strict=True)]

    def arguments(self) -> dict[str, Any]:
        """Return the inner module."""
        return {"inner": self.inner}


def _added(x: Sequence[Any], f: Sequence[Any]) -> list[Any]:
    if len(x) != len(f):
        raise ValueError(
            f"a skip connection adds {len(x)} inputs to {len(f)} outputs: make them as many"
        )
    return [xi + fi for xi, fi in zip(x, f, strict=True)]


class Gated(Module):
    """Units multiplied by a gate: σ(V x + c) · g(W x + b), as in LSTM, GRU and gated linear units.

    Source: Dauphin, Fan, Auli & Grangier 2017.
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        activation: str = "linear",
        *,
        generator: Random,
        initialiser: str | Initialiser = "xavier",
    ) -> None:
        made: dict[str, Any] = {"generator": generator, "initialiser": initialiser}
        self.content = Layer(inputs, units, activation, name="content", **made)
        self.gate = Layer(inputs, units, name="gate", **made)

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return each unit's content, as far as its gate is open."""
        return [sigmoid(g) * c for g, c in zip(self.gate(x), self.content(x), strict=True)]

    def arguments(self) -> dict[str, Any]:
        """Return what the module was made with."""
        content = self.content.arguments()
        return {name: content[name] for name in ("inputs", "units", "activation")}


class BatchNorm(Module):
    """Each input standardised over the batch, then scaled by γ and moved by β.

    In training mean and variance are those of the batch, and gradients go through them; at test time
    they are those of the whole training set, which ``settle`` finds.

    Source: Ioffe & Szegedy 2015, algorithms 1 and 2.

    >>> norm = BatchNorm(1, epsilon=0.0)
    >>> [[round(x.data, 9) for x in row] for row in norm.batch([[1.0], [2.0], [3.0]])]
    [[-1.224744871], [0.0], [1.224744871]]
    """

    couples_samples = True

    def __init__(self, width: int, epsilon: float = 1e-5) -> None:
        if not isinstance(epsilon, (int, float)) or not 0 <= epsilon < inf:
            raise ValueError(f"epsilon: expected a number that is not negative, got {epsilon!r}")
        self.gamma = [Value(1.0, name=f"gamma[{i + 1}]") for i in range(count_of(width, "width"))]
        self.beta = [Value(0.0, name=f"beta[{i + 1}]") for i in range(width)]
        self.epsilon = epsilon
        self.statistics: dict[str, Any] = {}  # "mean" and "variance" over the whole training set
        self.settling = False

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return one sample normalised with the whole set's statistics."""
        if self.training:
            raise ValueError("batch normalisation in training takes a batch: call batch(X)")
        if not self.statistics:
            raise ValueError("batch normalisation has no statistics of the training set yet: settle(…)")
        return self._normalised(x, self.statistics["mean"], self.statistics["variance"])

    def batch(self, X: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """Return the samples normalised, in training with the batch's own statistics."""
        if not self.training:
            return [self(x) for x in X]
        columns = list(
            zip(*[of_width(x, len(self.gamma), "batch normalisation") for x in X], strict=True)
        )
        if not columns:
            raise ValueError("batch normalisation of an empty batch")
        means = [mean(column) for column in columns]
        variances = [
            mean([square(x - m) for x in column]) for column, m in zip(columns, means, strict=True)
        ]
        if self.settling:
            self.statistics = {
                "mean": [number_of(m) for m in means], "variance": [number_of(v) for v in variances]
            }  # fmt: skip
        return [self._normalised(x, means, variances) for x in X]

    def _normalised(self, x: Any, means: Sequence[Any], variances: Sequence[Any]) -> list[Any]:
        x = of_width(x, len(self.gamma), "batch normalisation")
        return [
            gamma * ((xi - m) / sqrt(v + self.epsilon)) + beta
            for xi, m, v, gamma, beta in zip(x, means, variances, self.gamma, self.beta, strict=True)
        ]

    def arguments(self) -> dict[str, Any]:
        """Return what the module was made with."""
        return {"width": len(self.gamma), "epsilon": self.epsilon}


def settle(model: Module, X: Sequence[Sequence[Any]]) -> None:
    """Give every batch normalisation in ``model`` the statistics of the whole set ``X``."""
    norms = [module for module in model.modules() if isinstance(module, BatchNorm)]
    if not norms:
        return
    states = [(module, module.training) for module in model.modules()]
    model.train()
    for norm in norms:
        norm.settling = True
    try:
        with no_grad():
            model.batch(X)
    finally:
        for module, training in states:
            module.training = training
        for norm in norms:
            norm.settling = False


def number_of(x: Any) -> float:
    """Return the number alone, without its graph."""
    return float(x.data if isinstance(x, Value) else x)
