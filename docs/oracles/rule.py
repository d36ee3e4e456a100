"""Which derivative is right: the slopes beside a point, from values with 500 digits."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autodiff as ad
from autodiff.graph import topological_order
from autodiff.testing.reference import WITHOUT_VALUE, exact

DIGITS = 500
NEAR = (-20, -40, -80)  # of ten: how near the point slopes are taken, relative to it
STEP = -30  # of ten: of the difference there, relative to that distance
SAME = 1e-12  # relative: two slopes that are so close are one
NORMAL = 2.3e-308  # what is smaller counts as 0: doubles below it have fewer digits

Line = Callable[[Any], Any]


class Right(NamedTuple):
    """What is right for one derivative.

    kind    "derivative"; "edge", the slope of the one side there is; "kink", "jump", "no value"
    low     the numbers from here …
    high    … to here are right; nan where there are none
    others  and so are these
    """

    kind: str
    low: float
    high: float
    others: tuple[float, ...] = ()

    def accepts(self, number: float, relative: float, absolute: float = NORMAL) -> bool:
        """Return whether a number is right, up to a tolerance."""
        if math.isnan(number):
            return any(map(math.isnan, self.others))
        if any(number == other for other in self.others) or self.low <= number <= self.high:
            return True
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        return any(math.isclose(number, end, rel_tol=relative, abs_tol=absolute) for end in ends)

    def __str__(self) -> str:
        return self.shown(6)

    def shown(self, digits: int) -> str:
        """Return what is right in words and numbers of so many digits."""
        low, high = (f"{x + 0.0:.{digits}g}" for x in (self.low, self.high))
        words = [f"{x:g}" for x in self.others]
        if not math.isnan(self.low):
            words.insert(0, low if low == high else f"from {low} to {high}")
        words = [*dict.fromkeys(words)]
        kind = "" if self.kind == "derivative" else f" ({self.kind})"
        return " or ".join(words) + kind


class _Side(NamedTuple):
    """One side of a point: the slope beside it, and which way the value jumps there."""

    slope: float
    jump: int


def right_for(out: ad.Value, inputs: Sequence[ad.Value]) -> tuple[list[Right], Right | None]:
    """Return what is right by each input, and for the sum of all where one of them is at a kink."""
    units = [[float(i == j) for j in range(len(inputs))] for i in range(len(inputs))]
    found = [_right(_line(out, inputs, unit)) for unit in units]
    if len(inputs) == 1 or all(one.kind != "kink" for one in found):
        return found, None
    together = _right(_line(out, inputs, [1.0] * len(inputs)))
    return found, together if together.kind in ("derivative", "kink") else None


def _line(out: ad.Value, inputs: Sequence[ad.Value], direction: Sequence[float]) -> Line:
    """Return the value of the graph as a function of a way along a direction, None where it has none."""
    from mpmath import mp, mpf

    order = topological_order(out)
    scale = max((abs(x.data) for x, along in zip(inputs, direction, strict=True) if along), default=0.0)

    def value(way: Any) -> Any:
        way = way * (mpf(scale) or 1)
        moved = {x: mpf(x.data) + way * mpf(d) for x, d in zip(inputs, direction, strict=True)}
        numbers: dict[ad.Value, Any] = {}
        try:
            for node in order:
                if node.primitive is None:
                    numbers[node] = moved.get(node, mpf(node.data))
                else:
                    numbers[node] = exact(node.primitive, [numbers[x] for x in node.operands])
        except WITHOUT_VALUE:
            return None
        return numbers[out] if mp.isfinite(numbers[out]) else None

    value.scale = scale or 1.0  # type: ignore[attr-defined]
    return value


def _right(line: Line) -> Right:
    from mpmath import mpf, workdps

    with workdps(DIGITS):
        here = line(mpf(0))
        left, right = (_side(line, here, sign) for sign in (-1, 1))
    slopes = [side.slope for side in (left, right) if side is not None]
    low, high = (min(slopes), max(slopes)) if slopes else (math.nan, math.nan)
    if here is None or not slopes:
        return Right("no value" if here is None else "no slope", low, high, (math.nan,))
    jumps = [side.jump * math.inf for side in (left, right) if side is not None and side.jump]
    if jumps:
        return Right("jump", low, high, (*jumps, math.nan))
    if len(slopes) == 1:
        return Right("edge", low, high)
    return Right("derivative" if _same(low, high) else "kink", low, high)


def _same(one: float, other: float) -> bool:
    return one == other or math.isclose(one, other, rel_tol=SAME, abs_tol=NORMAL)


def _side(line: Line, here: Any, sign: int) -> _Side | None:
    """Return the slope on one side of the point, None where there are no values."""
    from mpmath import mpf

    slopes, gaps = [], []
    for power in NEAR:
        way = sign * mpf(10) ** power
        step = abs(way) * mpf(10) ** STEP
        beside = [line(way), line(way - step), line(way + step)]
        if any(value is None for value in beside):
            return None
        slopes.append((beside[2] - beside[1]) / (2 * step) / mpf(line.scale))  # type: ignore[attr-defined]
        gaps.append(abs(beside[0] - here) if here is not None else mpf(0))
        last = beside[0]
    # Towards a value that it has, a function comes ever nearer.
    jumps = gaps[2] > mpf(10) ** STEP and gaps[2] > gaps[1] / 2
    towards = 1 if jumps and (last - here) * sign > 0 else -1
    return _Side(_limit(slopes), towards if jumps else 0)


def _limit(slopes: Sequence[Any]) -> float:
    """Return where slopes go: to a number, to 0, or beyond all numbers.

    Raises:
        ArithmeticError: when they do not say.
    """
    far, nearer, nearest = map(abs, slopes)
    if abs(slopes[2] - slopes[1]) <= SAME * nearest:
        return float(slopes[2])
    if nearest <= 1e-5 * nearer:
        return 0.0
    if nearest >= 1.5 * nearer >= 2.25 * far:
        return math.copysign(math.inf, slopes[2])
    raise ArithmeticError(f"slopes of {', '.join(f'{float(s):g}' for s in slopes)} do not come to rest")
