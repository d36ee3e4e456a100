"""HIPS autograd with arrays."""

from typing import Any

import autograd.numpy as np
from autograd import value_and_grad

from autodiff.bench import workloads
from autodiff.bench.workloads import PENALTY, Outcome, Prepared


def network() -> Prepared:
    """Return workload D."""
    problem = workloads.network()
    inputs, labels = np.array(problem.inputs), np.array(problem.labels)
    layers = [np.array(layer) for layer in problem.layers]
    parameters = [(layer[:, :-1], layer[:, -1]) for layer in layers]

    def loss(parameters: Any) -> Any:
        x, penalty = inputs, 0.0
        for i, (W, b) in enumerate(parameters):
            x = np.dot(x if i == 0 else np.maximum(x, 0.0), W.T) + b
            penalty = penalty + np.sum(W * W) + np.sum(b * b)
        return np.mean(np.maximum(1 - labels * x[:, 0], 0.0)) + PENALTY * penalty

    def outcome(got: Any) -> Outcome:
        grads = [np.column_stack(pair).ravel() for pair in got[1]]
        return Outcome(float(got[0]), np.concatenate(grads).tolist())

    both = value_and_grad(loss)
    return Prepared(lambda: both(parameters), outcome)


def experiment() -> Prepared:
    """Return workload I."""
    X, Y, V, W = map(np.array, workloads.experiment())

    def cost(V: Any, W: Any) -> Any:
        U = np.dot(1 / (1 + np.exp(-np.dot(X, V))), W)
        highest = np.max(U, axis=1, keepdims=True)
        logsumexp = highest[:, 0] + np.log(np.sum(np.exp(U - highest), axis=1))
        return -np.mean(np.sum(U * Y, axis=1) - logsumexp)

    both = value_and_grad(cost, argnum=(0, 1))
    return Prepared(
        lambda: both(V, W),
        lambda got: Outcome(float(got[0]), np.concatenate([part.ravel() for part in got[1]]).tolist()),
    )
