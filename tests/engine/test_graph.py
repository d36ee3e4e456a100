"""Algorithms on graphs: order, very long chains, very many uses, the same result every time."""

import pytest
from hypothesis import given

import autodiff as ad
from autodiff.graph import adjoints, local_derivatives, recorded_adjoints, tangents, topological_order
from tests.engine.processes import printed_by
from tests.strategies import programs

MILLION = 1_000_000


@given(programs(max_steps=10))
def test_the_order_has_every_node_once_and_operands_first(program):
    out, _ = program.recorded()
    order = topological_order(out)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is out
    for node in order:
        assert all(place[operand] < place[node] for operand in node.operands)
    assert set(order) == set(reachable(out))


def reachable(out):
    found, pending = {}, [out]
    while pending:
        node = pending.pop()
        if node not in found:
            found[node] = True
            pending.extend(node.operands)
    return found


def test_the_order_is_the_order_of_making():
    x, y = ad.Value(1.0, name="x"), ad.Value(2.0, name="y")
    left = y * y
    right = x + y
    out = right * left
    assert topological_order(out) == [x, y, left, right, out]
    assert all(a is b for a, b in zip(topological_order(out), [x, y, left, right, out], strict=True))


def test_several_outputs_have_one_order():
    x = ad.Value(1.0)
    first = x + 1
    second = first * x
    order = topological_order(second, first, second)
    assert [node for node in order if node in (first, second)] == [first, second]
    assert len(order) == len(set(order)) == 4
    assert topological_order() == []


def test_local_derivatives_are_in_operand_order():
    x, y = ad.Value(2.0), ad.Value(3.0)
    assert local_derivatives(x / y) == (1 / 3, -(2 / 3) / 3)
    assert local_derivatives(x * x) == (2.0, 2.0)


def test_adjoints_are_pure():
    x, y = ad.Value(2.0), ad.Value(3.0)
    out = x * y
    assert adjoints(topological_order(out), {out: 2.0}) == {x: 6.0, y: 4.0, out: 2.0}
    assert not any(node.has_grad for node in (x, y, out))


def test_tangents_are_adjoints_seen_from_the_other_side():
    x, y = ad.Value(2.0), ad.Value(3.0)
    out = x * y + ad.sin(x)
    order = topological_order(out)
    x_bar = adjoints(order, {out: 1.0})
    # One product and one sum in either direction, the same ones.
    assert tangents(order, {x: 1.0})[out] == x_bar[x]
    assert tangents(order, {y: 1.0})[out] == x_bar[y]


def test_a_zero_adjoint_is_recorded_too():
    x, y = ad.Value(0.0), ad.Value(3.0)
    out = x * x * y  # ∂out/∂y = x² = 0, but ∂³out/∂x²∂y = 2
    order = topological_order(out)
    y_bar = recorded_adjoints(order, {out: 1.0})[y]
    first = ad.gradients(y_bar, x, create_graph=True)
    assert (y_bar.data, first.data, ad.gradients(first, x)) == (0.0, 0.0, 2.0)


# ── size ────────────────────────────────────────────────────────────────────────────────────────

CHAIN = f"""
import autodiff as ad
x = node = ad.Value(1.0)
for _ in range({MILLION}):
    node = node + x
node.backward()
print(node.data, x.grad)
del node
print("freed", x.grad)
"""


def test_a_chain_of_a_million_nodes_is_built_goes_backward_and_is_freed():
    # In a process of its own: overflowing the C stack would be a crash, not an error.
    assert printed_by(CHAIN).split() == ["1000001.0", "1000001.0", "freed", "1000001.0"]


@pytest.mark.parametrize("depth", [20_000])
def test_a_deep_chain_can_be_differentiated_twice_and_in_forward_mode(depth):
    def f(x):
        y = x
        for _ in range(depth):
            y = y + x
        return y * y

    n = depth + 1.0
    assert ad.grad(ad.grad(f))(1.0) == ad.hessian(f)(1.0) == 2 * n * n
    assert ad.jvp(f, (1.0,), (1.0,)) == (n * n, 2 * n * n)


def test_a_leaf_may_be_used_a_million_times():
    x = ad.Value(2.0)
    out = ad.sum([x] * MILLION)
    out.backward()
    assert (out.data, x.grad) == (2.0 * MILLION, 1.0 * MILLION)


def test_a_sum_has_a_million_operands():
    xs = [ad.Value(1.0) for _ in range(MILLION)]
    out = ad.sum(xs)
    out.backward()
    assert out.data == MILLION
    assert out.operands[-1] is xs[-1]
    assert all(x.grad == 1.0 for x in xs)


# ── the same every time ─────────────────────────────────────────────────────────────────────────

PROGRAM = """
import autodiff as ad
xs = [ad.Value(0.1 * i + 0.01, name=f"x{i}") for i in range(20)]
out = ad.sum([ad.sin(x * y) for x in xs for y in xs]) + ad.prod(xs) * ad.logsumexp(xs) / ad.max(xs)
out.backward()
second = ad.gradients(ad.gradients(out, xs[3], create_graph=True), xs)
nested = ad.grad(lambda p: p["b"] * ad.exp(p["a"]))({"a": 0.3, "b": 0.7})
print(out.data.hex(), *(x.grad.hex() for x in xs), *(x.hex() for x in second))
print([(key, number.hex()) for key, number in nested.items()])
"""


def test_no_hash_has_a_say_in_any_bit():
    (text,) = {printed_by(PROGRAM, PYTHONHASHSEED=seed) for seed in ("0", "1", "4242")}
    assert text.count("0x") == 1 + 20 + 20 + 2
