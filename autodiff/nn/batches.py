"""Batches: which samples a step of training looks at."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any


class Minibatches:
    """Every epoch the samples in a new order, ``size`` of them a step; the last ones may be fewer.

    >>> batches = Minibatches(2, generator=Random(0)).orders([[1.0], [2.0], [3.0]], [0, 1, 0])
    >>> [len(next(batches)) for _ in range(4)]
    [2, 1, 2, 1]
    """

    def __init__(self, size: int, *, generator: Random) -> None:
        self.size = _size(size)
        self.generator = generator

    def orders(self, X: Sequence[Any], Y: Sequence[Any]) -> Iterator[list[int]]:
        """Yield the samples' numbers for one step after the other, without end."""
        order = list(range(len(X)))
        while True:
            self.generator.shuffle(order)
            for start in range(0, len(order), self.size):
                yield order[start : start + self.size]


class Curriculum:
    """Minibatches of the easiest samples at first, of more and more as training goes on, then of all.

    Arguments:
        size: samples a step.
        difficulty: a function of a sample and what is wanted, small for what is easy.
        steps: after so many, all samples take part.
        start: the share of the samples that the first step may draw from.

    Source: Bengio, Louradour, Collobert & Weston 2009.
    """

    def __init__(
        self,
        size: int,
        difficulty: Callable[[Any, Any], float],
        *,
        steps: int,
        generator: Random,
        start: float = 0.2,
    ) -> None:
        if not 0 < start <= 1:
            raise ValueError(f"start: expected a share in (0, 1], got {start!r}")
        self.size, self.steps = _size(size), _size(steps)
        self.difficulty, self.generator, self.start = difficulty, generator, start

    def orders(self, X: Sequence[Any], Y: Sequence[Any]) -> Iterator[list[int]]:
        """Yield the samples' numbers for one step after the other, without end."""
        grades = [self.difficulty(x, y) for x, y in zip(X, Y, strict=True)]
        easy_first = sorted(range(len(X)), key=grades.__getitem__)
        size = min(self.size, len(X))
        step = 0
        while True:
            share = min(1.0, self.start + (1 - self.start) * step / self.steps)
            pool = easy_first[: max(size, round(share * len(X)))]
            yield self.generator.sample(pool, size)
            step += 1


def _size(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(f"expected a whole number above 0, got {number!r}")
    return number
