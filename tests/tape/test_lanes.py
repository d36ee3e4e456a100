"""Every row of the table on lanes, in every unit that runs here: eager mode and exact numbers agree."""

import math
from functools import cache
from random import Random
from types import ModuleType

import numpy as np
import pytest

from autodiff.tape import elementary, lanes
from autodiff.tape.lane_rows import NEAR, UNROLLED, VECTORISED
from tests.engine.processes import printed_by, ran
from tests.table.errors import ULPS, error
from tests.table.exemptions import allowed_ulps
from tests.table.oracles import CASES, ROWS
from tests.table.points import points
from tests.table.test_against_mpmath import comparisons
from tests.table.test_special_values import special_points
from tests.tape.units import UNITS, Column, columns, every_unit, needs_units, partials, same_bits, values

pytestmark = needs_units
every_case = pytest.mark.parametrize(("name", "count"), CASES)
LANES = (0, 1, 7, 8, 9, 31, 100)


@cache
def _uses(name: str) -> set[str]:
    """Return the kernels that a row's value and partials come from, through the rows that they call."""
    found, pending = set[str](), [name]
    while pending:
        row = ROWS[pending.pop()]
        called = {call.name for rule in (row.forward, *row.partial_rules) for call in rule.calls}
        pending += sorted((called - found) & ROWS.keys())
        found |= called
    return found


def _is_exact(name: str) -> bool:
    """Return whether a row is computed on lanes by the very operations of eager mode."""
    return not _uses(name) & {*VECTORISED, "logsumexp"}


def _eager(name: str, at: list[tuple[float, ...]], count: int) -> tuple[Column, list[Column]]:
    row = ROWS[name]
    outs = [row.evaluate(*point) for point in at]
    found = [row.partials(out, *point) for out, point in zip(outs, at, strict=True)]
    return np.array(outs), columns(found, count)


def _all_points(name: str, count: int) -> list[tuple[float, ...]]:
    return [*points(ROWS[name], count), *special_points(count)]


@every_case
def test_every_row_is_as_right_on_lanes_as_in_eager_mode(name: str, count: int) -> None:
    unit = next(iter(UNITS.values()))  # the others have the same bits
    for order in (0, 1):
        compared = comparisons(name, count, order)
        operands = columns([item.point for item in compared], count)
        out = values(unit, ROWS[name], operands)
        found = partials(unit, ROWS[name], out, operands) if order else [out]
        for lane, item in enumerate(compared):
            got = float(found[int(item.what[1:]) if order else 0][lane])
            allowed = allowed_ulps(name, order, item.point, ULPS)
            assert error(got, item.reference).within(allowed), f"{item}: on lanes {got!r}"


@every_unit
@every_case
def test_rows_of_exact_operations_have_the_bits_of_eager_mode(
    name: str, count: int, unit: ModuleType
) -> None:
    if not _is_exact(name):
        return
    at = _all_points(name, count)
    operands = columns(at, count)
    out, expected = _eager(name, at, count)
    assert same_bits(values(unit, ROWS[name], operands), out)
    for got, bars in zip(partials(unit, ROWS[name], out, operands), expected, strict=True):
        assert same_bits(got, bars)


def test_most_rows_are_exact_or_vectorised() -> None:
    rows = set(ROWS)
    exact = {name for name in rows if _is_exact(name)}
    assert {"add", "mul", "div", "relu", "max", "clamp", "dot", "sum", "prod", "sqrt"} <= exact
    assert {"exp", "tanh", "sigmoid", "softplus", "logsumexp", "softmax"} <= rows - exact


@every_unit
@every_case
def test_special_floats_give_on_lanes_what_they_give_in_eager_mode(
    name: str, count: int, unit: ModuleType
) -> None:
    at = special_points(count)
    operands = columns(at, count)
    out, expected = _eager(name, at, count)
    found = [values(unit, ROWS[name], operands), *partials(unit, ROWS[name], out, operands)]
    for got, eager in zip(found, [out, *expected], strict=True):
        plain = np.isfinite(eager) & (eager != 0)
        assert same_bits(np.where(plain, 0.0, got), np.where(plain, 0.0, eager))
        # Elsewhere both sides are within 4 ulp of the exact number, where it is well-conditioned; the
        # special floats that are plain are 1, 2.5 and the ends of the range, and so they are.
        close = np.isclose(got[plain], eager[plain], rtol=16 * 2.0**-52, atol=16 * 5e-324)
        assert np.all(close), f"{name}: {np.array(at)[plain][~close]}"


@every_case
def test_all_units_have_the_same_bits(name: str, count: int) -> None:
    at = _all_points(name, count)
    operands = columns(at, count)
    first, *others = UNITS.values()
    out = values(first, ROWS[name], operands)
    bars = partials(first, ROWS[name], out, operands)
    for unit in others:
        assert same_bits(values(unit, ROWS[name], operands), out)
        for got, expected in zip(partials(unit, ROWS[name], out, operands), bars, strict=True):
            assert same_bits(got, expected)


def _columns_of(name: str, count: int, lanes: int) -> list[Column]:
    random = Random(f"{name} {count}")
    return columns([[random.uniform(-2, 2) for _ in range(count)] for _ in range(lanes)], count)


@every_unit
@every_case
def test_lanes_do_not_depend_on_how_many_there_are(name: str, count: int, unit: ModuleType) -> None:
    row = ROWS[name]
    operands = _columns_of(name, count, max(LANES))
    out = values(unit, row, operands)
    bars = partials(unit, row, out, operands)
    for size in LANES:
        some = [np.ascontiguousarray(column[:size]) for column in operands]
        assert same_bits(values(unit, row, some), out[:size])
        for got, expected in zip(partials(unit, row, out[:size].copy(), some), bars, strict=True):
            assert same_bits(got, expected[:size])


@every_unit
def test_nothing_is_written_beyond_the_lanes_nor_are_rows_aligned(unit: ModuleType) -> None:
    for offset in range(1, 4):
        numbers = np.linspace(-2, 2, 60)
        room = np.full(60, 7.0)
        unit.value("tanh", room[offset : offset + 41], [numbers[offset + 2 : offset + 43]])
        assert same_bits(
            room[offset : offset + 41],
            values(unit, ROWS["tanh"], [numbers[offset + 2 : offset + 43].copy()]),
        )
        assert np.all(np.delete(room, range(offset, offset + 41)) == 7.0)


@every_unit
@every_case
def test_a_result_may_take_the_place_of_an_operand(name: str, count: int, unit: ModuleType) -> None:
    operands = _columns_of(name, count, 37)
    expected = values(unit, ROWS[name], operands)
    unit.value(name, operands[0], operands)
    assert same_bits(operands[0], expected)


@every_unit
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.operands.variadic])
def test_any_number_of_operands_is_as_eager_mode_has_it(name: str, unit: ModuleType) -> None:
    row = ROWS[name]
    pair = row.operands.groups == (True, True)
    for size in (1, *UNROLLED, max(UNROLLED) + 1, 12, NEAR, NEAR + 1):
        count = 2 * size if pair else size
        operands = _columns_of(name, count, 11)
        out, expected = _eager(
            name, list(zip(*(column.tolist() for column in operands), strict=True)), count
        )
        found = [values(unit, row, operands), *partials(unit, row, out, operands)]
        for got, eager in zip(found, [out, *expected], strict=True):
            # exp is 1 ulp off in each of ``size`` terms, and feels the rounding of its argument,
            # which is below 8 here: 8 ulp each
            assert np.allclose(got, eager, rtol=10 * size * 2.0**-52, atol=0)


@every_unit
@pytest.mark.parametrize("name", elementary.LIMITED)
def test_beyond_its_limit_a_function_is_the_c_librarys(name: str, unit: ModuleType) -> None:
    limit = elementary.LIMITED[name]
    xs = [*np.linspace(-2, 2, 20), math.nextafter(limit, math.inf), -1e22, 1e300, math.inf, 3.0]
    operands = columns([(x,) for x in xs], 1)
    out, expected = _eager(name, [(x,) for x in xs], 1)
    beyond = np.abs(operands[0]) > limit
    got = values(unit, ROWS[name], operands)
    assert same_bits(got[beyond], out[beyond])
    assert same_bits(got[~beyond], values(unit, ROWS[name], [operands[0][~beyond].copy()]))
    (bars,) = partials(unit, ROWS[name], out, operands)
    assert same_bits(bars[beyond], expected[0][beyond])


@every_unit
@every_case
def test_nan_values_have_nan_partials_on_lanes(name: str, count: int, unit: ModuleType) -> None:
    operands = _columns_of(name, count, 20)
    for got in partials(unit, ROWS[name], np.full(20, np.nan), operands):
        assert np.all(np.isnan(got))


# ── which unit runs ─────────────────────────────────────────────────────────────────────────────
def test_a_unit_is_not_imported_where_its_instructions_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "_processor_features", dict)
    assert [name for name in lanes.INSTRUCTION_SETS if lanes.runs_here(name)] == ["base"]
    assert lanes.unit("avx512") is None and lanes.unit("avx2") is None
    assert lanes.chosen_unit() is lanes.unit("base")


def test_the_widest_unit_is_chosen() -> None:
    assert lanes.chosen_unit() is next(iter(UNITS.values()))


CHOICES = [*((name, unit.__name__) for name, unit in UNITS.items()), ("numpy", "None")]


@pytest.mark.parametrize(("choice", "name"), CHOICES)
def test_the_environment_chooses_the_unit(choice: str, name: str) -> None:
    code = "from autodiff.tape.lanes import native; print(getattr(native, '__name__', native))"
    assert printed_by(code, AUTODIFF_LANES=choice).strip() == name


def test_an_unknown_choice_is_refused_with_the_known_ones() -> None:
    done = ran("import autodiff.tape.lanes", AUTODIFF_LANES="neon")
    assert done.returncode != 0
    assert "AUTODIFF_LANES='neon': choose one of avx512, avx2, base, numpy" in done.stderr


@needs_units
def test_a_unit_built_of_other_files_does_not_run(monkeypatch):
    name = next(iter(UNITS))
    monkeypatch.setattr(lanes, "SOURCES", (*lanes.SOURCES, "value.py"))
    assert lanes.unit(name) is None
