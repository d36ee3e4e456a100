"""Exercises with the table: write the local derivatives of an operation, as its row has them."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autodiff.errors import RuleError
from autodiff.exercises.exercise import Answers, Blank, Exercise, Judged, starter_of
from autodiff.expressions import parse_rule
from autodiff.lesson.answers import as_typed
from autodiff.primitive import Primitive, evaluated, named
from autodiff.rows import checked_rule

ASKED = {
    1: ("square", "sin", "cos", "exp", "sub", "mul"),
    2: ("sqrt", "log", "tanh", "sigmoid", "reciprocal", "div"),
    3: ("pow", "atan", "softplus", "hypot", "silu", "log10"),
}
"""The operations that are asked about, by difficulty."""

_POINTS = ((0.7, 1.3), (1.9, 0.4), (0.3, 2.2), (2.6, 1.7))
_CLOSE = 1e-6


def partials(seed: int, difficulty: int) -> Exercise:
    """Return the exercise to write the missing local derivatives of an operation."""
    row = named(ASKED[difficulty][seed % len(ASKED[difficulty])])
    names = row.operands.names
    blanks = tuple(
        Blank(f"∂out/∂{name}", row.textbook[i].text, _judge(row, i)) for i, name in enumerate(names)
    )
    prompt = (
        f"The row of `{row.name}({', '.join(names)})` in the table of operations has its value, "
        f"`{row.formula.text}`, and is missing its local derivatives. Write each as rule text, in "
        f"terms of {', '.join(f'`{name}`' for name in names)} and `out`, the value itself; "
        "products with `*`, powers with `**`."
    )
    return Exercise(
        "partials", seed, difficulty, "Write the missing partials", prompt, blanks, starter_of(blanks)
    )


def _judge(row: Primitive, position: int) -> Callable[[Any, Answers], Judged]:
    names = row.operands.names

    def judge(answer: Any, _: Answers) -> Judged:
        if not isinstance(answer, str) or len(answer) > 200:
            return Judged(0.0, "A rule is a short text, such as 'x * cos(y)'.")
        try:
            rule = checked_rule(parse_rule(as_typed(answer.strip()), {*names, "out"}))
        except RuleError as error:
            return Judged(0.0, str(error))
        found, right, slips = [], [], []
        for point in _POINTS:
            operands = point[: len(names)]
            out = row.evaluate(*operands)
            own = dict(zip(names, operands, strict=True)) | {"out": out}
            found.append(float(evaluated(rule.tree, own)))
            right.append(row.partials(out, *operands)[position])
            slips.append(_slips(row, position, operands, out, rule.tree, own))
        return _told(found, right, slips)

    return judge


def _slips(
    row: Primitive,
    position: int,
    operands: Sequence[float],
    out: float,
    tree: Any,
    own: Mapping[str, float],
) -> dict[str, tuple[float, float]]:
    """Return for each mistake that is known two numbers, which are equal where it was made."""
    all_of = row.partials(out, *operands)
    right = all_of[position]
    name = row.operands.names[position]
    exchanged = float(evaluated(tree, {**own, name: out, "out": own[name]}))
    found = float(evaluated(tree, own))
    slips = {
        "The size is right: look at the sign.": (found, -right),
        "Input and output are exchanged: `out` is the value, not the operand.": (exchanged, right),
        "That is the operation's value: what changes when the operand does?": (found, out),
    }
    for other, partial in enumerate(all_of):
        if other != position:
            slips["That is the derivative for the other operand."] = (found, partial)
    return slips


def _told(
    found: Sequence[float], right: Sequence[float], slips: Sequence[Mapping[str, tuple[float, float]]]
) -> Judged:
    if all(map(_same, found, right)):
        return Judged(1.0, "")
    if not all(map(math.isfinite, found)):
        return Judged(0.0, "It has no value where the operation has one.")
    for says in slips[0]:
        if all(_same(*one[says]) for one in slips):
            return Judged(0.0, says)
    ratios = [one / other if other else math.nan for one, other in zip(found, right, strict=True)]
    varies = not all(_same(one, right[0]) for one in right)  # else any number would do
    if varies and all(_same(ratio, ratios[0]) for ratio in ratios) and ratios[0]:
        return Judged(0.5, "It is right but for a constant factor.")
    near = sum(map(_same, found, right))
    return Judged(0.0, f"It is right at {near} of {len(right)} points that were tried.")


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=1e-12)
