"""autodiff's ``Value``, used as micrograd's demo uses its own."""

from collections.abc import Callable
from operator import methodcaller
from typing import Any

from autodiff.bench import workloads
from autodiff.bench.engines import scalars
from autodiff.bench.workloads import FACTOR, START, Outcome, Prepared
from autodiff.primitives import logsumexp, mean, sigmoid
from autodiff.value import Value, zero_grad

_RELU = methodcaller("relu")


def network() -> Prepared:
    """Return workload D."""
    problem = workloads.network()
    layers = scalars.layers_of(Value, problem.layers)
    parameters = scalars.flat(layers)

    def step() -> Value:
        zero_grad(parameters)
        inputs = [[Value(feature) for feature in x] for x in problem.inputs]
        loss: Value = scalars.network_loss(layers, inputs, problem.labels, _RELU)
        loss.backward()
        return loss

    return Prepared(step, _reader(parameters))


def experiment() -> Prepared:
    """Return workload I."""
    problem = workloads.experiment()
    V = [[Value(v) for v in row] for row in problem.V]
    W = [[Value(w) for w in row] for row in problem.W]
    parameters = [p for row in V + W for p in row]

    def cross_entropy(x: list[float], y: list[float]) -> Value:
        z = [sigmoid(scalars.weighted(x, column)) for column in zip(*V, strict=True)]
        u = [scalars.weighted(z, column) for column in zip(*W, strict=True)]
        loss: Value = logsumexp(u) - scalars.weighted(y, u)
        return loss

    def step() -> Value:
        zero_grad(parameters)
        losses = [cross_entropy(x, y) for x, y in zip(problem.inputs, problem.labels, strict=True)]
        loss: Value = mean(losses)
        loss.backward()
        return loss

    return Prepared(step, _reader(parameters))


def chain(count: int) -> Prepared:
    """Return the deep chain."""
    return _of_two_leaves(scalars.chain, count)


def fan_out(count: int) -> Prepared:
    """Return the wide fan-out."""
    return _of_two_leaves(scalars.fan_out, count)


def grown(count: int) -> Value:
    """Return a graph of ``count`` nodes."""
    out: Value = scalars.chain(Value(START), Value(FACTOR), count)
    return out


def _of_two_leaves(graph: Callable[[Any, Any, int], Any], count: int) -> Prepared:
    leaves = Value(START), Value(FACTOR)

    def step() -> Value:
        zero_grad(leaves)
        out: Value = graph(*leaves, count)
        out.backward()
        return out

    return Prepared(step, _reader(leaves))


def _reader(parameters: Any) -> Callable[[Value], Outcome]:
    return lambda out: Outcome(out.data, [p.grad for p in parameters])
