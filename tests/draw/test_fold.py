"""Folding: honest counts, a picture that can be read, a polite refusal."""

import contextlib
import re

import pytest
from hypothesis import given, strategies as st

import autodiff as ad
from autodiff.draw import GraphTooBigError, engines, fold
from autodiff.graph import topological_order
from tests.draw.test_dot import edges, nodes

NAMES = ["layer 1", "layer 2", 'odd "name" <b>', "loss"]


@st.composite
def scoped_graphs(draw: st.DrawFn) -> list[ad.Value]:
    """Outputs of a graph whose nodes are made in random, nested scopes."""
    made = [ad.Value(1.0, name="x")]
    for scopes in draw(st.lists(st.lists(st.sampled_from(NAMES), max_size=3), min_size=1, max_size=25)):
        one, other = (made[draw(st.integers(0, len(made) - 1))] for _ in range(2))
        halved = draw(st.booleans())
        with contextlib.ExitStack() as stack:
            for name in scopes:
                stack.enter_context(ad.scope(name))
            made.append(one * 0.5 if halved else one + other)
    outs = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3))
    return list(dict.fromkeys([*outs, made[-1]]))


folds = st.sampled_from([None, "all", 0, 1, 2, 3])


@given(scoped_graphs(), folds)
def test_visible_and_folded_nodes_add_up_to_all(outs, level):
    order = topological_order(*outs)
    folded = fold.folding(order, outs, level)
    assert folded.visible + folded.folded == folded.total == len(order)
    assert folded.visible == sum(name is None for name in folded.group.values())
    for name, count in folded.groups.items():
        assert count == sum(inside == name for inside in folded.group.values())


@given(scoped_graphs(), folds)
def test_the_drawing_shows_the_nodes_and_groups_that_were_counted(outs, level):
    folded = fold.folding(topological_order(*outs), outs, level)
    drawn = nodes(ad.to_dot(outs, fold=level))
    assert sum(name.startswith("n") for name in drawn) == folded.visible
    groups = [attributes for name, attributes in drawn.items() if name.startswith("g")]
    assert [int(re.search(r"\\n(\d+) node", text)[1]) for text in groups] == [*folded.groups.values()]


@given(scoped_graphs(), folds)
def test_outputs_are_never_folded(outs, level):
    folded = fold.folding(topological_order(*outs), outs, level)
    assert all(folded.group[out] is None for out in outs)


@given(scoped_graphs(), folds)
def test_a_constant_is_drawn_where_its_user_is(outs, level):
    order = topological_order(*outs)
    group = fold.folding(order, outs, level).group
    for node in order:
        for operand in node.operands:
            assert not operand.is_constant or group[operand] == group[node]


@given(scoped_graphs(), folds)
def test_bundled_edges_count_every_edge_between_different_places(outs, level):
    order = topological_order(*outs)
    group = fold.folding(order, outs, level).group
    crossing = single = 0
    for node in order:
        for operand in node.operands:
            inside = {group[operand], group[node]}
            single += inside == {None}
            crossing += len(inside) == 2 or (inside != {None} and group[operand] != group[node])
    drawn = [attributes for *_, attributes in edges(ad.to_dot(outs, fold=level))]
    counts = [int(found[1]) for text in drawn if (found := re.search(r" ×(\d+)", text))]
    assert sum(counts) == crossing and len(drawn) - len(counts) == single


def network(layers: int, width: int) -> ad.Value:
    row = [ad.Value(0.1 * i, name=f"x{i}") for i in range(width)]
    for layer in range(layers):
        with ad.scope(f"layer {layer}"):
            new = []
            for unit in range(width):
                with ad.scope(f"unit {unit}"):
                    new.append(ad.tanh(sum((0.5 * x for x in row), ad.Value(0.0))))
            row = new
    return ad.sum(row)


def test_a_small_graph_is_not_folded():
    text = ad.to_dot(network(2, 2))
    assert 'label=""]' in text and "folded" not in text


def test_a_big_graph_is_folded_as_little_as_makes_it_readable():
    units, layers = network(3, 8), network(40, 3)
    assert sum(name.startswith("g") for name in nodes(ad.to_dot(units))) == 24  # one for each unit
    assert sum(name.startswith("g") for name in nodes(ad.to_dot(layers))) <= fold.MOST_VISIBLE
    for out in (units, layers):
        assert len(nodes(ad.to_dot(out))) <= fold.MOST_VISIBLE
        assert f"= {len(topological_order(out))} nodes" in ad.to_dot(out)


def chain(length: int) -> ad.Value:
    out = ad.Value(1.0, name="x")
    for _ in range(length):
        out = ad.sin(out)
    return out


@pytest.mark.parametrize("make", [ad.to_dot, ad.draw])
def test_a_graph_without_scopes_that_is_too_big_is_refused_with_an_offer(make):
    out = chain(500)
    with pytest.raises(GraphTooBigError, match="501 nodes; a picture shows 200") as caught:
        make(out)
    offer = re.search(r"ad\.draw\(out, fold=\"all\"\)", str(caught.value))
    assert offer
    drawing = eval(offer[0], {"ad": ad, "out": out})
    assert "1 nodes drawn + 500 folded into 1 group = 501 nodes" in drawing.dot


def test_the_offer_holds_for_more_scopes_than_a_picture_shows():
    out = ad.Value(1.0)
    for i in range(2 * fold.MOST_VISIBLE):
        with ad.scope(f"step {i}"):
            out = ad.sin(out)
    with pytest.raises(GraphTooBigError):
        ad.to_dot(out)
    assert len(nodes(ad.to_dot(out, fold="all"))) == 2


def test_a_million_nodes_are_refused_without_layout(monkeypatch):
    monkeypatch.setattr(engines, "engine_name", lambda: pytest.fail("asked for a layout"))
    out = ad.Value(1.0, name="x")
    for _ in range(1_000_000):
        out = ad.neg(out)
    with pytest.raises(GraphTooBigError, match="1000001 nodes"):
        ad.draw(out)


@pytest.mark.parametrize("wrong", [-1, "none", 1.5])
def test_another_fold_is_refused(wrong):
    with pytest.raises(ValueError, match="fold must be a number of levels, 'all' or None"):
        ad.to_dot(ad.Value(1.0), fold=wrong)
