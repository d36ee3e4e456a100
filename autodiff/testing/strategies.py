"""Strategies for Hypothesis: expressions, points of a function, special floats, shapes of networks.

Each shrinks: towards one operation of small simple numbers, towards the example argument, towards 0.
"""

import inspect
import itertools
import math
import reprlib
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import reject, strategies as st, target

from autodiff.primitive import Primitive, rows
from autodiff.rows import built_in
from autodiff.testing.comparing import tolerance
from autodiff.testing.expression import Expression, Part, written
from autodiff.testing.interior import (
    MARGIN,
    interior_points,
    is_interior,
    operand_counts,
)
from autodiff.testing.places import Places
from autodiff.testing.report import Report

_THOUSANDTHS = 1000  # what is drawn is a whole number of these: short to read, and exact to repeat
_MOST_OPERANDS = 7  # to choose among: inputs, or the latest parts
_JITTER = 40  # thousandths around the points known to be inside

# ── expressions ─────────────────────────────────────────────────────────────────────────────────────


def expressions(
    primitives: Sequence[str | Primitive] | None = None,
    *,
    depth: int = 3,
    arity: int = 2,
    special: bool = False,
) -> st.SearchStrategy[Expression]:
    """Return a strategy for expressions: graphs that print as text, each with a point inside them.

    At its point every operation is inside its domain and off its kinks, by 0.1; where an operand
    would not be, a number is added to it.

    Arguments:
        primitives: the operations to draw from, rows or their names; all built-in ones unless given.
        depth: how deeply operations nest.
        arity: the most inputs.
        special: the numbers are special floats instead, wherever that leads: kinks, edges, inf, nan.

    Raises:
        ValueError: for an operation that there is not, or that the language cannot write.

    >>> from hypothesis import find
    >>> find(expressions(["sin", "exp"]), lambda expression: "exp" in expression.text)
    Expression('exp(x1)', x1=0.5)
    """
    if depth < 1 or arity < 1:
        raise ValueError(f"depth and arity are 1 or more, not {depth} and {arity}")
    chosen = [_writable(one) for one in primitives] if primitives is not None else _all_writable()
    if not chosen:
        raise ValueError("primitives is empty: there is nothing to draw from")
    return _expressions(chosen, depth, arity, special)


def _all_writable() -> list[Primitive]:
    return [row for name, row in rows.items() if name in built_in and not _takes_lists(row)]


def _writable(one: str | Primitive) -> Primitive:
    """Return the row that is meant, if the language of expressions can write it."""
    name = one if isinstance(one, str) else one.name
    row = rows.get(name)
    if row is None or row is not one is not name:
        raise ValueError(f"primitives: no operation is called {name!r}")
    if _takes_lists(row):
        raise ValueError(f"primitives: {name}({row.operands.text}) takes lists: an expression has none")
    if not interior_points(_stand_in(row), (True,) * _counts(row)[-1]):
        raise ValueError(f"primitives: no point is known inside the domain of {name}, off its kinks")
    return row


def _takes_lists(row: Primitive) -> bool:
    return row.operands.groups == (True, True)


def _is_choice(row: Primitive) -> bool:
    """Return whether the row chooses among its operands: a constant among them would be apart."""
    return row.name in ("max", "min", "where")


def _stand_in(row: Primitive) -> Primitive:
    """Return the row that says what ``row`` is as it is written: where(x > y, x, y) is a max."""
    return rows["max"] if row.name == "where" else row


def _counts(row: Primitive) -> Sequence[int]:
    if row.name == "where":
        return (2,)
    counts = operand_counts(row)
    return counts[1:] if _is_choice(row) else counts


@st.composite
def _expressions(
    draw: st.DrawFn, chosen: list[Primitive], depth: int, arity: int, special: bool
) -> Expression:
    return written(draw(_operations(_Drawing(chosen, arity, special), depth)))


class _Drawing:
    """What one expression is drawn from, and its parts so far."""

    def __init__(self, chosen: list[Primitive], arity: int, special: bool) -> None:
        self.chosen, self.special = chosen, special
        self.inputs: list[Part | None] = [None] * arity
        self.made: list[Part] = []


# What an operand is: an input's place, a constant (None), or a part.
_Operand = int | None | Part


@st.composite
def _operations(draw: st.DrawFn, drawing: _Drawing, depth: int) -> Part:
    """One operation and all that it needs.

    It draws as many numbers wherever it stands, and for whatever is simplest: so Hypothesis can put
    it in the place of an operation that needs it, and takes nothing for simpler that is not.
    """
    row = draw(st.sampled_from(drawing.chosen))
    count = draw(st.sampled_from(_counts(row)))
    operands = [draw(_operands(drawing, row, place, depth - 1)) for place in range(count)]
    if all(operand is None for operand in operands):
        operands[0] = 0  # an operation of constants is a number
    moving = tuple(operand is not None for operand in operands)
    if not drawing.special and not interior_points(_stand_in(row), moving):
        operands = [place if x is None else x for place, x in enumerate(operands)]
        operands = [x % len(drawing.inputs) if isinstance(x, int) else x for x in operands]
        moving = (True,) * count
    parts = _parts(draw, drawing, row, operands, moving)
    value = _stand_in(row).evaluate(*[part.value for part in parts])
    out = Part(value, row, tuple(parts))
    drawing.made.append(out)
    return out


@st.composite
def _operands(draw: st.DrawFn, drawing: _Drawing, row: Primitive, place: int, depth: int) -> _Operand:
    kind, which = draw(st.integers(0, 9)), draw(st.integers(0, _MOST_OPERANDS))
    if kind == 1 and not _is_choice(row):
        return None
    if kind == 2 and drawing.made:
        return drawing.made[-1 - which % len(drawing.made)]
    if kind > 2 and depth > 0:
        return draw(_operations(drawing, depth))
    return (place + which) % len(drawing.inputs)  # simplest: another for each operand


def _parts(
    draw: st.DrawFn,
    drawing: _Drawing,
    row: Primitive,
    operands: Sequence[_Operand],
    moving: tuple[bool, ...],
) -> list[Part]:
    """Return the operands as parts, with numbers inside the row's domain."""
    if drawing.special:
        targets = tuple(draw(special_floats()) for _ in operands)
        return _filled(drawing, operands, targets)
    row = _stand_in(row)
    targets = draw(st.sampled_from(interior_points(row, moving)))
    jitter = st.integers(-_JITTER, _JITTER)
    steps = [draw(jitter) for _ in operands]
    moved = tuple(round(x + n / _THOUSANDTHS, 3) for x, n in zip(targets, steps, strict=True))
    parts = _filled(drawing, operands, moved if is_interior(row, moved, moving) else targets)
    return _shifted(row, parts, targets, moving)


def _filled(drawing: _Drawing, operands: Sequence[_Operand], targets: Sequence[float]) -> list[Part]:
    """Return the operands as parts: constants, and inputs new to the expression, get the targets."""
    parts = []
    for operand, number in zip(operands, targets, strict=True):
        if isinstance(operand, int):
            known = drawing.inputs[operand] or Part(number, is_input=True)
            drawing.inputs[operand] = operand_part = known
        else:
            operand_part = operand or Part(number)
        parts.append(operand_part)
    return parts


def _shifted(
    row: Primitive, parts: list[Part], targets: Sequence[float], moving: Sequence[bool]
) -> list[Part]:
    """Return the parts, as few of them as need be moved towards the targets by adding a number."""
    apart = [i for i, moves in enumerate(moving) if moves and parts[i].value != targets[i]]
    choices = (some for n in range(len(apart) + 1) for some in itertools.combinations(apart, n))
    for some in choices:
        for digits in (1, 2, 17):
            tried = [
                _plus(part, round(number - part.value, digits)) if i in some else part
                for i, (part, number) in enumerate(zip(parts, targets, strict=True))
            ]
            if is_interior(row, [part.value for part in tried], moving):
                return tried
    reject()


def _plus(part: Part, number: float) -> Part:
    if number < 0:
        return Part(part.value - -number, rows["sub"], (part, Part(-number)))
    return Part(part.value + number, rows["add"], (part, Part(number))) if number else part


# ── points ──────────────────────────────────────────────────────────────────────────────────────────


def points(
    f: Callable[..., Any],
    like: Any = None,
    *,
    margin: float = MARGIN,
    on_kinks: bool = False,
    reach: float = 3.0,
) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return a strategy for arguments of ``f`` at which it has a derivative to check.

    No operation is nearer than ``margin`` to a kink or to an edge of its domain, no comparison to
    equality, and every number on the way is finite. Whether there are such arguments is found out when
    the strategy is made: ``f`` is called then, and what it raises comes out, unless that is an
    ``ArithmeticError`` or a ``ValueError``: these say that it has no value there.

    Arguments:
        f: a function written with the package's operations.
        like: an example argument for each parameter, in a tuple: numbers, and lists, dicts and arrays
            of them. Numbers are drawn around it. 0.0 for each parameter unless given.
        margin: how far operations stay off kinks and edges.
        on_kinks: the very opposite: arguments at which an operation, or a comparison, is exactly on a
            kink.
        reach: how far from ``like`` numbers are drawn.

    Raises:
        ValueError: where no such arguments are found.

    >>> import autodiff as ad
    >>> from hypothesis import find
    >>> find(points(lambda x: ad.log(x - 2) * x), lambda arguments: True)
    (2.75,)
    >>> find(points(lambda x: ad.relu(2 * x - 1), on_kinks=True), lambda arguments: True)
    (0.5,)
    """
    if not callable(f):
        raise TypeError(f"points takes a function, not {type(f).__name__} {f!r}")
    example = like if isinstance(like, tuple) else (like,)
    arguments = _zeros(f) if like is None else example
    places = Places(f, arguments, margin, reach)
    if not (places.find_kink_home() if on_kinks else places.find_clear_home()):
        refusal = places.refusal()
        raise ValueError(_none_found(arguments, reach, on_kinks, refusal)) from refusal
    return _points(places, round(reach * _THOUSANDTHS), on_kinks)


def _none_found(
    arguments: tuple[Any, ...], reach: float, on_kinks: bool, refusal: Exception | None
) -> str:
    """Return what is said where there is nothing to draw, and what can be done."""
    where = f"within {reach:g} of like={' '.join(reprlib.repr(arguments).split())}"
    raised = f" (there it raises {type(refusal).__name__}: {refusal})" if refusal else ""
    if on_kinks:
        return f"points: no kink of f is found {where}{raised}: another like= may lead to one"
    wide = "another like=, a larger reach= or a smaller margin= may give one"
    return f"points: no point of f off its kinks and inside its domains is found {where}{raised}: {wide}"


def _zeros(f: Callable[..., Any]) -> tuple[float, ...]:
    """Return 0.0 for each parameter that a function needs."""
    if isinstance(f, Primitive) and not f.operands.variadic:
        return (0.0,) * len(f.operands.names)
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    needed = [one for one in parameters if one.default is one.empty]
    plain = [one for one in needed if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if not plain or len(plain) < len(needed):
        raise TypeError(
            f"points of {f!r}: its arguments are said by like=(…), such as like=(0.0, [1.0])"
        )
    return (0.0,) * len(plain)


@st.composite
def _points(draw: st.DrawFn, places: Places, reach: int, on_kinks: bool) -> tuple[Any, ...]:
    steps = st.integers(-reach, reach)
    drawn = [x + draw(steps) / _THOUSANDTHS for x in places.numbers]
    if on_kinks:
        found = places.kink_near(drawn, lambda n: draw(st.integers(0, n - 1)))
    else:
        found = places.clear_near(drawn)
    if found is None:
        reject()
    return places.arguments(found)


# ── special floats ──────────────────────────────────────────────────────────────────────────────────

_PI = [n * math.pi / 4 for n in (1, 2, 3, 4, 6, 8, 12, 16, 400, 4_000_000)]
_NEAR_ONE = [math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0)]
_TINY = [5e-324, 1e-323, math.nextafter(2.0**-1022, 0.0), 2.0**-1022]
_HUGE = [2.0**53, 2.0**53 + 2, 1e16, 2.0**512, 2.0**1023, math.nextafter(math.inf, 0.0)]
_MAGNITUDES = [1.0, 2.0, 0.5, 0.1, *_NEAR_ONE, *_PI, *_TINY, *_HUGE]
_NAMED = [0.0, *(x for one in _MAGNITUDES for x in (one, -one)), -0.0]


def special_floats(*, allow_nan: bool = True, allow_infinity: bool = True) -> st.SearchStrategy[float]:
    """Return a strategy for the floats at which code goes wrong, the simplest first: 0.0, 1.0.

    Both zeros, subnormals, powers of two and their neighbours, what is beside 1, multiples of π, the
    largest and the smallest, inf and nan.

    Arguments:
        allow_nan: whether nan is among them.
        allow_infinity: whether inf and -inf are.

    >>> from hypothesis import find
    >>> find(special_floats(), lambda x: x != 0), find(special_floats(), lambda x: x != x)
    (1.0, nan)
    """
    named = _NAMED + [math.inf, -math.inf] * allow_infinity + [math.nan] * allow_nan
    return st.one_of(st.sampled_from(named), _powers_of_two())


@st.composite
def _powers_of_two(draw: st.DrawFn) -> float:
    """A power of two, or what is beside it, of either sign."""
    power = 2.0 ** draw(st.integers(-1074, 1023))
    beside = draw(st.sampled_from([power, math.nextafter(power, 0.0), math.nextafter(power, math.inf)]))
    return draw(st.sampled_from([1.0, -1.0])) * beside


# ── networks ────────────────────────────────────────────────────────────────────────────────────────


def network_shapes(
    max_layers: int = 3, max_units: int = 4
) -> st.SearchStrategy[tuple[list[int], str, str]]:
    """Return a strategy for what ``nn.MLP`` is made of: its sizes, its activation and its output's.

    Arguments:
        max_layers: the most layers, the input not counted.
        max_units: the most units of a layer, and the most inputs.

    >>> from hypothesis import find
    >>> find(network_shapes(), lambda shape: len(shape[0]) > 2 and shape[2] != "linear")
    ([1, 1, 1], 'linear', 'logistic')
    """
    from autodiff.later import room

    if max_layers < 1 or max_units < 1:
        raise ValueError(f"max_layers and max_units are 1 or more, not {max_layers} and {max_units}")
    kinds = st.sampled_from(list(room("nn.activations").ACTIVATIONS))
    sizes = st.lists(st.integers(1, max_units), min_size=2, max_size=max_layers + 1)
    return st.tuples(sizes, kinds, kinds)


# ── searching ───────────────────────────────────────────────────────────────────────────────────────


def target_error(report: Report, label: str = "") -> float:
    """Return the largest error of a check over what its reference allows, and steer the search to it.

    In a Hypothesis test, once for each label: examples that come closer to failing are tried next.

    >>> from hypothesis import given, settings
    >>> from autodiff.testing import check_gradients
    >>> @settings(deadline=None)
    ... @given(expressions(["sin"], depth=1))
    ... def test(expression):
    ...     assert target_error(check_gradients(expression, *expression.point)) < 1
    >>> test()
    """
    ratios = [
        abs(got - reference.value) / allowed
        for one in report.comparisons
        for reference in one.references
        for got in one.got.values()
        if 0 < (allowed := tolerance(one.got, reference)) < math.inf
    ]
    largest = max((ratio for ratio in ratios if math.isfinite(ratio)), default=0.0)
    return float(target(largest, label=label))
