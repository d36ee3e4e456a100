"""Random graphs against 60 digits: ``python -m tests.nightly.graphs --count 100000``.

unit      what one unit in the last place, in every number of the graph, does to the derivative
error     of the engine's derivative, in these units
cancels   the derivative is so ill-conditioned that a unit is more than a millionth of it
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, given, seed as seeded, settings

from autodiff.graph import adjoints, topological_order
from autodiff.testing.reference import Exact
from tests.oracles import UNITS_PER_OPERATION, gradient_bound
from tests.strategies import Program, programs

CANCELS = 1e-6
EXPLAINED = UNITS_PER_OPERATION
"""An operation is off by at most so many units: errors up to this are the arithmetic's own."""


class Measured(NamedTuple):
    """The error of one derivative of one graph."""

    program: Program
    place: int  # of the input
    got: float
    right: float
    unit: float

    @property
    def error(self) -> float:
        """The error in units, 0 where both are the same."""
        off = abs(self.got - self.right)
        return off / self.unit if off and self.unit else math.inf if off else 0.0

    @property
    def cancels(self) -> bool:
        """Whether the derivative itself is ill-conditioned."""
        return self.unit > CANCELS * abs(self.right)


def measured(program: Program) -> Iterator[Measured]:
    """Yield the error of each derivative of a program."""
    out, inputs = program.recorded()
    order = topological_order(out)
    x_bar = adjoints(order, {out: 1.0})
    known = [(i, x) for i, x in enumerate(inputs) if x in x_bar]
    if out.is_constant or not known:
        return
    right = Exact(out).gradient([x for _, x in known])
    for (place, x), exact in zip(known, right, strict=True):
        unit = gradient_bound(out, x) / UNITS_PER_OPERATION
        yield Measured(program, place, x_bar[x], exact, unit)


def drawn(count: int, seed: int, consume: Callable[[Program], None]) -> None:
    """Hand ``count`` random programs to ``consume``."""

    @seeded(seed)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), derandomize=False,
    )  # fmt: skip
    @given(programs(max_steps=8))
    def each(program: Program) -> None:
        consume(program)

    each()


def summary(found: list[Measured], graphs: int) -> str:
    """Return the figures as text: errors, what is unexplained, what cancels."""
    errors = sorted(one.error for one in found)
    unexplained = [one for one in found if one.error > EXPLAINED]
    cancelling = sorted(
        (one for one in found if one.cancels), key=lambda one: -one.unit / (abs(one.right) or 1)
    )
    lines = [
        f"{graphs:,} graphs, {len(found):,} derivatives against 60 digits",
        f"error, in units of the graph's own conditioning: median {errors[len(errors) // 2]:.2g}, "
        f"99.9% below {errors[int(len(errors) * 0.999)]:.2g}, largest {errors[-1]:.2g}",
        f"unexplained (above {EXPLAINED} units): {len(unexplained)}",
        f"cancelling (a unit is more than a millionth of the derivative): {len(cancelling)}",
    ]
    lines += [*dict.fromkeys(_shown(one) for one in (*unexplained[:9], *cancelling[:40]))][:12]
    return "\n".join(lines)


def _shown(one: Measured) -> str:
    return (
        f"  d/dx{one.place + 1} of {one.program.steps} at {one.program.inputs}: got {one.got!r}, "
        f"right {one.right!r}, unit {one.unit:.2g}"
    )


def main() -> int:
    """Return 0 when every error is explained."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found: list[Measured] = []
    graphs = 0

    def consume(program: Program) -> None:
        nonlocal graphs
        graphs += 1
        found.extend(measured(program))

    drawn(options.count, options.seed, consume)
    print(summary(found, graphs))
    return int(any(one.error > EXPLAINED for one in found))


if __name__ == "__main__":
    sys.exit(main())
