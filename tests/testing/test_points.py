"""Points of functions of many numbers, and what is said where there are none."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import find, given, settings, strategies as st

import autodiff as ad
from autodiff.graph import topological_order
from autodiff.testing import points
from autodiff.testing.interior import MARGIN, is_interior
from autodiff.testing.places import Places

REACH = 3.0


def logs(x):
    return ad.sum([ad.log(v) for v in x])


def chain(x):
    """Each number is bound to its neighbours: the same sign, and apart."""
    return ad.sum([ad.log(a * b) + ad.relu(a - b) for a, b in itertools.pairwise(x)])


def rising(x):
    return ad.sum([ad.log(b - a) for a, b in itertools.pairwise(x)])


def narrow(x):
    return ad.sum([ad.log(v - 2) + ad.log(2.4 - v) for v in x])


def hinges(x):
    return ad.sum([ad.log(v) * ad.relu(2 * v - 1) for v in x])


def sines(x):
    return ad.sum([ad.sin(v) for v in x])


def nowhere(x):
    return ad.log(-x * x - 1)


def is_clear(f, numbers):
    out = f([ad.Value(x) for x in numbers])
    return all(
        math.isfinite(node.data)
        and (
            not node.operands
            or is_interior(
                node.primitive,
                [x.data for x in node.operands],
                [not x.is_constant for x in node.operands],
                steepest=math.inf,
            )
        )
        for node in topological_order(out)
    )


def drawn(strategy, count=12):
    """Return what a test is given, with every health check on."""
    examples = []

    @settings(max_examples=count, suppress_health_check=[])
    @given(strategy)
    def check(arguments):
        examples.append(arguments)

    check()
    return examples


# ── many numbers ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("f", "like"),
    [(logs, np.zeros(100)), (logs, np.ones(100)), (chain, np.ones(40)), (chain, np.zeros(10)),
     (rising, np.arange(40.0)), (narrow, np.full(20, 2.2))],
)  # fmt: skip
def test_functions_of_many_numbers_have_points(f, like):
    examples = drawn(points(f, like=(like,)))
    assert len({tuple(x) for (x,) in examples}) > 10
    assert all(is_clear(f, x) for (x,) in examples)


def test_kinks_among_many_numbers_inside_domains_are_found():
    for (x,) in drawn(points(hinges, like=(np.zeros(50),), on_kinks=True)):
        assert 0.5 in x and min(x) > 0


def test_a_flaw_is_where_it_arises_and_not_what_follows():
    places = Places(logs, (np.zeros(3),), MARGIN, REACH)
    (found,) = {tuple(cause) for cause in places._state([1.0, -1.0, 2.0]).causes}
    assert found == (1,)


def test_what_is_clear_stays_where_it_was_drawn():
    places = Places(logs, (np.zeros(50),), MARGIN, REACH)
    assert places.find_clear_home()
    before = [0.5 + 0.01 * i if i % 2 else -1.0 for i in range(50)]
    after = places.clear_near(before)
    assert after[1::2] == before[1::2]
    assert all(MARGIN <= x <= REACH for x in after[::2])


# ── the example ─────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=20)
@given(st.sampled_from([chain, rising]), st.integers(2, 25), st.randoms(use_true_random=False))
def test_an_example_inside_the_domains_always_leads_to_a_point(f, count, random):
    like = [1 + i / 5 for i in range(count)]
    places = Places(f, (like,), MARGIN, REACH)
    assert places.find_clear_home()
    start = [x + random.uniform(-REACH, REACH) for x in like]
    found = places.clear_near(start)
    assert is_clear(f, found)
    assert found == places.clear_near(start)


def test_where_nothing_but_the_example_will_do_it_is_what_is_drawn():
    like = [0.123456, 2.2]

    def f(x):
        if [v.data for v in x] != like:
            raise ValueError("only there")
        return ad.sum(x)

    assert drawn(points(f, like=(like,)), 3) == [(like,)] * 3


def test_many_numbers_shrink_to_the_example():
    like = np.arange(20.0)
    (found,) = find(points(rising, like=(like,)), lambda arguments: arguments[0][7] > 7.25)
    assert found[7] > 7.25
    assert [*found[:7], *found[8:]] == [*like[:7], *like[8:]]


# ── nothing to draw ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("f", "options", "told"),
    [
        (ad.sin, {"on_kinks": True}, "no kink of f is found within 3 of like=(0.0,): another like="),
        (sines, {"on_kinks": True, "like": ([0.0] * 50,)}, "([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ...],)"),
        (nowhere, {"like": 2.0}, "inside its domains is found within 3 of like=(2.0,)"),
        (nowhere, {"reach": 0.5}, "within 0.5 of like=(0.0,): another like=, a larger reach= or"),
        (ad.log, {"reach": 0, "like": -0.123456}, "within 0 of like=(-0.123456,)"),
        (ad.log, {"like": math.inf}, "within 3 of like=(inf,)"),
        (lambda x: ad.log(x - 50), {}, "points: no point of f"),
        (lambda x: x[5], {"like": 0.0}, "is not subscriptable"),
    ],
)  # fmt: skip
def test_where_there_is_nothing_to_draw_that_is_said_at_once(f, options, told):
    with pytest.raises((ValueError, TypeError), match=re.escape(told)):
        points(f, **options)


def test_what_the_function_says_against_the_example_is_told():
    def f(x):
        return ad.sum([a * b for a, b in zip(x, [1, 2], strict=True)])

    with pytest.raises(ValueError, match=r"there it raises ValueError: zip\(\)") as caught:
        points(f, like=([1.0],))
    assert isinstance(caught.value.__cause__, ValueError)


def test_another_exception_of_the_function_comes_out_as_it_is():
    def f(x):
        raise KeyError("mine")

    for on_kinks in (False, True):
        with pytest.raises(KeyError, match="mine"):
            points(f, on_kinks=on_kinks)
