"""The Iris table is Fisher's."""

from collections import Counter
from statistics import mean

from autodiff.data import iris


def test_the_means_are_the_published_ones():
    # Means over all flowers and over each species, as R's and scikit-learn's documentation give them;
    # a mean of figures with one decimal over 50 flowers has at most three.
    flowers = iris()
    published = {
        "setosa": (5.006, 3.428, 1.462, 0.246),
        "versicolor": (5.936, 2.770, 4.260, 1.326),
        "virginica": (6.588, 2.974, 5.552, 2.026),
    }
    assert Counter(flowers.species) == dict.fromkeys(published, 50)
    for species, means in published.items():
        rows = [
            m for m, name in zip(flowers.measurements, flowers.species, strict=True) if name == species
        ]
        assert tuple(round(mean(column), 3) for column in zip(*rows, strict=True)) == means
    whole = [round(mean(column), 2) for column in zip(*flowers.measurements, strict=True)]
    assert whole == [5.84, 3.06, 3.76, 1.2]


def test_the_two_flowers_that_other_copies_have_wrong_are_right():
    flowers = iris()
    assert flowers.measurements[34] == (4.9, 3.1, 1.5, 0.2)
    assert flowers.measurements[37] == (4.9, 3.6, 1.4, 0.1)
