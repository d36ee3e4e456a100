"""Copies, pickles and texts of graphs: deep ones, shared ones, stale ones, with rows of the user's."""

import copy
import pickle

import pytest

import autodiff as ad
from tests.engine.processes import printed_by, ran

DEEP = 100_000

BOTH = {"deepcopy": copy.deepcopy, "pickle": lambda node: pickle.loads(pickle.dumps(node))}
both_ways = pytest.mark.parametrize("copied", BOTH.values(), ids=BOTH)


@pytest.fixture(scope="module")
def chain():
    x = node = ad.Value(1.0, name="x")
    for _ in range(DEEP):
        node = node * 1.0 + x
    return node


def leaf_named(name, out):
    from autodiff.graph import topological_order

    (leaf,) = [node for node in topological_order(out) if node.name == name]
    return leaf


@both_ways
def test_a_deep_graph_survives_a_copy(copied, chain):
    twin = copied(chain)
    x = leaf_named("x", twin)
    twin.backward()
    assert twin.data == chain.data == DEEP + 1.0
    assert x.grad == DEEP + 1.0
    assert not leaf_named("x", chain).has_grad


def test_a_deep_graph_has_a_short_text(chain):
    assert repr(chain) == f"Value({DEEP + 1.0}, primitive='add')"
    assert f"{chain:.1f}" == f"{DEEP + 1.0}"


@both_ways
def test_a_copy_keeps_names_scopes_gradients_and_constants(copied):
    with ad.scope("layer"):
        x = ad.Value(3.0, name="x")
        out = x * 2
    out.name = "y"
    out.backward()
    twin = copied(out)
    two = twin.operands[1]
    assert (twin.name, twin.scope, twin.grad, twin.primitive) == ("y", "layer", 1.0, ad.mul)
    assert (twin.operands[0].name, twin.operands[0].grad) == ("x", 2.0)
    assert (two.is_constant, two.has_grad) == (True, False)


@both_ways
def test_a_node_used_twice_is_one_node_in_the_copy(copied):
    x = ad.Value(3.0)
    twin = copied(x * x)
    assert twin.operands[0] is twin.operands[1]
    twin.backward()
    assert twin.operands[0].grad == 6.0


@both_ways
def test_graphs_copied_together_share_their_leaves(copied):
    w = ad.Value(3.0)
    model = {"w": w, "loss": w * w, "penalty": 2 * w}
    twin = copied(model)
    assert twin["loss"].operands[0] is twin["w"] is twin["penalty"].operands[1]
    ad.backward([twin["loss"], twin["penalty"]])
    assert (twin["w"].grad, w.has_grad) == (8.0, False)


@both_ways
def test_a_copied_leaf_may_be_changed_without_touching_the_original(copied):
    w = ad.Value(3.0)
    out = w * w
    twin = copied(w)
    twin.data = 5.0
    out.backward()
    assert (w.data, w.grad) == (3.0, 6.0)


def test_a_shallow_copy_shares_its_operands():
    x = ad.Value(3.0, name="x")
    out = x * x
    twin = copy.copy(out)
    twin.backward()
    assert all(mine is its for mine, its in zip(twin.operands, out.operands, strict=True))
    assert (x.grad, out.has_grad) == (6.0, False)


@pytest.mark.parametrize("copied", [*BOTH.values(), copy.copy], ids=[*BOTH, "copy"])
def test_a_copy_of_a_stale_graph_is_stale(copied):
    w = ad.Value(3.0, name="w")
    out = w * w
    w.data = 5.0
    twin = copied(out)
    with pytest.raises(ad.StaleValueError, match=r"^w was used by mul.*test_copies\.py"):
        twin.backward()


@both_ways
def test_a_copy_of_a_fresh_graph_on_a_changed_leaf_is_fresh(copied):
    w = ad.Value(3.0, name="w")
    w.data = 5.0
    twin = copied(w * w)
    twin.backward()
    assert twin.operands[0].grad == 10.0


def test_a_leaf_unpickled_may_be_changed_and_makes_its_graph_stale():
    twin = pickle.loads(pickle.dumps(ad.Value(3.0) * 2))
    twin.operands[0].data = 1.0
    with pytest.raises(ad.StaleValueError):
        twin.backward()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_works(protocol):
    x = ad.Value(3.0)
    twin = pickle.loads(pickle.dumps(x * x, protocol))
    assert ad.gradients(twin, twin.operands[0]) == 6.0


DEFINE = 'import autodiff as ad; ad.custom_primitive("copied_twice", "x", "2 * x", "2")\n'
LOAD = """
import pickle, sys
twin = pickle.loads(bytes.fromhex(sys.argv[1]))
print(twin.primitive.name, ad.gradients(twin, twin.operands[0]))
"""


def test_a_row_of_the_users_own_travels_in_a_pickle_by_its_name():
    row = ad.custom_primitive("copied_twice", "x", "2 * x", "2")
    pickled = pickle.dumps(row(ad.Value(3.0))).hex()
    assert printed_by(DEFINE + LOAD, pickled).split() == ["copied_twice", "2.0"]


def test_a_pickle_with_an_unknown_row_says_how_to_define_it():
    row = ad.custom_primitive("copied_twice", "x", "2 * x", "2")
    pickled = pickle.dumps(row(ad.Value(3.0))).hex()
    process = ran("import autodiff as ad\n" + LOAD, pickled)
    assert process.returncode != 0
    assert "no primitive is called 'copied_twice': define it with ad.custom_primitive" in process.stderr


def test_a_copy_of_a_row_is_the_row():
    assert copy.deepcopy(ad.sin) is copy.copy(ad.sin) is pickle.loads(pickle.dumps(ad.sin)) is ad.sin
