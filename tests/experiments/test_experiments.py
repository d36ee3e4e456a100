"""Each experiment shows what it is there to show."""

import numpy as np
import pytest

from autodiff import nn
from autodiff.experiments import curriculum, geometry, iris, layerwise, moons, pairings, sequences, table
from autodiff.experiments.outcome import Settings
from autodiff.experiments.pictures import Boundaries, Curves, save

EPSILON = np.finfo(float).eps


def test_the_iris_network_is_the_lectures():
    model = iris.network(0)
    hidden, readout = model.layers
    assert (len(hidden.neurons), len(hidden.neurons[0].w), hidden.activation.name) == (16, 3, "logistic")
    assert (len(readout.neurons), len(readout.neurons[0].w), readout.outputs) == (3, 16, "any")
    assert all(neuron.b is None for layer in model.layers for neuron in layer.neurons)
    weights = np.array([x.data for x in model.parameters()])
    assert len(weights) == 3 * 16 + 16 * 3
    # 96 draws of 0.01·N(0, 1): the deviation of their root mean square is 0.01/sqrt(2·96).
    assert abs(np.sqrt((weights**2).mean()) - 0.01) < 4 * 0.01 / np.sqrt(2 * len(weights))
    assert (iris.RATE, iris.EPS, iris.STEPS) == (0.1, 1e-9, 100_000)


def test_iris_learns_and_its_gradient_is_that_of_finite_differences():
    found = iris.experiment(Settings(steps=2000))
    assert found.figures["cost"] < 0.5 and found.figures["right"] > 110
    # A central difference with h = 1e-6 of a cost around 1: rounding up to eps/h = 2.2e-10 for each of
    # the two values, a few times that for the sum over 150 flowers; truncation, h²·f''' / 6, is less.
    assert found.figures["difference"] < 10 * EPSILON / iris.DIFFERENCE
    # SciPy's forward difference with h = 1.5e-8: h·f''/2 and eps/h, for each of 96 weights.
    pytest.importorskip("scipy")
    assert found.figures["check_grad"] < 96 * (1.5e-8 + 2 * EPSILON / 1.5e-8)


def test_iris_stops_where_the_gradient_is_small_enough():
    model = iris.network(0)
    X, Y = [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    history = nn.fit(
        model, X, Y, loss="cross_entropy_from_logits", optimiser=nn.SGD(0.1), steps=500, eps=0.5
    )
    assert history.stopped == "gradient" and history.steps < 500


def test_two_moons_are_told_apart_completely():
    found = moons.experiment(Settings())
    assert found.figures["right"] == moons.POINTS == 100
    assert moons.SIZES == (2, 16, 16, 1)


@pytest.mark.parametrize("pairing", pairings.PAIRINGS, ids=lambda pairing: pairing.output)
def test_in_each_pairing_the_slope_is_the_output_less_what_was_wanted(pairing):
    # The slope is made of a handful of operations on numbers below 10.
    for slope, error in zip(*pairings.slopes(pairing), strict=True):
        assert abs(slope - error) <= 8 * EPSILON


def test_ratings_cannot_be_reached_by_a_logistic_output():
    least = pairings.experiment(Settings()).figures["least"]
    assert least > sum((d - 1) ** 2 / 2 for d in (7.5, 8.2, 7.7)) - 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_every_gradient_of_a_network_is_that_of_the_matrix_formulas(seed):
    # Sums of three products of numbers around 1, through two layers.
    found = layerwise.experiment(Settings(seed=seed)).figures["worst"]
    assert found <= 64 * EPSILON


def test_the_matrix_of_weight_gradients_is_an_outer_product_entry_by_entry():
    model = nn.MLP(layerwise.SIZES, "logistic", "softmax", generator=__import__("random").Random(3))
    found = {q.name: q for q in layerwise.quantities(model, layerwise.INPUT, [0.0, 1.0, 0.0])}
    a_bar = found["∇a_1"].graph
    for i, row in enumerate(found["∇W_1"].graph):
        for j, entry in enumerate(row):
            assert entry == a_bar[i] * layerwise.INPUT[j]  # one product: rounded once, in both


def test_symmetries_leave_the_loss_equal_and_noise_leaves_the_saddle():
    found = geometry.experiment(Settings()).figures
    assert found["negating a tanh unit"] == found["rescaling a relu unit"] == 0.0  # nothing is rounded
    assert found["permuting the hidden units"] < 64 * EPSILON  # another order of adding
    assert found["gradient descent"] == 0.0 and found["stochastic gradient descent"] > 0.9
    assert found["equal"] == 0.0 and found["drawn"] > 0.1


def test_both_orders_have_the_same_budget_and_frozen_layers_stay():
    found = curriculum.experiment(Settings(steps=60))
    assert {len(curve) for curve in found.picture.curves.values()} == {60}
    assert not any("moved" in line for line in found.lines)
    assert found.figures["pre-trained right"] >= found.figures["drawn right"]


def test_the_curriculum_begins_with_what_is_easy():
    X = [[float(i)] for i in range(10)]
    batches = nn.Curriculum(
        2, lambda x, d: x[0], steps=5, generator=__import__("random").Random(0)
    ).orders(X, X)
    seen = [next(batches) for _ in range(200)]
    assert set(seen[0]) == {0, 1}
    assert {i for batch in seen[:2] for i in batch} < set(range(5))
    assert {i for batch in seen for i in batch} == set(range(10))


def test_a_recurrent_and_an_attention_network_learn_their_tasks_completely():
    assert sequences.parity(Settings()).figures["right"] == 16
    assert sequences.copying(Settings()).figures["right"] == 81


def test_a_table_is_learned_and_tested_on_other_rows():
    rows = [[float(i % 7), float(i)] for i in range(60)]
    labels = ["low" if i < 30 else "high" for i in range(60)]
    from autodiff.data import Table

    found = table.experiment(Table(("a", "b"), rows, labels, "size"), Settings(steps=200))
    assert found.figures["learned"] == 48 and found.figures["tested"] >= 11


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_pictures_are_files_of_their_kind(ending, tmp_path):
    pytest.importorskip("matplotlib")
    boundaries = Boundaries(
        "t", ("x", "y"), [[0, 0], [1, 1]], [0, 1], ("a", "b"), lambda at: (at[:, 0] > 0.5).astype(int)
    )
    curves = Curves("t", "cost", {"one": [3.0, 2.0], "two": [1.0]}, logarithmic=True)
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    for name, picture in (("b", boundaries), ("c", curves)):
        path = save(picture, tmp_path / f"{name}.{ending}")
        assert path.read_bytes().startswith(starts[ending])
