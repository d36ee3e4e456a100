"""The promise of every table: computing a printed expression gives the printed number."""

import math

import pytest
from hypothesis import given, settings

import autodiff as ad
from autodiff.explain.document import explanation
from autodiff.formulas import ELLIPSIS
from autodiff.notation import number
from autodiff.trace import trace_of_one
from tests.explain.printed import DIGITS, computed, explained, rows
from tests.strategies import BUILT_IN, interior_points
from tests.trace.graphs import Graph, bits, graphs

EDGES = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    40.0,
    -40.0,
    1e-9,
    1e9,
    1e-200,
    -1e200,
    5e-324,
    math.inf,
    -math.inf,
    math.nan,
)


def check_substituted(outs, digits: int) -> int:
    """Check each expression with numbers in it, in all three modes; return how many there were."""
    checked = 0
    for mode in ("reverse", "forward"):
        printed = explained(outs, mode=mode, digits=digits)
        for row in rows(printed):
            if row.put_in and ELLIPSIS not in row.put_in:
                value = computed(row.put_in)
                assert number(value, digits) == row.result, row
                checked += 1
    return checked


def check_symbolic(outs) -> int:
    """Check each formula in symbols, with the printed numbers in full put in for its names."""
    checked = 0
    for mode in ("reverse", "forward"):
        known: dict[str, float] = {}
        for row in rows(explained(outs, mode=mode, digits=17)):
            result = float(row.result)
            if row.put_in and row.formula and ELLIPSIS not in row.formula:
                value = computed(row.formula, known)
                # A power may round the square of a rule (z·z) to the next float: once for each ².
                slack = row.formula.count("²") * 2**-52 * abs(result)
                assert value == result or abs(value - result) <= slack or row.result == "nan", row
                assert math.isnan(value) == (row.result == "nan")
                checked += 1
            known[row.head if row.put_in or not row.formula else row.formula] = result
    return checked


def counts(row: ad.Primitive) -> list[int]:
    if row.operands.groups == (True, True):
        return [2, 4]
    return [1, 2, 3] if row.operands.variadic else [len(row.operands.names)]


def applied(row: ad.Primitive, point: tuple[float, ...]) -> ad.Value:
    """Return a row of named variables; row.apply also reaches rows that have no public function."""
    return row.apply([ad.Value(x, name=f"x{i}") for i, x in enumerate(point)])


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_every_row_prints_what_it_computes(name: str, digits: int) -> None:
    row = ad.PRIMITIVES[name]
    for count in counts(row):
        points = interior_points(name, (True,) * count)
        assert points
        for point in points[:: max(1, len(points) // 8)]:
            # Squared, so that the adjoint that arrives is not 1.
            assert check_substituted(ad.square(applied(row, point)), digits) >= 5


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_rows_formula_in_symbols_gives_the_number(name: str) -> None:
    row = ad.PRIMITIVES[name]
    for count in counts(row):
        points = interior_points(name, (True,) * count)
        for point in points[:: max(1, len(points) // 8)]:
            assert check_symbolic(ad.exp(0.3 * applied(row, point))) >= 5


@pytest.mark.parametrize("digits", DIGITS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_every_row_prints_what_it_computes_at_kinks_edges_and_outside_its_domain(
    name: str, digits: int
) -> None:
    row = ad.PRIMITIVES[name]
    for x in EDGES:
        for count in counts(row)[-1:]:
            point = (x, *(2.0, x, -1.0)[: count - 1])
            assert check_substituted(applied(row, point), digits)


@pytest.mark.parametrize(
    "name", [name for name in BUILT_IN if len(ad.PRIMITIVES[name].operands.names) == 2]
)
def test_constants_among_the_operands_are_printed_as_numbers(name: str) -> None:
    row = ad.PRIMITIVES[name]
    for moving in [(True, False), (False, True)]:
        for point in interior_points(name, moving)[::9]:
            operands = [ad.Value(x, name="x") if m else x for x, m in zip(point, moving, strict=True)]
            assert check_substituted(row.apply(operands), 17)
            assert check_symbolic(row.apply(operands))


@settings(max_examples=60)
@given(graphs())
def test_every_graph_prints_what_it_computes(graph: Graph) -> None:
    connected = [out for out in graph.outs if out.operands]
    for digits in DIGITS if connected else ():
        assert check_substituted(connected, digits) > 0


@settings(max_examples=60)
@given(graphs())
def test_every_graphs_formulas_in_symbols_give_the_numbers(graph: Graph) -> None:
    connected = [out for out in graph.outs if out.operands]
    if connected:
        assert check_symbolic(connected) > 0


def test_a_square_whose_power_rounds_otherwise_is_multiplied_out() -> None:
    # The rule square(z) is z·z; the C library's pow(z, 2) may be one unit in the last place off.
    for i in range(20_000):
        x = ad.Value(0.1 + i / 7919)
        sech = ad.sech(x.data)
        if ad.pow(sech, 2.0) != sech * sech:
            break
    else:
        pytest.skip("this C library squares exactly")
    line = next(row for row in rows(explained(ad.tanh(x), digits=17)) if row.adds)
    assert "²" in line.formula and "²" not in line.put_in
    assert computed(line.put_in) == float(line.result) == sech * sech


def test_the_sign_of_a_zero_is_printed_where_it_matters() -> None:
    z = ad.Value(-0.0, name="z")
    quotient = rows(explained(1 / z))[1]
    assert (quotient.put_in, quotient.result) == ("1 / -0", "-inf")
    assert rows(explained(2 * z))[1].put_in == "2 · 0"


def test_a_rounded_operand_gets_the_digits_that_its_result_needs() -> None:
    x = ad.Value(1.0001234, name="x")
    row = rows(explained(x - 1, digits=4))[1]
    assert (row.put_in, row.result) == ("1.0001234 - 1", "0.0001234")


# ── nothing is computed by the renderer ─────────────────────────────────────────────────────────


def expected_results(one: ad.Trace) -> list[str]:
    """Return the numbers of a sweep's lines, from its events alone."""
    arrivals: dict[int, int] = {}
    for event in one.events:
        arrivals[event.node] = arrivals.get(event.node, 0) + (event.kind in ("seed", "accumulate"))
    seen: dict[int, int] = {}
    numbers: list[float] = []
    for event in one.events:
        if event.kind in ("seed", "accumulate") and event.after is not None:
            seen[event.node] = seen.get(event.node, 0) + 1
            numbers.append(event.value)
            if seen[event.node] == arrivals[event.node] > 1:
                numbers.append(event.after)
    return [number(x, 17) for x in numbers]


@given(graphs(most_outputs=1))
def test_every_result_printed_is_a_number_of_the_trace(graph: Graph) -> None:
    (out,) = graph.outs
    one = ad.trace(out)
    printed = [row.result for row in rows(explained(out, digits=17))]
    values = [number(node.value, 17) for node in one.nodes if not node.constant]
    assert printed == values + expected_results(one)


@given(graphs())
def test_the_derivatives_reported_are_the_gradients(graph: Graph) -> None:
    document = explanation(graph.outs)
    for sweep, out in zip(document.sweeps, graph.outs, strict=True):
        assert sweep.trace == trace_of_one(out, graph.outs)
    for out in graph.outs:
        ad.zero_grad(graph.inputs)
        out.backward()
        expected = {x.name: bits(x.grad) for x in graph.inputs if x.has_grad}
        symbol = next(s.start.name for s, o in zip(document.sweeps, graph.outs, strict=True) if o is out)
        found = {one.x: bits(one.value) for one in document.derivatives if one.out == symbol}
        assert {x: value for x, value in found.items() if value != "None"} == expected
