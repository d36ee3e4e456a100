"""What ``fit`` is given: data, batches and optimisers that are refused with their place or number."""

from collections import Counter
from itertools import islice
from math import inf, nan
from random import Random

import numpy as np
import pytest

from autodiff import nn

X = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
Y = [0.0, 1.0, 0.5]


def fitted(X=X, Y=Y, *, output="linear", loss="mean_squared_error", units=1, **options):
    model = nn.MLP([2, units], output=output, generator=Random(0))
    before = [x.data for x in model.parameters()]
    try:
        given = {"optimiser": nn.SGD(0.01), "steps": 1} | options
        return nn.fit(model, X, Y, loss=loss, **given)
    except (ValueError, TypeError):
        assert [x.data for x in model.parameters()] == before, "what is refused changes nothing"
        raise


# ── data ────────────────────────────────────────────────────────────────────────────────────────

WRONG = [
    ([], " is empty"),
    ([[], []], " is empty"),
    (5.0, ": expected a list of samples, got 5.0"),
    (None, " is None, no number"),
    ("abc", " is 'abc', no number"),
    ([[1.0, 2.0], [3.0], [5.0, 6.0]], "[1] has 1 numbers, but {}[0] has 2"),
    ([[1.0, 2.0], 3.0, [5.0, 6.0]], "[1] is one number, but {}[0] has 2"),
    ([[1.0, [2.0]], [3.0, [4.0]]], "[0][1] has 1 numbers, but {}[0][0] is one number"),
    ([[1.0, nan], [3.0, 4.0]], "[0][1] is nan: "),
    ([[1.0, 2.0], [inf, 4.0]], "[1][0] is inf: "),
    (np.array([[1.0, 2.0], [3.0, -inf]]), "[1][1] is -inf: "),
    ([[1.0, 2.0], [3.0, "four"]], "[1][1] is 'four', no number"),
    ([["1.0", "2.0"], ["3.0", "4.0"]], "[0][0] is '1.0', no number"),
    ([[1.0, 2.0], [3.0, None]], "[1][1] is None, no number"),
    ([[1.0, 2.0], [3.0, 1j]], "[1][1] is 1j, no number"),
    ([[1.0, 2.0], [3.0, 10**400]], "[1][1] is 1000"),
    (np.array([["a", "b"]]), "[0][0] is 'a', no number"),
    ([[[1.0], [2.0]], [[3.0], [4.0, 5.0]]], "[1][1] has 2 numbers, but {}[0][0] has 1"),
]


@pytest.mark.parametrize("name", ["X", "Y"])
@pytest.mark.parametrize("data, message", WRONG, ids=repr)
def test_bad_data_are_refused_with_their_place(data, message, name):
    with pytest.raises(ValueError) as error:
        fitted(**{name: data})
    assert str(error.value).startswith(name + message.format(name))
    assert len(str(error.value)) < 200


def test_other_counts_are_refused_with_both():
    with pytest.raises(ValueError, match=r"^X has 3 samples, but Y has 2$"):
        fitted(Y=[0.0, 1.0])
    with pytest.raises(ValueError, match=r"^layer 1 takes 2 numbers, got 1$"):
        fitted(X=[[1.0]] * 3)
    with pytest.raises(ValueError, match=r"^mean_squared_error: 1 outputs, but 2 wanted numbers$"):
        fitted(Y=[[0.0, 1.0]] * 3)
    with pytest.raises(TypeError, match=r"^layer 1 takes a list of 2 numbers, not float 1\.0$"):
        fitted(X=[1.0, 2.0, 3.0])


@pytest.mark.parametrize("compiled", [None, False, True])
def test_another_count_of_classes_is_refused(compiled):
    with pytest.raises(ValueError, match=r"^cross_entropy: 2 outputs, but 3 wanted numbers$"):
        fitted(Y=np.eye(3), output="softmax", loss="cross_entropy", units=2, compiled=compiled)


@pytest.mark.parametrize(
    "Y, message",
    [([[1, 0], [1, 1], [0, 1]], "Y[1]: {}: the wanted numbers add up to 2, not 1: a class is given one"),
     ([[1, 0], [0, 1], [0, 0]], "Y[2]: {}: the wanted numbers add up to 0, not 1"),
     ([[1, 0], [2, -1], [0, 1]], "Y[1]: {}: d[0] is 2, not between 0 and 1"),
     ([0, 1, 1], "Y[0]: {}: one output cannot tell classes apart"),
     ([0, 1, 2], "Y[0]: {}: one output cannot tell classes apart")],
)  # fmt: skip
def test_labels_that_are_not_one_hot_are_refused_with_their_sample(Y, message):
    for loss, output in (("cross_entropy", "softmax"), ("cross_entropy_from_logits", "linear")):
        with pytest.raises(ValueError) as error:
            fitted(Y=Y, loss=loss, output=output, units=2)
        assert str(error.value).startswith(message.format(loss))


def test_labels_outside_two_classes_are_refused_with_their_sample():
    with pytest.raises(ValueError, match=r"^Y\[2\]: binary_cross_entropy: d\[0\] is 2, not between"):
        fitted(Y=[0, 1, 2], loss="binary_cross_entropy", output="logistic")
    with pytest.raises(ValueError, match=r"^Y\[0\]: hinge: d\[0\] is 0; the classes are -1 and 1"):
        fitted(Y=[0, 1, 1], loss="hinge")


@pytest.mark.parametrize("name", ["X", "Y"])
def test_validation_data_are_looked_at_before_training(name):
    data = {"X": X, "Y": Y} | {name: [[nan, nan]] * 3}
    with pytest.raises(ValueError, match=rf"^{name}\[0\]\[0\] is nan"):
        fitted(early_stopping=nn.EarlyStopping(data["X"], data["Y"], patience=1))


def test_lists_arrays_and_integers_are_the_same_data():
    for x in (np.array(X), [(1, 2), (3, 4), (5, 6)], np.array(X, dtype=np.float32), np.array(X, object)):
        assert fitted(X=x).costs == fitted().costs


# ── options ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name, numbers",
    [("steps", [-1, 1.5, True, "1", None]), ("eps", [-1e-9, nan, inf, "0"]),
     ("penalty", [-1.0, nan, inf, None])],
)  # fmt: skip
def test_options_out_of_range_are_refused_by_name(name, numbers):
    for number in numbers:
        with pytest.raises(ValueError, match=f"^{name}: expected a .* not negative, got "):
            fitted(**{name: number})


@pytest.mark.parametrize("name", nn.LOSSES)
def test_an_unknown_loss_is_answered_with_the_names(name):
    with pytest.raises(ValueError, match=f"^loss 'mse': there are .*{name}"):
        fitted(loss="mse")


def test_what_is_no_loss_is_refused():
    with pytest.raises(TypeError, match=r"^loss: expected a Loss or the name of one, got None"):
        fitted(loss=None)


@pytest.mark.parametrize(
    "make, message",
    [(lambda: nn.SGD(0), "rate"), (lambda: nn.SGD(-1.0), "rate"), (lambda: nn.SGD(nan), "rate"),
     (lambda: nn.SGD("0.1"), "rate"), (lambda: nn.SGD(momentum=1.0), "momentum"),
     (lambda: nn.SGD(weight_decay=-1.0), "weight_decay"), (lambda: nn.Adam(inf), "rate"),
     (lambda: nn.Adam(betas=(0.9, 1.0)), "betas"), (lambda: nn.Adam(epsilon=-1e-8), "epsilon"),
     (lambda: nn.Adam(weight_decay=nan), "weight_decay"), (lambda: nn.exponential(0, 0.5), "rate"),
     (lambda: nn.exponential(1.0, -0.5), "factor"), (lambda: nn.exponential(1.0, 0.5, 0), "every"),
     (lambda: nn.cosine(1.0, 0), "steps"), (lambda: nn.inverse(1.0, 0), "half"),
     (lambda: nn.linear(1.0, -5), "steps")],
)  # fmt: skip
def test_an_optimisers_numbers_out_of_range_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=f"^{message}: expected a number "):
        make()


def test_schedules_go_from_the_rate_to_their_end():
    for made, wanted in (
        (nn.exponential(0.5, 0.5), [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625]),
        (nn.linear(0.5, 4), [0.5, 0.375, 0.25, 0.125, 0.0, 0.0]),
        (nn.linear(0.5, 2, 0.25), [0.5, 0.375, 0.25, 0.25, 0.25, 0.25]),
        (nn.inverse(1.0, 2), [1.0, 1 / 1.5, 1 / 2, 1 / 2.5, 1 / 3, 1 / 3.5]),
        (nn.cosine(1.0, 2), [1.0, 0.5, 0.0, 0.0, 0.0, 0.0]),
        (nn.cosine(1.0, 2, 0.5), [1.0, 0.75, 0.5, 0.5, 0.5, 0.5]),
    ):
        # cos(π/2) is 6e-17 for π as a float
        assert np.allclose([made(step) for step in range(6)], wanted, rtol=0, atol=2**-53)


# ── batches ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", range(1, 8))
def test_minibatches_have_every_sample_once_an_epoch(size):
    samples = [[float(i)] for i in range(6)]
    orders = nn.Minibatches(size, generator=Random(0)).orders(samples, samples)
    epochs = []
    for _ in range(3):
        epoch = list(islice(orders, -(-6 // size)))
        assert all(len(part) == size for part in epoch[:-1])
        epochs.append([i for part in epoch for i in part])
        assert sorted(epochs[-1]) == list(range(6))
    assert epochs[0] != epochs[1], "in a new order"


def test_a_curriculum_begins_with_the_easy_and_ends_with_all():
    samples = [[float(i)] for i in (5, 3, 9, 0, 7, 1, 8, 2, 6, 4)]
    curriculum = nn.Curriculum(2, lambda x, y: x[0], steps=20, generator=Random(0))
    steps = list(islice(curriculum.orders(samples, samples), 400))
    assert {samples[i][0] for i in steps[0]} == {0.0, 1.0}, "a fifth of ten: the two easiest"
    for number, step in enumerate(steps):
        easiest = round(min(1.0, 0.2 + 0.8 * number / 20) * 10)
        assert len(set(step)) == 2 and all(samples[i][0] < easiest for i in step)
    assert Counter(i for step in steps[20:] for i in step).keys() == set(range(10))


def test_batches_that_cannot_be_are_refused():
    for size in (0, -1, 1.5, True, None):
        with pytest.raises(ValueError, match=r"^expected a whole number above 0, got "):
            nn.Minibatches(size, generator=Random(0))
    for start in (0, -0.5, 1.5, nan):
        with pytest.raises(ValueError, match=r"^start: expected a share"):
            nn.Curriculum(1, lambda x, y: 0.0, steps=1, generator=Random(0), start=start)
    with pytest.raises(ValueError, match="both must be at least 1"):
        nn.EarlyStopping(X, Y, patience=0)
