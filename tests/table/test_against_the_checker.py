"""Every row through ``check_gradients``: at points inside its domain and off its kinks, it passes."""

import pytest

import autodiff as ad
from autodiff.rows import built_in
from autodiff.testing import check_gradients
from autodiff.testing.interior import interior_points, operand_counts

CASES = [(name, count) for name in sorted(built_in) for count in operand_counts(ad.PRIMITIVES[name])]
MOST_POINTS = 8


@pytest.mark.parametrize(("name", "count"), CASES)
def test_the_checker_passes_every_row_in_every_mode_and_its_second_derivatives(name, count):
    row = ad.PRIMITIVES[name]
    points = interior_points(row, (True,) * count)
    assert points
    for point in points[:: -(-len(points) // MOST_POINTS)]:
        assert check_gradients(lambda *xs: row.apply(xs), *point)


@pytest.mark.parametrize(("name", "count"), [case for case in CASES if case[1] > 1])
def test_the_checker_passes_every_row_with_a_constant_beside_what_moves(name, count):
    row = ad.PRIMITIVES[name]
    for at in range(count):
        points = interior_points(row, tuple(i != at for i in range(count)))
        for point in points[:: -(-len(points) // 2)] if points else ():

            def around(*xs, at=at, constant=point[at]):
                return row.apply([*xs[:at], constant, *xs[at:]])

            assert check_gradients(around, *point[:at], *point[at + 1 :])
