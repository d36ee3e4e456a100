"""micrograd, as in its own demo notebook."""

from collections.abc import Callable
from typing import Any

from micrograd.engine import Value
from micrograd.nn import MLP

from autodiff.bench import workloads
from autodiff.bench.engines import scalars
from autodiff.bench.workloads import FACTOR, PENALTY, START, Outcome, Prepared


def network() -> Prepared:
    """Return workload D."""
    problem = workloads.network()
    model = MLP(2, [16, 16, 1])
    numbers = scalars.flat(scalars.layers_of(float, problem.layers))
    for parameter, number in zip(model.parameters(), numbers, strict=True):
        parameter.data = number

    def step() -> Any:
        model.zero_grad()
        inputs = [list(map(Value, x)) for x in problem.inputs]
        scores = list(map(model, inputs))
        losses = [(1 + -y * score).relu() for y, score in zip(problem.labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        loss = data_loss + PENALTY * sum(p * p for p in model.parameters())
        loss.backward()
        return loss

    return Prepared(step, lambda loss: Outcome(loss.data, [p.grad for p in model.parameters()]))


def chain(count: int) -> Prepared:
    """Return the deep chain."""
    return _of_two_leaves(scalars.chain, count)


def fan_out(count: int) -> Prepared:
    """Return the wide fan-out."""
    return _of_two_leaves(scalars.fan_out, count)


def grown(count: int) -> Any:
    """Return a graph of ``count`` nodes."""
    return scalars.chain(Value(START), Value(FACTOR), count)


def _of_two_leaves(graph: Callable[[Any, Any, int], Any], count: int) -> Prepared:
    x, c = Value(START), Value(FACTOR)

    def step() -> Any:
        x.grad = c.grad = 0
        out = graph(x, c, count)
        out.backward()
        return out

    return Prepared(step, lambda out: Outcome(out.data, [x.grad, c.grad]))
