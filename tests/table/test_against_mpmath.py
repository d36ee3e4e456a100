"""Every row's value, first and second derivatives against numbers of 50 digits and more.

The tolerance, and what makes it larger, is in ``errors.py``; the rows with more room in
``exemptions.py``; the references in ``oracles.py``.
"""

import math
import platform
from collections.abc import Iterator
from functools import cache, partial
from typing import NamedTuple

import pytest
from mpmath import mp, mpf

import autodiff as ad
from tests.table.errors import ULPS, Error, error, sum_of_paths
from tests.table.exemptions import EXEMPTIONS, allowed_ulps
from tests.table.oracles import CASES, ROWS, Reference, Region
from tests.table.points import points


class Comparison(NamedTuple):
    """One number compared with its reference."""

    what: str  # "value", or the operands it is differentiated by
    point: tuple[float, ...]
    got: float
    reference: Reference
    error: Error

    def __str__(self) -> str:
        return (
            f"{self.what} at {self.point}: {self.got!r}, not {float(self.reference.number or 0)!r} "
            f"({self.error.ulps:.3g} ulp, condition {self.error.condition:.3g})"
        )


@cache
def comparisons(name: str, count: int, order: int) -> list[Comparison]:
    """Return the comparisons of a row's derivatives of one order, wherever there is a reference."""
    row = ROWS[name]
    found = []
    for point in points(row, count):
        if order and (0 in row.margins(point) or math.isnan(row.evaluate(*point))):
            continue  # a kink has a convention, a nan value nan derivatives: tested elsewhere
        found += list(WALKS[order](row, point))
    return found


def _values(row: ad.Primitive, point: tuple[float, ...]) -> Iterator[Comparison]:
    region = Region(row, point)
    reference = Reference(region, region.formula(), ())
    if reference.number is not None:
        got = row.evaluate(*point)
        yield Comparison("value", point, got, reference, error(got, reference))


def _first_derivatives(row: ad.Primitive, point: tuple[float, ...]) -> Iterator[Comparison]:
    region = Region(row, point)
    formula = region.formula()
    for i, got in enumerate(row.partials(row.evaluate(*point), *point)):
        reference = Reference(region, formula, (i,))
        if reference.number is not None:
            yield Comparison(f"∂{i}", point, got, reference, error(got, reference))


def _second_derivatives(row: ad.Primitive, point: tuple[float, ...]) -> Iterator[Comparison]:
    region = Region(row, point)
    formula = region.formula()
    xs = [ad.Value(x) for x in point]
    first = ad.gradients(row.apply(xs), xs, create_graph=True)
    for i, x_bar in enumerate(first):
        second = ad.gradients(x_bar, xs)
        for j, x in enumerate(xs):
            reference = Reference(region, formula, (i, j))
            if reference.number is not None:
                found = error(second[j], reference, partial(sum_of_paths, x_bar, x))
                yield Comparison(f"∂{i}∂{j}", point, second[j], reference, found)


WALKS = (_values, _first_derivatives, _second_derivatives)


def too_far(name: str, order: int, found: list[Comparison]) -> list[str]:
    """Return those comparisons that exceed the tolerance, as text."""
    return [
        str(item) for item in found if not item.error.within(allowed_ulps(name, order, item.point, ULPS))
    ]


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize(("name", "count"), CASES)
def test_every_row_is_right_to_4_ulp_times_its_condition(name: str, count: int, order: int) -> None:
    found = comparisons(name, count, order)
    assert len(found) > 30, f"{name}: only {len(found)} points have a reference"
    wrong = too_far(name, order, found)
    assert not wrong, f"{name}, {len(wrong)} of {len(found)}:\n" + "\n".join(wrong[:10])


@pytest.mark.parametrize(("name", "count"), CASES)
def test_forward_over_reverse_gives_the_second_derivatives_too(name: str, count: int) -> None:
    row = ROWS[name]
    wrong = []
    for item in comparisons(name, count, 2)[
        ::5
    ]:  # prime to the operand pairs, so that all of them have their turn
        i, j = (int(digit) for digit in item.what[1::2])
        got = _forward_over_reverse(row, item.point, i, j)
        # The reverse sweep's error explains the same paths: the same condition applies.
        if got == item.got or (math.isnan(got) and math.isnan(item.got)):
            continue
        bound = error(got, item.reference, partial(_paths, row, item.point, i, j))
        if not bound.within(allowed_ulps(name, 2, item.point, ULPS)):
            wrong.append(str(item._replace(got=got, error=bound)))
    assert not wrong, f"{name}, {len(wrong)}:\n" + "\n".join(wrong[:10])


def _forward_over_reverse(row: ad.Primitive, point: tuple[float, ...], i: int, j: int) -> float:
    gradient = ad.grad(lambda *xs: row.apply(xs), argnum=i)
    # Only operand j moves: a partial that is inf times a tangent that is 0 would be nan.
    along = ad.jvp(lambda x: gradient(*point[:j], x, *point[j + 1 :]), (point[j],), (1.0,))
    derivative: float = along[1]
    return derivative


def _paths(row: ad.Primitive, point: tuple[float, ...], i: int, j: int) -> float:
    xs = [ad.Value(x) for x in point]
    return sum_of_paths(ad.gradients(row.apply(xs), xs, create_graph=True)[i], xs[j])


@pytest.mark.parametrize("name", EXEMPTIONS)
def test_every_exemption_is_still_needed(name: str) -> None:
    for entry in EXEMPTIONS[name]:
        assert entry.where(*entry.witness)
        if entry.ulps < 100 and platform.libc_ver()[0] != "glibc":
            continue  # a matter of the C library's last digit: others round elsewhere
        for order in entry.orders:
            found = list(WALKS[order](ROWS[name], entry.witness))
            assert not all(item.error.within(ULPS) for item in found), (
                f"{name}, order {order}: {ULPS} ulp will do at {entry.witness}; remove {entry.why!r}"
            )


@pytest.mark.parametrize(
    ("rule", "order", "point"),
    [("1 - out * out", 1, 20.0), ("1 - out * out", 2, 12.0), ("1 - tanh(x)", 1, 1.0)],
)
def test_a_rule_that_loses_digits_is_found(user_row: None, rule: str, order: int, point: float) -> None:
    row = ad.custom_primitive("naive_tanh", "x", "tanh(x)", rule)
    assert not any(item.error.within(ULPS) for item in WALKS[order](row, (point,)))


def test_a_reference_has_50_digits_where_the_formula_cancels() -> None:
    with mp.workdps(60):
        for x in (1e-300, 1e-20, 0.5):
            reference = Reference(region := Region(ROWS["expm1"], (x,)), region.formula(), ())
            assert reference.number is not None
            assert abs(reference.number / mp.expm1(mpf(x)) - 1) < mpf("1e-50")
