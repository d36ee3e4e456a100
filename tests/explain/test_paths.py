"""The paths from an input to an output: each product, and their sum, which is the gradient."""

import math
import re

import pytest
from hypothesis import given

import autodiff as ad
from autodiff.graph import topological_order
from autodiff.notation import number
from tests.explain.lectures import half_square, named, sine_and_cosine
from tests.explain.printed import computed
from tests.strategies import programs
from tests.trace.graphs import Graph, bits, graphs

UNIT = 2.0**-53


@given(programs(max_steps=6))
def test_the_sum_of_the_products_is_the_gradient(program) -> None:
    out, inputs = program.recorded()
    out.backward()
    for x in inputs:
        found = ad.paths(out, x)
        products = [path.product for path in found]
        # A product of n factors is rounded n times and added with the others, in the sum as in the
        # gradient: each way at most (factors + terms) units of the sum of absolute products.
        longest = max((len(path.partials) for path in found), default=0)
        bound = 2 * (longest + len(found)) * UNIT * math.fsum(map(abs, products))
        assert abs(math.fsum(products) - x.grad) <= bound
        assert bits(found.total) == bits(x.grad)


@given(graphs(most_outputs=1))
def test_each_path_runs_along_edges_of_the_graph(graph: Graph) -> None:
    (out,) = graph.outs
    for x in graph.inputs:
        found = ad.paths(out, x)
        assert len(found) == found.count
        assert len({(path.nodes, path.positions) for path in found}) == found.count
        for path in found:
            assert path.nodes[0] is x and path.nodes[-1] is out
            assert not any(node.is_constant for node in path.nodes)
            edges = zip(path.nodes, path.nodes[1:], path.positions, path.partials, strict=False)
            for tail, head, position, partial in edges:
                assert head.operands[position] is tail
                values = [operand.data for operand in head.operands]
                assert partial == head.primitive.partials(head.data, *values)[position]


def test_a_repeated_operand_gives_a_path_for_each_place() -> None:
    (x,) = named(x=3.0)
    found = ad.paths(x * x, x)
    assert [(path.positions, path.product) for path in found] == [((0,), 3.0), ((1,), 3.0)]
    assert (found.count, found.total) == (2, 6.0)


def test_many_paths_are_counted_and_summed_without_listing_them() -> None:
    (x,) = named(x=1.0)
    out = x
    for _ in range(40):
        out = out + out
    found = ad.paths(out, x)
    assert (found.count, found.total, len(found)) == (2**40, 2.0**40, 0)
    assert str(found) == "1099511627776 paths, too many to list\n∂a41/∂x = 1.1e+12"


def test_no_more_paths_are_listed_than_asked_for() -> None:
    (x,) = named(x=1.0)
    out = x * x + x
    assert len(ad.paths(out, x, most=3)) == 3
    fewer = ad.paths(out, x, most=2)
    assert (len(fewer), fewer.count, fewer.total) == (0, 3, 3.0)


def test_from_a_node_to_itself_leads_the_empty_path() -> None:
    (x,) = named(x=3.0)
    (path,) = found = ad.paths(x, x)
    assert (path.nodes, path.partials, path.product) == ((x,), (), 1.0)
    assert (found.count, found.total) == (1, 1.0)
    assert str(found) == "x: 1 = 1\n∂x/∂x = 1"


def test_what_is_not_connected_has_no_path() -> None:
    x, stranger = named(x=3.0, s=1.0)
    for unconnected in (stranger, x * 2):
        found = ad.paths(x * x, unconnected)
        assert (found.count, found.total, list(found)) == (0, 0.0, [])
    assert str(ad.paths(x * x, stranger)) == "no path: s and a2 are not connected"


def test_no_path_starts_from_a_constant() -> None:
    (x,) = named(x=3.0)
    out = 2 * x + x.detach()
    for constant in (out.operands[0].operands[0], out.operands[1]):
        assert constant.is_constant
        found = ad.paths(out, constant)
        assert (found.count, found.total) == (0, 0.0)
        assert "are not connected" in str(found)


def test_a_path_may_start_at_an_intermediate_node() -> None:
    (x,) = named(x=3.0)
    a = x * x
    assert ad.paths(a * x + a, a).total == 4.0


def test_a_path_through_a_hundred_thousand_nodes_is_found() -> None:
    (x,) = named(x=3.0)
    out = x
    for _ in range(100_000):
        out = -out
    (path,) = ad.paths(out, x)
    assert len(path.nodes) == 100_001 and path.product == 1.0


def test_paths_are_a_sequence() -> None:
    (x,) = named(x=3.0)
    found = ad.paths(x * x, x)
    assert found[1] is list(found)[1] and len(found) == 2


# ── in writing ──────────────────────────────────────────────────────────────────────────────────


def test_paths_in_writing_go_from_the_input_and_multiply_from_the_output() -> None:
    out = half_square()
    w = topological_order(out)[0]
    assert str(ad.paths(out, w)) == "w → a4 → a5 → a6 → L: 0.5 · (-2) · (-1) · 3 = 3\n∂L/∂w = 3"


def test_the_sum_is_named_where_there_are_several_paths() -> None:
    (x,) = named(x=3.0)
    assert str(ad.paths(x * x + x, x)) == (
        "x → a2 → a3: 1 · 3 = 3\nx → a2 → a3: 1 · 3 = 3\nx → a3: 1 = 1\nsum of 3 paths\n∂a3/∂x = 7"
    )


@given(graphs(most_outputs=1))
def test_computing_a_printed_product_gives_the_printed_number(graph: Graph) -> None:
    for x in graph.inputs:
        for line in str(ad.paths(graph.outs[0], x)).splitlines():
            printed = re.fullmatch(r".*: (.*) = (\S+)", line)
            if printed and "…" not in printed[1] and "no path" not in line:
                assert number(computed(printed[1]), 4) == printed[2]


def test_a_long_product_is_abbreviated() -> None:
    (x,) = named(x=1.0)
    out = x
    for _ in range(30):
        out = 2 * out
    assert str(ad.paths(out, x)).splitlines()[0].endswith(": 2 · 2 · 2 · … · 2 = 1.074e+09")


def test_the_lectures_path_from_w1() -> None:
    y1, _ = sine_and_cosine()
    w1 = y1.operands[0].operands[0].operands[0]
    (path,) = ad.paths(y1, w1)
    assert path.product == pytest.approx(math.cos(1.1) * 0.3, rel=4 * UNIT)
