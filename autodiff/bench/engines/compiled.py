"""autodiff's ``compile``: the scalar program of one sample recorded once, replayed over lanes."""

import time
from typing import Any

import numpy as np

from autodiff.bench import workloads
from autodiff.bench.engines import scalars
from autodiff.bench.workloads import FACTOR, PENALTY, RATE, START, Outcome, Prepared
from autodiff.primitives import logsumexp, relu, sigmoid
from autodiff.tape import compile

COPIES = 1000  # of workload I's samples, in the batch that threads share


def _network() -> tuple[Any, tuple[Any, ...]]:
    """Return workload D's compiled loss and its arguments.

    A sample's share of the loss is compiled, penalty and all: the sum over the lanes is the loss.
    """
    problem = workloads.network()
    samples = len(problem.labels)

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        layers = [list(zip(W, b, strict=True)) for W, b in parameters]
        hinge = relu(1 - y * scalars.score(layers, x, relu))
        return (hinge + PENALTY * sum(p * p for p in scalars.flat(layers))) / samples

    layers = [np.array(layer) for layer in problem.layers]
    parameters = [(layer[:, :-1].copy(), layer[:, -1].copy()) for layer in layers]
    arguments = (parameters, np.array(problem.inputs), np.array(problem.labels))
    return compile(loss, lanes=("x", "y")), arguments


def _experiment(threads: int = 1) -> tuple[Any, tuple[Any, ...]]:
    """Return workload I's compiled loss and its arguments: the sum over the lanes is the mean loss."""
    X, Y, V, W = map(np.array, workloads.experiment())
    samples = len(X)

    def loss(V: Any, W: Any, x: Any, y: Any) -> Any:
        z = [sigmoid(scalars.weighted(x, column)) for column in V.T]
        u = [scalars.weighted(z, column) for column in W.T]
        return (logsumexp(u) - scalars.weighted(y, u)) / samples

    return compile(loss, lanes=("x", "y"), threads=threads), (V, W, X, Y)


def network() -> Prepared:
    """Return workload D."""
    g, arguments = _network()

    def outcome(got: Any) -> Outcome:
        losses, (pairs,) = got
        gradient = np.concatenate([np.column_stack(pair).ravel() for pair in pairs])
        return Outcome(float(losses.sum()), gradient.tolist())

    return Prepared(lambda: g.value_and_grad(*arguments), outcome)


def network_value() -> Prepared:
    """Return workload D's loss, without a gradient."""
    g, arguments = _network()
    return Prepared(lambda: g(*arguments), lambda losses: Outcome(float(losses.sum()), []))


def experiment() -> Prepared:
    """Return workload I."""
    g, arguments = _experiment()

    def outcome(got: Any) -> Outcome:
        losses, gradients = got
        return _of_weights(float(losses.sum()), gradients)

    return Prepared(lambda: g.value_and_grad(*arguments), outcome)


def experiment_value() -> Prepared:
    """Return workload I's loss, without a gradient."""
    g, arguments = _experiment()
    return Prepared(lambda: g(*arguments), lambda losses: Outcome(float(losses.sum()), []))


def descent(steps: int) -> Prepared:
    """Return gradient descent on workload I."""
    g, (V0, W0, X, Y) = _experiment()

    def step() -> tuple[Any, Any]:
        V, W = V0, W0
        for _ in range(steps):
            _, (dV, dW) = g.value_and_grad(V, W, X, Y)
            V = V - RATE * dV
            W = W - RATE * dW
        return V, W

    def outcome(weights: tuple[Any, Any]) -> Outcome:
        return _of_weights(float(g(*weights, X, Y).sum()), weights)

    return Prepared(step, outcome, per=steps)


def chain(count: int) -> Prepared:
    """Return the deep chain, recorded once, then replayed."""
    g = compile(lambda x, c: scalars.chain(x, c, count))
    return Prepared(lambda: g.value_and_grad(START, FACTOR), _of_scalars)


def fan_out(count: int) -> Prepared:
    """Return the wide fan-out, recorded once, then replayed."""
    g = compile(lambda x, c: scalars.fan_out(x, c, count))
    return Prepared(lambda: g.value_and_grad(START, FACTOR), _of_scalars)


def recording(count: int) -> Prepared:
    """Return the recording of a graph of ``count`` nodes, its optimisation, and the first replay."""
    return Prepared(
        lambda: compile(lambda x, c: scalars.chain(x, c, count)).value_and_grad(START, FACTOR),
        _of_scalars,
    )


def batch(threads: int) -> float:
    """Return the seconds of workload I's gradient over a thousand times as many samples.

    Raises:
        RuntimeError: when the gradient is not the mean experiment's, a thousand times over.
    """
    g, (V, W, X, Y) = _experiment(threads)
    X, Y = np.tile(X, (COPIES, 1)), np.tile(Y, (COPIES, 1))
    _, gradients = g.value_and_grad(V, W, X, Y)
    _, expected = g.value_and_grad(V, W, X[: len(X) // COPIES], Y[: len(Y) // COPIES])
    for found, one in zip(gradients, expected, strict=True):
        if not np.allclose(found, COPIES * one, rtol=1e-9, atol=1e-9):
            raise RuntimeError(f"{threads} threads give another gradient")
    begun = time.perf_counter()
    g.value_and_grad(V, W, X, Y)
    return time.perf_counter() - begun


def bytes_an_instruction() -> float:
    """Return the memory of workload D's tape for each operation that it does, forward and in reverse."""
    stats = _network_statistics()
    return float(stats.memory / stats.operations_gradient)


def bytes_a_recorded_operation() -> float:
    """Return the memory of workload D's tape for each operation that the function did."""
    stats = _network_statistics()
    return float(stats.memory / stats.recorded)


def _network_statistics() -> Any:
    g, arguments = _network()
    g.value_and_grad(*arguments)
    return g.stats()


def _of_weights(value: float, weights: tuple[Any, Any]) -> Outcome:
    return Outcome(value, np.concatenate([part.ravel() for part in weights]).tolist())


def _of_scalars(got: Any) -> Outcome:
    value, (dx, dc) = got
    return Outcome(float(value), [float(dx), float(dc)])
