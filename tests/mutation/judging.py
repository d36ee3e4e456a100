"""What becomes of a mutant: whether the checker kills it, and whether other tolerances would.

killed      the checker's verdict is FAIL at a point at which the row itself passes
blamed      and it names the mutant, and the operand whose rule is wrong, as the first mistake
alive       neither killed nor excused: nobody noticed
objects     what a package's reimplemented rule does at a point: it says that the gradient is wrong
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import autodiff as ad
from autodiff.primitive import Primitive
from autodiff.testing import Report, Wrong, check_gradients
from tests.mutation.exact import (
    differs_between_kinks,
    is_between_slopes,
    kinks_where_it_differs,
    points_for,
)
from tests.mutation.mutants import Mutant, row_with
from tests.mutation.points import Point, interior
from tests.mutation.rules import RULES

Fate = Literal["killed", "alive", "equivalent", "killed at a kink", "another convention"]

MISTAKES = (
    "the sign", "a constant factor", "swapped operands", "the operand used for the value",
    "the value in place of the derivative", "a missing term", "a wrong or missing term",
    "the rule has no value here", "the rule cancels", "at its kink",
)  # fmt: skip
"""How what the checker calls the likely mistake begins."""


class Outcome(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    fate: Fate
    tried: int = 0  # points, up to the one at which it was killed
    blamed: bool = False
    mistake: str = ""  # what the checker says it is, among MISTAKES
    first: tuple[str, ...] = ()  # the packages whose rule objects at the first point
    ever: tuple[str, ...] = ()  # at any


def composed(row: Primitive, point: Point) -> Callable[..., Any]:
    """Return asinh(row(…)) as a function of the operands that move: asinh has a slope everywhere."""

    def f(*variables: Any) -> Any:
        rest = iter(variables)
        operands = [
            next(rest) if moves else x for x, moves in zip(point.values, point.moving, strict=True)
        ]
        return ad.asinh(row.apply(operands))

    return f


def checked(row: Primitive, point: Point) -> Report:
    """Return what the checker, at its defaults, says of a row at a point."""
    return check_gradients(composed(row, point), *point.variables)


def objections(row: Primitive, point: Point) -> list[str]:
    """Return the packages whose rule objects to a row at a point."""
    f = composed(row, point)
    inputs = [ad.Value(x) for x in point.variables]
    out = f(*inputs)
    gradient = ad.gradients(out, inputs) if isinstance(out, ad.Value) else [0.0] * len(inputs)
    plain = functools.partial(_plain, f)
    return [name for name, objects in RULES.items() if objects(plain, gradient, point.variables)]


def _plain(f: Callable[..., Any], *numbers: float) -> float:
    return float(f(*numbers))


def judged(mutant: Mutant) -> Outcome:
    """Return what becomes of a mutant at the points of its row."""
    row = row_with(ad.PRIMITIVES[mutant.row], mutant.position, mutant.text)
    if not differs_between_kinks(mutant):
        return _judged_at_kinks(mutant, row)
    points = points_for(mutant.row, mutant.position)
    first, ever = _objecting(row, points)
    found = _killed_by(row, mutant.row, points)
    if found is None:
        return Outcome(mutant, "alive", len(points), first=first, ever=ever)
    tried, wrong = found
    operand = row.operands.names[mutant.position]
    named = wrong and (wrong.operation, wrong.operand.partition("[")[0])  # xs[1] is one of xs
    blamed = named == (row.name, operand)
    mistake = _kind_of(wrong.mistake) if wrong is not None else ""
    return Outcome(mutant, "killed", tried, blamed, mistake, first, ever)


def _objecting(row: Primitive, points: Sequence[Point]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the packages whose rule objects to a row at the first point, and those at any."""
    first = objections(row, points[0])
    ever = set(first)
    for point in points[1:]:
        if len(ever) == len(RULES):
            break
        ever.update(objections(row, point))
    return tuple(first), tuple(name for name in RULES if name in ever)


@functools.cache
def _fails(name: str, point: Point) -> bool:
    """Return whether the checker fails a row as it is: then its FAIL says nothing of a mutant."""
    return checked(ad.PRIMITIVES[name], point).verdict == "FAIL"


def _killed_by(row: Primitive, name: str, points: Sequence[Point]) -> tuple[int, Wrong | None] | None:
    """Return how many points it took, and what was named as wrong there; None where nothing failed."""
    for tried, point in enumerate(points, 1):
        report = checked(row, point)
        if report.verdict == "FAIL" and not _fails(name, point):
            return tried, report.wrong
    return None


def _judged_at_kinks(mutant: Mutant, row: Primitive) -> Outcome:
    """Return what becomes of a mutant that is the same function off the kinks."""
    points = kinks_where_it_differs(mutant)
    if not points:
        return Outcome(mutant, "equivalent")
    if _killed_by(row, mutant.row, points) is not None:
        return Outcome(mutant, "killed at a kink")
    harmless = all(is_between_slopes(mutant, point) for point in points)
    return Outcome(mutant, "another convention" if harmless else "alive", len(points))


def _kind_of(mistake: str) -> str:
    return next((kind for kind in MISTAKES if mistake.startswith(kind)), mistake)


class Alarms(NamedTuple):
    """What is said of the rows as they are: every FAIL or objection is a false alarm."""

    points: int
    passed: int
    failed: tuple[str, ...]  # the checker's, each as a row and its operands
    undecided: tuple[str, ...]
    objections: dict[str, int]  # by package: at how many points


def alarms(points: Sequence[tuple[Primitive, Point]]) -> Alarms:
    """Return what the checker and the other rules say of rows as they are, at points."""
    passed = 0
    told: dict[str, list[str]] = {"FAIL": [], "INCONCLUSIVE": []}
    objected = dict.fromkeys(RULES, 0)
    for row, point in points:
        for name in objections(row, point):
            objected[name] += 1
        verdict = checked(row, point).verdict
        if verdict == "PASS":
            passed += 1
        else:
            told[verdict].append(f"{row.name}{point.values} by {point.moving}")
    return Alarms(len(points), passed, tuple(told["FAIL"]), tuple(told["INCONCLUSIVE"]), objected)


def all_points(names: Sequence[str]) -> Iterator[tuple[Primitive, Point]]:
    """Yield each row with each of its points."""
    return ((ad.PRIMITIVES[name], point) for name in names for point in interior(name))
