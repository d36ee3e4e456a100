"""The two worked graphs of the lectures print the lectures' numbers."""

import textwrap

import pytest
from hypothesis import given

import autodiff as ad
from autodiff.explain import rendered
from autodiff.explain.document import explanation
from autodiff.graph import topological_order
from autodiff.trace import Trace
from tests.explain.lectures import half_square, named, sine_and_cosine
from tests.explain.printed import Row, explained, rows
from tests.trace.graphs import Graph, graphs

FORWARD_6 = [
    ("a4", "w1·x", "2 · 0.3", "0.6"),
    ("a5", "a4 + w0", "0.6 + 0.5", "1.1"),
    ("y1", "sin(a5)", "sin(1.1)", "0.8912"),
    ("y2", "cos(a5)", "cos(1.1)", "0.4536"),
]


def plain(row: Row) -> tuple[str, str, str, str]:
    return (row.head + " +=" * row.adds, row.formula, row.put_in, row.result)


def sweep(printed: str, title: str) -> list[tuple[str, str, str, str]]:
    """Return the lines of the sweep called ``title``."""
    return [plain(row) for row in rows(printed.partition(f"\n{title}\n")[2].partition("\n\n")[0])]


def summary(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("∂")]


def test_half_a_square_prints_the_table_of_the_lecture() -> None:
    assert ad.explain(half_square()) == textwrap.dedent("""\
        forward                          reverse, from L
         a1  w                =  2        L̄                                     =  1
         a2  x                =  3        ā6 +=  L̄·(1 / 2)  = 1 · (1 / 2)       =  0.5
         a3  y                =  5        ā5 +=  ā6·(2·a5)  = 0.5 · (2 · (-1))  = -1
         a4  w·x     = 2 · 3  =  6        ȳ +=   ā5·1       = -1 · 1            = -1
         a5  y - a4  = 5 - 6  = -1        ā4 +=  ā5·(-1)    = -1 · (-1)         =  1
         a6  a5²     = (-1)²  =  1        w̄ +=   ā4·x       = 1 · 3             =  3
         L   a6 / 2  = 1 / 2  =  0.5      x̄ +=   ā4·w       = 1 · 2             =  2

        ∂L/∂w = 3    ∂L/∂x = 2    ∂L/∂y = -1

        1 reverse pass; forward mode would need 3
        """)


def test_sine_and_cosine_are_broken_into_the_lectures_operations() -> None:
    printed = explained(sine_and_cosine())
    table = printed.partition("\n\n")[0]
    assert [plain(row) for row in rows(table)] == [
        ("a1", "w0", "", "0.5"), ("a2", "w1", "", "2"), ("a3", "x", "", "0.3"), *FORWARD_6,
    ]  # fmt: skip


def test_sine_and_cosine_have_the_six_derivatives_of_the_lecture() -> None:
    assert summary(ad.explain(sine_and_cosine())) == [
        "∂y1/∂w0 = 0.4536    ∂y1/∂w1 = 0.1361    ∂y1/∂x = 0.9072",
        "∂y2/∂w0 = -0.8912    ∂y2/∂w1 = -0.2674    ∂y2/∂x = -1.7824",
    ]


@pytest.mark.parametrize(
    ("input_name", "dotted"),
    [
        ("w0", [("ȧ4", "0"), ("ȧ5", "1"), ("ẏ1", "0.4536"), ("ẏ2", "-0.8912")]),
        ("w1", [("ȧ4", "0.3"), ("ȧ5", "0.3"), ("ẏ1", "0.1361"), ("ẏ2", "-0.2674")]),
        ("x", [("ȧ4", "2"), ("ȧ5", "2"), ("ẏ1", "0.9072"), ("ẏ2", "-1.7824")]),
    ],
)
def test_the_dotted_column_of_each_input(input_name: str, dotted: list[tuple[str, str]]) -> None:
    outs = sine_and_cosine()
    wrt = next(node for node in topological_order(*outs) if node.name == input_name)
    document = explanation(outs, mode="forward", wrt=wrt)
    column = sweep(rendered(document, "text", width=1), f"forward mode, along {input_name}")
    seeds = {head: result for head, formula, _, result in column if not formula}
    assert seeds == {"ẇ0": "0", "ẇ1": "0", "ẋ": "0"} | {
        {"w0": "ẇ0", "w1": "ẇ1", "x": "ẋ"}[input_name]: "1"
    }
    assert [(head, result) for head, formula, _, result in column if formula] == dotted
    assert [formula for _, formula, _, _ in column if formula] == [
        "x·ẇ1 + w1·ẋ", "ȧ4 + ẇ0", "cos(a5)·ȧ5", "-sin(a5)·ȧ5",
    ]  # fmt: skip


def test_the_barred_column_from_each_output() -> None:
    printed = explained(sine_and_cosine())
    assert sweep(printed, "reverse, from y2") == [
        ("ȳ1", "", "", "0"),
        ("ȳ2", "", "", "1"),
        ("ā5 +=", "ȳ2·(-sin(a5))", "1 · (-sin(1.1))", "-0.8912"),
        ("ā5 +=", "ȳ1·cos(a5)", "0 · cos(1.1)", "0"),
        ("ā5", "", "-0.8912 + 0", "-0.8912"),
        ("ā4 +=", "ā5·1", "-0.8912 · 1", "-0.8912"),
        ("w̄0 +=", "ā5·1", "-0.8912 · 1", "-0.8912"),
        ("w̄1 +=", "ā4·x", "-0.8912 · 0.3", "-0.2674"),
        ("x̄ +=", "ā4·w1", "-0.8912 · 2", "-1.7824"),
    ]
    from_y1 = sweep(printed, "reverse, from y1")
    assert [(head, result) for head, _, _, result in from_y1] == [
        ("ȳ1", "1"), ("ȳ2", "0"), ("ā5 +=", "0"), ("ā5 +=", "0.4536"), ("ā5", "0.4536"),
        ("ā4 +=", "0.4536"), ("w̄0 +=", "0.4536"), ("w̄1 +=", "0.1361"), ("x̄ +=", "0.9072"),
    ]  # fmt: skip


def test_both_modes_show_both_columns_and_what_they_cost() -> None:
    printed = ad.explain(sine_and_cosine(), mode="both")
    values, both, *_ = printed.split("\n\n")
    assert values.startswith("forward\n a1  w0 ")
    assert both.splitlines()[0].split("  ")[0] == "forward mode, along w0"
    assert both.splitlines()[0].endswith("  reverse, from y1")
    assert "\nreverse, from y2\n" in printed
    assert printed.endswith(
        textwrap.dedent("""\
        for all derivatives  passes  multiplications a pass  additions a pass  values kept
        forward mode         3       6                       2                 4
        reverse mode         2       6                       1                 7
        One pass costs about the same in both modes: reverse mode is cheaper here.
        """)
    )


def test_the_other_mode_is_said_to_need_how_many_passes() -> None:
    outs = sine_and_cosine()
    assert "\n2 reverse passes; forward mode would need 3\n" in ad.explain(outs)
    assert "\n1 of 3 forward passes; reverse mode would need 2\n" in ad.explain(outs, mode="forward")


def test_a_value_is_shown_as_the_program_computed_it() -> None:
    (x,) = named(x=3.0)
    for out, formula, put_in in [
        (x**0.0, "x**0", "3**0"), (x**1.0, "x**1", "3**1"), (1.0 * x, "1·x", "1 · 3"),
    ]:  # fmt: skip
        row = rows(explained(out))[1]
        assert (row.formula, row.put_in) == (formula, put_in)


def test_equal_numbers_of_passes_make_no_mode_cheaper() -> None:
    (x,) = named(x=1.0)
    assert "same in both modes: both need 1 here." in ad.explain(ad.sin(x), mode="both")


# ── the counts, counted again from the events ───────────────────────────────────────────────────


def multiplications(one: Trace) -> int:
    return sum(event.kind == "contribution" for event in one.events)


def additions(one: Trace) -> int:
    return sum(event.kind == "accumulate" and event.before is not None for event in one.events)


def most_alive(one: Trace) -> int:
    """Return the peak of values that a later operation, or the reader of the outputs, still needs."""
    return max(
        sum(
            made <= now
            and not node.constant
            and (made == now or made in one.outputs
                 or any(made in later.operands for later in one.nodes[now:]))
            for made, node in enumerate(one.nodes)
        )
        for now in range(len(one.nodes))
        if not one.nodes[now].constant
    )  # fmt: skip


@given(graphs())
def test_the_costs_are_those_of_the_events(graph: Graph) -> None:
    document = explanation(graph.outs)
    forward, reverse = document.costs
    one = ad.trace(graph.outs)
    variables = [node for node in one.nodes if not node.constant]
    assert reverse.passes == len(graph.outs)
    assert forward.passes == sum(not node.operands for node in variables)
    assert reverse.multiplications == forward.multiplications == multiplications(one)
    assert reverse.additions == additions(one)
    if forward.passes:
        ahead = ad.trace(graph.outs, mode="forward")
        assert (forward.multiplications, forward.additions) == (multiplications(ahead), additions(ahead))
    assert reverse.kept == len(variables)
    assert forward.kept == most_alive(one)


def test_forward_mode_keeps_few_values_of_a_long_chain_and_reverse_mode_all() -> None:
    (x,) = named(x=0.5)
    out = x
    for _ in range(100):
        out = ad.sin(out)
    forward, reverse = explanation(out).costs
    assert (forward.kept, reverse.kept) == (2, 101)
