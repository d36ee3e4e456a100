"""Why this order: the naive depth-first replay is run for real, and its first mistake is shown."""

import pytest
from hypothesis import given, strategies as st

import autodiff as ad
from tests.explain.lectures import half_square, named


def test_the_counterexample_goes_wrong_at_a() -> None:
    replay = ad.why_order()
    assert [(visit.node.name, visit.passed_on, visit.complete) for visit in replay.visits] == [
        ("c", 1.0, 1.0), ("b", 1.0, 2.0), ("b", 2.0, 2.0),
    ]  # fmt: skip
    assert replay.first_wrong is not None and replay.first_wrong.name == "a"
    assert replay.adjoints[replay.first_wrong] == 6.0
    assert replay.first_early is not None and replay.first_early.node.name == "b"


def test_the_counterexample_is_told_in_full() -> None:
    assert str(ad.why_order()).splitlines() == [
        "naive depth-first replay from c",
        "  c̄ = 1 is passed on to b, b",
        "  b̄ = 1 is passed on to a, a   too early: complete, it is 2",
        "  b̄ = 2 is passed on to a, a",
        "first wrong node: a. The naive replay gives ā = 6, the right adjoint is 4",
        "In a topological order every node waits until all its users have contributed: "
        "b̄ = 2 goes on once.",
    ]


def test_the_right_adjoint_is_what_backward_gives() -> None:
    (a,) = named(a=1.0)
    b = a + a
    c = b + b
    c.backward()
    replay = ad.why_order(c)
    assert a.grad == 4.0 and replay.adjoints[a] == 6.0 and replay.first_wrong is a


def test_where_every_intermediate_value_is_used_once_the_naive_order_is_lucky() -> None:
    replay = ad.why_order(half_square())
    assert replay.first_wrong is None and replay.first_early is None
    assert str(replay).endswith(
        "Here it comes out right: every intermediate value is used once. That is luck, not a method."
    )


def test_a_shared_input_alone_does_no_harm() -> None:
    (x,) = named(x=3.0)
    out = x * x + x
    out.backward()
    replay = ad.why_order(out)
    assert replay.first_wrong is None and replay.adjoints[x] == x.grad == 7.0


def test_a_sum_that_only_rounds_otherwise_is_not_called_wrong() -> None:
    (x,) = named(x=1.1)
    out = (0.1 * x + 0.2 * x) + 0.3 * x
    x_bar = ad.why_order(out).adjoints[x]
    out.backward()
    assert x_bar != x.grad  # another order of adding
    assert ad.why_order(out).first_wrong is None


def test_a_zero_that_is_passed_on_twice_is_called_luck_too() -> None:
    (a,) = named(a=3.0)
    b = a * 1.0
    replay = ad.why_order(0.0 * b + 0.0 * b)
    assert replay.first_wrong is None
    assert "what was passed on too often is 0" in str(replay)


def test_the_first_wrong_node_is_the_one_nearest_the_output() -> None:
    x, y = named(x=2.0, y=3.0)
    shared = x * y
    shared.name = "shared"
    replay = ad.why_order(ad.sin(shared) + ad.cos(shared))
    assert replay.first_wrong is y  # made last, so first in the sweep; shared itself ends right
    assert replay.first_early is not None and replay.first_early.node is shared


@pytest.mark.parametrize("doublings", [14, 60, 1000])
def test_a_graph_with_too_many_paths_is_refused(doublings: int) -> None:
    (x,) = named(x=1.0)
    out = x
    for _ in range(doublings):
        out = out + out
    with pytest.raises(ValueError, match="once for every path to it: more than 10000 here"):
        ad.why_order(out)


def test_a_sum_of_many_inputs_is_no_such_graph() -> None:
    replay = ad.why_order(ad.sum([ad.Value(1.0) for _ in range(20_000)]))
    assert len(replay.visits) == 1 and replay.first_wrong is None
    assert "is passed on to a1, a2, a3, …, a20000" in str(replay)


def test_a_leaf_or_a_constant_has_no_order_to_get_wrong() -> None:
    (x,) = named(x=1.0)
    for out in (x, x.detach(), x.detach() * 2):
        replay = ad.why_order(out)
        assert replay.first_wrong is None and str(replay).startswith("naive depth-first replay from ")


@given(st.integers(1, 5))
def test_the_naive_adjoint_of_repeated_doubling_grows_as_its_recurrence_says(doublings: int) -> None:
    (x,) = named(x=1.0)
    out = x
    for _ in range(doublings):
        out = out + out
    # Passed to a node in turn: p1, p2 …, each twice; it passes on the running sums of those.
    passed = [1.0]
    for _ in range(doublings):
        arriving = [p for p in passed for _ in range(2)]
        passed = [sum(arriving[: i + 1]) for i in range(len(arriving))]
    assert ad.why_order(out).adjoints[x] == passed[-1]
    assert (ad.why_order(out).first_wrong is None) == (doublings == 1)
