"""PyTorch, as it is meant to be used: tensors."""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

from autodiff.bench import workloads
from autodiff.bench.workloads import PENALTY, Outcome, Prepared

torch.set_num_threads(1)
_tensor = partial(torch.tensor, dtype=torch.float64)


def network() -> Prepared:
    """Return workload D."""
    problem = workloads.network()
    inputs, labels = _tensor(problem.inputs), _tensor(problem.labels)
    layers = [_tensor(layer) for layer in problem.layers]
    parameters = [
        (layer[:, :-1].clone().requires_grad_(), layer[:, -1].clone().requires_grad_())
        for layer in layers
    ]

    def step() -> Any:
        x, penalty = inputs, 0.0
        for W, b in parameters:
            W.grad = b.grad = None
            x = F.linear(x if W is parameters[0][0] else F.relu(x), W, b)
            penalty = penalty + (W * W).sum() + (b * b).sum()
        loss = F.relu(1 - labels * x[:, 0]).mean() + PENALTY * penalty
        loss.backward()
        return loss

    def outcome(loss: Any) -> Outcome:
        grads = [torch.column_stack((W.grad, b.grad)).ravel() for W, b in parameters]
        return Outcome(loss.item(), torch.cat(grads).tolist())

    return Prepared(step, outcome)


def experiment() -> Prepared:
    """Return workload I."""
    problem = workloads.experiment()
    X, classes = _tensor(problem.inputs), _tensor(problem.labels).argmax(dim=1)
    V, W = _tensor(problem.V, requires_grad=True), _tensor(problem.W, requires_grad=True)

    def step() -> Any:
        V.grad = W.grad = None
        loss = F.cross_entropy(torch.sigmoid(X @ V) @ W, classes)
        loss.backward()
        return loss

    def outcome(loss: Any) -> Outcome:
        return Outcome(loss.item(), torch.cat([V.grad.ravel(), W.grad.ravel()]).tolist())

    return Prepared(step, outcome)
