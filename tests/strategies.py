"""The Hypothesis strategies that tests share: programs over the whole table, at points inside it.

A program is data: its inputs' numbers, and steps that name a row and its operands. It can be run on
floats, Values, Duals or anything else that a row accepts.
"""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

import autodiff as ad
from autodiff import primitives as table

BUILT_IN = sorted(row.name for row in vars(table).values() if isinstance(row, ad.Primitive))
"""The names of the rows that come with the package; other tests define rows of their own."""

MARGIN = 0.1  # how far points keep from kinks and from the edges of domains
STEEPEST = 20.0  # the largest value and local derivative: compositions stay well-conditioned enough
_VARIABLES = (-2.3, -1.2, -0.7, -0.3, 0.4, 0.8, 1.3, 2.2)
_CONSTANTS = (-1.0, -0.4, 0.5, 0.7, 2.0, 3.0)


@dataclass(frozen=True)
class Program:
    """Steps over numbers: an operand is the place of an earlier number, or a constant (a float)."""

    inputs: tuple[float, ...]
    steps: tuple[tuple[str, tuple[int | float, ...]], ...]

    def __call__(self, *inputs: Any) -> Any:
        """Return the last step's number."""
        numbers = list(inputs)
        for name, operands in self.steps:
            given = [numbers[x] if isinstance(x, int) else x for x in operands]
            numbers.append(ad.PRIMITIVES[name].apply(given))
        return numbers[-1]

    def recorded(self) -> tuple[ad.Value, list[ad.Value]]:
        """Return the program's graph: its output and its inputs."""
        inputs = [ad.Value(x, name=f"x{i + 1}") for i, x in enumerate(self.inputs)]
        return self(*inputs), inputs


def is_interior(row: ad.Primitive, values: Sequence[float], moving: Sequence[bool]) -> bool:
    """Return whether ``values`` are inside the row's domain, off its kinks, and not too steep.

    Only the operands that move have to keep their distance from the domain's edge.
    """
    reaches = [(-MARGIN, 0.0, MARGIN) if moves else (0.0,) for moves in moving]
    try:
        with ad.strict():
            for reach in itertools.product(*reaches):
                out = row.apply([x + step for x, step in zip(values, reach, strict=True)])
    except ad.DomainError:
        return False
    out = row.evaluate(*values)
    steep = [p for p, moves in zip(row.partials(out, *values), moving, strict=True) if moves]
    flat = all(abs(number) <= STEEPEST for number in (out, *steep))
    return flat and all(abs(margin) >= MARGIN for margin in row.margins(values))


@functools.cache
def interior_points(name: str, moving: tuple[bool, ...]) -> list[tuple[float, ...]]:
    """Return points inside the domain of the row called ``name``, for so many operands."""
    row = ad.PRIMITIVES[name]
    thinned = 1 if len(moving) < 3 else 2 if len(moving) == 3 else 3
    pools = [_VARIABLES[::thinned] if moves else _CONSTANTS for moves in moving]
    return [values for values in itertools.product(*pools) if is_interior(row, values, moving)]


def _moving(row: ad.Primitive) -> st.SearchStrategy[tuple[bool, ...]]:
    """Which operands are variables: at least one; a reduction has one to three (pairs: 2 or 4)."""
    counts = st.just(len(row.operands.names))
    if row.operands.variadic:
        counts = st.sampled_from([2, 4] if len(row.operands.names) == 2 == sum(row.operands.groups) else
                                 [1, 2, 3])  # fmt: skip
    variable = st.sampled_from([True, True, False])
    masks = counts.flatmap(lambda count: st.tuples(*[variable] * count))
    return masks.filter(lambda mask: any(mask) and bool(interior_points(row.name, mask)))


@st.composite
def programs(
    draw: st.DrawFn, first: str | None = None, min_steps: int = 1, max_steps: int = 6
) -> Program:
    """Programs of one to three inputs over the built-in rows, every operand inside its domain.

    Where a number is outside, a constant is added to it. Numbers are used again and again, so
    graphs share subexpressions. ``first`` is the row of the first step.
    """
    thousandths = st.integers(-3000, 3000).map(lambda n: n / 1000)
    inputs = draw(st.lists(thousandths, min_size=1, max_size=3))
    numbers, steps = [*inputs], []
    names = [draw(st.sampled_from(BUILT_IN)) for _ in range(draw(st.integers(min_steps, max_steps)))]
    for name in [first, *names[1:]] if first else names:
        row = ad.PRIMITIVES[name]
        moving = draw(_moving(row))
        point = draw(st.sampled_from(interior_points(name, moving)))
        places = [draw(st.integers(0, len(numbers) - 1)) for _ in moving]
        if steps:
            places[moving.index(True)] = len(numbers) - 1  # so the result depends on every step
        operands = [at if moves else x for at, moves, x in zip(places, moving, point, strict=True)]
        values = [numbers[x] if isinstance(x, int) else x for x in operands]
        if not is_interior(row, values, moving):
            for i, target in enumerate(point):
                if moving[i]:
                    shift = target - values[i]
                    steps.append(("add", (operands[i], shift)))
                    values[i] += shift
                    numbers.append(values[i])
                    operands[i] = len(numbers) - 1
        steps.append((name, tuple(operands)))
        numbers.append(row.evaluate(*values))
    return Program(tuple(inputs), tuple(steps))
