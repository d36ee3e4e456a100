"""Data to learn from: Iris, which travels with the package, tables of one's own, points in shapes.

A data file of the package opens with its source.
"""

import csv
from importlib.resources import files
from typing import NamedTuple

from autodiff.data.preparing import (
    Scaling as Scaling,
    Split as Split,
    checked as checked,
    one_hot as one_hot,
    split as split,
    standardised as standardised,
)
from autodiff.data.shapes import (
    Points as Points,
    circles as circles,
    moons as moons,
    spirals as spirals,
    xor as xor,
)
from autodiff.data.tables import Table as Table, read_csv as read_csv


class Iris(NamedTuple):
    """150 flowers: four measurements in cm each, and the species."""

    features: tuple[str, ...]
    measurements: tuple[tuple[float, ...], ...]
    species: tuple[str, ...]


def iris() -> Iris:
    """Return Fisher's Iris flowers (1936), 50 of each of three species, in the paper's order.

    >>> flowers = iris()
    >>> flowers.features
    ('sepal_length', 'sepal_width', 'petal_length', 'petal_width')
    >>> flowers.measurements[0], flowers.species[0]
    ((5.1, 3.5, 1.4, 0.2), 'setosa')
    """
    text = files(__name__).joinpath("iris.csv").read_text(encoding="utf-8")
    head, *rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    return Iris(
        tuple(head[:-1]),
        tuple(tuple(map(float, row[:-1])) for row in rows),
        tuple(row[-1] for row in rows),
    )
