"""What a reading by fresh eyes found at the edges of training and saving."""

import math
from random import Random

import pytest

import autodiff as ad
from autodiff import RecordingError, data, nn


def moons(count=40):
    points, labels = data.moons(count, noise=0.1, generator=Random(0))
    return points, [2.0 * label - 1 for label in labels]


@pytest.mark.parametrize("compiled", [True, False])
def test_a_minibatch_without_a_slope_does_not_end_the_training(compiled):
    X, Y = moons()
    model = nn.MLP([2, 8, 1], "relu", generator=Random(0), initialiser=nn.uniform(1.0))
    batches = nn.Minibatches(1, generator=Random(0))
    history = nn.fit(
        model, X, Y, loss="hinge", optimiser=nn.SGD(0.05), steps=60, batches=batches, compiled=compiled
    )
    assert history.steps == 60 and history.stopped == "steps" and 0.0 in history.costs


HAND_WRITTEN = nn.Loss("hand_written", lambda y, d: s if (s := 1 - d[0] * y[0]) > 0 else 0.0, "hinge")


def test_a_loss_that_is_a_plain_number_for_some_samples_has_no_slope_there():
    X, Y = moons()
    ends = []
    for compiled in (True, False):
        model = nn.MLP([2, 4, 1], "tanh", generator=Random(0))
        nn.fit(model, X, Y, loss=HAND_WRITTEN, optimiser=nn.SGD(0.5), steps=30, compiled=compiled)
        ends.append([x.data for x in model.parameters()])
    # 30 steps, each with 40 contributions in another order, to numbers around 1.
    assert all(math.isclose(a, b, abs_tol=30 * 40 * 2**-52) for a, b in zip(*ends, strict=True))


def test_a_model_that_draws_is_never_recorded():
    model = nn.Sequential(
        nn.Layer(2, 1, generator=Random(0)), nn.RandomisedLeakyReLU(generator=Random(1))
    )
    X, Y = moons()
    with pytest.raises(RecordingError, match="draws random numbers"):
        nn.fit(model, X, Y, loss="hinge", optimiser=nn.SGD(0.1), steps=3, compiled=True)


@pytest.mark.parametrize("kind", ["dict", "array"])
def test_parameters_where_they_would_not_be_found_are_refused(kind):
    class Hiding(nn.Module):
        def __init__(self):
            self.w = (
                {"a": ad.Value(1.0)} if kind == "dict" else __import__("numpy").array([ad.Value(1.0)])
            )

    with pytest.raises(TypeError, match="keep parameters in a list"):
        Hiding().parameters()


def test_divergence_is_told_as_such_whatever_the_outputs():
    X, Y = moons()
    Y = [float(y > 0) for y in Y]
    for compiled in (True, False, None):
        model = nn.MLP([2, 8, 8, 1], "relu", "logistic", generator=Random(0))
        with pytest.raises(nn.DivergedError):
            nn.fit(
                model, X, Y, loss="binary_cross_entropy", optimiser=nn.SGD(1e308), steps=20,
                compiled=compiled,
            )  # fmt: skip
        assert all(math.isfinite(x.data) for x in model.parameters())


def test_after_a_divergence_the_best_for_other_samples_is_kept():
    X = [[1.0], [2.0], [3.0]]
    model = nn.MLP([1, 1], generator=Random(0))
    watch = nn.EarlyStopping(X, [2.0, 4.0, 6.0], patience=1000)
    rates = iter([0.01] * 5 + [1e200] * 20)
    optimiser = nn.SGD(lambda _: next(rates))
    with pytest.raises(nn.DivergedError):
        nn.fit(
            model, X, [2.0, 4.0, 6.0], loss="mean_squared_error", optimiser=optimiser,
            steps=20, early_stopping=watch,
        )  # fmt: skip
    assert all(abs(x.data) < 100 for x in model.parameters())


def test_other_samples_are_looked_at_once_more_at_the_end():
    X, Y = [[1.0], [2.0]], [2.0, 4.0]
    model = nn.MLP([1, 1], generator=Random(0))
    watch = nn.EarlyStopping(X, Y, patience=3, every=1000)
    history = nn.fit(
        model, X, Y, loss="mean_squared_error", optimiser=nn.SGD(0.05), steps=50, early_stopping=watch
    )
    assert [step for step, _ in history.validation] == [50] and history.costs[-1] < 0.1


CHANGES = {
    "another head of the same shape": lambda m: m.layers.__setitem__(
        -1, nn.Layer(4, 2, "softmax", generator=Random(5))
    ),
    "another head": lambda m: m.layers.__setitem__(-1, nn.Layer(4, 3, generator=Random(5))),
    "one layer more": lambda m: m.layers.append(nn.Layer(2, 2, "tanh", generator=Random(5))),
    "a block in between": lambda m: m.layers.insert(1, nn.RandomisedLeakyReLU(generator=Random(5))),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_network_whose_layers_were_changed_is_saved_as_it_is(change, tmp_path):
    model = nn.MLP([2, 4, 2], "tanh", generator=Random(0))
    change(model)
    model.eval()
    model.save(tmp_path / "m.json")
    again = nn.load(tmp_path / "m.json")
    x = [0.3, -0.7]
    assert [y.data for y in again(x)] == [y.data for y in model(x)]


@pytest.mark.parametrize(
    "name, given, said",
    [
        ("optimiser", "adam", "nn.Adam"),
        ("batches", 5, "nn.Minibatches"),
        ("early_stopping", 3, "nn.EarlyStopping"),
    ],
)
def test_what_is_no_optimiser_batches_or_stopping_is_answered_with_what_would_be(name, given, said):
    wanted = {"optimiser": nn.SGD(0.1), name: given}
    with pytest.raises(TypeError, match=f"^{name}: {given!r} is none: expected .*{said}"):
        nn.fit(nn.MLP([1, 1], generator=Random(0)), [[1.0]], [1.0], loss="hinge", steps=1, **wanted)
