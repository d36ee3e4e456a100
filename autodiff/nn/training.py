"""Training: steps of an optimiser down a cost, until a rule says stop.

theta  the parameters' numbers, a flat float64 array
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

import numpy as np

from autodiff.errors import RecordingError
from autodiff.nn.batches import Curriculum, Minibatches
from autodiff.nn.blocks import settle
from autodiff.nn.costs import Array, Cost, assign, cost_of_graphs, cost_of_tape, draws, predictions
from autodiff.nn.losses import Loss
from autodiff.nn.modules import Module
from autodiff.nn.optimisers import Optimiser
from autodiff.nn.progress import Report, reporting
from autodiff.nn.samples import checked_data, loss_of


class DivergedError(ArithmeticError):
    """Training left the finite numbers; the model has its last finite parameters."""


@dataclass
class History:
    """What happened in a training."""

    costs: list[float] = field(default_factory=list)
    """The cost on each step's batch, before the step."""
    validation: list[tuple[int, float]] = field(default_factory=list)
    """(steps done, mean loss on the validation samples), with early stopping."""
    stopped: str = ""
    """Why it ended: "steps", "gradient" (its norm fell to eps), "patience" or "interrupted"."""
    gradient_norm: float = inf
    """‖∂cost/∂theta‖ at the last step."""
    seconds: float = 0.0
    replayed: bool = False
    """Whether the steps were replayed from a tape."""

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.costs)


class EarlyStopping:
    """Stop when the loss on other samples has not fallen for a while, and go back to its best.

    Arguments:
        X, Y: the validation samples.
        patience: so many looks without a new lowest loss end the training.
        every: steps from one look to the next.
    """

    def __init__(self, X: Any, Y: Any, *, patience: int, every: int = 1) -> None:
        if patience < 1 or every < 1:
            raise ValueError(f"patience {patience}, every {every}: both must be at least 1")
        self.X, self.Y, self.patience, self.every = X, Y, patience, every


def fit(
    model: Module,
    X: Any,
    Y: Any,
    *,
    loss: Loss | str,
    optimiser: Optimiser,
    steps: int,
    batches: Minibatches | Curriculum | None = None,
    eps: float = 0.0,
    penalty: float = 0.0,
    early_stopping: EarlyStopping | None = None,
    compiled: bool | None = None,
    progress: bool = False,
) -> History:
    """Return what happened while the model learned to answer ``Y`` to ``X``.

    Arguments:
        model: its parameters are changed, those of frozen modules excepted.
        X: the samples, the first index theirs; numbers, or sequences of them.
        Y: what is wanted: a number for each sample, or a list of them.
        loss: of a sample's outputs and what was wanted.
        optimiser: makes the steps.
        steps: at most so many.
        batches: which samples a step looks at, all of them if None.
        eps: stop when the gradient's norm over all samples is not above it (not with ``batches``).
        penalty: this times the sum of the squared parameters is added to the cost.
        early_stopping: look at other samples, too, and keep the parameters that were best for them,
            whatever ended the training.
        compiled: whether the cost is recorded once and replayed; None does where that can be.
        progress: show a bar on a terminal, lines elsewhere (on standard error).

    Ctrl-C ends the training; the model keeps the parameters with the lowest cost so far.

    Raises:
        ValueError: for data, or pairings of outputs and loss, with which nothing can be learned, and
            for negative numbers.
        DivergedError: when a parameter is no longer finite.

    >>> from random import Random
    >>> from autodiff.nn.layers import MLP
    >>> from autodiff.nn.optimisers import SGD
    >>> model = MLP([1, 1], generator=Random(0))
    >>> history = fit(model, [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], loss="mean_squared_error",
    ...               optimiser=SGD(0.2), steps=200)
    >>> [round(x.data, 6) for x in model.parameters()], history.stopped
    ([2.0, 1.0], 'steps')
    """
    _check_limits(steps, eps, penalty)
    for name, given, method in (
        ("optimiser", optimiser, "update"), ("batches", batches, "orders"),
        ("early_stopping", early_stopping, "patience"),
    ):  # fmt: skip
        if given is not None and not hasattr(given, method):
            raise TypeError(f"{name}: {given!r} is none: expected {_SUCH_AS[name]}")
    chosen = loss_of(loss)
    samples, wanted = checked_data(model, chosen, X, Y)
    parameters = model.parameters()
    if not any(model.trainable()):
        raise ValueError("the model has no parameters to learn: none at all, or all are frozen")
    model.train()
    try:
        begun = time.perf_counter()
        theta = np.array([parameter.data for parameter in parameters])
        cost, replayed = _cost(model, chosen, penalty, compiled, (theta, samples, wanted))
        descent = _Descent(model, cost, optimiser, theta, History(replayed=replayed), begun)
        orders = batches.orders(samples.tolist(), wanted.tolist()) if batches else None
        watch = _watch(model, chosen, samples, early_stopping)
        with reporting(steps, progress) as report:
            descent.run((samples, wanted), orders, steps, eps, watch, report)
    finally:
        model.eval()
        settle(model, samples.tolist())
    return descent.history


_SUCH_AS = {
    "optimiser": "one such as nn.SGD(0.1) or nn.Adam(0.01)",
    "batches": "nn.Minibatches(…), nn.Curriculum(…) or None",
    "early_stopping": "nn.EarlyStopping(…) or None",
}


def _check_limits(steps: Any, eps: Any, penalty: Any) -> None:
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 0:
        raise ValueError(f"steps: expected a whole number that is not negative, got {steps!r}")
    for name, number in (("eps", eps), ("penalty", penalty)):
        if not isinstance(number, (int, float)) or not 0 <= number < inf:
            raise ValueError(f"{name}: expected a number that is not negative, got {number!r}")


def _cost(
    model: Module, loss: Loss, penalty: float, compiled: bool | None, first: tuple[Array, Array, Array]
) -> tuple[Cost, bool]:
    """Return the cost, and whether it is replayed; without a wish, replayed where it can be recorded."""
    if compiled is False or (compiled is None and draws(model)):
        return cost_of_graphs(model, loss, penalty), False
    if draws(model):
        raise RecordingError("the model draws random numbers: a tape would draw the same ones each time")
    replayed = cost_of_tape(model, loss, penalty)
    try:
        replayed(*first)
    except (RecordingError, TypeError):  # a TypeError that is the model's own comes again from graphs
        if compiled:
            raise
        return cost_of_graphs(model, loss, penalty), False
    return replayed, True


Watch = Callable[[Array, int], tuple[float, bool] | None]


class _Descent:
    """One training: where it stands, and where the cost was lowest."""

    def __init__(
        self,
        model: Module,
        cost: Cost,
        optimiser: Optimiser,
        theta: Array,
        history: History,
        begun: float,
    ) -> None:
        self.model = model
        self.cost = cost
        self.optimiser = optimiser
        self.theta = theta
        self.history = history
        self.begun = begun  # before recording: it belongs to the time
        self.best = (inf, theta)
        trainable = np.array(model.trainable())
        self.frozen = None if trainable.all() else ~trainable

    def run(
        self,
        data: tuple[Array, Array],
        orders: Iterator[list[int]] | None,
        steps: int,
        eps: float,
        watch: Watch | None,
        report: Report,
    ) -> None:
        """Take the steps, and leave the model with the parameters they lead to."""
        history = self.history
        try:
            while not history.stopped:
                if history.steps >= steps:
                    history.stopped = "steps"
                elif orders is None and history.gradient_norm <= eps:
                    history.stopped = "gradient"  # of all samples: that of a few says nothing
                else:
                    self._step(data if orders is None else _part(data, next(orders)))
                    report(history.steps, history.costs[-1])
                    if watch is not None and self._watched(watch):
                        history.stopped = "patience"
            if watch is not None and not (
                history.validation and history.validation[-1][0] == history.steps
            ):
                self._watched(watch, last=True)
            if history.validation:
                self.theta = self.best[1]
        except KeyboardInterrupt:
            history.stopped = "interrupted"
            self.theta = self.best[1]
        except DivergedError:
            if history.validation:
                self.theta = self.best[1]
            raise
        finally:
            history.seconds = time.perf_counter() - self.begun
            assign(self.model.parameters(), self.theta)

    def _step(self, batch: tuple[Array, Array]) -> None:
        cost, grad = self.cost(self.theta, *batch)
        if self.frozen is not None:
            grad = np.where(self.frozen, 0.0, grad)
        if cost < self.best[0] and not self.history.validation:
            self.best = cost, self.theta
        with np.errstate(all="ignore"):  # what is not finite is found below, and named
            theta = self.optimiser.update(self.theta, grad)
        if self.frozen is not None:
            theta = np.where(self.frozen, self.theta, theta)
        if not (isfinite(cost) and np.isfinite(theta).all()):
            self._refuse(cost, grad, theta)
        self.theta = theta
        self.history.costs.append(cost)
        self.history.gradient_norm = math.hypot(*grad.tolist())

    def _watched(self, watch: Watch, last: bool = False) -> bool:
        """Return whether the other samples say that it is enough."""
        seen = watch(self.theta, 0 if last else self.history.steps)
        if seen is None:
            return False
        loss, enough = seen
        self.history.validation.append((self.history.steps, loss))
        if loss < self.best[0] or len(self.history.validation) == 1:
            self.best = loss, self.theta
        return enough

    def _refuse(self, cost: float, grad: Array, theta: Array) -> None:
        step = self.history.steps + 1
        names = list(self.model.named_parameters())
        wrong = np.flatnonzero(~np.isfinite(theta))
        if len(wrong):
            found = int(wrong[0])
            what = f"{names[found]} would become {theta[found]} (its gradient is {grad[found]:.6g})"
        else:
            largest = int(np.argmax(np.abs(self.theta)))
            number = self.theta[largest]
            what = f"the cost is {cost} (the largest parameter, {names[largest]}, is {number:.6g})"
        raise DivergedError(
            f"training diverged at step {step}: {what}. The model keeps its last finite parameters; "
            "try a lower learning rate"
        )


def _part(data: tuple[Array, Array], chosen: list[int]) -> tuple[Array, Array]:
    return data[0][chosen], data[1][chosen]


def _watch(model: Module, loss: Loss, samples: Array, stopping: EarlyStopping | None) -> Watch | None:
    """Return what looks at the other samples: at their mean loss, and whether patience is at its end."""
    if stopping is None:
        return None
    X, Y = checked_data(model, loss, stopping.X, stopping.Y)
    lowest = [inf]
    waited = [0]

    def look(theta: Array, step: int) -> tuple[float, bool] | None:
        if step % stopping.every:
            return None
        assign(model.parameters(), theta)
        settle(model, samples.tolist())
        outs = predictions(model, X).tolist()
        losses = [float(loss(out, y)) for out, y in zip(outs, Y.tolist(), strict=True)]
        found = sum(losses) / len(X)  # plain: beyond all floats it is inf
        waited[0] = 0 if found < lowest[0] else waited[0] + 1
        lowest[0] = min(found, lowest[0])
        return found, waited[0] >= stopping.patience

    return look
