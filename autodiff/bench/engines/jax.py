"""JAX: arrays, compiled by XLA for one thread of the CPU."""

from typing import Any

import jax
import jax.numpy as jnp

from autodiff.bench import workloads
from autodiff.bench.workloads import PENALTY, RATE, Outcome, Prepared

jax.config.update("jax_enable_x64", True)


def network() -> Prepared:
    """Return workload D."""
    problem = workloads.network()
    inputs, labels = jnp.array(problem.inputs), jnp.array(problem.labels)
    layers = [jnp.array(layer) for layer in problem.layers]
    parameters = [(layer[:, :-1], layer[:, -1]) for layer in layers]

    def loss(parameters: Any, x: Any, labels: Any) -> Any:
        penalty = sum(jnp.sum(W * W) + jnp.sum(b * b) for W, b in parameters)
        *hidden, (W, b) = parameters
        for weights, bias in hidden:
            x = jax.nn.relu(x @ weights.T + bias)
        return jnp.mean(jax.nn.relu(1 - labels * (x @ W.T + b)[:, 0])) + PENALTY * penalty

    both = jax.jit(jax.value_and_grad(loss))

    def outcome(got: Any) -> Outcome:
        grads = [jnp.column_stack(pair).ravel() for pair in got[1]]
        return Outcome(float(got[0]), jnp.concatenate(grads).tolist())

    return Prepared(lambda: jax.block_until_ready(both(parameters, inputs, labels)), outcome)


def _cost(V: Any, W: Any, X: Any, Y: Any) -> Any:
    U = jax.nn.sigmoid(X @ V) @ W
    return -jnp.mean(jnp.sum(U * Y, axis=1) - jax.nn.logsumexp(U, axis=1))


def experiment() -> Prepared:
    """Return workload I: the gradients alone, as the lecture computes them."""
    X, Y, V, W = map(jnp.array, workloads.experiment())
    gradients = jax.jit(jax.grad(_cost, argnums=(0, 1)))
    return Prepared(
        lambda: jax.block_until_ready(gradients(V, W, X, Y)),
        lambda got: _outcome(float(_cost(V, W, X, Y)), got),
    )


def descent(steps: int) -> Prepared:
    """Return gradient descent on workload I, all of it in one compiled loop."""
    X, Y, V, W = map(jnp.array, workloads.experiment())

    def descend(V: Any, W: Any, X: Any, Y: Any) -> Any:
        def down(_: Any, weights: Any) -> Any:
            V, W = weights
            dV, dW = jax.grad(_cost, argnums=(0, 1))(V, W, X, Y)
            return V - RATE * dV, W - RATE * dW

        return jax.lax.fori_loop(0, steps, down, (V, W))

    compiled = jax.jit(descend)
    return Prepared(
        lambda: jax.block_until_ready(compiled(V, W, X, Y)),
        lambda got: _outcome(float(_cost(got[0], got[1], X, Y)), got),
        per=steps,
    )


def _outcome(value: float, got: Any) -> Outcome:
    return Outcome(value, jnp.concatenate([part.ravel() for part in got]).tolist())
