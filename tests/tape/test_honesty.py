"""A replay is right, or refused: what a recording cannot see, and what it can be taken out of."""

import contextvars
import pickle
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import numpy as np
import pytest

import autodiff as ad
from autodiff.tape import compiled as compiling

pytestmark = pytest.mark.usefixtures("replay_kind")


def in_a_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def in_a_context(work):
    return contextvars.Context().run(work)


STRANGERS = {
    "compares": lambda x: 2.0 if x > 0 else 3.0,
    "computes with": lambda x: x * x,
    "reads .data of": lambda x: x.data,
    "sums the paths to": lambda x: ad.paths(x, x).total,
}


@pytest.mark.parametrize("elsewhere", [in_a_thread, in_a_context])
@pytest.mark.parametrize("deed, work", STRANGERS.items(), ids=STRANGERS)
def test_what_the_recorder_cannot_see_is_refused(deed, work, elsewhere):
    g = ad.compile(lambda x: x * elsewhere(lambda: work(x)))
    with pytest.raises(ad.RecordingError, match=f"in a thread or context of its own\\) {deed} x"):
        g(1.0)
    assert ad.modes.recorders == [] and ad.modes.active.blocks == 0


def test_other_threads_are_free_to_work_while_one_records():
    def busy(x):
        y = ad.Value(3.0)
        return in_a_thread(lambda: float(ad.grad(lambda z: z * z)(y.data)) if y > 0 else 0.0) * x

    assert ad.compile(busy)(2.0) == 12.0


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble, np.int8])
def test_a_threshold_of_any_numpy_kind_decides_on_replay_as_in_eager_mode(kind):
    threshold = kind(0.1) if kind is not np.int8 else kind(1)

    def f(x):
        return 1.0 * x if x < threshold else 100.0 * x

    g = ad.compile(f, lanes=["x"])
    near = float(threshold)
    at = [0.05, near, np.nextafter(near, 0.0), np.nextafter(near, 1.0), 0.1, 1.0, 2.0]
    assert g(at) == [f(ad.Value(x)).data for x in at]


def test_a_numbers_text_and_gradient_are_not_taken_out_of_a_recording():
    with pytest.raises(ad.RecordingError, match="formats x"):
        ad.compile(lambda x: x * float(f"{x:.2f}"))(2.0)

    def assigning(x):
        x.grad = 5.0
        return x

    with pytest.raises(ad.RecordingError, match=r"assigns \.grad of x"):
        ad.compile(assigning)(2.0)


def cube(x):
    return x * x * x


def test_a_compiled_function_is_copied_and_pickled_before_and_after_its_calls():
    g = ad.compile(cube, lanes=["x"], threads=2)
    for _ in range(2):
        for again in (pickle.loads(pickle.dumps(g)), deepcopy(g)):
            assert again([2.0, 3.0]) == g([2.0, 3.0]) == [8.0, 27.0]
            assert again.threads == 2 and again.__name__ == "cube"


def test_arrays_in_results_are_arrays_whatever_the_lanes_came_in():
    g = ad.compile(lambda x: {"a": np.array([x, x * 2]), "b": x}, lanes=["x"])
    got = g([1.0, 2.0, 3.0])
    assert got["a"].dtype == float and got["a"].tolist() == [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]
    assert got["b"] == [1.0, 2.0, 3.0]


def test_ways_beyond_those_that_are_kept_are_computed_eagerly(monkeypatch):
    monkeypatch.setattr(compiling, "MAX_TAPES", 3)

    def staircase(w, x):
        for step in range(10):
            if x < step:
                return w * step
        return w * x

    g = ad.compile(staircase, lanes=["x"])
    x = [i + 0.5 for i in range(10)]
    for _ in range(2):
        values, (w_bar,) = g.value_and_grad(2.0, x)
        assert values == [staircase(2.0, xi) for xi in x] and w_bar == sum(values) / 2
    assert g.stats().tapes == 3


def test_masked_samples_are_refused():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for g in (ad.compile(cube, lanes=["x"]), ad.compile(cube)):
        with pytest.raises(TypeError, match="x is a masked array"):
            g(masked)


def test_keys_that_are_equal_but_of_two_types_have_two_tapes():
    g = ad.compile(lambda d: sum(x * 2 if key is True else x for key, x in d.items()))
    assert (g({1: 2.0}), g({True: 2.0})) == (2.0, 4.0)


def test_there_is_no_source_where_a_key_cannot_be_written():
    class Key:
        def __repr__(self):
            return "<key>"

    key = Key()
    g = ad.compile(lambda d: d[key] * 2)
    assert g({key: 3.0}) == 6.0
    with pytest.raises(ValueError, match="there is no source: d has a key"):
        _ = g.source
