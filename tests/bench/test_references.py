"""The outcomes that engines are compared with are right, and their tolerances notice what is wrong."""

import math

import pytest

from autodiff.bench import reference, workloads
from autodiff.bench.engines import eager, numpy
from autodiff.bench.reference import disagreement
from autodiff.bench.workloads import Outcome

SIZES = {"chain": 1000, "fan_out": 999, "descent": 50}
CASES = [(eager, "network"), (eager, "experiment"), (eager, "chain"), (eager, "fan_out")]
CASES += [(numpy, "network"), (numpy, "experiment"), (numpy, "descent")]


def expected(workload):
    if workload == "network":
        return reference.network_reference(workloads.network())
    if workload == "experiment":
        return reference.experiment_reference(workloads.experiment())
    if workload == "descent":
        return reference.descent_reference(workloads.experiment(), SIZES[workload])
    return getattr(reference, f"{workload}_reference")(SIZES[workload])


@pytest.mark.parametrize("engine, workload", CASES)
def test_the_engine_computes_the_reference(engine, workload):
    size = [SIZES[workload]] if workload in SIZES else []
    prepared = getattr(engine, workload)(*size)
    for _ in range(2):  # the second time, nothing of the first is left over
        assert disagreement(prepared.outcome(prepared.step()), expected(workload)) == ""


@pytest.mark.parametrize("workload", ["network", "experiment", "chain", "fan_out"])
def test_a_derivative_wrong_by_one_part_in_a_million_is_noticed(workload):
    found = expected(workload)
    for i, x in enumerate(found.outcome.gradient):
        if abs(x) > 1e-3:  # an absolute bound cannot tell digits of what has cancelled to nearly nothing
            wrong = [*found.outcome.gradient]
            wrong[i] = x * (1 + 1e-6)
            assert f"derivative {i} " in disagreement(Outcome(found.outcome.value, wrong), found)


def test_nan_and_a_missing_derivative_are_noticed():
    found = expected("chain")
    assert "value is nan" in disagreement(Outcome(math.nan, found.outcome.gradient), found)
    assert disagreement(Outcome(found.outcome.value, [1.0]), found) == "1 derivatives, expected 2"


def test_no_unit_of_workload_D_is_near_its_kink():
    # Otherwise rounding could decide the branch, and right engines would disagree.
    problem = workloads.network()
    for x, label in zip(problem.inputs, problem.labels, strict=True):
        for i, layer in enumerate(problem.layers):
            sums = [sum(w * xi for w, xi in zip(neuron, [*x, 1.0], strict=True)) for neuron in layer]
            if i == 2:
                assert abs(1 - label * sums[0]) > 1e-6
            else:
                assert min(map(abs, sums)) > 1e-6
            x = [max(0.0, u) for u in sums]


def test_the_workloads_have_the_sizes_that_are_stated():
    network, experiment = workloads.network(), workloads.experiment()
    assert [len(layer) for layer in network.layers] == [16, 16, 1]
    assert (len(network.inputs), sum(network.labels)) == (100, 0)
    assert (len(experiment.inputs), len(experiment.V), len(experiment.W)) == (150, 3, 16)
    assert all(sum(label) == 1 and len(label) == 3 for label in experiment.labels)
