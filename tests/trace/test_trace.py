"""A trace holds what the sweeps did, event by event and bit for bit."""

import dataclasses

import pytest
from hypothesis import assume, given, settings, strategies as st

import autodiff as ad
from autodiff.graph import tangents, topological_order
from autodiff.trace import ALONG_AN_EDGE, Replay, State, trace_of_one
from tests.strategies import BUILT_IN, interior_points, programs
from tests.trace.graphs import Graph, bits, graphs


def traced_gradients(outs: list[ad.Value], seeds: list[float]) -> tuple[list[str], list[str]]:
    """Return each node's last adjoint in the trace, and what backward leaves in the graph."""
    adjoints = ad.trace(outs, seeds=seeds).derivatives
    ad.backward(outs, seeds)
    order = topological_order(*outs)
    pairs = [(x, bar) for x, bar in zip(order, adjoints, strict=True) if not x.is_constant]
    return [bits(bar) for _, bar in pairs], [bits(x.grad) for x, _ in pairs]


@given(graphs())
def test_the_last_adjoints_are_those_of_backward_bit_for_bit(graph: Graph) -> None:
    traced, backward = traced_gradients(graph.outs, graph.seeds)
    assert traced == backward


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_row_is_traced_as_backward_computes_it(name: str) -> None:
    row = ad.PRIMITIVES[name]
    counts = [2, 4] if row.operands.groups == (True, True) else [1, 3] if row.operands.variadic else []
    for count in counts or [len(row.operands.names)]:
        for point in interior_points(name, (True,) * count)[::7]:
            out = row.apply([ad.Value(x) for x in point])
            traced, backward = traced_gradients([out], [1.5])
            assert traced == backward


@pytest.mark.parametrize(
    "value", [0.0, -0.0, float("inf"), float("-inf"), float("nan"), 5e-324, 1e308, -1e-310]
)
@pytest.mark.parametrize("name", [name for name in BUILT_IN if ad.PRIMITIVES[name].operands.text == "x"])
def test_special_values_are_traced_as_backward_computes_them(name: str, value: float) -> None:
    x = ad.Value(value)
    traced, backward = traced_gradients([ad.PRIMITIVES[name].apply([x]) * x], [1.0])
    assert traced == backward


def test_a_repeated_operand_has_one_contribution_for_each_edge() -> None:
    x = ad.Value(3.0)
    events = ad.trace(x * x).events
    arrived = [(e.position, e.before, e.after) for e in events if e.kind == "accumulate"]
    assert arrived == [(0, None, 3.0), (1, 3.0, 6.0)]


def test_constants_get_no_derivative() -> None:
    x = ad.Value(3.0)
    one = ad.trace(2 * x + x.detach())
    constants = {i for i, node in enumerate(one.nodes) if node.constant}
    assert len(constants) == 2
    assert all(one.derivatives[i] is None for i in constants)
    assert not constants & {event.node for event in one.events if event.kind in ALONG_AN_EDGE}


@given(graphs())
def test_reverse_events_tell_each_step_of_the_sweep(graph: Graph) -> None:
    one = ad.trace(graph.outs, seeds=graph.seeds)
    held: dict[int, float] = {}
    done: set[int] = set()
    partial = contribution = float("nan")
    for event in one.events:
        if event.kind == "evaluate":
            assert bits(event.value) == bits(one.nodes[event.node].value)
            continue
        assert event.node not in done or event.kind == "visit"  # complete is complete
        if event.kind == "visit":
            assert bits(event.value) == bits(held[event.node])
            done.add(event.node)
            continue
        if event.kind == "seed":
            assert event.before is None and event.after == event.value
            held[event.node] = event.value
            continue
        assert event.user in done and event.position is not None
        assert one.nodes[event.user].operands[event.position] == event.node
        if event.kind == "local derivative":
            partial = event.value
        elif event.kind == "contribution":
            contribution = event.value
            assert bits(contribution) == bits(held[event.user] * partial)
        else:
            assert bits(event.value) == bits(contribution)
            assert bits(event.before) == bits(held.get(event.node))
            held[event.node] = held.get(event.node, 0.0) + contribution
            assert bits(event.after) == bits(held[event.node])


@given(programs(max_steps=5))
def test_the_forward_trace_is_the_forward_sweep_and_the_jvp(program) -> None:
    out, inputs = program.recorded()
    order = topological_order(out)
    for i, x in enumerate(inputs):
        if x not in set(order):
            continue
        x_dot = ad.trace(out, mode="forward", wrt=x).derivatives
        swept = tangents(order, {x: 1.0})
        assert [number or 0.0 for number in x_dot] == [swept.get(node, 0.0) for node in order]
        direction = tuple(float(i == j) for j in range(len(inputs)))
        assert x_dot[-1] == ad.jvp(program, program.inputs, direction)[1]


def test_forward_mode_follows_the_first_input_unless_told_otherwise() -> None:
    x, y = ad.Value(2.0, name="x"), ad.Value(5.0, name="y")
    assert ad.trace(x * y, mode="forward").derivatives == (1.0, 0.0, 5.0)
    assert ad.trace(x * y, mode="forward", wrt=y).derivatives == (0.0, 1.0, 2.0)


def test_an_input_that_stands_still_adds_nothing_even_where_its_derivative_is_infinite() -> None:
    x, y = ad.Value(0.0), ad.Value(2.0)
    assert ad.trace(ad.sqrt(x) + y, mode="forward", wrt=y).derivatives[-1] == 1.0


@given(graphs())
def test_the_trace_of_one_output_among_several_is_its_own(graph: Graph) -> None:
    for out in graph.outs:
        traced = trace_of_one(out, graph.outs).derivatives
        order = topological_order(*graph.outs)
        own = dict(zip(topological_order(out), ad.trace(out).derivatives, strict=True))
        for node, x_bar in zip(order, traced, strict=True):
            if node in own:
                assert bits(x_bar) == bits(own[node])
            else:
                assert x_bar in (None, 0.0)  # of another output alone


def test_another_outputs_infinite_derivative_does_not_spoil_this_ones() -> None:
    x = ad.Value(0.0)
    y1, y2 = x * 2, ad.sqrt(x)
    one = trace_of_one(y1, [y1, y2])
    assert dict(zip(topological_order(y1, y2), one.derivatives, strict=True))[x] == 2.0


def test_an_output_that_feeds_this_one_passes_its_infinite_derivative_on() -> None:
    x = ad.Value(0.0)
    y2 = ad.sqrt(x)
    y1 = 2 * y2
    one = trace_of_one(y1, [y1, y2])
    assert dict(zip(topological_order(y1, y2), one.derivatives, strict=True))[x] == float("inf")


# ── stepping ────────────────────────────────────────────────────────────────────────────────────


def fresh(one: ad.Trace, position: int) -> State:
    """Return what is known after so many events, from the events alone."""
    values: list[float | None] = [None] * len(one.nodes)
    derivatives = list(values)
    for event in one.events[:position]:
        if event.kind == "evaluate":
            values[event.node] = event.value
        elif event.after is not None:
            derivatives[event.node] = event.after
    return State(tuple(values), tuple(derivatives))


@given(graphs(), st.sampled_from(["reverse", "forward"]), st.data())
def test_any_walk_through_the_trace_arrives_at_the_state_of_a_fresh_replay(graph, mode, data) -> None:
    assume(mode == "reverse" or not {*graph.inputs}.isdisjoint(topological_order(*graph.outs)))
    one = ad.trace(graph.outs, mode=mode)
    replay = Replay(one)
    for position in data.draw(st.lists(st.integers(0, len(one)), min_size=1, max_size=8)):
        replay.goto(position)
        assert replay.position == position
        assert replay.state == fresh(one, position) == one.at(position)


@given(graphs())
def test_back_undoes_next(graph: Graph) -> None:
    one = ad.trace(graph.outs)
    replay = Replay(one)
    forth = []
    for _ in range(len(one)):
        forth.append((replay.state, replay.next()))
    for state, event in reversed(forth):
        assert replay.back() == event
        assert replay.state == state


def test_a_replay_ends_where_the_trace_does() -> None:
    replay = Replay(ad.trace(ad.Value(1.0) * 2))
    with pytest.raises(IndexError, match="at its start"):
        replay.back()
    for outside in (-1, len(replay.trace) + 1):
        with pytest.raises(IndexError, match=f"position {outside}: the trace has 8 events"):
            replay.goto(outside)
    replay.goto(len(replay.trace))
    with pytest.raises(IndexError):
        replay.next()
    assert replay.position == len(replay.trace)


def test_not_computed_yet_is_none_and_never_zero() -> None:
    x = ad.Value(0.0)
    one = ad.trace(x * x)
    assert one.at(0) == State((None, None), (None, None))
    assert one.at(1) == State((0.0, None), (None, None))
    assert one.at(2) == State((0.0, 0.0), (None, None))
    assert one.at(3) == State((0.0, 0.0), (None, 1.0))
    assert one.at(6).derivatives == (None, 1.0)  # the contribution is known, but has not arrived
    assert one.at(7).derivatives == (0.0, 1.0)
    first = next(event for event in one.events if event.kind == "accumulate")
    assert first.before is None and first.after == 0.0


# ── what a trace is ─────────────────────────────────────────────────────────────────────────────


def test_a_trace_cannot_be_changed() -> None:
    x = ad.Value(3.0, name="x")
    one = ad.trace(x * x)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.mode = "forward"  # type: ignore[misc]
    for part, field in [(one.nodes[0], "value"), (one.events[0], "value")]:
        with pytest.raises(AttributeError):
            setattr(part, field, 7.0)
    assert all(isinstance(part, tuple) for part in (one.nodes, one.events, one.outputs, one.seeds))
    before = repr(one)
    x.data, x.name = 100.0, "z"
    assert repr(one) == before


def test_tracing_leaves_the_graph_alone() -> None:
    x = ad.Value(3.0)
    y = x * x
    ad.trace(y)
    ad.trace(y, mode="forward")
    assert not x.has_grad and not y.has_grad


def test_a_trace_refuses_what_it_cannot_follow() -> None:
    x, stranger = ad.Value(3.0), ad.Value(1.0, name="stranger")
    y = x * 2
    with pytest.raises(ValueError, match=r"stranger.* is not in the graph"):
        ad.trace(y, mode="forward", wrt=stranger)
    with pytest.raises(ValueError, match="is a constant"):
        ad.trace(y, mode="forward", wrt=y.operands[1])
    with pytest.raises(ValueError, match="no input to follow"):
        ad.trace(x.detach() * 2, mode="forward")
    with pytest.raises(ValueError, match="'reverse' or 'forward', not 'sideways'"):
        ad.trace(y, mode="sideways")  # type: ignore[arg-type]
    x.data = 4.0
    with pytest.raises(ad.StaleValueError):
        ad.trace(y)


@settings(max_examples=30)
@given(graphs())
def test_any_trace_can_be_explained(graph: Graph) -> None:
    assert ad.explain(ad.trace(graph.outs, seeds=graph.seeds)).startswith("forward")
