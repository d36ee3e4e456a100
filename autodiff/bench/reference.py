"""What every engine must have computed before it is timed, and how far rounding may take it from that.

The bound is the usual one of rounding-error analysis (Higham, Accuracy and Stability of Numerical
Algorithms, ch. 3): a sum of products, in any order, is off by at most (roundings on the longest way)
times 2**-53 times the sum of the terms' magnitudes. The magnitudes come from the same formulas with
every number replaced by its magnitude.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from autodiff.bench.workloads import (
    FACTOR,
    PENALTY,
    RATE,
    START,
    Experiment,
    Network,
    Outcome,
    fan_out_weights,
)

_UNIT = 2.0**-53


class Reference(NamedTuple):
    """The outcome expected, and the largest error allowed for the value and for each derivative."""

    outcome: Outcome
    allowed: Outcome


def disagreement(computed: Outcome, expected: Reference) -> str:
    """Return where a computed outcome leaves the expected one by more than rounding can, or "".

    An outcome without a gradient (a forward pass alone) is compared by its value.

    >>> expected = Reference(Outcome(1.0, [2.0, 3.0]), Outcome(1e-9, [1e-9, 1e-9]))
    >>> disagreement(Outcome(1.0, [2.0, 3.5]), expected)
    'derivative 1 is 3.5, expected 3.0 ± 1.0e-09'
    >>> disagreement(Outcome(1.0, [2.0, 3.0]), expected)
    ''
    """
    if computed.gradient and len(computed.gradient) != len(expected.outcome.gradient):
        return f"{len(computed.gradient)} derivatives, expected {len(expected.outcome.gradient)}"
    names = ["value", *(f"derivative {i}" for i in range(len(computed.gradient)))]
    for name, number, wanted, allowed in zip(
        names,
        [computed.value, *computed.gradient],
        [expected.outcome.value, *expected.outcome.gradient],
        [expected.allowed.value, *expected.allowed.gradient],
        strict=False,
    ):
        if not abs(number - wanted) <= allowed:  # so that nan disagrees
            return f"{name} is {number!r}, expected {wanted!r} ± {allowed:.1e}"
    return ""


def network_reference(problem: Network) -> Reference:
    """Return the loss and gradient of workload D, by formulas written for it."""
    import numpy as np

    inputs, labels = np.array(problem.inputs), np.array(problem.labels)
    layers = [np.array(layer) for layer in problem.layers]
    outputs, masks = inputs, []
    for layer in layers:
        outputs = outputs @ layer[:, :-1].T + layer[:, -1]
        masks.append(outputs > 0 if layer is not layers[-1] else np.ones_like(outputs))
        outputs = outputs * masks[-1]
    lost = 1 - labels * outputs[:, 0] > 0
    actual = _network_sweep(inputs, labels, layers, masks, lost)
    magnitudes = _network_sweep(abs(inputs), -abs(labels), [abs(layer) for layer in layers], masks, lost)
    # Longest way: 337 squares, 100 points, 2 + 16 + 16 products there and back, and what is between.
    return Reference(actual, _scaled(magnitudes, 600))


def _network_sweep(inputs: Any, labels: Any, layers: list[Any], masks: list[Any], lost: Any) -> Outcome:
    """Return loss and gradient where it is given which units and which points' losses are above zero."""
    import numpy as np

    outputs = [inputs]
    for layer, mask in zip(layers, masks, strict=True):
        outputs.append((outputs[-1] @ layer[:, :-1].T + layer[:, -1]) * mask)
    loss = np.mean(lost * (1 - labels * outputs[-1][:, 0]))
    loss += PENALTY * sum(np.sum(layer * layer) for layer in layers)
    gradient: list[float] = []
    bar = (-labels * lost / len(labels))[:, None]
    for layer, mask, below in zip(layers[::-1], masks[::-1], outputs[-2::-1], strict=True):
        bar = bar * mask
        partial = np.column_stack((bar.T @ below, bar.sum(axis=0))) + 2 * PENALTY * layer
        gradient = partial.ravel().tolist() + gradient
        bar = bar @ layer[:, :-1]
    return Outcome(float(loss), gradient)


def _experiment_formulas(
    inputs: Any, labels: Any, V: Any, W: Any, error: Callable[[Any, Any], Any]
) -> tuple[Any, Any, Any]:
    """Return logits, ∂J/∂V and ∂J/∂W of the lecture's network, with ``error`` of (softmax, labels)."""
    import numpy as np

    Z = 1 / (1 + np.exp(-(inputs @ V)))
    U = Z @ W
    exponentials = np.exp(U - U.max(axis=1, keepdims=True))
    bar = error(exponentials / exponentials.sum(axis=1, keepdims=True), labels) / len(inputs)
    return U, inputs.T @ (bar @ W.T * Z * (1 - Z)), Z.T @ bar


def experiment_reference(problem: Experiment) -> Reference:
    """Return the loss and gradient of workload I, by the lecture's formulas."""
    import numpy as np

    inputs, labels, V, W = map(np.array, problem)
    U, dV, dW = _experiment_formulas(inputs, labels, V, W, np.subtract)
    loss = np.mean(np.logaddexp.reduce(U, axis=1) - np.sum(U * labels, axis=1))
    actual = Outcome(float(loss), [*dV.ravel().tolist(), *dW.ravel().tolist()])
    # With small weights Z is near 1/2 and every softmax near 1/3, so that exp, log and 1 - Z lose no
    # digits, and the errors are those of the sums: 150 flowers, 16 units, 3 classes there and back, and
    # some units in the last place for exp and log in whatever library the engine has.
    _, dV, dW = _experiment_formulas(inputs, labels, V, abs(W), np.add)
    magnitudes = Outcome(2.0, [*dV.ravel().tolist(), *dW.ravel().tolist()])
    return Reference(actual, _scaled(magnitudes, 400))


def descent_reference(problem: Experiment, steps: int) -> Reference:
    """Return the loss after gradient descent on workload I, and the weights it ends with.

    Here the "gradient" of the outcome is the weights V and W.
    """
    import numpy as np

    inputs, labels, V, W = map(np.array, problem)
    for _ in range(steps):
        _, dV, dW = _experiment_formulas(inputs, labels, V, W, np.subtract)
        V, W = V - RATE * dV, W - RATE * dW
    U, _, _ = _experiment_formulas(inputs, labels, V, W, np.subtract)
    loss = np.mean(np.logaddexp.reduce(U, axis=1) - np.sum(U * labels, axis=1))
    weights = [*V.ravel().tolist(), *W.ravel().tolist()]
    # A step's gradient is off by some units of the last place, and the first thousand steps do not
    # amplify that: against extended precision 3e-15 of the weights were found. (Between the 10,000th
    # and the 30,000th step the same runs part by 2e-3, whatever computes them.)
    allowed = 4 * steps * _UNIT * max(map(abs, weights))
    return Reference(Outcome(float(loss), weights), Outcome(allowed, [allowed] * len(weights)))


def chain_reference(count: int) -> Reference:
    """Return x·c·c·… and its derivatives with respect to x and c."""
    power = FACTOR**count
    exact = Outcome(START * power, [power, count * START * FACTOR ** (count - 1)])
    # ``count`` products one after the other; ∂/∂c adds as many of them. pow itself is good to a unit or
    # two of the last place.
    return Reference(exact, _scaled(exact, 2 * count + 8))


def fan_out_reference(count: int) -> Reference:
    """Return c·(w1·x + w2·x + …) and its derivatives with respect to x and c."""
    total = math.fsum(fan_out_weights(count))
    exact = Outcome(FACTOR * START * total, [FACTOR * total, START * total])
    # The adjoint of x is a sum of ``count`` positive terms, in any order.
    return Reference(exact, _scaled(exact, count + math.ceil(math.log2(count)) + 4))


def _scaled(magnitudes: Outcome, roundings: int) -> Outcome:
    bound = roundings * _UNIT
    return Outcome(magnitudes.value * bound, [abs(x) * bound for x in magnitudes.gradient])
