"""Finite differences as a lesson: how they err over their steps, and what they say at a kink."""

import math

import pytest

from autodiff.lesson.differences import tried
from autodiff.lesson.ready import library

LESSONS = library()
CLOSE = 1e-14  # a few roundings, 1e-16 each


def order_of(errors, first, last):
    """Return the slope of an error between two steps on logarithmic axes."""
    return math.log10(errors[first] / errors[last]) / (last - first)


def test_differences_err_by_truncation_and_rounding_as_the_text_says():
    one = LESSONS["gradient-check"]
    smooth = tried(one.expression, one.values, "y", "x")
    forward = [abs(slopes.forward - smooth.exact) for slopes in smooth.slopes]
    central = [abs(slopes.central - smooth.exact) for slopes in smooth.slopes]
    assert smooth.kink == ""
    assert min(central) < 1e-9 and min(forward) > 10 * min(central)
    # Steps 1e-1, 1e-2, 1e-3: the next term of the series bends the line by less than a tenth.
    assert order_of(forward, 0, 2) == pytest.approx(1.0, abs=0.1)
    assert order_of(central, 0, 2) == pytest.approx(2.0, abs=0.1)
    assert order_of(forward, 9, 12) < 0.0 and order_of(central, 9, 12) < 0.0  # rounding rises again
    best = [smooth.slopes[errors.index(min(errors))].h for errors in (forward, central)]
    assert best[0] == pytest.approx(1e-8) and 1e-6 <= best[1] <= 1.1e-4


@pytest.mark.parametrize(
    "name, out, x, row, left, right",
    [
        ("gradient-check", "k", "z", "relu", 0.0, 1.0),
        ("relu-kink", "r", "x", "relu", 0.0, 1.0),
        ("relu-kink", "b", "x", "abs", -1.0, 1.0),
        ("relu-kink", "m", "x", "max", 0.0, 1.0),
    ],
)
def test_a_kink_is_called_one_and_has_its_slopes_at_every_step(name, out, x, row, left, right):
    one = LESSONS[name]
    found = tried(one.expression, one.values, out, x)
    assert found.kink.startswith(f"{row} has a kink here")
    for slopes in found.slopes:
        assert [slopes.backward, slopes.forward] == [left, right]
        assert slopes.central == pytest.approx((left + right) / 2, abs=CLOSE)
    assert left <= found.exact <= right  # the convention is a subgradient
