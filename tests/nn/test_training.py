"""``fit``: the same steps on graphs and tapes, its ends, and what it leaves behind."""

import math
import re
from itertools import pairwise
from random import Random

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn
from autodiff.errors import RecordingError

X = [[-1.0, 0.5], [0.25, 1.0], [1.5, -0.75], [0.0, -1.0], [-0.5, -0.25]]
Y = [0.3, -0.4, 0.8, 0.1, -0.6]


def mlp(seed=1):
    return nn.MLP([2, 3, 1], generator=Random(seed))


def normalising():
    g = Random(2)
    return nn.Sequential(
        nn.Layer(2, 3, "tanh", generator=g), nn.BatchNorm(3), nn.Layer(3, 1, generator=g)
    )


def drawing():
    g = Random(2)
    return nn.Sequential(
        nn.Layer(2, 4, generator=g), nn.RandomisedLeakyReLU(generator=g), nn.Layer(4, 1, generator=g)
    )


def theta(model):
    return [x.data for x in model.parameters()]


def fitted(model, X=X, Y=Y, *, optimiser=None, steps=20, loss="mean_squared_error", **options):
    return nn.fit(
        model, X, Y, loss=loss, optimiser=optimiser or nn.SGD(0.1), steps=steps, **options
    )  # fmt: skip


def line(w):
    """A model of one parameter: w·x."""
    model = nn.MLP([1, 1], generator=Random(0), bias=False)
    model.parameters()[0].data = w
    return model


# ── graphs and tapes ────────────────────────────────────────────────────────────────────────────


def hardness(x, y):
    return abs(float(np.ravel(y)[0]))


WAYS = {
    "plain": lambda: {},
    "penalty": lambda: {"penalty": 0.01},
    "minibatches": lambda: {"batches": nn.Minibatches(2, generator=Random(3))},
    "curriculum": lambda: {"batches": nn.Curriculum(2, hardness, steps=10, generator=Random(3))},
    "momentum": lambda: {"optimiser": nn.SGD(0.05, momentum=0.9)},
    "weight decay": lambda: {"optimiser": nn.SGD(0.05, momentum=0.5, weight_decay=0.1)},
    "adam": lambda: {"optimiser": nn.Adam(0.05)},
    "adam with decay": lambda: {"optimiser": nn.Adam(0.05, weight_decay=0.1)},
    "schedule": lambda: {"optimiser": nn.SGD(nn.cosine(0.2, 20))},
}


@pytest.mark.parametrize("make", [mlp, normalising], ids=["mlp", "batch norm"])
@pytest.mark.parametrize("way", WAYS)
def test_graphs_and_tapes_take_the_same_steps(way, make):
    found = []
    for compiled in (False, True):
        model = make()
        history = fitted(model, compiled=compiled, **WAYS[way]())
        assert history.replayed is compiled
        found.append(np.array([*theta(model), *history.costs]))
    # A step's gradient is sums of some fifty products, added in another order: 1e-14 of the largest at
    # most. 20 such steps add up, and a step down a smooth cost hardly magnifies what came before: 1e-12.
    assert np.abs(found[0] - found[1]).max() <= 1e-12 * np.abs(found[0]).max()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_the_same_seed_gives_the_same_numbers(way, compiled):
    found = []
    for _ in range(2):
        model = mlp()
        history = fitted(model, compiled=compiled, **WAYS[way]())
        found.append((theta(model), history.costs, history.gradient_norm))
    assert found[0] == found[1]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_step_is_the_optimisers_on_the_mean_loss(compiled):
    model = line(3.0)
    history = fitted(model, [[1.0], [2.0]], [1.0, 1.0], optimiser=nn.SGD(0.25), steps=1, penalty=0.5,
                     compiled=compiled)  # fmt: skip
    # cost ((w - 1)² + (2w - 1)²)/2 + w²/2 = (4 + 25)/2 + 4.5, slope (w - 1) + 2(2w - 1) + w = 15
    assert (history.costs, history.gradient_norm) == ([19.0], 15.0)
    assert theta(model) == [3.0 - 0.25 * 15.0]


def test_a_model_that_cannot_be_recorded_is_trained_on_graphs():
    class Rounded(nn.Module):
        def __init__(self):
            self.w = ad.Value(0.5)

        def __call__(self, x):
            return [self.w * math.floor(float(x[0]))]

    model = Rounded()
    history = fitted(model, [[1.5], [2.5]], [3.0, 6.0], steps=100)
    assert not history.replayed
    assert nn.predictions(model, [[1.9], [7.1]]).tolist() == [[model.w.data], [7 * model.w.data]]
    with pytest.raises((RecordingError, TypeError)):
        fitted(model, [[1.5], [2.5]], [3.0, 6.0], compiled=True)


# ── ends ────────────────────────────────────────────────────────────────────────────────────────


def test_the_steps_run_out():
    history = fitted(mlp(), steps=7)
    assert (history.stopped, history.steps, len(history.costs)) == ("steps", 7, 7)
    model = mlp()
    assert fitted(model, steps=0).stopped == "steps" and theta(model) == theta(mlp())


@pytest.mark.parametrize("compiled", [False, True])
def test_a_gradient_of_eps_is_enough(compiled):
    history = fitted(line(0.0), [[1.0]], [1.0], steps=1000, eps=1e-6, compiled=compiled)
    assert history.stopped == "gradient" and history.gradient_norm <= 1e-6
    # w - 1 shrinks by 0.8 a step, and the slope is twice that: the first below 1e-6
    assert history.steps == 1 + math.ceil(math.log(5e-7) / math.log(0.8))


def test_patience_ends_and_the_best_parameters_stay():
    watch = nn.EarlyStopping([[1.0]], [1.0], patience=3)
    model = line(0.0)
    history = fitted(model, [[1.0]], [2.0], steps=1000, early_stopping=watch)  # w from 0 to 2, past 1
    losses = [loss for _, loss in history.validation]
    assert history.stopped == "patience"
    assert [step for step, _ in history.validation] == list(range(1, history.steps + 1))
    assert losses.index(min(losses)) == len(losses) - 4, "three looks without a lower loss"
    assert (theta(model)[0] - 1.0) ** 2 == min(losses)


@pytest.mark.parametrize("end", [{"steps": 4}, {"steps": 1000, "eps": 0.5}])
def test_the_best_parameters_stay_whatever_ended_the_training(end):
    watch = nn.EarlyStopping([[1.0]], [1.0], patience=1000)
    model = line(0.0)
    history = fitted(model, [[1.0]], [2.0], early_stopping=watch, **end)
    assert history.stopped in ("steps", "gradient")
    losses = [loss for _, loss in history.validation]
    assert losses[-1] > min(losses) == (theta(model)[0] - 1.0) ** 2


def test_validation_looks_every_so_many_steps():
    watch = nn.EarlyStopping(X, Y, patience=5, every=4)
    assert [step for step, _ in fitted(mlp(), early_stopping=watch, steps=10).validation] == [4, 8, 10]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("make", [mlp, normalising], ids=["mlp", "batch norm"])
def test_an_interrupt_keeps_the_best_parameters(make, compiled):
    def schedule(step):
        if step == 6:
            raise KeyboardInterrupt
        return 0.1 if step < 4 else 3.0  # away from the best

    model = make()
    history = fitted(model, optimiser=nn.SGD(schedule), steps=1000, compiled=compiled)
    assert (history.stopped, history.steps) == ("interrupted", 6)
    best = history.costs.index(min(history.costs))
    assert 0 < best < 5, "the last step made it worse"
    kept = make()
    fitted(kept, optimiser=nn.SGD(0.1), steps=best, compiled=compiled)
    assert theta(model) == theta(kept)
    assert np.isfinite(nn.predictions(model, X)).all()


def test_an_interrupt_with_early_stopping_keeps_what_was_best_for_the_other_samples():
    def schedule(step):
        if step == 8:
            raise KeyboardInterrupt
        return 0.1

    model = line(0.0)
    watch = nn.EarlyStopping([[1.0], [1.0]], [0.0, 2.0], patience=1000)  # (w - 1)² + 1
    history = fitted(model, [[1.0]], [2.0], optimiser=nn.SGD(schedule), early_stopping=watch)
    assert history.stopped == "interrupted"
    (w,) = theta(model)
    lowest = min(loss for _, loss in history.validation)
    assert (w**2 + (w - 2.0) ** 2) / 2 == lowest > min(history.costs), "which is another place"


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "options", [{"optimiser": nn.SGD(50.0)}, {"penalty": 1e3}, {"optimiser": nn.SGD(1e300)},
                {"optimiser": nn.Adam(1e308)}, {"Y": [1e200] * 5},
                {"batches": nn.Minibatches(2, generator=Random(0)), "optimiser": nn.SGD(20.0)}],
    ids=["rate", "penalty", "huge rate", "adam", "huge Y", "minibatches"],
)  # fmt: skip
def test_divergence_is_named_and_leaves_finite_parameters(options, compiled):
    model = mlp()
    with pytest.raises(nn.DivergedError) as error:
        fitted(model, **options, steps=10_000, compiled=compiled)
    found = re.match(r"training diverged at step ([0-9]+): ", str(error.value))
    assert found and 1 <= int(found[1]) <= 10_000
    assert any(name in str(error.value) for name in model.named_parameters())
    assert np.isfinite(theta(model)).all()
    assert not any(module.training for module in model.modules())


def test_divergence_says_which_parameter_left_first_and_when():
    model = line(1.0)
    with pytest.raises(nn.DivergedError, match=r"at step 2: layers\[0\].neurons\[0\].w\[0\] would beco"):
        fitted(model, [[1.0]], [0.0], optimiser=nn.SGD(lambda step: 1.0 if step == 0 else 1.7e308))
    assert theta(model) == [-1.0], "1 - 2, then beyond all floats"


# ── parts of a model ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_frozen_modules_stay_put(way, compiled):
    model = mlp()
    model.layers[0].freeze()
    before = theta(model)
    fitted(model, compiled=compiled, **WAYS[way]())
    moved = [a != b for a, b in zip(before, theta(model), strict=True)]
    assert moved == model.trainable() and True in moved and False in moved


def test_a_model_of_nothing_to_learn_is_refused():
    frozen = mlp()
    frozen.freeze()
    for model in (frozen, nn.RandomisedLeakyReLU(generator=Random(0))):
        with pytest.raises(ValueError, match="no parameters to learn"):
            fitted(model)


@pytest.mark.parametrize("batches", [None, nn.Minibatches(3, generator=Random(1))])
def test_batch_normalisation_trains_on_a_tape_and_is_settled_afterwards(batches):
    model = normalising()
    wanted = [x - y for x, y in X]
    history = fitted(model, Y=wanted, steps=200, batches=batches, optimiser=nn.Adam(0.02))
    assert history.replayed
    first, norm, _ = model.layers
    hidden = np.array([[h.data for h in first(x)] for x in X])
    # means and squares of five numbers below 1
    assert np.allclose(norm.statistics["mean"], hidden.mean(0), rtol=0, atol=8 * 2**-53)
    assert np.allclose(norm.statistics["variance"], hidden.var(0), rtol=0, atol=8 * 2**-53)
    found = nn.predictions(model, X)
    assert ((found[:, 0] - wanted) ** 2).mean() < np.var(wanted) / 4, "it has learned something"


def test_randomised_slopes_are_drawn_anew_in_each_step():
    model = drawing()
    history = fitted(model, steps=100)
    assert not history.replayed and history.costs[-1] < history.costs[0] / 2
    still = drawing()
    still.layers[2].freeze(), still.layers[0].freeze()
    still.layers.append(nn.Residual(nn.Layer(1, 1, generator=Random(0), initialiser="zeros")))
    costs = fitted(still, optimiser=nn.SGD(1e-300), steps=5).costs
    assert len(set(costs)) == 5, "parameters do not change, slopes do"


def test_drawn_slopes_cannot_be_replayed():
    with pytest.raises(RecordingError, match="draws random numbers"):
        fitted(drawing(), compiled=True)


@pytest.mark.parametrize("make", [mlp, normalising, drawing])
def test_a_trained_model_is_in_the_state_of_testing(make):
    model = make()
    fitted(model, steps=3)
    assert not any(module.training for module in model.modules())
    # by replay and on graphs the same sums, of a dozen numbers around 1
    found = [y.data for [y] in model.batch(X)]
    assert np.allclose(nn.predictions(model, X)[:, 0], found, rtol=0, atol=32 * 2**-53)


def test_predictions_leave_every_module_in_its_state():
    for model in (normalising(), drawing()):
        nn.settle(model, X)
        model.layers[1].eval()
        states = [module.training for module in model.modules()]
        nn.predictions(model, X)
        assert [module.training for module in model.modules()] == states
        assert True in states and False in states


def test_fine_tuning_goes_on_from_what_was_learned():
    whole, halves = mlp(), mlp()
    fitted(whole, steps=20)
    fitted(halves, steps=10)
    fitted(halves, steps=10)
    assert theta(halves) == theta(whole)


# ── what is told ────────────────────────────────────────────────────────────────────────────────


def test_progress_is_a_few_lines_where_there_is_no_terminal(capsys):
    history = fitted(mlp(), steps=50, progress=True)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == "" and [line.split(":")[0] for line in lines] == [
        f"step {step} of 50" for step in (1, *range(5, 51, 5))
    ]
    assert lines[0] == f"step 1 of 50: cost {history.costs[0]:.6g}"
    fitted(mlp(), steps=50)
    assert capsys.readouterr() == ("", "")


def test_the_cost_of_gradient_descent_falls():
    assert all(later < earlier for earlier, later in pairwise(fitted(mlp(), steps=200).costs))
