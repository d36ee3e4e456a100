"""NumPy with gradients worked out by hand: for workload I the lecture's own, as it writes them."""

from typing import Any

import numpy as np

from autodiff.bench import workloads
from autodiff.bench.workloads import PENALTY, RATE, Outcome, Prepared


def network() -> Prepared:
    """Return workload D."""
    problem = workloads.network()
    inputs, labels = np.array(problem.inputs), np.array(problem.labels)
    (W1, b1), (W2, b2), (W3, b3) = [
        (layer[:, :-1].copy(), layer[:, -1].copy()) for layer in map(np.array, problem.layers)
    ]

    def step() -> Any:
        h1 = np.maximum(inputs @ W1.T + b1, 0.0)
        h2 = np.maximum(h1 @ W2.T + b2, 0.0)
        margin = 1 - labels * (h2 @ W3.T + b3)[:, 0]
        squares = sum((p * p).sum() for p in (W1, b1, W2, b2, W3, b3))
        loss = np.maximum(margin, 0.0).sum() / len(labels) + PENALTY * squares
        d3 = np.where(margin > 0, labels, 0.0)[:, None] / -len(labels)
        d2 = (d3 @ W3) * (h2 > 0)
        d1 = (d2 @ W2) * (h1 > 0)
        decay = 2 * PENALTY
        return loss, (
            (d1.T @ inputs + decay * W1, d1.sum(axis=0) + decay * b1),
            (d2.T @ h1 + decay * W2, d2.sum(axis=0) + decay * b2),
            (d3.T @ h2 + decay * W3, d3.sum(axis=0) + decay * b3),
        )

    def outcome(got: Any) -> Outcome:
        grads = [np.column_stack(pair).ravel() for pair in got[1]]
        return Outcome(float(got[0]), np.concatenate(grads).tolist())

    return Prepared(step, outcome)


# The lecture's functions (COMP551, 6.1 and 6.2), and the logistic function that it takes for granted.


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _logsumexp(Z: Any) -> Any:
    Zmax = np.max(Z, axis=1)[:, None]
    return Zmax + np.log(np.sum(np.exp(Z - Zmax), axis=1))[:, None]


def _softmax(u: Any) -> Any:
    u_exp = np.exp(u - np.max(u, 1)[:, None])
    return u_exp / np.sum(u_exp, axis=-1)[:, None]


def _cost(X: Any, Y: Any, W: Any, V: Any) -> float:
    U = np.dot(_logistic(np.dot(X, V)), W)
    return -float(np.mean(np.sum(U * Y, 1) - _logsumexp(U)[:, 0]))


def _gradients(X: Any, Y: Any, W: Any, V: Any) -> tuple[Any, Any]:
    Z = _logistic(np.dot(X, V))
    N, _ = X.shape
    Yh = _softmax(np.dot(Z, W))
    dY = Yh - Y
    dW = np.dot(Z.T, dY) / N
    dZ = np.dot(dY, W.T)
    dV = np.dot(X.T, dZ * Z * (1 - Z)) / N
    return dW, dV


def experiment() -> Prepared:
    """Return workload I: the gradients alone, as the lecture computes them."""
    X, Y, V, W = map(np.array, workloads.experiment())
    return Prepared(
        lambda: _gradients(X, Y, W, V), lambda got: _outcome(_cost(X, Y, W, V), V=got[1], W=got[0])
    )


def descent(steps: int) -> Prepared:
    """Return the lecture's gradient descent, without its stopping rule, which never fires in time."""
    X, Y, V0, W0 = map(np.array, workloads.experiment())

    def step() -> tuple[Any, Any]:
        V, W = V0, W0
        for _ in range(steps):
            dW, dV = _gradients(X, Y, W, V)
            W = W - RATE * dW
            V = V - RATE * dV
        return W, V

    return Prepared(step, lambda got: _outcome(_cost(X, Y, *got), V=got[1], W=got[0]), per=steps)


def _outcome(value: float, V: Any, W: Any) -> Outcome:
    return Outcome(value, [*V.ravel().tolist(), *W.ravel().tolist()])
