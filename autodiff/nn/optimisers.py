"""Optimisers: from parameters and gradients to the next parameters.

    theta  the parameters' numbers, a flat float64 array
    grad   ∂cost/∂theta, as long

An optimiser keeps what it remembers between steps (``state``); ``update`` is a function of arrays, and
``step`` applies it to Values whose gradients a ``backward`` has left.
"""

from collections.abc import Callable, Sequence
from math import cos, isfinite, pi
from typing import TYPE_CHECKING, Any

from autodiff.value import Value

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

Schedule = Callable[[int], float]


class SGD:
    """Gradient descent, with momentum if wanted: v ← momentum · v + grad, theta ← theta - rate · v.

    Over whole batches it is the lectures' gradient descent, over minibatches the stochastic one.

    Arguments:
        rate: the learning rate, a number or a schedule (from the number of the step, 0 first).
        momentum: how much of the last step's direction stays, in [0, 1).
        weight_decay: this times theta is added to the gradient.

    Raises:
        ValueError: for numbers out of range.

    Source: Polyak 1964 (in the form of Sutskever et al. 2013).

    >>> import autodiff as ad
    >>> w = ad.Value(3.0)
    >>> optimiser = SGD(0.25)
    >>> (w * w).backward()
    >>> optimiser.step([w])
    >>> w.data
    1.5
    """

    def __init__(
        self, rate: float | Schedule = 0.1, *, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        self.rate = _schedule(rate)
        self.momentum = _share(momentum, "momentum")
        self.weight_decay = _not_negative(weight_decay, "weight_decay")
        self.steps = 0
        self.velocity: Array | None = None

    def update(self, theta: "Array", grad: "Array") -> "Array":
        """Return the next parameters."""
        if self.weight_decay:
            grad = grad + self.weight_decay * theta
        if self.momentum:
            self.velocity = grad if self.velocity is None else self.momentum * self.velocity + grad
            grad = self.velocity
        rate = self.rate(self.steps)
        self.steps += 1
        return theta - rate * grad

    def step(self, parameters: Sequence[Value]) -> None:
        """Assign each Value its next number, from the gradient that it holds."""
        _apply(self, parameters)


class Adam:
    """Adam: steps of the size of the rate, by running means of the gradient and of its square.

    Arguments:
        rate: the learning rate, a number or a schedule.
        betas: how much of the running means stays at each step.
        epsilon: what keeps the quotient finite.
        weight_decay: this times rate times theta is taken off theta (decoupled, as in AdamW).

    Source: Kingma & Ba 2015, algorithm 1; the weight decay of Loshchilov & Hutter 2019.
    """

    def __init__(
        self,
        rate: float | Schedule = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.rate = _schedule(rate)
        self.beta1, self.beta2 = (_share(beta, "betas") for beta in betas)
        self.epsilon = _not_negative(epsilon, "epsilon")
        self.weight_decay = _not_negative(weight_decay, "weight_decay")
        self.steps = 0
        self.means: tuple[Array, Array] | None = None

    def update(self, theta: "Array", grad: "Array") -> "Array":
        """Return the next parameters."""
        mean, square = self.means or (0.0 * theta, 0.0 * theta)
        mean = self.beta1 * mean + (1 - self.beta1) * grad
        square = self.beta2 * square + (1 - self.beta2) * grad * grad
        self.means = mean, square
        rate = self.rate(self.steps)
        self.steps += 1
        corrected = mean / (1 - self.beta1**self.steps)
        spread = square / (1 - self.beta2**self.steps)
        return theta - rate * (corrected / (spread**0.5 + self.epsilon) + self.weight_decay * theta)

    def step(self, parameters: Sequence[Value]) -> None:
        """Assign each Value its next number, from the gradient that it holds."""
        _apply(self, parameters)


Optimiser = SGD | Adam


def _apply(optimiser: Optimiser, parameters: Sequence[Value]) -> None:
    import numpy as np

    theta = np.array([x.data for x in parameters])
    grad = np.array([x.grad for x in parameters])
    for x, number in zip(parameters, optimiser.update(theta, grad).tolist(), strict=True):
        x.data = number


# ── schedules ───────────────────────────────────────────────────────────────────────────────────


def exponential(rate: float, factor: float, every: int = 1) -> Schedule:
    """Return the schedule rate · factor^(step / every), the exponent a whole number.

    >>> [exponential(1.0, 0.5, every=2)(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    _positive(rate, "rate"), _positive(factor, "factor"), _positive(every, "every")
    return lambda step: rate * factor ** (step // every)


def cosine(rate: float, steps: int, end: float = 0.0) -> Schedule:
    """Return the schedule that goes from ``rate`` to ``end`` along half a cosine, in ``steps``.

    Source: Loshchilov & Hutter 2017, eq. 5.
    """
    _positive(rate, "rate"), _positive(steps, "steps")
    return lambda step: end + (rate - end) * (1 + cos(pi * min(step / steps, 1))) / 2


def inverse(rate: float, half: float) -> Schedule:
    """Return the schedule rate / (1 + step / half): its sum diverges, that of its squares does not.

    Source: Robbins & Monro 1951.
    """
    _positive(rate, "rate"), _positive(half, "half")
    return lambda step: rate / (1 + step / half)


def linear(rate: float, steps: int, end: float = 0.0) -> Schedule:
    """Return the schedule that goes from ``rate`` to ``end`` along a line, in ``steps``."""
    _positive(rate, "rate"), _positive(steps, "steps")
    return lambda step: rate + (end - rate) * min(step / steps, 1)


def _schedule(rate: float | Schedule) -> Schedule:
    if callable(rate):
        return rate
    number = _positive(rate, "rate")
    return lambda step: number


def _positive(number: Any, what: str) -> float:
    if not isinstance(number, (int, float)) or not isfinite(number) or number <= 0:
        raise ValueError(f"{what}: expected a number above 0, got {number!r}")
    return float(number)


def _not_negative(number: Any, what: str) -> float:
    if not isinstance(number, (int, float)) or not isfinite(number) or number < 0:
        raise ValueError(f"{what}: expected a number that is not negative, got {number!r}")
    return float(number)


def _share(number: Any, what: str) -> float:
    if not isinstance(number, (int, float)) or not 0 <= number < 1:
        raise ValueError(f"{what}: expected a number in [0, 1), got {number!r}")
    return float(number)
