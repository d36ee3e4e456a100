"""With ``why``, every line has its sentence: the rule, the sum, the zero, the kink."""

import re

import pytest
from hypothesis import given

import autodiff as ad
from autodiff.explain.document import explanation
from tests.explain.lectures import half_square, named, sine_and_cosine
from tests.explain.printed import explained, rows
from tests.strategies import BUILT_IN
from tests.trace.graphs import Graph, graphs


def reasons(out: ad.Value, *, mode: str = "reverse") -> dict[str, list[str]]:
    """Return the sentences of each symbol's lines."""
    found: dict[str, list[str]] = {}
    for sweep in explanation(out, mode=mode).sweeps:  # type: ignore[arg-type]
        for line in sweep.lines:
            found.setdefault(line.symbol.name, []).append(line.sentence)
    return found


def test_a_contribution_is_error_from_above_times_local_derivative() -> None:
    assert reasons(half_square())["w"] == [
        "Error from above ā4 = 1 times the local derivative ∂a4/∂w = x = 3."
    ]


def test_a_local_derivative_that_is_a_number_is_said_once() -> None:
    assert reasons(half_square())["y"] == [
        "Error from above ā5 = -1 times the local derivative ∂a5/∂y = 1."
    ]


def test_the_sweep_says_where_it_starts() -> None:
    assert reasons(half_square())["L"] == ["The sweep starts here: ∂L/∂L = 1."]
    y1, y2 = sine_and_cosine()
    first, second = (sweep.lines for sweep in explanation([y1, y2]).sweeps)
    assert second[0].sentence == "The sweep starts from another output, so ȳ1 starts at 0."
    assert first[0].sentence == "The sweep starts here: ∂y1/∂y1 = 1."


# ── the sum ─────────────────────────────────────────────────────────────────────────────────────


def test_a_shared_node_shows_each_contribution_and_their_sum() -> None:
    (x,) = named(x=3.0)
    lines = [row for row in rows(explained(x * x + x)) if row.head == "x̄"]
    assert [(row.adds, row.put_in, row.result) for row in lines] == [
        (True, "1 · 1", "1"), (True, "1 · 3", "3"), (True, "1 · 3", "3"), (False, "1 + 3 + 3", "7"),
    ]  # fmt: skip


def test_the_sum_says_which_nodes_are_fed_and_how_often() -> None:
    (x,) = named(x=3.0)
    assert reasons(x * x + x)["x"][-1] == (
        "+= because x feeds a2 (2 times) and a3: a change of x reaches the output along each of these "
        "ways, and the effects add."
    )


def test_an_output_that_feeds_another_says_so() -> None:
    (x,) = named(x=3.0)
    a = ad.sin(x)
    a.name = "a"
    lines = explanation([ad.exp(a), a]).sweeps[1].lines
    assert "+= because a feeds a3 and is an output itself: " in lines[3].sentence


@given(graphs())
def test_a_sum_is_shown_exactly_where_more_than_one_number_arrives(graph: Graph) -> None:
    for sweep in explanation(graph.outs).sweeps:
        arrived: dict[int, int] = {}
        for event in sweep.trace.events:
            arrived[event.node] = arrived.get(event.node, 0) + (event.after is not None)
        sums = [line.node for line in sweep.lines if line.operator == "=" and line.formula is not None]
        assert sorted(sums) == sorted(node for node, count in arrived.items() if count > 1)


# ── three kinds of zero ─────────────────────────────────────────────────────────────────────────


def test_zero_because_nothing_arrives_from_above() -> None:
    (x,) = named(x=1.0)
    assert reasons(0.0 * ad.sin(x))["x"] == [
        "Error from above ā2 = 0 times the local derivative ∂a2/∂x = cos(x) = 0.5403. "
        "It is 0 because nothing arrives from above: ā2 = 0."
    ]


def test_zero_because_nothing_changes_here() -> None:
    (x,) = named(x=0.0)
    assert reasons(ad.square(x))["x"] == [
        "Error from above ā2 = 1 times the local derivative ∂a2/∂x = 2·x = 0. "
        "It is 0 because a2 does not change with x here."
    ]


def test_zero_because_the_product_is_too_small() -> None:
    (x,) = named(x=1e-200)
    assert reasons(1e-300 * ad.square(x))["x"][0].endswith(
        "It is too small for a floating-point number."
    )


def test_what_is_not_connected_is_no_zero() -> None:
    x, w = named(x=2.0, w=3.0)
    y1, y2 = 2 * x, ad.sin(w)
    y1.name, y2.name = "y1", "y2"
    for mode in ("reverse", "both"):
        printed = ad.explain([y1, y2], mode=mode)  # type: ignore[arg-type]
        assert "∂y1/∂x = 2    ∂y1/∂w: not connected\n" in printed
        assert "∂y2/∂x: not connected    ∂y2/∂w = -0.99\n" in printed
    forward = ad.explain([y1, y2], mode="forward", wrt=w)
    assert "∂y1/∂w: not connected" in forward and "∂y2/∂w = -0.99\n" in forward
    assert r"\frac{\partial y_{1}}{\partial w} & \text{: not connected}" in ad.explain(
        [y1, y2], format="latex"
    )


def test_a_connected_zero_is_a_number() -> None:
    (x,) = named(x=-1.0)
    assert "∂a2/∂x = 0\n" in ad.explain(ad.relu(x))


def test_the_zero_of_another_output_adds_nothing_to_an_infinite_derivative() -> None:
    (x,) = named(x=0.0)
    y1, y2 = 2 * x, ad.sqrt(x)
    y1.name, y2.name = "y1", "y2"
    assert "∂y1/∂x = 2\n∂y2/∂x = inf\n" in ad.explain([y1, y2])


# ── kinks and textbooks ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "out",
    [
        lambda x: ad.relu(x), lambda x: ad.abs(x), lambda x: ad.leaky_relu(x), lambda x: ad.sign(x),
        lambda x: ad.floor(x), lambda x: ad.max(x, 0.0), lambda x: ad.min(x, 0.0),
        lambda x: ad.max(x, 2 * x), lambda x: ad.clamp(x, 0.0, 1.0), lambda x: ad.hypot(x, x),
        lambda x: ad.elu(x),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_a_kink_names_its_convention(out, mode: str) -> None:
    (x,) = named(x=0.0)
    y = out(x)
    said = " ".join(sentence for some in reasons(y, mode=mode).values() for sentence in some)
    assert f"where the derivative jumps. By convention {y.primitive.convention}." in said
    assert "lower_bound" not in said.partition("convention")[0]  # the user called it max


def test_away_from_a_kink_there_is_no_convention() -> None:
    (x,) = named(x=0.25)
    said = " ".join(reasons(ad.relu(x) + ad.abs(x) + ad.max(x, 0.0))["x"])
    assert "onvention" not in said


def test_the_form_of_textbooks_is_mentioned_where_the_rule_differs() -> None:
    (x,) = named(x=1.0)
    assert reasons(ad.tanh(x))["x"] == [
        "Error from above ā2 = 1 times the local derivative ∂a2/∂x = sech(x)² = 0.42. "
        "Textbooks write 1 - a2², which is equal up to rounding."
    ]
    assert "Textbooks" not in reasons(ad.sin(x))["x"][0]


def test_a_textbook_form_that_fails_here_is_not_called_equal() -> None:
    (x,) = named(x=20.0)
    assert reasons(ad.tanh(x))["x"][0].endswith("Textbooks write 1 - a2², which gives 0 here.")
    (x,) = named(x=0.0)
    assert reasons(x**0.0)["x"][0].endswith("Textbooks write 0·x**(-1), which gives nan here.")


# ── forward mode ────────────────────────────────────────────────────────────────────────────────


def test_forward_mode_says_what_moves_and_what_can_be_forgotten() -> None:
    y1, y2 = sine_and_cosine()
    said = reasons(y1, mode="forward")
    assert said["w0"] == ["This is the input that is followed: ∂w0/∂w0 = 1."]
    assert said["x"] == ["x stands still while w0 moves: ẋ = 0."]
    assert said["a4"] == [
        "a4 moves with w1 and x: each local derivative times that operand's tangent. "
        "w1 and x can be forgotten now."
    ]
    assert said["y1"] == [
        "y1 moves with a5: the local derivative times its tangent. a5 can be forgotten now."
    ]
    with_y2_to_come = explanation([y1, y2], mode="forward").sweeps[0].lines[5]
    assert with_y2_to_come.sentence == "y1 moves with a5: the local derivative times its tangent."


def test_an_output_is_never_forgotten() -> None:
    (x,) = named(x=1.0)
    a = ad.sin(x)
    lines = explanation([a, ad.exp(a)], mode="forward").sweeps[0].lines
    assert not lines[-1].sentence.endswith("forgotten now.")


# ── every sentence ──────────────────────────────────────────────────────────────────────────────


@given(graphs())
def test_every_line_of_a_sweep_has_sentences(graph: Graph) -> None:
    for sweep in explanation(graph.outs, mode="both").sweeps:
        for line in sweep.lines:
            assert re.match(r"[A-Za-z+].*[^.]\.$", line.sentence)
            assert "  " not in line.sentence and "None" not in line.sentence


@pytest.mark.parametrize("name", BUILT_IN)
def test_no_sentence_shows_a_placeholder(name: str) -> None:
    row = ad.PRIMITIVES[name]
    count = 4 if row.operands.variadic else len(row.operands.names)
    out = row.apply([ad.Value(0.5 + i / 8, name=f"x{i}") for i in range(count)])
    for mode in ("reverse", "forward"):
        assert "$" not in str(reasons(out, mode=mode))
        assert "$" not in explained(out, mode=mode, why=True)
