"""CasADi: a scalar graph (SX) made into a function once, then mapped over the samples."""

from typing import Any

import casadi as ca
import numpy as np

from autodiff.bench import workloads
from autodiff.bench.engines import scalars
from autodiff.bench.workloads import FACTOR, PENALTY, START, Outcome, Prepared


def network() -> Prepared:
    """Return workload D."""
    problem = workloads.network()
    numbers = np.array(scalars.flat(scalars.layers_of(float, problem.layers)))
    parameters, x, label = ca.SX.sym("p", len(numbers)), ca.SX.sym("x", 2), ca.SX.sym("y")
    each = iter(ca.vertsplit(parameters))
    layers = scalars.layers_of(lambda _: next(each), problem.layers)
    score = scalars.score(layers, [x[0], x[1]], lambda u: ca.fmax(u, 0))
    hinge = ca.fmax(1 - label * score, 0) / len(problem.labels)
    of_one = ca.Function("of_one", [parameters, x, label], [hinge, ca.gradient(hinge, parameters)])
    # The parameters are shared by all samples, both results are summed over them.
    of_all = of_one.map("of_all", "serial", len(problem.labels), [0], [0, 1])
    inputs, labels = np.array(problem.inputs).T, np.array(problem.labels)[None]

    def step() -> Any:
        loss, gradient = of_all(numbers, inputs, labels)
        return loss + PENALTY * ca.sumsqr(numbers), gradient + 2 * PENALTY * numbers

    return Prepared(step, _outcome)


def chain(count: int) -> Prepared:
    """Return the deep chain, built and differentiated once, then called."""
    return _of_two(scalars.chain, count)


def fan_out(count: int) -> Prepared:
    """Return the wide fan-out, built and differentiated once, then called."""
    return _of_two(scalars.fan_out, count)


def grown(count: int) -> Any:
    """Return a graph of ``count`` nodes."""
    return scalars.chain(ca.SX.sym("x"), ca.SX.sym("c"), count)


def _of_two(graph: Any, count: int) -> Prepared:
    leaves = ca.SX.sym("leaves", 2)
    out = graph(leaves[0], leaves[1], count)
    both = ca.Function("both", [leaves], [out, ca.gradient(out, leaves)])
    return Prepared(lambda: both([START, FACTOR]), _outcome)


def _outcome(got: Any) -> Outcome:
    return Outcome(float(got[0]), np.ravel(got[1].full()).tolist())
