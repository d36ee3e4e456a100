"""Every row is everywhere: as a function, as a method, in every mode, with its words and its kinks."""

import itertools
import math

import pytest

import autodiff as ad
from tests.table.oracles import CASES, ROWS
from tests.table.points import points

# The rows that the public reaches through a function of several rows.
CHOSEN_BY = {"max": ad.max, "min": ad.min, "where": ad.where, "softmax": ad.softmax}
INTERNAL = {"lower_bound": "max", "upper_bound": "min"}

KINKED = sorted(name for name, row in ROWS.items() if row.kinks)
FIXED = sorted(name for name, row in ROWS.items() if not row.operands.variadic)


def same(x: float, y: float) -> bool:
    """Return whether two floats are bit for bit the same, every nan alike."""
    return repr(x) == repr(y)


def some_points(name: str, count: int) -> list[tuple[float, ...]]:
    """Return a tenth of the points of a row, spread over all of them."""
    found = points(ROWS[name], count)
    return found[:: max(1, len(found) // 40)]


def test_the_table_has_at_least_45_rows() -> None:
    assert len(ROWS) >= 45


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_a_public_function(name: str) -> None:
    if name in INTERNAL:
        assert not hasattr(ad, name)
        x = ad.Value(3.0)
        assert CHOSEN_BY[INTERNAL[name]](x, 2.0).primitive is ROWS[name]
    elif name in CHOSEN_BY:
        assert getattr(ad, name) is CHOSEN_BY[name]
    else:
        assert getattr(ad, name) is ROWS[name] is ad.PRIMITIVES[name]


def test_the_functions_of_several_rows_record_their_rows() -> None:
    x, y = ad.Value(1.0), ad.Value(2.0)
    assert ad.max(x, y).primitive is ROWS["max"]
    assert ad.min(x, y).primitive is ROWS["min"]
    assert ad.where(True, x, y).primitive is ROWS["where"]
    assert [out.primitive for out in ad.softmax(x, y)] == [ROWS["softmax"]] * 2


@pytest.mark.parametrize("name", FIXED)
def test_every_public_row_of_fixed_operands_is_a_method(name: str) -> None:
    row = ROWS[name]
    if name in INTERNAL or name in CHOSEN_BY:
        assert not hasattr(ad.Value(1.0), name)
        return
    point = points(row, len(row.operands.names))[-1]
    x, *others = (ad.Value(number) for number in point)
    out = getattr(x, name)(*others)
    assert out.primitive is row
    assert out.operands == (x, *others)
    assert same(out.data, row.evaluate(*point))


@pytest.mark.parametrize(("name", "count"), CASES)
def test_every_kind_of_number_gives_the_same_value(name: str, count: int) -> None:
    row = ROWS[name]
    for point in some_points(name, count):
        value = row.evaluate(*point)
        assert same(row.apply(point), value)
        assert same(row.apply([ad.Value(x) for x in point]).data, value)
        assert same(row.apply([ad.Dual(x, 0.0, 1) for x in point]).data, value)


@pytest.mark.parametrize(("name", "count"), CASES)
def test_reverse_forward_and_recorded_partials_are_the_same_bits(name: str, count: int) -> None:
    row = ROWS[name]
    for point in some_points(name, count):
        partials = row.partials(row.evaluate(*point), *point)
        xs = [ad.Value(x) for x in point]
        out = row.apply(xs)
        out.backward()
        recorded = ad.gradients(out, xs, create_graph=True)
        for i, partial in enumerate(partials):
            # Reverse mode starts from 0.0 and adds: that turns -0.0 into 0.0.
            assert same(xs[i].grad, 0.0 + partial), f"reverse mode, {name}{point}"
            assert same(recorded[i].data, partial), f"recorded, {name}{point}: operand {i}"
            assert same(_tangent(row, point, i), partial), f"forward mode, {name}{point}: operand {i}"


def _tangent(row: ad.Primitive, point: tuple[float, ...], i: int) -> float:
    operands = [ad.Dual(x, 1.0, 1) if k == i else x for k, x in enumerate(point)]
    tangent: float = row.apply(operands).tangent
    return tangent


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_words(name: str) -> None:
    row = ROWS[name]
    assert row.source, "where can the derivative be looked up?"
    assert row.forward.text and row.formula.text
    assert len(row.partial_rules) == len(row.textbook) == len(row.operands.names)
    assert all(rule.text for rule in (*row.partial_rules, *row.textbook))


@pytest.mark.parametrize("name", KINKED)
def test_every_kinked_row_has_a_convention(name: str) -> None:
    assert ROWS[name].convention


def test_rows_that_branch_have_kinks_or_branch_smoothly() -> None:
    # Branches that meet smoothly, for the digits alone; where only records the branch taken.
    smooth = {"pow", "sigmoid", "softplus", "softmax"}
    branching = {
        name
        for name, row in ROWS.items()
        if any(" if " in rule.text for rule in (row.forward, row.formula, *row.partial_rules))
    }
    assert branching - set(KINKED) == smooth


KINKS = {
    "abs": [(0.0,), (-0.0,)],
    "sign": [(0.0,)],
    "floor": [(2.0,), (-3.0,), (0.0,)],
    "ceil": [(2.0,), (-3.0,), (0.0,)],
    "hypot": [(0.0, 0.0), (-0.0, 0.0)],
    "atan2": [(0.0, -1.0), (-0.0, -2.5)],
    "relu": [(0.0,), (-0.0,)],
    "leaky_relu": [(0.0, 0.01)],
    "elu": [(0.0, 1.0)],
    "clamp": [(1.0, 1.0, 2.0), (2.0, 1.0, 2.0)],
    "max": [(1.0, 1.0), (3.0, 2.0, 3.0)],
    "min": [(1.0, 1.0), (2.0, 2.0, 3.0)],
    "lower_bound": [(1.0, 1.0)],
    "upper_bound": [(1.0, 1.0)],
}


def test_the_kinks_of_every_kinked_row_are_listed_here() -> None:
    assert sorted(KINKS) == KINKED


@pytest.mark.parametrize(("name", "point"), [(name, p) for name, ps in KINKS.items() for p in ps])
def test_a_margin_is_0_at_each_kink(name: str, point: tuple[float, ...]) -> None:
    assert 0 in ROWS[name].margins(point)


@pytest.mark.parametrize(("name", "point"), [(name, p) for name, ps in KINKS.items() for p in ps])
def test_no_margin_is_0_an_ulp_beside_a_kink(name: str, point: tuple[float, ...]) -> None:
    moved = [math.nextafter(point[0], 9.0), *point[1:]]
    assert 0 not in ROWS[name].margins(moved)


@pytest.mark.parametrize(("name", "count"), CASES)
def test_margins_are_0_only_where_the_partials_jump(name: str, count: int) -> None:
    row = ROWS[name]
    at_a_kink = [p for p in points(row, count) if 0 in row.margins(p)]
    off = [p for p in points(row, count) if 0 not in row.margins(p)]
    assert len(off) > len(at_a_kink), f"{name} is mostly kinks"
    assert not at_a_kink or row.kinks


@pytest.mark.parametrize("name", KINKED)
def test_strict_mode_accepts_kinks(name: str) -> None:
    with ad.strict():
        for point in KINKS[name]:
            xs = [ad.Value(x) for x in point]
            assert all(map(math.isfinite, ad.gradients(ROWS[name].apply(xs), xs)))


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.domain))
def test_strict_mode_refuses_what_is_outside_the_domain_and_nothing_inside(name: str) -> None:
    row = ROWS[name]
    count = len(row.operands.names)
    inside = set(points(row, count))
    candidates = itertools.product([-2.5, -1.0, 0.0, 0.5, 3.0], repeat=count)
    outside = [p for p in candidates if p not in inside and not _holds(row, p)]
    assert outside
    with ad.strict():
        for point in outside:
            with pytest.raises(ad.DomainError, match=name):
                row.apply(point)
        for point in sorted(inside)[::7]:
            if math.isfinite(row.evaluate(*point)):
                assert row.apply(point) == row.evaluate(*point)


def _holds(row: ad.Primitive, point: tuple[float, ...]) -> bool:
    from tests.table.oracles import Region

    assert row.domain is not None
    return Region(row, point).holds(row.domain.tree)
