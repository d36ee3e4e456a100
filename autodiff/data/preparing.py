"""From a table to what a model is fitted to: checked, split, standardised, labels one-hot."""

import math
import random
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from autodiff.scalars import as_float, is_real

Row = TypeVar("Row")
Label = TypeVar("Label")
Class = TypeVar("Class", bound=Hashable)


class Split(NamedTuple, Generic[Row, Label]):
    """Rows and labels to fit a model to, and others to test it on."""

    train_rows: list[Row]
    train_labels: list[Label]
    test_rows: list[Row]
    test_labels: list[Label]


class Scaling(NamedTuple):
    """The mean and the deviation of each column, in the units of that column."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]

    def apply(self, rows: Iterable[Iterable[Any]]) -> list[list[float]]:
        """Return ``rows`` with each number as its distance from the mean, in deviations.

        Raises:
            ValueError: for rows without as many columns as the scaling has, and as ``checked`` does.
            TypeError: for what is no number.

        >>> Scaling((10.0,), (2.0,)).apply([[10.0], [13.0]])
        [[0.0], [1.5]]
        """
        table = _table(rows)
        if len(table[0]) != len(self.means):
            raise ValueError(f"X has {_counted(len(table[0]), 'column')}, the scaling {len(self.means)}")
        return [
            [(x - m) / d for x, m, d in zip(row, self.means, self.deviations, strict=True)]
            for row in table
        ]


def one_hot(
    labels: Iterable[Class], classes: Iterable[Class] | None = None
) -> tuple[list[list[float]], tuple[Class, ...]]:
    """Return a row for each label, 1 at the place of its class and 0 elsewhere, and the classes.

    Args:
        labels: N labels: text, numbers, or anything else that can be a key of a dict.
        classes: the C classes in the order of the columns; without it, in the order in which they
            first appear among the labels.

    Returns:
        N rows of C numbers, and the C classes.

    Raises:
        ValueError: for a label that is not among the given classes or is nan, for a class given twice,
            and for fewer than two classes.
        TypeError: for labels that cannot be keys, such as lists.

    >>> one_hot(["cat", "dog", "cat"])
    ([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], ('cat', 'dog'))
    >>> one_hot(["dog"], classes=["cat", "dog"])
    ([[0.0, 1.0]], ('cat', 'dog'))
    """
    labels = list(labels)
    for i, label in enumerate(labels):
        _refuse_as_class(label, f"y[{i}]")
    given = None if classes is None else list(classes)
    for i, label in enumerate(given or ()):
        _refuse_as_class(label, f"classes[{i}]")
    order = tuple(dict.fromkeys(labels if given is None else given))
    if given is not None and len(order) < len(given):
        twice = next(label for i, label in enumerate(given) if label in given[:i])
        raise ValueError(f"classes: {twice!r} is given twice")
    if len(order) < 2:
        those = f"only {order[0]!r}" if order else "none"
        raise ValueError(f"expected labels of at least two classes, got {those}")
    places = {label: i for i, label in enumerate(order)}
    for i, label in enumerate(labels):
        if label not in places:
            raise ValueError(f"y[{i}]: {label!r} is none of the classes {', '.join(map(repr, order))}")
    return [[float(places[label] == j) for j in range(len(order))] for label in labels], order


def standardised(
    rows: Iterable[Iterable[Any]], features: Sequence[str] = ()
) -> tuple[list[list[float]], Scaling]:
    """Return ``rows`` with every column at mean 0 and deviation 1, and the scaling that made them so.

    Apply the scaling of the training rows to the test rows: the means of those must not be looked at.

    Args:
        rows: N rows of D numbers.
        features: the D names of the columns, for messages.

    Returns:
        N rows of D numbers, and the D means and population deviations, sqrt(Σ(x - mean)²/N).

    Raises:
        ValueError: for a column that is the same in all rows, or whose numbers are so far apart or so
            close together that floats cannot say their deviation; for another number of names than of
            columns; and as ``checked`` does.
        TypeError: for what is no number.

    >>> rows, scaling = standardised([[1.0, 10.0], [3.0, 30.0]])
    >>> rows
    [[-1.0, -1.0], [1.0, 1.0]]
    >>> scaling
    Scaling(means=(2.0, 20.0), deviations=(1.0, 10.0))
    """
    table = _table(rows)
    if features and len(features) != len(table[0]):
        raise ValueError(
            f"X has {_counted(len(table[0]), 'column')}, features {_counted(len(features), 'name')}"
        )
    means, deviations = [], []
    for j, column in enumerate(zip(*table, strict=True)):
        name = f"column {features[j]!r}" if features else f"column {j}"
        lowest, highest = min(column), max(column)
        if lowest == highest:  # asked of the numbers: a rounded mean can differ from all of them
            raise ValueError(f"{name} is {lowest!r} in every row: it has no deviation to divide by")
        mean, deviation = _mean_and_deviation(column)
        if not 0 < deviation < math.inf:
            raise ValueError(f"{name}: floats cannot say the deviation of {lowest!r} … {highest!r}")
        means.append(mean)
        deviations.append(deviation)
    scaling = Scaling(tuple(means), tuple(deviations))
    return scaling.apply(table), scaling


def split(
    rows: Iterable[Row], labels: Iterable[Label], *, test: float, generator: random.Random
) -> Split[Row, Label]:
    """Return the rows and labels in random order, a fraction ``test`` of them set apart for the test.

    Args:
        rows: N rows of any kind; they are handed on as they are.
        labels: N labels of any kind.
        test: the fraction, between 0 and 1; round(test · N) rows are for the test.
        generator: where the order comes from; ``random.Random(0)`` gives the same one on every run.

    Raises:
        ValueError: for different numbers of rows and labels, a fraction that is not between 0 and 1, or
            one that leaves no row for the test, or for training.
        TypeError: for a generator that is no ``random.Random``.

    >>> parts = split([[1.0], [2.0], [3.0]], "abc", test=1/3, generator=random.Random(0))
    >>> parts.train_rows, parts.train_labels
    ([[3.0], [1.0]], ['c', 'a'])
    >>> parts.test_rows, parts.test_labels
    ([[2.0]], ['b'])
    """
    generator = as_generator(generator)
    fraction = as_float(test, "test")
    if not 0 < fraction < 1:
        raise ValueError(f"test: expected a fraction between 0 and 1, got {test!r}")
    rows, labels = list(rows), list(labels)
    _refuse_unpaired(len(rows), len(labels))
    count = round(fraction * len(rows))
    if not 0 < count < len(rows):
        raise ValueError(
            f"test: {test!r} of {_counted(len(rows), 'row')} leaves {count} for the test, "
            f"{len(rows) - count} for training: each needs at least one"
        )
    order = generator.sample(range(len(rows)), len(rows))
    testing, training = order[:count], order[count:]
    return Split(
        [rows[i] for i in training],
        [labels[i] for i in training],
        [rows[i] for i in testing],
        [labels[i] for i in testing],
    )


def checked(rows: Iterable[Iterable[Any]], labels: Iterable[Any]) -> list[list[float]]:
    """Return ``rows`` as lists of floats, once they are known to be a table with a label for each row.

    Messages name a number by its place, as ``X[3][1]``, and a label as ``y[3]``; both count from 0.

    Args:
        rows: N rows of D numbers, N and D at least 1; a NumPy array will do.
        labels: N labels of any kind; those that are numbers must be finite.

    Raises:
        ValueError: for no rows, rows without columns, rows of different lengths, nan, inf, and
            different numbers of rows and labels.
        TypeError: for a row that is none, and for what is no number.

    >>> checked([[1, 2], [3, 4]], ["a", "b"])
    [[1.0, 2.0], [3.0, 4.0]]
    >>> checked([[1, 2], [3, float("nan")]], ["a", "b"])
    Traceback (most recent call last):
    ValueError: X[1][1] is nan: expected a finite number
    """
    table = _table(rows)
    labels = list(labels)
    _refuse_unpaired(len(table), len(labels))
    for i, label in enumerate(labels):
        if is_real(label):
            _finite(label, f"y[{i}]")
    return table


def as_generator(generator: object) -> random.Random:
    """Return ``generator`` if it is a ``random.Random``.

    Raises:
        TypeError: for everything else, such as a seed or the module ``random``.

    >>> as_generator(1)
    Traceback (most recent call last):
    TypeError: generator: expected a random.Random, such as random.Random(0), got int
    """
    if not isinstance(generator, random.Random):
        kind = type(generator).__name__
        raise TypeError(f"generator: expected a random.Random, such as random.Random(0), got {kind}")
    return generator


def _table(rows: Iterable[Iterable[Any]]) -> list[list[float]]:
    table: list[list[float]] = []
    for i, row in enumerate(rows):
        if isinstance(row, (str, bytes, dict, set, frozenset)) or not isinstance(row, Iterable):
            raise TypeError(f"X[{i}]: expected a row of numbers such as [1.0], got {type(row).__name__}")
        table.append([_finite(x, f"X[{i}][{j}]") for j, x in enumerate(row)])
        if not table[i]:
            raise ValueError(f"X[{i}] has no columns: expected at least one number")
        if len(table[i]) != len(table[0]):
            counted = _counted(len(table[i]), "column")
            raise ValueError(f"X[{i}] has {counted}, expected {len(table[0])} as in X[0]")
    if not table:
        raise ValueError("X has no rows: expected at least one")
    return table


def _finite(x: Any, place: str) -> float:
    number = as_float(x, place)
    if not math.isfinite(number):
        raise ValueError(f"{place} is {number!r}: expected a finite number")
    return number


def _refuse_unpaired(rows: int, labels: int) -> None:
    if rows != labels:
        alone = f"X[{labels}] has no label" if rows > labels else f"y[{rows}] has no row"
        raise ValueError(f"X has {_counted(rows, 'row')}, y {_counted(labels, 'label')}: {alone}")


def _refuse_as_class(label: Any, place: str) -> None:
    try:
        hash(label)
    except TypeError:
        kind = type(label).__name__
        raise TypeError(f"{place}: expected text or a number as label, got {kind}") from None
    if label != label:  # nan would be a class of its own each time
        raise ValueError(f"{place} is {label!r}: expected a label that is equal to itself")


def _mean_and_deviation(column: Sequence[float]) -> tuple[float, float]:
    """Return the mean and the population deviation: inf or nan where it is beyond floats."""
    try:
        mean = math.fsum(column) / len(column)
    except OverflowError:
        return math.nan, math.inf
    distances = [x - mean for x in column]
    farthest = max(map(abs, distances))
    # In units of the farthest, squares neither overflow nor vanish.
    squares = math.fsum((d / farthest) ** 2 for d in distances)
    return mean, farthest * math.sqrt(squares / len(column))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
