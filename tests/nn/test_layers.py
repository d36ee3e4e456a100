"""Modules: what networks are made of, their names, states and mistakes."""

from random import Random

import pytest

import autodiff as ad
from autodiff import nn
from autodiff.graph import topological_order
from autodiff.nn.initialisers import initialiser_of
from tests.nn.models import EXAMPLES, numbers, outputs

X = [0.5, -1.25, 2.0]


def mlp(activation="tanh", **options):
    return nn.MLP([3, 4, 2], activation, **{"generator": Random(5)} | options)


# ── atomic and dot ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
def test_atomic_and_dot_networks_are_equal_bit_for_bit(activation, bias):
    found = []
    for atomic in (True, False):
        model = mlp(activation, atomic=atomic, bias=bias)
        x = [ad.Value(number) for number in X]
        y = model(x)
        ad.backward(y, [1.0, -0.5])
        found.append((
            [yi.data.hex() for yi in y], [p.grad.hex() for p in model.parameters()],
            [xi.grad.hex() for xi in x],
        ))  # fmt: skip
    assert found[0] == found[1]


def test_an_atomic_network_has_products_and_sums_where_the_other_has_dots():
    def operations(atomic):
        order = topological_order(*mlp(atomic=atomic)(X))
        return {node.primitive.name for node in order if node.operands}

    assert operations(atomic=True) == {"mul", "add", "tanh"}
    assert operations(atomic=False) == {"dot", "add", "tanh"}


# ── names ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("atomic", [True, False])
def test_parameters_are_named_as_in_lectures(atomic):
    found = {(p.scope, p.name) for p in mlp(atomic=atomic).parameters()}
    assert found == {
        (f"layer {k} / neuron {unit}", name)
        for k, inputs, units in ((1, 3, 4), (2, 4, 2))
        for unit in range(1, units + 1)
        for name in [*(f"w[{i}]" for i in range(1, inputs + 1)), "b"]
    }


def test_an_atomic_networks_operations_are_in_their_neurons_scope():
    y = mlp(atomic=True)(X)
    scopes = {node.scope for node in topological_order(*y) if node.operands}
    neurons = {f"layer {k} / neuron {unit}" for k, n in ((1, 4), (2, 2)) for unit in range(1, n + 1)}
    assert scopes == neurons | {"layer 1"}, "the activation is the layer's; the last one is linear"


def test_named_parameters_are_paths_in_the_order_of_definition():
    model = nn.Sequential(nn.Layer(1, 2, generator=Random(0)), nn.BatchNorm(2))
    assert list(model.named_parameters()) == [
        "layers[0].neurons[0].w[0]", "layers[0].neurons[0].b", "layers[0].neurons[1].w[0]",
        "layers[0].neurons[1].b", "layers[1].gamma[0]", "layers[1].gamma[1]", "layers[1].beta[0]",
        "layers[1].beta[1]",
    ]  # fmt: skip
    assert list(model.named_parameters().values()) == model.parameters()


def test_a_shared_module_is_learned_once():
    layer = nn.Layer(2, 2, generator=Random(0))
    model = nn.Sequential(layer, layer)
    assert model.parameters() == layer.parameters()
    with model.using([0.0] * 6):
        assert model([1.0, 2.0]) == [0.0, 0.0], "all places get what stands for it"


# ── generators and initialisers ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_same_seed_makes_the_same_model(kind):
    make, samples = EXAMPLES[kind]
    models = [make(Random(4)), make(Random(4))]
    assert [p.data for p in models[0].parameters()] == [p.data for p in models[1].parameters()]
    assert numbers(outputs(models[0], samples)) == numbers(outputs(models[1], samples))


@pytest.mark.parametrize("name", nn.INITIALISERS)
def test_an_initialiser_draws_from_the_given_generator_only(name):
    chosen = nn.INITIALISERS[name]
    drawn = [chosen(Random(2), 3, 4) for _ in range(2)]
    assert drawn[0] == drawn[1]
    weights = [p.data for p in mlp(initialiser=name).parameters() if p.name != "b"]
    assert (len(set(weights)) == len(weights)) is (name != "zeros")
    assert [p.data for p in mlp(initialiser=chosen).parameters() if p.name != "b"] == weights


SPREADS = {"zeros": 0.0, "gaussian": 0.01, "uniform": 0.01 / 3**0.5, "xavier": 0.2, "he": 0.2}


@pytest.mark.parametrize("name", nn.INITIALISERS)
def test_an_initialisers_spread_is_the_published_one(name):
    generator, count = Random(0), 4000
    drawn = [nn.INITIALISERS[name](generator, 50, 0) for _ in range(count)]
    # With fan_in 50 and fan_out 0 both √(2/(in + out)) and √(2/in) are 0.2. The deviation of a sample's
    # standard deviation is below spread/√(2·count), the bound five of them.
    spread = (sum(x * x for x in drawn) / count) ** 0.5
    assert abs(spread - SPREADS[name]) <= 5 * SPREADS[name] / (2 * count) ** 0.5


def test_biases_start_at_0():
    assert {p.data for p in mlp().parameters() if p.name == "b"} == {0.0}


# ── mistakes ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", nn.ACTIVATIONS)
def test_an_unknown_activation_is_answered_with_the_names(name):
    with pytest.raises(ValueError, match=f"^activation 'sigmoidal': there are .*{name}"):
        nn.Layer(1, 1, "sigmoidal", generator=Random(0))


@pytest.mark.parametrize("name", nn.INITIALISERS)
def test_an_unknown_initialiser_is_answered_with_the_names(name):
    with pytest.raises(ValueError, match=f"^initialiser 'normal': there are .*{name}"):
        nn.Layer(1, 1, initialiser="normal", generator=Random(0))
    assert initialiser_of(name) is nn.INITIALISERS[name]


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), "0.1"])
def test_a_scale_that_is_none_is_refused(scale):
    for make in (nn.gaussian, nn.uniform):
        with pytest.raises(ValueError, match=r"^scale: expected a number above 0"):
            make(scale)


def test_a_sample_of_another_width_is_refused_with_both_widths():
    for x in ([], [1.0, 2.0], [1.0] * 4):
        with pytest.raises(ValueError, match=f"^layer 1 takes 3 numbers, got {len(x)}$"):
            mlp()(x)


def test_a_sample_that_is_no_list_is_refused():
    with pytest.raises(TypeError, match=r"^layer 1 takes a list of 3 numbers, not float 1\.0$"):
        mlp()(1.0)


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "3", None])
def test_a_number_of_units_or_inputs_that_is_none_is_refused(number):
    g = Random(0)
    for make in (
        lambda: nn.Layer(number, 1, generator=g), lambda: nn.Layer(1, number, generator=g),
        lambda: nn.MLP([number, 1], generator=g), lambda: nn.MLP([1, number], generator=g),
        lambda: nn.Maxout(1, number, generator=g), lambda: nn.BatchNorm(number),
        lambda: nn.Neuron(number, generator=g),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=": expected a whole number above 0, got "):
            make()


def test_impossible_modules_are_refused():
    layer = nn.Layer(2, 3, generator=Random(0))
    for make, message in (
        (lambda: nn.MLP([3], generator=Random(0)), r"^sizes \[3\]: expected"),
        (nn.Sequential, "^a network of no layers"),
        (lambda: nn.Maxout(1, 1, 1, generator=Random(0)), "^pieces 1: "),
        (lambda: nn.RandomisedLeakyReLU(0.5, 0.5, generator=Random(0)), "expected 0 <= low < high"),
        (lambda: nn.BatchNorm(1, -1.0), "^epsilon: "),
        (lambda: nn.Residual(layer)([1.0, 2.0]), "adds 2 inputs to 3 outputs"),
        (lambda: nn.attention([[1.0]], [[1.0]], []), "^attention: 1 keys for 0 values"),
    ):
        with pytest.raises(ValueError, match=message):
            make()


@pytest.mark.parametrize(
    "make", [nn.Sequential, nn.Residual, nn.EachElement,
             lambda x: nn.Recurrent(nn.GRUCell(1, 1, generator=Random(0)), x),
             lambda x: nn.Recurrent(x, nn.Layer(1, 1, generator=Random(0)))],
)  # fmt: skip
def test_what_is_no_module_is_refused_where_one_belongs(make):
    with pytest.raises(TypeError, match=r": expected a module, got function"):
        make(lambda x: x)


def test_a_recurrent_model_takes_cells_only():
    layer = nn.Layer(1, 1, generator=Random(0))
    with pytest.raises(TypeError, match=r"has no start\(\) and step"):
        nn.Recurrent(layer, layer)


def test_parameters_in_a_tuple_are_refused_by_their_place():
    model = nn.Layer(1, 1, generator=Random(0))
    model.more = (ad.Value(1.0),)
    with pytest.raises(TypeError, match=r"^more\[0\] is in a tuple: keep parameters in a list"):
        model.parameters()


# ── states ──────────────────────────────────────────────────────────────────────────────────────


def test_a_randomised_slope_is_drawn_in_training_and_the_mean_in_testing():
    rectify = nn.RandomisedLeakyReLU(0.1, 0.3, generator=Random(0))
    drawn = [-y for y in rectify([-1.0] * 100)]
    assert len(set(drawn)) == 100 and all(0.1 <= slope <= 0.3 for slope in drawn)
    assert rectify([2.0]) == [2.0]
    rectify.eval()
    assert rectify([-1.0, -2.0, 2.0]) == [-(0.1 + 0.3) / 2, -2 * (0.1 + 0.3) / 2, 2.0]


def test_batch_normalisation_takes_no_single_sample_in_training():
    with pytest.raises(ValueError, match=r"in training takes a batch: call batch\(X\)"):
        nn.BatchNorm(1)([1.0])


def test_batch_normalisation_needs_the_whole_sets_statistics_in_testing():
    norm = nn.BatchNorm(1, 0.0)
    norm.batch([[5.0], [7.0]])
    norm.eval()
    with pytest.raises(ValueError, match="has no statistics of the training set yet"):
        norm([1.0])
    nn.settle(norm, [[1.0], [3.0], [5.0], [7.0]])  # mean 4, variance 5
    assert not norm.training, "the state is as it was"
    assert [y.data for y in norm([4.0])] == [0.0]
    assert [[y.data for y in row] for row in norm.batch([[9.0], [-1.0]])] == [[5 / 5**0.5], [-(5**0.5)]]


def test_settling_goes_through_the_layers_before():
    layer, norm = nn.Layer(1, 1, generator=Random(0)), nn.BatchNorm(1)
    layer.neurons[0].w[0].data, layer.neurons[0].b.data = 2.0, 1.0
    nn.settle(nn.Sequential(layer, norm), [[1.0], [3.0]])
    assert norm.statistics == {"mean": [5.0], "variance": [4.0]}


def test_batch_normalisation_refuses_an_empty_batch_and_another_width():
    with pytest.raises(ValueError, match="of an empty batch"):
        nn.BatchNorm(1).batch([])
    with pytest.raises(ValueError, match="batch normalisation takes 2 numbers, got 1"):
        nn.BatchNorm(2).batch([[1.0, 2.0], [1.0]])


def test_train_and_eval_reach_every_module_inside():
    model = nn.Sequential(nn.Residual(nn.Layer(1, 1, generator=Random(0))), nn.BatchNorm(1))
    for training in (False, True):
        model.train(training)
        assert {module.training for module in model.modules()} == {training}


def test_a_frozen_modules_parameters_are_not_trainable():
    model = mlp()
    model.layers[0].freeze()
    assert model.trainable() == [False] * 16 + [True] * 10
    model.layers[0].freeze(False)
    model.layers[0].neurons[1].freeze()
    assert model.trainable() == [not 4 <= i < 8 for i in range(26)]
    model.freeze()
    assert not any(model.trainable())


def test_a_shared_parameter_is_frozen_everywhere():
    layer = nn.Layer(1, 1, generator=Random(0))
    model = nn.Sequential(nn.Sequential(layer), layer)
    model.layers[0].freeze()
    assert model.trainable() == [False, False]


def test_using_puts_the_parameters_back_even_after_an_exception():
    model = mlp()
    own = model.parameters()
    with pytest.raises(ZeroDivisionError), model.using([0.0] * len(own)):
        assert model(X) == [0.0, 0.0]
        raise ZeroDivisionError
    assert all(now is before for now, before in zip(model.parameters(), own, strict=True))


def test_using_refuses_another_number_of_parameters():
    with pytest.raises(ValueError, match=r"^2 numbers for 26 parameters$"), mlp().using([0.0, 1.0]):
        pass
