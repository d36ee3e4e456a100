"""Graphs too big for a lesson: what is offered instead has the numbers of the whole."""

from random import Random

import pytest

import autodiff as ad
from autodiff import nn
from autodiff.draw.fold import MOST_VISIBLE
from autodiff.graph import topological_order
from autodiff.lesson import LessonTooBigError, sweeps
from autodiff.lesson.parts import largest_part, part_of, scopes_of
from autodiff.paths import symbols_of


def chain(length):
    y = ad.Value(0.5, name="x")
    for _ in range(length):
        y = ad.sin(y)
    return y


@pytest.fixture
def network():
    model = nn.MLP([2, 4, 4, 1], "tanh", "linear", generator=Random(0), atomic=True)
    loss = (model([0.5, -0.3])[0] - 1.0) ** 2
    loss.backward()
    return loss


def test_a_graph_of_100_000_nodes_is_refused_and_its_largest_part_is_a_lesson():
    with pytest.raises(
        LessonTooBigError, match=r"100,001 nodes, at most 200.*ad\.lesson\(error\.part\)"
    ) as raised:
        ad.lesson(chain(100_000))
    assert len(sweeps.lesson_data([raised.value.part], 4)["nodes"]) == MOST_VISIBLE


def test_the_refusal_names_scopes_that_are_small_enough(network):
    with pytest.raises(LessonTooBigError, match=r"within='layer 1 / neuron 1'") as raised:
        for _ in range(2):  # more than fits, in one graph
            network = (
                network
                + nn.MLP([2, 4, 4, 1], "tanh", "linear", generator=Random(1), atomic=True)([0.5, -0.3])[
                    0
                ]
            )
        ad.lesson(network)
    assert raised.value.part.operands


def test_a_part_has_the_adjoints_of_the_whole(network):
    scope = "layer 2 / neuron 3"
    part = part_of([network], scope)
    assert len(part.outputs) == 1 and part.seeds[0] != 0.0
    data = sweeps.lesson_data(part.outputs, 17, part.seeds)
    assert data["sweeps"][0]["title"] == "reverse mode, errors from above"
    found = {
        data["nodes"][step["node"]]["symbol"]: step["right"]
        for step in data["sweeps"][0]["steps"]
        if step["kind"] == "contribution"
    }
    weights = {
        symbol: node.grad
        for node, symbol in symbols_of(topological_order(network)).items()
        if node.scope == scope and not node.operands
    }
    assert len(weights) == 5
    assert all(found[symbol] == pytest.approx(grad, rel=1e-14) for symbol, grad in weights.items())


def test_a_part_may_have_several_outputs_and_constants():
    x = ad.Value(2.0, name="x")
    with ad.scope("block"):
        a, b = 3 * x, x**2
    out = a * b + a
    part = part_of([out], "block")
    assert [(one.data, seed) for one, seed in zip(part.outputs, part.seeds, strict=True)] == [
        (6.0, 5.0),
        (4.0, 6.0),
    ]
    assert [
        leaf.name for leaf in topological_order(*part.outputs) if not leaf.operands and leaf.name
    ] == ["x"]
    assert len(ad.lesson(out, within="block").html) > 1000


def test_a_scope_that_is_not_there_is_said_with_those_that_are(network):
    with pytest.raises(
        ValueError, match="nothing was computed within 'layer 9'; there is 'layer 1', 'layer 2'"
    ):
        ad.lesson(network, within="layer 9")
    with pytest.raises(ValueError, match=r"there is none: name parts with ad\.scope"):
        ad.lesson(chain(3), within="layer 1")


def test_scopes_are_counted_with_what_is_inside_them():
    x = ad.Value(2.0)
    with ad.scope("one"):
        y = x * x
        with ad.scope("two"):
            y = y + x
    assert scopes_of(topological_order(y)) == {"one": 2, "one / two": 1}


def test_the_largest_part_counts_what_is_shared_as_often_as_it_is_used():
    x = ad.Value(1.0)
    y = x
    for _ in range(12):
        y = y + y
    part, size = largest_part(topological_order(y), 100)
    assert part.data == 2.0**5 and size == 2**6 - 1
