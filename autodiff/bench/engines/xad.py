"""XAD: a C++ tape under Python numbers."""

from collections.abc import Callable
from typing import Any

import xad.adj_1st as adjoint
import xad.math

from autodiff.bench import workloads
from autodiff.bench.engines import scalars
from autodiff.bench.workloads import FACTOR, START, Outcome, Prepared


def network() -> Prepared:
    """Return workload D."""
    inputs, labels, numbers = workloads.network()
    layers = scalars.layers_of(adjoint.Real, numbers)

    def relu(x: Any) -> Any:
        return xad.math.max(x, 0.0)

    return _prepared(scalars.flat(layers), lambda: scalars.network_loss(layers, inputs, labels, relu))


def chain(count: int) -> Prepared:
    """Return the deep chain."""
    x, c = adjoint.Real(START), adjoint.Real(FACTOR)
    return _prepared([x, c], lambda: scalars.chain(x, c, count))


def fan_out(count: int) -> Prepared:
    """Return the wide fan-out."""
    x, c = adjoint.Real(START), adjoint.Real(FACTOR)
    return _prepared([x, c], lambda: scalars.fan_out(x, c, count))


def grown(count: int) -> Any:
    """Return a tape of ``count`` operations."""
    tape = adjoint.Tape()
    tape.activate()
    x, c = adjoint.Real(START), adjoint.Real(FACTOR)
    tape.registerInputs([x, c])
    tape.newRecording()
    return tape, scalars.chain(x, c, count)


def _prepared(inputs: list[Any], forward: Callable[[], Any]) -> Prepared:
    tape = adjoint.Tape()
    tape.activate()
    tape.registerInputs(inputs)

    def step() -> Any:
        tape.newRecording()
        loss = forward()
        tape.registerOutput(loss)
        loss.derivative = 1.0
        tape.computeAdjoints()
        return loss

    return Prepared(step, lambda loss: Outcome(loss.value, [x.derivative for x in inputs]))
