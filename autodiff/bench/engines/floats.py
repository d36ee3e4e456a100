"""Plain Python floats: the forward pass alone, the floor for whatever runs eagerly in Python."""

from autodiff.bench import workloads
from autodiff.bench.engines import scalars
from autodiff.bench.workloads import Outcome, Prepared


def network() -> Prepared:
    """Return workload D's loss, without a gradient."""
    inputs, labels, numbers = workloads.network()
    layers = scalars.layers_of(float, numbers)

    def relu(x: float) -> float:
        return x if x > 0 else 0.0

    return Prepared(
        lambda: scalars.network_loss(layers, inputs, labels, relu), lambda loss: Outcome(loss, [])
    )
