"""What a replay could not repeat is refused while recording, and the message says why and where."""

import copy
import pickle
import random
import time

import numpy as np
import pytest

import autodiff as ad
from tests.tape.running import alone

pytestmark = pytest.mark.usefixtures("replay_kind")

FROZEN = "while it is recorded: a replay would keep today's number"


def _assigns(x):
    x.data = 4.0
    return x * 2


def _goes_backward(x):
    y = x * x
    y.backward()
    return y


def _backward_of_several(x):
    ad.backward([x * x, x * 2])
    return x


TAKEN_OUT = {
    "data": (lambda x: x * x.data, "reads .data of x"),
    "data of a result": (lambda x: x * ad.sin(x).data, "reads .data of the result of sin"),
    "data of a detached number": (lambda x: x * x.detach().data, "reads .data of"),
    "data of a Dual": (lambda x: ad.jvp(lambda z: z * z.data, (x,), (1.0,))[1], "reads .data of x"),
    "data in a nested grad": (lambda x: ad.grad(lambda z: z * z.data)(x), "reads .data of"),
    "grad": (lambda x: x + x.grad, "reads .grad of x"),
    "assigned": (_assigns, "assigns .data of x"),
    "backward": (_goes_backward, "calls backward from the result of mul"),
    "backward of several": (_backward_of_several, "calls backward from the result of mul"),
    "gradients": (lambda x: ad.gradients(x * x, x), "takes gradients (without create_graph=True)"),
    "pickled": (lambda x: pickle.loads(pickle.dumps(x * 2)) * x, "pickles the result of mul"),
    "trace": (lambda x: ad.trace(x * x) and x, "reads .data of"),
    "explain": (lambda x: ad.explain(x * x) and x, "reads .data of"),
}  # fmt: skip


@pytest.mark.parametrize(("f", "deed"), TAKEN_OUT.values(), ids=TAKEN_OUT)
def test_numbers_taken_out_of_the_graph_are_refused(f, deed):
    g = ad.compile(f)
    for _ in range(2):  # nothing is left over from the first attempt
        with pytest.raises(ad.RecordingError) as caught:
            g(3.0)
        assert f"the function {deed}" in str(caught.value)
        assert FROZEN in str(caught.value)
        assert "test_refusals.py:" in str(caught.value)
    with pytest.raises(ad.RecordingError):
        ad.compile(lambda w, x: f(x) * w, lanes=["x"]).value_and_grad(1.0, [3.0, 4.0])


def test_recording_ends_with_a_refusal():
    x = ad.Value(3.0)
    with pytest.raises(ad.RecordingError):
        ad.compile(lambda z: z.data)(1.0)
    assert x.data == 3.0
    (x * x).backward()
    assert x.grad == 6.0
    assert ad.modes.active.blocks == 0


def test_recording_ends_with_the_functions_own_error():
    def f(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ad.compile(f)(1.0)
    assert ad.modes.active.blocks == 0


def _counting():
    calls = []

    def f(x):
        calls.append(x)
        return x * len(calls)

    return f


def _longer_every_time():
    calls = []

    def f(x):
        calls.append(1)
        return sum((x * x for _ in calls), x)

    return f


def _other_way_every_time():
    flips = iter([True, False] * 10)
    return lambda x: (x > 0 if next(flips) else x < 5) * x


def _other_output_every_time():
    flips = iter([0, 1] * 10)
    return lambda x: [x * 2, x * 3][next(flips)]


def _keeps_a_leaf():
    held = []

    def f(x):
        held.append(ad.Value(2.0))
        return x * held[0]

    return f


IMPURE = {
    "random": lambda: lambda x: x * random.random(),
    "NumPy's random": lambda: lambda x: x + np.random.default_rng().normal(),
    "time": lambda: lambda x: x * time.perf_counter_ns(),
    "a counter": _counting,
    "a growing list": _longer_every_time,
    "another comparison": _other_way_every_time,
    "another result": _other_output_every_time,
    "a new set of objects": lambda: lambda x: x * id(object()) * random.random(),
}


@pytest.mark.parametrize("made", IMPURE.values(), ids=IMPURE)
def test_a_function_that_does_not_do_the_same_twice_is_refused(made):
    with pytest.raises(ad.RecordingError, match="does not do the same twice"):
        ad.compile(made())(3.0)


def test_a_leaf_kept_from_an_earlier_run_is_refused():
    with pytest.raises(ad.RecordingError, match="not among its arguments"):
        ad.compile(_keeps_a_leaf())(3.0)


def test_values_from_outside_are_refused():
    weight = ad.Value(2.0, name="weight")
    hint = r"uses Value\(2\.0, name='weight'\), which is not among its arguments: hand it in"
    with pytest.raises(ad.RecordingError, match=hint):
        ad.compile(lambda x: weight * x)(3.0)
    with pytest.raises(ad.RecordingError, match=hint):
        ad.compile(lambda: weight * 2)()
    with pytest.raises(ad.RecordingError, match=hint):
        ad.compile(lambda x: x * 2 if weight > x else x)(3.0)
    derived = weight * weight
    with pytest.raises(ad.RecordingError, match=hint):
        ad.compile(lambda x: derived * x)(3.0)


def test_a_copy_of_an_argument_is_no_argument():
    with pytest.raises(ad.RecordingError, match="not among its arguments"):
        ad.compile(lambda x, y: x * copy.deepcopy(y * 2))(3.0, 4.0)


def test_duals_from_outside_are_refused():
    def f(x):
        return ad.compile(lambda z: z * x)(2.0)

    with pytest.raises(ad.RecordingError, match="a Dual of a differentiation around it"):
        ad.jvp(f, (3.0,), (1.0,))


def test_numbers_from_outside_are_constants():
    rate = 0.5
    fixed = ad.Value(3.0).detach()
    g = ad.compile(lambda x: x * rate + fixed + ad.Value(2.0) * x)
    assert g.value_and_grad(2.0) == (8.0, (2.5,))
    assert g.value_and_grad(4.0) == (13.0, (2.5,))


def _assigns_item(w):
    w[0] = w[0] * 2
    return w[0]


def _appends(w):
    w.append(1.0)
    return w[0]


def _adds_in_place(w):
    w += w
    return w[0]


CHANGING = {
    "list item": (_assigns_item, [1.0, 2.0]),
    "array item": (_assigns_item, np.array([1.0, 2.0])),
    "dict item": (_assigns_item, {0: 1.0}),
    "append": (_appends, [1.0]),
    "array in place": (_adds_in_place, np.array([1.0, 2.0])),
    "list in place": (_adds_in_place, [1.0, 2.0]),
    "swapped": (lambda w: w.reverse() or w[0], [1.0, 2.0]),
    "nested": (lambda w: _assigns_item(w["a"]), {"a": [1.0]}),
}


@pytest.mark.parametrize(("f", "argument"), CHANGING.values(), ids=CHANGING)
def test_a_function_that_changes_its_arguments_is_refused(f, argument):
    before = copy.deepcopy(argument)
    with pytest.raises(ad.RecordingError, match="changes its argument w: work on a copy"):
        ad.compile(lambda w: f(w))(argument)
    assert np.all(argument == before) if isinstance(before, np.ndarray) else argument == before


BAD_RESULTS = {
    "None": (
        lambda x: None,
        "the function's result: expected a number, got None: did a function forget",
    ),
    "text": (lambda x: [x, "b"], r"the function's result\[1\]: expected a number, got the text 'b'"),
    "complex": (lambda x: {"z": 1j}, r"the function's result\['z'\]: expected a real number"),
}


@pytest.mark.parametrize(("f", "message"), BAD_RESULTS.values(), ids=BAD_RESULTS)
def test_results_that_are_no_numbers_are_refused(f, message):
    with pytest.raises(TypeError, match=message):
        ad.compile(f)(1.0)


def test_a_number_that_would_lose_its_derivative_is_refused_as_in_eager_mode():
    with pytest.raises(TypeError, match="does not turn into a float by itself"):
        ad.compile(lambda x: float(x) * 2)(1.0)


def test_what_is_read_but_never_changes_is_allowed():
    g = ad.compile(lambda x: x * len(x.name) + (1 if x.has_grad else 2) + x.is_constant)
    assert g(3.0) == 5.0
    assert g(4.0) == 6.0
    assert alone(g.source)(5.0) == (7.0, (1.0,))


def test_zeroing_gradients_inside_does_nothing():
    def f(x):
        ad.zero_grad([x])
        return x * x

    assert ad.compile(f).value_and_grad(3.0) == (9.0, (6.0,))
