"""Points without noise lie on the curves that the docstrings name; counts and classes are exact."""

import math
import random
from collections import Counter
from fractions import Fraction
from statistics import fmean, pstdev

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st

from autodiff.data import circles, moons, spirals, xor

UNIT = 2.0**-53  # half a unit in the last place of numbers between 1/2 and 1
SHAPES = [moons, circles, spirals, xor]
every_shape = pytest.mark.parametrize("shape", SHAPES)
counts = st.integers(4, 60)


def generator():
    return random.Random(0)


def square(x, y):
    """x² + y², exactly."""
    return Fraction(x) ** 2 + Fraction(y) ** 2


@every_shape
@given(count=st.integers(4, 300), noise=st.sampled_from([0.0, 0.1]))
def test_count_is_exact_and_classes_are_as_equal_as_can_be(shape, count, noise):
    points, labels = shape(count, noise=noise, generator=generator())
    assert len(points) == len(labels) == count
    assert all(len(point) == 2 and {type(x) for x in point} == {float} for point in points)
    assert Counter(labels) == {0: (count + 1) // 2, 1: count // 2}


@given(st.integers(2, 7), st.integers(0, 20))
def test_the_first_classes_of_spirals_get_what_is_left_over(classes, more):
    count = 2 * classes + more
    sizes = Counter(spirals(count, classes=classes, generator=generator()).labels)
    assert [sizes[k] for k in range(classes)] == sorted(sizes.values(), reverse=True)
    assert sum(sizes.values()) == count and max(sizes.values()) - min(sizes.values()) <= 1


# The library's sine and cosine are off by less than one unit in the last place of numbers below 1, u; on
# the moved half circle the rounding of a difference of at most 2 adds u. A coordinate off by 2u moves
# the square of the distance by at most 2(|x| + |y|) · 2u <= 2√2 · 2u < 6u.
@given(counts)
def test_moons_lie_on_two_half_circles(count):
    points, labels = moons(count, generator=generator())
    for (x, y), label in zip(points, labels, strict=True):
        if label == 0:
            assert y >= 0 and abs(square(x, y) - 1) <= 6 * UNIT
        else:
            x, y = 1 - Fraction(x), Fraction(1, 2) - Fraction(y)  # turned onto the upper one
            assert y >= 0 and abs(square(x, y) - 1) <= 6 * UNIT
    upper = [point for point, label in zip(points, labels, strict=True) if label == 0]
    assert upper[0] == [1.0, 0.0] and upper[-1][0] == -1.0  # from end to end


@given(counts, st.floats(0.01, 0.99))
def test_circles_have_the_radii_1_and_factor(count, factor):
    points, labels = circles(count, factor=factor, generator=generator())
    for (x, y), label in zip(points, labels, strict=True):
        radius = Fraction(factor) if label else Fraction(1)
        assert abs(square(x, y) / radius**2 - 1) <= 6 * UNIT  # the product with the radius: u each, too


def test_the_points_of_a_circle_are_all_around_it():
    points, labels = circles(40, generator=generator())
    for k in (0, 1):
        own = [point for point, label in zip(points, labels, strict=True) if label == k]
        assert len(set(map(tuple, own))) == 20
        # 20 even angles add up to the centre; each term is off by the rounding of an angle below 2π.
        assert all(abs(math.fsum(axis)) <= 20 * 16 * UNIT for axis in zip(*own, strict=True))


@given(st.integers(2, 5), st.integers(2, 12), st.floats(0.1, 5))
def test_spirals_lie_on_their_arms(classes, size, turns):
    points, labels = spirals(classes * size, classes=classes, turns=turns, generator=generator())
    assert labels == [k for k in range(classes) for _ in range(size)]
    # Six roundings reach the angle (radius, product, quotient, sum, product, π), which is at most
    # 2π(turns + 1); sine or cosine and the product with the radius add less than 4u in both coordinates.
    bound = 6 * UNIT * 2 * math.pi * (turns + 1) + 4 * UNIT
    with mpmath.workdps(40):
        for i, (x, y) in enumerate(points):
            arm, place = divmod(i, size)
            radius = mpmath.mpf(place + 1) / size
            angle = 2 * mpmath.pi * (mpmath.mpf(turns) * radius + mpmath.mpf(arm) / classes)
            assert abs(mpmath.mpc(x, y) - radius * mpmath.expj(angle)) <= bound


@given(counts)
def test_without_noise_xor_is_its_truth_table_again_and_again(count):
    points, labels = xor(count, generator=generator())
    assert all(label == int(x) ^ int(y) for (x, y), label in zip(points, labels, strict=True))
    often = Counter(map(tuple, points))
    assert set(often) == {(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)}
    assert max(often.values()) - min(often.values()) <= 1


@every_shape
def test_no_point_is_of_two_classes(shape):
    points, labels = shape(101, generator=generator())
    assert len(set(map(tuple, points))) == len(set(zip(map(tuple, points), labels, strict=True)))


@every_shape
def test_noise_is_the_standard_deviation_of_what_is_added(shape):
    count, noise = 5000, 0.25
    clean = shape(count, generator=generator())
    noisy = shape(count, noise=noise, generator=generator())
    assert clean.labels == noisy.labels
    added = [
        there - here
        for a, b in zip(clean.points, noisy.points, strict=True)
        for here, there in zip(a, b, strict=True)
    ]
    # Of n normal numbers, the mean has the error noise/√n, the deviation noise/√(2n): five of each.
    assert abs(fmean(added)) <= 5 * noise / math.sqrt(2 * count)
    assert abs(pstdev(added) - noise) <= 5 * noise / math.sqrt(4 * count)


@every_shape
def test_the_same_generator_gives_the_same_points_and_another_one_others(shape):
    first, again = (shape(10, noise=0.1, generator=random.Random(1)) for _ in range(2))
    assert first == again != shape(10, noise=0.1, generator=random.Random(2))


@every_shape
def test_integers_and_floats_of_numpy_are_taken(shape):
    assert shape(np.int64(6), noise=np.float32(0), generator=generator()) == shape(
        6, generator=generator()
    )


@every_shape
@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (3, {}, "count: expected at least 4, 2 for each class, got 3"),
        (-1, {}, "count: expected at least 4, 2 for each class, got -1"),
        (4, {"noise": -0.1}, "noise: expected a finite standard deviation >= 0, got -0.1"),
        (4, {"noise": math.nan}, "noise: expected a finite standard deviation >= 0, got nan"),
        (4, {"noise": math.inf}, "noise: expected a finite standard deviation >= 0, got inf"),
    ],
)
def test_too_few_points_and_impossible_noise_are_refused(shape, count, options, message):
    with pytest.raises(ValueError) as caught:
        shape(count, generator=generator(), **options)
    assert str(caught.value) == message


@every_shape
@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (4.0, {}, "count: expected an integer, got float"),
        ("4", {}, "count: expected an integer, got str"),
        (
            4,
            {"generator": 0},
            "generator: expected a random.Random, such as random.Random(0), got int",
        ),
        (
            4,
            {"generator": random},
            "generator: expected a random.Random, such as random.Random(0), got module",
        ),
        (
            4,
            {"noise": "0"},
            "noise: expected a number, got the text '0': convert it with float(...) first",
        ),
    ],
)
def test_what_is_of_another_kind_is_refused(shape, count, options, message):
    with pytest.raises(TypeError) as caught:
        shape(count, **{"generator": generator(), **options})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        (circles, {"factor": 0}, "factor: expected a radius between 0 and 1, got 0"),
        (circles, {"factor": 1.0}, "factor: expected a radius between 0 and 1, got 1.0"),
        (circles, {"factor": math.nan}, "factor: expected a radius between 0 and 1, got nan"),
        (spirals, {"classes": 1}, "classes: expected at least 2, got 1"),
        (spirals, {"classes": 4}, "count: expected at least 8, 2 for each class, got 7"),
        (spirals, {"turns": 0.0}, "turns: expected a finite number > 0, got 0.0"),
        (spirals, {"turns": math.inf}, "turns: expected a finite number > 0, got inf"),
        (spirals, {"turns": math.nan}, "turns: expected a finite number > 0, got nan"),
        (spirals, {"turns": 1e308}, "turns: expected a finite number > 0, got 1e+308"),
    ],
)
def test_options_of_single_shapes_are_refused_outside_their_range(shape, options, message):
    with pytest.raises(ValueError) as caught:
        shape(7, generator=generator(), **options)
    assert str(caught.value) == message


def test_classes_that_are_no_integer_are_refused():
    with pytest.raises(TypeError, match=r"^classes: expected an integer, got float$"):
        spirals(8, classes=2.0, generator=generator())
