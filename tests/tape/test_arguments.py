"""Arguments and results: any structure, as for ``ad.grad``; what does not fit is named."""

from collections import namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autodiff as ad
from tests.tape.running import alone, same

pytestmark = pytest.mark.usefixtures("replay_kind")

Point = namedtuple("Point", "x y")

READ_ONLY = np.array([1.0, 2.0, 3.0])
READ_ONLY.flags.writeable = False


def _weighted(numbers):
    """Return Σ (i + 1) · x_i**2 over all numbers of a structure, in order."""
    flat, _ = ad.structure.flatten(numbers, "numbers")
    return ad.sum([(i + 1) * x * x for i, x in enumerate(flat)])


STRUCTURES = {
    "float": 2.0,
    "int": 3,
    "bool": True,
    "fraction": Fraction(1, 2),
    "decimal": Decimal("0.5"),
    "NumPy float32": np.float32(0.5),
    "NumPy int": np.int64(3),
    "0-d array": np.array(2.0),
    "list": [1.0, 2, Fraction(1, 2)],
    "tuple": (1.0, 2.0),
    "namedtuple": Point(1.0, 2.0),
    "dict": {"a": 1.0, 2: 3.0, (1, 2): 0.5},
    "nested": {"w": [[1.0, 2.0], [3.0]], "b": (4.0, Point(5.0, 6.0)), "c": np.array([7.0])},
    "empty list": [],
    "list with an empty dict": [{}, 1.0],
    "array": np.array([1.0, 2.0, 3.0]),
    "2-d": np.arange(6.0).reshape(2, 3),
    "3-d": np.arange(8.0).reshape(2, 2, 2),
    "empty array": np.zeros((0, 3)),
    "Fortran order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "every second": np.arange(12.0).reshape(4, 3)[::2, ::-1],
    "transposed": np.arange(6.0).reshape(2, 3).T,
    "float32": np.arange(4, dtype=np.float32),
    "float16": np.arange(4, dtype=np.float16),
    "integers": np.arange(4),
    "unsigned": np.arange(4, dtype=np.uint8),
    "bools": np.array([True, False]),
    "other byte order": np.arange(4.0).astype(">f8"),
    "read-only": READ_ONLY,
    "broadcast": np.broadcast_to(2.0, (3,)),
    "objects": np.array([1.0, 2, Fraction(1, 2)], dtype=object),
    "unaligned": np.frombuffer(b"-" + np.arange(3.0).tobytes(), dtype=float, offset=1),
}


def _alike(left, right):
    """Return whether two structures hold equal numbers and are of the same kinds."""
    if isinstance(right, np.ndarray):
        return isinstance(left, np.ndarray) and left.shape == right.shape and same(left, right)
    if isinstance(right, dict):
        return list(left) == list(right) and all(_alike(left[key], right[key]) for key in right)
    if isinstance(right, (list, tuple)):
        inside = len(left) == len(right) and all(map(_alike, left, right))
        return type(left) is type(right) and inside
    return type(left) is type(right) and left == right


@pytest.mark.parametrize("argument", STRUCTURES.values(), ids=STRUCTURES)
def test_structures_are_those_of_grad(argument):
    value, gradient = ad.value_and_grad(_weighted)(argument)
    g = ad.compile(_weighted)
    for _ in range(2):
        ours, gradients = g.value_and_grad(argument)
        assert type(ours) is float and ours == value == g(argument)
        assert isinstance(gradients, tuple) and len(gradients) == 1
        assert _alike(gradients[0], gradient)


@pytest.mark.parametrize("argument", STRUCTURES.values(), ids=STRUCTURES)
def test_structures_come_out_as_they_went_in(argument):
    def negated(tree):
        numbers, structure = ad.structure.flatten(tree, "tree")
        return structure.rebuild([-x for x in numbers])

    expected = negated(argument)
    g = ad.compile(negated)
    for _ in range(2):
        assert _alike(g(argument), expected)


BATCHES = {
    name: batch
    for name, batch in STRUCTURES.items()
    if name not in ("objects", "list with an empty dict")
    and isinstance(batch, (list, tuple, np.ndarray))
    and np.ndim(batch) == 1
}  # fmt: skip


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_a_batch_is_any_array_or_list(batch):
    g = ad.compile(lambda w, x: w * x * x, lanes=["x"])
    values, (gradient,) = g.value_and_grad(2.0, batch)
    floats = [float(x) for x in batch]
    assert isinstance(values, np.ndarray) == isinstance(batch, np.ndarray)
    assert same(values, [2 * x * x for x in floats])
    assert gradient == sum(x * x for x in floats)


@pytest.mark.parametrize(
    "name", ["2-d", "3-d", "Fortran order", "every second", "transposed", "empty array"]
)
def test_a_sample_may_be_an_array(name):
    batch = STRUCTURES[name]
    g = ad.compile(lambda w, x: w * _weighted(x), lanes=["x"])
    values, (gradient,) = g.value_and_grad(1.0, batch)
    assert same(values, [_weighted(sample) for sample in batch])
    assert gradient == sum(values)


def test_a_sample_may_be_a_container():
    samples = [{"a": 1.0, "b": [2.0, 3.0]}, {"a": 4, "b": [5.0, 6.0]}]
    g = ad.compile(lambda x: x["a"] * x["b"][0] - x["b"][1], lanes="x")
    assert g(samples) == [-1.0, 14.0]
    h = ad.compile(lambda p: p.x * p.y, lanes="p")
    assert h((Point(1.0, 2.0), Point(3.0, 4.0))) == [2.0, 12.0]


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 31, 1000])
def test_any_number_of_lanes(count):
    x = np.arange(float(count))
    g = ad.compile(lambda w, x, y: w[0] * x + w[1] * y, lanes=["x", "y"])
    values, (gradient,) = g.value_and_grad([2.0, 3.0], x, x + 1)
    assert same(values, 5 * x + 3)
    assert gradient == [x.sum(), (x + 1).sum()]  # whole numbers: exact
    assert same(g([2.0, 3.0], x, x + 1), values)
    assert g([2.0, 3.0], x.tolist(), (x + 1).tolist()) == values.tolist()


def test_an_empty_batch_before_anything_is_recorded():
    g = ad.compile(lambda w, x: w["a"] * x[0], lanes=["x"])
    assert g.value_and_grad({"a": 2.0}, []) == ([], ({"a": 0.0},))
    assert g({"a": 2.0}, np.zeros((0, 2))).shape == (0,)
    assert g({"a": 2.0}, [[3.0, 4.0]]) == [6.0]
    assert g({"a": 2.0}, np.ones((1, 2))).tolist() == [2.0]
    assert g({"a": 2.0}, np.zeros((0, 2))).shape == (0,)


def test_an_empty_batch_after_something_was_recorded():
    g = ad.compile(lambda w, x: [w * x, x], lanes=["x"])
    assert g(2.0, [3.0]) == [[6.0], [3.0]]
    assert g(2.0, []) == [[], []]
    first, second = (g(2.0, np.ones(count)) for count in (1, 0))
    assert [part.tolist() for part in first] == [[2.0], [1.0]]
    assert [part.shape for part in second] == [(0,), (0,)]
    matrix = ad.compile(lambda x: np.array([[x, x]]), lanes=["x"])
    assert matrix(np.ones(3)).shape == (3, 1, 2)
    assert matrix(np.ones(0)).shape == (0, 1, 2)
    branching = ad.compile(lambda w, x: x if w > 1 else -x, lanes=["x"])
    assert branching.value_and_grad(2.0, [3.0]) == ([3.0], (0.0,))
    assert branching.value_and_grad(0.0, []) == ([], (0.0,))


def test_results_over_lanes():
    batch = np.array([1.0, 2.0, 3.0])
    pair = ad.compile(lambda x: (x, x * x), lanes="x")
    assert pair([1.0, 2.0]) == ([1.0, 2.0], [1.0, 4.0])
    first, second = pair(batch)
    assert first.tolist() == [1.0, 2.0, 3.0] and second.tolist() == [1.0, 4.0, 9.0]
    matrix = ad.compile(lambda x: np.array([[x, -x], [2 * x, x * x]]), lanes="x")
    assert matrix(batch).shape == (3, 2, 2)
    assert matrix(batch)[1].tolist() == [[2.0, -2.0], [4.0, 4.0]]
    assert same(matrix([1.0, 2.0, 3.0]), matrix(batch))
    constant = ad.compile(lambda w, x: w, lanes="x")
    assert constant.value_and_grad(2.0, batch)[0].tolist() == [2.0, 2.0, 2.0]
    assert constant.value_and_grad(2.0, batch)[1] == (3.0,)  # it stands in the sum once for each lane


def test_another_structure_is_recorded_anew():
    g = ad.compile(lambda x: ad.sum(list(x)) if len(x) > 1 else x[0] * 2)
    assert g([1.0]) == 2.0
    assert g([1.0, 2.0]) == 3.0
    assert g([3.0]) == 6.0
    assert g(np.array([1.0, 2.0, 3.0])) == 6.0
    assert g((1.0, 2.0)) == 3.0
    assert g.stats().tapes == 4


def test_names_defaults_and_rest():
    g = ad.compile(lambda x, k=2.0, m=3.0: x * k * m)
    assert g.value_and_grad(5.0) == (30.0, (6.0,))
    assert g.value_and_grad(5.0, 1.0) == (15.0, (3.0, 15.0))
    assert g.value_and_grad(x=5.0, k=1.0) == (15.0, (3.0, 15.0))
    assert g.value_and_grad(m=1.0, x=5.0, k=1.0) == (5.0, (1.0, 5.0, 5.0))
    many = ad.compile(lambda first, *rest: first * ad.sum(rest))
    assert many.value_and_grad(2.0, 3.0, 4.0) == (14.0, (7.0, 2.0, 2.0))
    assert many.value_and_grad(2.0, 3.0) == (6.0, (3.0, 2.0))


def test_an_argument_left_out_before_a_named_one_keeps_its_default():
    def f(x, k=2.0, m=3.0):
        return x * x * k - m

    g = ad.compile(f)
    assert g.value_and_grad(5.0, m=7.0) == (43.0, (20.0, -1.0))
    assert g(5.0, m=7.0) == f(5.0, m=7.0)
    assert alone(g.source)(5.0, 7.0)[0] == 43.0
    x = ad.Value(5.0)
    assert g(x, m=7.0).data == 43.0
    assert g.value_and_grad(x, m=7.0)[0].data == 43.0
    lanes = ad.compile(f, lanes=["m"])
    assert lanes.value_and_grad(5.0, m=[7.0, 8.0]) == ([43.0, 42.0], (40.0,))
    with ad.strict():
        assert lanes.value_and_grad(5.0, m=[7.0, 8.0]) == ([43.0, 42.0], (40.0,))


def test_argnum_is_that_of_grad():
    def f(x, y):
        return x * x * y

    assert ad.compile(f, argnum=0).value_and_grad(3.0, 2.0) == ad.value_and_grad(f, 0)(3.0, 2.0)
    assert ad.compile(f, argnum=-1).value_and_grad(3.0, 2.0) == ad.value_and_grad(f, -1)(3.0, 2.0)
    assert ad.compile(f, argnum=(1, 0)).value_and_grad(3.0, 2.0) == ad.value_and_grad(f, (1, 0))(
        3.0, 2.0
    )
    assert ad.compile(f, argnum=0, lanes="y").value_and_grad(3.0, [2.0]) == ([18.0], 12.0)


def test_results_share_no_memory():
    g = ad.compile(lambda w, v, x: (w[0] * v[1] + w[1] * v[0]) * x, lanes=["x"])
    w, v, x = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([1.0, 2.0])
    values, (w_bar, v_bar) = g.value_and_grad(w, v, x)
    kept = values.copy(), w_bar.copy(), v_bar.copy()
    assert all(array.flags.writeable for array in (values, w_bar, v_bar))
    w_bar += 100.0
    assert same(v_bar, kept[2])
    x *= 2
    w *= 2
    again, _ = g.value_and_grad(w, v, x)
    again += 1.0
    assert same(values, kept[0])
    assert same(g(w, v, x), kept[0] * 4)
    given = ad.compile(lambda w: w)(w)
    given += 1
    assert w.tolist() == [2.0, 4.0]


MISTAKES = {
    "text": (lambda: ad.compile(lambda x: x)("3"), TypeError, "x: expected a number, got the text '3'"),
    "None": (lambda: ad.compile(lambda x: x)(None), TypeError, "x: expected a number, got None"),
    "text inside": (
        lambda: ad.compile(lambda w: w)({"a": [1, "b"]}),
        TypeError,
        r"w\['a'\]\[1\]: .* text 'b'",
    ),
    "complex": (lambda: ad.compile(lambda x: x)(1j), TypeError, "x: expected a real number"),
    "set": (lambda: ad.compile(lambda x: x)({1.0}), TypeError, "x: expected a number, got a set"),
    "complex array": (lambda: ad.compile(lambda x: x)(np.array([1j])), TypeError, r"x\[0\]: "),
    "text array": (lambda: ad.compile(lambda x: x)(np.array(["a"])), TypeError, r"x\[0\]: "),
    "too few": (lambda: ad.compile(lambda x, y: x)(1.0), TypeError, "the argument 'y' is missing"),
    "too many": (lambda: ad.compile(lambda x: x)(1.0, 2.0), TypeError, "takes 1 arguments, not 2"),
    "unknown": (lambda: ad.compile(lambda x: x)(1.0, z=2.0), TypeError, "argument 'z': unknown"),
    "by name, with a default": (
        lambda: ad.compile(lambda x, *, k=3.0: x * k)(1.0, k=2.0),
        TypeError,
        "argument 'k': a compiled function is recorded with its default",
    ),
    "twice": (lambda: ad.compile(lambda x: x)(1.0, x=2.0), TypeError, "argument 'x': given twice"),
    "by name only": (lambda: ad.compile(lambda x, *, k: x), TypeError, "'k' can be given by name only"),
    "no function": (lambda: ad.compile(3), TypeError, "compile takes a function, not int 3"),
    "threads": (
        lambda: ad.compile(abs, threads=0),
        ValueError,
        "threads: expected a whole number of 1 or more",
    ),
    "threads as float": (
        lambda: ad.compile(abs, threads=2.0),
        ValueError,
        "threads: expected a whole number",
    ),
    "no such lane": (
        lambda: ad.compile(lambda x: x, lanes=["y"]),
        ValueError,
        r"no parameter 'y' \(it has x\)",
    ),
    "a lane of *rest": (lambda: ad.compile(lambda *r: r, lanes="r"), ValueError, "no parameter 'r'"),
    "argnum": (
        lambda: ad.compile(lambda x: x, argnum=1).value_and_grad(1.0),
        TypeError,
        "argnum 1: only 1 arguments",
    ),
    "argnum as text": (
        lambda: ad.compile(lambda x: x, argnum=("x",)).value_and_grad(1.0),
        TypeError,
        "argnum 'x'",
    ),
    "argnum of a lane": (
        lambda: ad.compile(lambda w, x: w * x, lanes="x", argnum=1).value_and_grad(1.0, [1.0]),
        TypeError,
        "argnum 1: x is a lane argument, not shared",
    ),
    "a scalar as a batch": (
        lambda: ad.compile(lambda x: x, lanes="x")(3.0),
        TypeError,
        "x is a lane argument",
    ),
    "a 0-d batch": (
        lambda: ad.compile(lambda x: x, lanes="x")(np.array(3.0)),
        TypeError,
        "x is a lane argument",
    ),
    "a dict as a batch": (
        lambda: ad.compile(lambda x: x, lanes="x")({}),
        TypeError,
        "x is a lane argument",
    ),
    "text as a batch": (
        lambda: ad.compile(lambda x: x, lanes="x")("ab"),
        TypeError,
        "x is a lane argument",
    ),
    "text in a batch": (
        lambda: ad.compile(lambda x: x, lanes="x")([1.0, "b"]),
        TypeError,
        r"x\[1\]: .*text 'b'",
    ),
    "lanes of two lengths": (
        lambda: ad.compile(lambda x, y: x * y, lanes=["x", "y"])([1.0, 2.0], np.zeros(3)),
        ValueError,
        "y has 3 samples, but x has 2",
    ),
    "samples of two structures": (
        lambda: ad.compile(lambda x: x[0], lanes="x")([[1.0], [1.0, 2.0]]),
        ValueError,
        r"x\[1\] has another structure than x\[0\]",
    ),
    "a Value beside lanes": (
        lambda: ad.compile(lambda w, x: w * x, lanes="x")(ad.Value(1.0), [1.0]),
        TypeError,
        "takes plain numbers",
    ),
    "a Value in a batch": (
        lambda: ad.compile(lambda x: x, lanes="x").value_and_grad([ad.Value(1.0)]),
        TypeError,
        "takes plain numbers",
    ),
    "several results": (
        lambda: ad.compile(lambda x: [x, x]).value_and_grad(1.0),
        TypeError,
        "one number as its result, this one returned list",
    ),
    "an array as the result": (
        lambda: ad.compile(lambda x: np.array([x])).value_and_grad(1.0),
        TypeError,
        "one number as its result",
    ),
    "source too early": (lambda: ad.compile(abs).source, RuntimeError, "nothing is recorded yet"),
    "stats too early": (lambda: ad.compile(abs).stats(), RuntimeError, "nothing is recorded yet"),
}


@pytest.mark.parametrize(("made", "error", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named(made, error, message):
    with pytest.raises(error, match=message):
        made()


def test_a_mistake_does_not_spoil_the_next_call():
    g = ad.compile(lambda w, x: w * x, lanes=["x"])
    assert g(2.0, [1.0]) == [2.0]
    for wrong in ("a", None, 3.0, [1.0, "b"]):
        with pytest.raises(TypeError):
            g(2.0, wrong)
    assert g.value_and_grad(2.0, [3.0]) == ([6.0], (3.0,))


def test_arrays_in_a_container_of_results_have_the_lanes_first():
    g = ad.compile(lambda w, x: {"y": np.array([w * x, w + x]), "s": w - x}, lanes=["x"])
    got = g(2.0, np.array([1.0, 2.0, 3.0]))
    assert got["y"].tolist() == [[2.0, 3.0], [4.0, 4.0], [6.0, 5.0]]
    assert got["s"].tolist() == [1.0, 0.0, -1.0]


def test_an_integer_beyond_all_floats_is_infinite_as_in_a_value():
    assert ad.grad(lambda x: 2 * x)(10**400) == 2.0
    assert ad.compile(lambda x: 2 * x)(-(10**400)) == float("-inf")
