"""Every row of the table, over its tails, kinks and special floats: a replay is eager mode."""

import itertools
import math

import numpy as np
import pytest

import autodiff as ad
from tests.oracles import UNIT
from tests.strategies import is_exact
from tests.table.oracles import CASES, ROWS
from tests.table.points import points
from tests.table.test_special_values import special_points
from tests.tape.running import alone, bits, same

pytestmark = pytest.mark.usefixtures("replay_kind")

LANE_COUNTS = (1, 7, 8, 9, 31)  # around the widths of vectors
ULPS = 16
"""A vectorised function is promised to 4 ulp (NumPy) or 2 (natively); a rule chains up to four."""

SMALLEST_NORMAL = 2.0**-1022


def close(ours: float, its: float) -> bool:
    """Return whether two results of vectorised and scalar functions may be one number."""
    if ours == its or (ours != ours and its != its):
        return True
    return abs(ours - its) <= ULPS * math.ulp(max(abs(its), SMALLEST_NORMAL))


def all_points(name: str, count: int) -> list[tuple[float, ...]]:
    """Return special floats and the table's own points, thinned: its tests take all of them."""
    return special_points(count) + points(ROWS[name], count)[::3]


def eager(name: str, point: tuple[float, ...]) -> tuple[float, list[float]]:
    """Return the row's value and its partials, as eager mode's gradient gives them."""
    value, gradient = ad.value_and_grad(lambda xs: ROWS[name].apply(xs))(list(point))
    return value, gradient


@pytest.mark.parametrize(("name", "count"), CASES)
def test_one_sample_is_eager_mode(replay_kind, name, count):
    # Without lanes NumPy's replay calls the functions of eager mode.
    exact = replay_kind == "NumPy" or is_exact(ROWS[name])
    g = ad.compile(lambda xs: ROWS[name].apply(xs))
    g([1.0] * count)
    generated = alone(g.source)
    for point in all_points(name, count):
        value, gradient = eager(name, point)
        ours, (slopes,) = g.value_and_grad(list(point))
        if exact:
            assert bits(ours) == bits(value), point
            assert same(slopes, gradient), point
        else:
            assert close(ours, value), point
            assert all(map(close, slopes, gradient)), point
        own, (own_slopes,) = generated(list(point))
        assert bits(own) == bits(value), point
        assert same(own_slopes, gradient), point


def batches(found: list) -> list[list]:
    """Return the list in pieces of the lane counts in turn."""
    pieces, counts = [], itertools.cycle(LANE_COUNTS)
    found = list(found)
    while found:
        size = min(next(counts), len(found))
        pieces.append(found[:size])
        del found[:size]
    return pieces


@pytest.mark.parametrize(("name", "count"), CASES)
def test_lanes_have_eager_values(name, count):
    g = ad.compile(lambda xs: ROWS[name].apply(xs), lanes=["xs"])
    for batch in batches(all_points(name, count)):
        values = [ROWS[name].evaluate(*point) for point in batch]
        ours = g(np.array(batch))
        if is_exact(ROWS[name]):
            assert bits(ours) == bits(values), batch
        else:
            assert all(map(close, ours.tolist(), values)), batch


@pytest.mark.parametrize(("name", "count"), CASES)
def test_lanes_have_eager_partials(name, count):
    # x + w at w = -0.0 is x, whatever x is; its partial by w is the row's by x, nan where x is nan.
    def moved(w, xs):
        return ROWS[name].apply([x + shift for x, shift in zip(xs, w, strict=True)])

    g = ad.compile(moved, lanes=["xs"])
    still = [-0.0] * count
    finite, others = [], []
    for point in all_points(name, count):
        value, gradient = ad.value_and_grad(lambda w, point=point: moved(w, point))(still)
        tame = math.isfinite(value) and all(abs(slope) < 1e300 for slope in gradient)
        (finite if tame else others).append((point, gradient))
    for batch in [*batches(finite), *([pair] for pair in others)]:
        _, (slopes,) = g.value_and_grad(still, np.array([point for point, _ in batch]))
        for i, ours in enumerate(slopes):
            own = [gradient[i] for _, gradient in batch]
            if len(own) == 1:
                assert close(ours, own[0]), (batch, i)
            else:
                size = math.fsum(map(abs, own))
                rounding = (len(own) + 2 * ULPS) * UNIT * size + ULPS * len(own) * 5e-324
                assert abs(ours - math.fsum(own)) <= rounding, (batch, i)


@pytest.mark.parametrize(("name", "count"), CASES)
def test_a_lane_operand_beside_shared_ones(name, count):
    # Each operand in turn is the lane, the others are shared: all ways to mix them.
    tame = [point for point in points(ROWS[name], count) if max(map(abs, point)) < 100][:6]
    for point in tame:
        value, gradient = eager(name, point)
        for moving in range(count):

            def mixed(w, x, moving=moving):
                return ROWS[name].apply([*w[:moving], x, *w[moving:]])

            shared = [*point[:moving], *point[moving + 1 :]]
            g = ad.compile(mixed, lanes=["x"])
            values, (slopes,) = g.value_and_grad(shared, [point[moving]] * 3)
            assert all(close(ours, value) for ours in values)
            others = [*gradient[:moving], *gradient[moving + 1 :]]
            for ours, its in zip(slopes, others, strict=True):
                assert close(ours / 3, its) or abs(ours / 3 - its) <= ULPS * 5e-324
