"""Every row's partial rules, and their textbook forms, against SymPy's derivative of the formula.

SymPy proves the difference to be 0 where it can. Where it cannot, the difference is evaluated at
rational points (floats are) with 60 digits: two different elementary functions do not agree there.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

import pytest
import sympy
from mpmath import mp, mpf

import autodiff as ad
from tests.table.oracles import CASES, ROWS, Region, UnknownToOracle, evaluated, operand_counts

MAGNITUDES = (0.125, 0.375, 0.75, 1.5, 2.25, 6.5)
AGREEMENT = mpf("1e-40")  # of the 60 digits, 20 are left to the cancellation in either form


def regions(row: ad.Primitive, count: int) -> Iterator[Region]:
    """Return a region around every moderate point of the domain that is off the kinks."""
    signed = [sign * x for x in MAGNITUDES for sign in (1, -1)]
    random = Random(count)
    some = (random.choices(signed, k=count) for _ in range(100))
    for point in itertools.product(signed, repeat=count) if count < 3 else some:
        point = [x + i / 64 for i, x in enumerate(point)]  # no ties
        region = Region(row, point)
        if 0 not in row.margins(point) and (row.domain is None or region.holds(row.domain.tree)):
            yield region


@cache
def pieces(name: str, count: int) -> dict[sympy.Expr, list[Region]]:
    """Return the smooth pieces of a row's formula, with some points of each; four pieces at most."""
    found: dict[sympy.Expr, list[Region]] = {}
    for region in regions(ROWS[name], count):
        formula = region.formula()
        if formula in found or len(found) < 4:
            found.setdefault(formula, []).append(region)
    return found


@cache
def is_proved(difference: sympy.Expr) -> bool:
    """Return whether SymPy simplifies the difference to 0 by one of its cheaper means."""
    if difference == 0 or sympy.together(sympy.powsimp(sympy.expand(difference))) == 0:
        return True
    rational = sympy.together(difference.rewrite(sympy.exp))
    return sympy.expand(sympy.numer(rational)) == 0


def disagreements(region: Region, rules: Sequence[object]) -> list[str]:
    """Return what is wrong with the partials that ``rules`` state, at one point."""
    stated = region.partials(rules)
    assert len(stated) == len(region.symbols), f"{region.row.name}: one partial for each operand"
    wrong = []
    for symbol, partial in zip(region.symbols, stated, strict=True):
        derivative = sympy.diff(region.formula(), symbol)
        if is_proved(partial - derivative):
            continue
        x, y = (evaluated(e, region.symbols, region.point, 60) for e in (partial, derivative))
        if not _equal(x, y):
            wrong.append(f"∂/∂{symbol} at {region.point}: {partial} = {x}, SymPy: {derivative} = {y}")
    return wrong


def _equal(x: mpf | None, y: mpf | None) -> bool:
    if x is None or y is None or mp.isnan(x) or mp.isnan(y):
        return x is y or bool(x is not None and y is not None and mp.isnan(x) and mp.isnan(y))
    return bool(abs(x - y) <= AGREEMENT * max(abs(x), abs(y)))


@pytest.mark.parametrize(("name", "count"), CASES)
def test_partial_rules_are_the_derivatives_of_the_formula(name: str, count: int) -> None:
    found = pieces(name, count)
    assert found, f"{name}: no moderate point lies in the domain"
    for region in itertools.chain.from_iterable(points[:12] for points in found.values()):
        assert disagreements(region, region.row.partial_rules) == []


@pytest.mark.parametrize(("name", "count"), CASES)
def test_textbook_partials_are_the_derivatives_of_the_formula(name: str, count: int) -> None:
    for region in itertools.chain.from_iterable(points[:12] for points in pieces(name, count).values()):
        assert disagreements(region, region.row.textbook) == []


@pytest.mark.parametrize(("name", "count"), CASES)
def test_forward_text_is_the_formula(name: str, count: int) -> None:
    for region in itertools.chain.from_iterable(points[:12] for points in pieces(name, count).values()):
        forward = sympy.sympify(region.expression(region.row.forward.tree, region.names))
        pair = [evaluated(e, region.symbols, region.point, 60) for e in (forward, region.formula())]
        assert is_proved(forward - region.formula()) or _equal(*pair), f"at {region.point}: {pair}"


def test_sympy_proves_most_rows_without_numbers() -> None:
    unproved = {
        name
        for name in ROWS
        for region in [next(regions(ROWS[name], operand_counts(ROWS[name])[-1]))]
        for symbol, partial in zip(
            region.symbols, region.partials(region.row.partial_rules), strict=True
        )
        if not is_proved(partial - sympy.diff(region.formula(), symbol))
    }
    assert len(unproved) < len(ROWS) / 4, f"SymPy cannot prove {sorted(unproved)}"


def test_a_wrong_rule_is_found(user_row: object) -> None:
    row = ad.custom_primitive("wrong_cube", "x", "x * x * x", "3 * x")
    assert disagreements(Region(row, (1.5,)), row.partial_rules)
    assert not disagreements(Region(row, (1.0,)), row.partial_rules), "3x = 3x² at 1, by chance"


def test_a_row_the_oracle_does_not_know_is_reported_by_name(user_row: object) -> None:
    row = ad.custom_primitive("doubled_root", "x", "2 * cbrt(x)", "2 / 3 / square(cbrt(x))")
    assert disagreements(Region(row, (1.5,)), row.partial_rules) == []
    strange = ad.custom_primitive("gamma_like", "x", "floor(x)", "1")
    strange.formula.tree.func.id = "gamma"  # type: ignore[attr-defined]
    with pytest.raises(UnknownToOracle, match=r"does not know the function 'gamma'.*'gamma_like'"):
        Region(strange, (1.5,)).formula()
