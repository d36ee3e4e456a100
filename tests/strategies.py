"""The Hypothesis strategies that tests share: programs over the whole table, at points inside it.

A program is data: its inputs' numbers, and steps that name a row and its operands. It can be run on
floats, Values, Duals or anything else that a row accepts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

import autodiff as ad
from autodiff import primitives as table
from autodiff.testing import interior
from autodiff.testing.interior import CONSTANTS, is_interior, operand_counts

BUILT_IN = sorted(row.name for row in vars(table).values() if isinstance(row, ad.Primitive))
"""The names of the rows that come with the package; other tests define rows of their own."""


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


def interior_points(name: str, moving: tuple[bool, ...]) -> Sequence[tuple[float, ...]]:
    """Return points inside the domain of the row called ``name``, for so many operands."""
    return interior.interior_points(ad.PRIMITIVES[name], moving)


def _moving(row: ad.Primitive) -> st.SearchStrategy[tuple[bool, ...]]:
    """Which operands are variables: at least one; a reduction has one to three (pairs: 2 or 4)."""
    variable = st.sampled_from([True, True, False])
    masks = st.sampled_from(operand_counts(row)).flatmap(lambda count: st.tuples(*[variable] * count))
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


# ── programs that a tape is made of ─────────────────────────────────────────────────────────────

_CORRECTLY_ROUNDED = {
    "abs", "ceil", "count", "dot", "floor", "maximum", "minimum", "product", "products_of_others",
    "shares", "sqrt", "total",
}  # fmt: skip


def is_exact(row: ad.Primitive) -> bool:
    """Return whether the row's value and partials are made of ``+ - * /``, sqrt and choices alone.

    Every machine, and every library of vectorised functions, gives such a row the same bits.
    """
    rows = [row]
    for each in rows:  # grows while it is walked
        for rule in (each.forward, *each.partial_rules):
            called = {call.name for call in rule.calls} - _CORRECTLY_ROUNDED
            if "**" in rule.text or not called <= {*BUILT_IN} - {each.name}:
                return False  # a row that calls its own name calls the C library
            rows += [ad.PRIMITIVES[name] for name in called if ad.PRIMITIVES[name] not in rows]
    return True


EXACT = [name for name in BUILT_IN if is_exact(ad.PRIMITIVES[name])]
"""The rows that have the same bits everywhere."""


@dataclass(frozen=True)
class Winding:
    """Steps over four numbers: rows, comparisons that choose the way, and hidden derivatives.

    A step is a row, or one of ``WAYS``; its operands are places of earlier numbers, or constants.
    """

    steps: tuple[tuple[str, tuple[int | float, ...]], ...]

    def __call__(self, w: Sequence[Any], x: Any, y: Any) -> Any:
        """Return a sum over the last numbers; ``w`` are two numbers."""
        numbers = [w[0], w[1], x, y]
        for name, operands in self.steps:
            given = [numbers[at] if isinstance(at, int) else at for at in operands]
            numbers.append(WAYS[name](*given) if name in WAYS else ad.PRIMITIVES[name].apply(given))
        return numbers[-1] + numbers[-2] * numbers[-3]


def _unrecorded(a: Any, b: Any) -> Any:
    with ad.no_grad():
        return a * b - a


WAYS: dict[str, Any] = {
    "if >": lambda a, b: a * 2 if a > b else b - a,
    "if <=": lambda a, b: b + 1 if a <= b else a,
    "if 0 <=": lambda a, b: a / b if 0 <= b < 1 else -a,
    "sorted": lambda a, b: sorted([a, b, 0.5])[1] * a,
    "chosen": lambda a, b: ad.max(a, 0.5, b.detach()),
    "ad.where": lambda a, b: ad.where(a < b, a * b, a.detach()),
    "detach": lambda a, b: (a + b).detach() * a,
    "no_grad": _unrecorded,
    "nested": lambda a, b: ad.grad(lambda z: z * z * b.detach() + ad.relu(z) * b)(a),
}


@st.composite
def windings(draw: st.DrawFn, rows: Sequence[str], max_steps: int = 12) -> Winding:
    """Programs of the given rows whose way depends on the numbers; they may leave every domain."""
    steps: list[tuple[str, tuple[int | float, ...]]] = []
    for made in range(draw(st.integers(1, max_steps))):
        places = st.integers(0, 3 + made)
        if draw(st.integers(0, 3)) == 0:
            steps.append((draw(st.sampled_from(sorted(WAYS))), (draw(places), draw(places))))
            continue
        row = ad.PRIMITIVES[draw(st.sampled_from(rows))]
        count = len(row.operands.names)
        if row.operands.variadic:
            count = 4 if row.operands.groups == (True, True) else draw(st.integers(1, 4))
        operands: list[int | float] = [
            draw(st.one_of(places, places, places, st.sampled_from(CONSTANTS))) for _ in range(count)
        ]
        operands[draw(st.integers(0, count - 1))] = draw(places)  # an operation of constants is a float
        steps.append((row.name, tuple(operands)))
    return Winding(tuple(steps))
