"""What is refused where it comes in, and what the reviewers of the engine once got away with."""

import math
import threading

import numpy as np
import pytest

import autodiff as ad
from autodiff.syntax import compute, parse
from autodiff.testing import Reference
from autodiff.testing.check import check_program
from autodiff.testing.comparing import compared


def objects(*values: ad.Value) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def test_paths_and_the_naive_replay_notice_a_stale_leaf():
    x = ad.Value(2.0, name="x")
    y = x * x
    x.data = 3.0
    for explained in (lambda: ad.paths(y, x), lambda: ad.why_order(y)):
        with pytest.raises(ad.StaleValueError, match="x was used"):
            explained()


def test_backward_from_what_was_not_recorded_says_so():
    x = ad.Value(2.0)
    with ad.no_grad():
        y = x * x
    for constant in (y, x.detach()):
        with pytest.raises(ValueError, match="no_grad"):
            constant.backward()


def test_nothing_is_differentiated_by_a_constant():
    x = ad.Value(2.0)
    c = x.detach()
    for create_graph in (False, True):
        with pytest.raises(TypeError, match="is a constant"):
            ad.gradients(c * x, c, create_graph=create_graph)


def test_a_detached_value_is_a_constant_for_max():
    x = ad.Value(1.0)
    ad.max(x, x.detach()).backward()
    assert x.grad == 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: ad.Value(6.0, ad.mul, (2.0, 3.0)),  # type: ignore[arg-type]
        lambda: ad.Value(6.0, None, (ad.Value(1.0),)),
        lambda: ad.Value(6.0, ad.mul),
        lambda: ad.Value(1.0, name=5),  # type: ignore[arg-type]
        lambda: setattr(ad.Value(1.0), "name", 5),
        lambda: ad.paths(ad.Value(1.0), "x"),  # type: ignore[arg-type]
        lambda: ad.jvp(ad.sin, 1.0, 1.0),  # type: ignore[arg-type]
    ],
)
def test_a_node_that_makes_no_sense_is_refused_at_once(make):
    with pytest.raises(TypeError):
        make()


def test_a_scope_is_text():
    with pytest.raises(TypeError, match="expected text"), ad.scope(3):  # type: ignore[arg-type]
        pass


def test_integers_beyond_all_floats_are_infinite():
    assert ad.Value(10**400).data == math.inf
    assert (ad.Value(1.0) * -(10**400)).data == -math.inf


def test_numpys_functions_on_object_arrays_follow_the_table():
    x, y = ad.Value(0.5), ad.Value(0.5)
    (largest,) = np.maximum(objects(x), y)
    largest.backward()
    assert (x.grad, y.grad) == (0.5, 0.5)
    for numpys, ours in ((np.arcsin, ad.asin), (np.arctan, ad.atan), (np.floor, ad.floor)):
        assert [one.data for one in numpys(objects(x))] == [ours(0.5)]


def test_operands_may_be_given_by_name():
    assert ad.leaky_relu(-1.0, slope=0.5) == -0.5
    assert ad.Value(-1.0).leaky_relu(slope=0.5).data == -0.5
    for wrong in ({"x": 1.0}, {"steepness": 1.0}):
        with pytest.raises(TypeError, match="leaky_relu"):
            ad.leaky_relu(-1.0, **wrong)
    with pytest.raises(TypeError, match="by name"):
        ad.sum(1.0, x=2.0)


def test_options_reach_the_function_in_every_transform():
    def scaled(x, *, by):
        return by * x * x

    assert ad.grad(scaled)(2.0, by=3.0) == 12.0
    assert ad.jacobian(scaled)(2.0, by=3.0) == 12.0
    assert ad.hessian(scaled)(2.0, by=3.0) == 6.0


def test_a_tiny_probability_keeps_its_derivative():
    assert ad.grad(lambda v: ad.log(ad.softmax(v)[0]))([0.0, 700.0]) == [1.0, -1.0]


@pytest.mark.parametrize("reference", [(5.0, 1e-9), (math.nan, math.inf)])
@pytest.mark.parametrize("found", [math.inf, math.nan])
def test_what_is_not_finite_never_passes_a_check(found, reference):
    one = compared("∂y/∂x", {"reverse": found, "forward": found}, [Reference("", *reference)])
    assert one.verdict == "INCONCLUSIVE"


def test_an_output_is_checked_by_itself_when_another_has_an_infinite_derivative():
    program = parse("y = 2*x; z = sqrt(x)")
    reports = check_program(program, {"x": 0.0}, compute(program, {"x": 0.0}))
    assert [report.verdict for report in reports] == ["PASS", "INCONCLUSIVE"]


def test_leaves_changed_in_many_threads_are_all_stale():
    leaves = [ad.Value(1.0) for _ in range(8)]
    graphs = [leaf * leaf for leaf in leaves]
    ready = threading.Barrier(len(leaves))

    def change(leaf):
        ready.wait()
        for number in range(200):
            leaf.data = number

    threads = [threading.Thread(target=change, args=(leaf,)) for leaf in leaves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for graph in graphs:
        with pytest.raises(ad.StaleValueError):
            graph.backward()


def test_maths_floor_and_ceil_are_recorded():
    x = ad.Value(1.5)
    assert math.floor(x) == 1.0 and math.floor(x).primitive is ad.floor
    assert math.ceil(x) == 2.0 and math.ceil(x).primitive is ad.ceil
