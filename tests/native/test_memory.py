"""Nodes are freed when nobody refers to them: at once, without deep recursion, without a rest."""

import gc
import sys
import threading
import weakref

import pytest

import autodiff as ad
from tests.engine.processes import printed_by

needs_native = pytest.mark.skipif(not ad.__native__, reason="the compiled core is not the one that runs")

MILLION = 1_000_000


def small_graph() -> tuple[ad.Value, ad.Value]:
    x = ad.Value(0.5, name="x")
    wide = ad.sum(x, x * 2, ad.sin(x), 3 - x)
    return x, (wide * x + ad.max(x, wide)).tanh()


@pytest.mark.parametrize("step", ["x = -x", "x = x + 1", "x = 1 + x", "x = ad.sum(x, x, x)"])
def test_a_chain_of_a_million_nodes_is_freed_without_recursion(step: str) -> None:
    # A small stack: freeing that recurs for every node would end the process.
    code = f"""
import resource, autodiff as ad
resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))
import threading
threading.stack_size(512 * 1024)
def run():
    x = ad.Value(1.0)
    for _ in range({MILLION // 4 if "sum" in step else MILLION}):
        {step}
    del x
    print("freed")
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""
    pytest.importorskip("resource")
    assert printed_by(code) == "freed\n"


def test_a_node_is_gone_as_soon_as_nobody_refers_to_it() -> None:
    gc.disable()  # no collector is needed
    try:
        x, out = small_graph()
        inner = weakref.ref(out.operands[0])
        out.backward()
        assert inner() is not None
        del out
        assert inner() is None
        assert x.has_grad
    finally:
        gc.enable()


def test_backward_leaves_the_reference_counts_as_they_were() -> None:
    x, out = small_graph()
    nodes = ad.graph.topological_order(out)
    before = [sys.getrefcount(node) for node in nodes]
    out.backward()
    ad.gradients(out, [x])
    assert [sys.getrefcount(node) for node in nodes] == before


def test_operations_hold_their_operands_once_each() -> None:
    x = ad.Value(2.0)
    before = sys.getrefcount(x)
    out = x * x
    assert sys.getrefcount(x) == before + 2
    out = ad.sum(x, x, x)
    assert sys.getrefcount(x) == before + 3
    del out
    assert sys.getrefcount(x) == before


def test_refused_operations_leave_nothing_behind() -> None:
    x = ad.Value(-1.0, name="x")
    before = sys.getrefcount(x)
    for _ in range(50):
        with pytest.raises(TypeError):
            x + "1"  # type: ignore[operator]
        with ad.strict(), pytest.raises(ad.DomainError):
            ad.log(x)
    gc.collect()  # tracebacks refer to frames, and these to x
    assert sys.getrefcount(x) == before


BUILDING_AND_DROPPING = """
import resource, sys, autodiff as ad
def step():
    xs = [ad.Value(float(i)) for i in range(50)]
    total = xs[0]
    for x in xs:
        total = total * 0.5 + ad.tanh(x) * x + ad.sum(x, total, 1.0)
    total.backward()
def pages():
    return int(open("/proc/self/statm").read().split()[1])
for _ in range(200):
    step()
before = pages()
for _ in range(1000):
    step()
print(pages() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells the memory in use")
def test_building_and_dropping_graphs_a_thousand_times_leaves_memory_flat() -> None:
    # 1000 graphs of 550 nodes would be 13000 pages; a few may come and go with the allocator.
    assert int(printed_by(BUILDING_AND_DROPPING)) < 130


@needs_native
def test_a_compiled_node_takes_at_most_96_bytes_and_is_not_tracked() -> None:
    x = ad.Value(1.0)
    assert sys.getsizeof(x * x) <= 96
    assert not gc.is_tracked(x)


FEW_THAT_STAY = """
import autodiff as ad
def pages():
    return int(open("/proc/self/statm").read().split()[1])
before = pages()
nodes = [ad.Value(1.0) for _ in range(1_000_000)]
full = pages() - before
print(full > 90 * 1_000_000 / 4096)
del nodes[1::2]
more = [ad.Value(2.0) for _ in range(400_000)]  # made where the others were
print(pages() - before < 1.1 * full)
few = nodes[::10_000]
del nodes, more
nodes = [ad.Value(3.0) for _ in range(900_000)]
print(pages() - before < 1.1 * full, sum(x.data for x in few), sum(x.data for x in nodes))
del nodes, few
print(pages() - before < 0.3 * full)
"""


@needs_native
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells the memory in use")
def test_memory_of_nodes_is_used_again_and_given_back() -> None:
    assert printed_by(FEW_THAT_STAY) == "True\nTrue\nTrue 50.0 2700000.0\nTrue\n"


@pytest.mark.parametrize("kept", [1, 2, 3, 7, 700])
def test_nodes_made_where_others_were_freed_are_nodes_of_their_own(kept: int) -> None:
    """Of many nodes every ``kept``-th stays, over and over: no two of those alive share a place."""
    alive: list[ad.Value] = []
    for turn in range(20):
        made = [ad.Value(1000.0 * turn + i) for i in range(900)]
        alive += made[::kept]
        del made
        alive = alive[turn % 3 :: 2]
        numbers = [x.data for x in alive]
        assert len(set(numbers)) == len(numbers) == len(set(map(id, alive)))
    assert sum(alive).data == sum(x.data for x in alive)


def test_a_callback_of_a_weak_reference_finds_the_node_gone() -> None:
    x = ad.Value(2.0)
    out = x
    references = []
    seen = []
    for _ in range(50):
        out = out * 2
        references.append(weakref.ref(out, lambda gone: seen.append((gone(), (ad.Value(1.0) * 2).data))))
    del out
    assert seen == [(None, 2.0)] * 50
    assert not any(reference() for reference in references)


LARGE_AGAIN_AND_AGAIN = """
import autodiff as ad
def pages():
    return int(open("/proc/self/statm").read().split()[1])
before = pages()
for _ in range(3):
    y = ad.Value(1.0)
    for _ in range(1_000_000):
        y = y + 1.0
    full = pages() - before
    del y
    print(pages() - before < 0.3 * full)
kept = [ad.Value(0.0) for _ in range(1_000_000)][::20_000]  # one node holds an arena, no more
print(pages() - before < 0.5 * full)
"""


@needs_native
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells the memory in use")
def test_every_large_graph_gives_its_memory_back() -> None:
    assert printed_by(LARGE_AGAIN_AND_AGAIN) == "True\n" * 4


def test_a_callback_that_holds_things_up_does_not_keep_others_from_freeing() -> None:
    inside, done = threading.Event(), threading.Event()
    x = ad.Value(1.0)
    reference = weakref.ref(x, lambda _: (inside.set(), done.wait(60)))

    def others() -> None:
        inside.wait(60)
        y = ad.Value(2.0)
        for _ in range(100):
            y = y * 1.0
        last = weakref.ref(y)
        del y
        freed.append(last() is None)
        done.set()

    freed: list[bool] = []
    thread = threading.Thread(target=others)
    thread.start()
    del x
    thread.join()
    assert freed == [True] and reference() is None


def test_a_value_has_no_state_to_be_set_from_outside() -> None:
    with pytest.raises(AttributeError):
        ad.Value(1.0).__setstate__(())  # type: ignore[attr-defined]
