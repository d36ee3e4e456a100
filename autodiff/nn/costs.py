"""The cost of a model on samples, and its gradient: replayed from a tape, or on graphs made each time.

theta  the parameters' numbers, a flat float64 array, in the order of ``model.parameters()``
cost   the mean of the samples' losses, and the penalty times Σ theta²
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.errors import RecordingError
from autodiff.modes import no_grad
from autodiff.nn.blocks import number_of
from autodiff.nn.losses import Loss
from autodiff.nn.modules import Module
from autodiff.primitives import mean, square, sum
from autodiff.tape import compile
from autodiff.value import Value, backward, zero_grad

Array = np.ndarray[Any, Any]
Cost = Callable[[Array, Array, Array], tuple[float, Array]]
"""From theta, samples and what is wanted, to the cost and its gradient by theta."""


def cost_of_graphs(model: Module, loss: Loss, penalty: float) -> Cost:
    """Return the cost that makes a graph at every call: the model's own Values hold its gradients."""
    parameters = model.parameters()

    def cost(theta: Array, X: Array, Y: Array) -> tuple[float, Array]:
        assign(parameters, theta)
        zero_grad(parameters)
        if _couples(model):
            parts = [_cost_of_batch(model, loss, penalty, parameters, X.tolist(), Y.tolist())]
        else:
            parts = [
                _with_penalty(loss(model(x), y), penalty, parameters)
                for x, y in zip(X.tolist(), Y.tolist(), strict=True)
            ]
        moving = [part for part in parts if isinstance(part, Value) and not part.is_constant]
        if moving:
            backward(moving)
        grad = np.array([parameter.grad for parameter in parameters])
        numbers = [part.data if isinstance(part, Value) else float(part) for part in parts]
        return _averaged(np.array(numbers), grad)

    return cost


def cost_of_tape(model: Module, loss: Loss, penalty: float) -> Cost:
    """Return the cost that is recorded at the first call, and replayed over all samples at once.

    Raises:
        RecordingError: at a call, when the model does what a replay could not repeat.
    """

    def of_sample(theta: Any, x: Any, y: Any) -> Any:
        with model.using(list(theta)):
            return _with_penalty(loss(model(x), y), penalty, theta)

    def of_batch(theta: Any, X: Any, Y: Any) -> Any:
        with model.using(list(theta)):
            return _cost_of_batch(model, loss, penalty, theta, X, Y)

    if _couples(model):
        replayed = compile(of_batch, argnum=0)
    else:
        replayed = compile(of_sample, lanes=("x", "y"), argnum=0)

    def cost(theta: Array, X: Array, Y: Array) -> tuple[float, Array]:
        return _averaged(*replayed.value_and_grad(theta, X, Y))

    return cost


def predictions(model: Module, X: Any) -> Array:
    """Return the outputs of the model, in the state of testing, one row for each sample.

    Arguments:
        X: the samples, the first index theirs.

    >>> from random import Random
    >>> from autodiff.nn.layers import MLP
    >>> model = MLP([2, 3, 1], generator=Random(0))
    >>> predictions(model, [[0.0, 1.0], [0.5, 0.5]]).shape
    (2, 1)
    """
    states = [(module, module.training) for module in model.modules()]
    samples = np.asarray(X, dtype=float)
    model.eval()
    try:
        theta = np.array([parameter.data for parameter in model.parameters()])

        def outputs(theta: Any, x: Any) -> Any:
            with model.using(list(theta)):
                return np.array(model(x), dtype=object)

        try:
            return np.array(compile(outputs, lanes=("x",))(theta, samples), dtype=float)
        except (RecordingError, TypeError):  # a model that does what a tape could not repeat
            with no_grad():
                rows = [np.array(model(x), dtype=object) for x in samples.tolist()]
            return np.array(np.vectorize(number_of, otypes=[float])(rows))
    finally:
        for module, training in states:
            module.training = training


def assign(parameters: Sequence[Value], theta: Array) -> None:
    """Give the parameters their numbers."""
    for parameter, number in zip(parameters, theta.tolist(), strict=True):
        parameter.data = number


def _averaged(values: Array, grad: Array) -> tuple[float, Array]:
    """Return the mean of the samples' costs, and the gradient of it from that of their sum."""
    count = np.size(values)
    with np.errstate(over="ignore", invalid="ignore"):  # inf and nan are found by who takes the step
        return float(np.sum(values)) / count, grad / count


def draws(model: Module) -> bool:
    """Return whether the model draws random numbers as it is now."""
    return any(module.draws and module.training for module in model.modules())


def _couples(model: Module) -> bool:
    return any(module.couples_samples and module.training for module in model.modules())


def _with_penalty(loss: Any, penalty: float, theta: Sequence[Any]) -> Any:
    return loss + penalty * sum([square(x) for x in theta]) if penalty else loss


def _cost_of_batch(
    model: Module,
    loss: Loss,
    penalty: float,
    theta: Sequence[Any],
    X: Sequence[Any],
    Y: Sequence[Any],
) -> Any:
    losses = [loss(outs, y) for outs, y in zip(model.batch(X), Y, strict=True)]
    return _with_penalty(mean(losses), penalty, theta)
