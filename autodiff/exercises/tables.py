"""Exercises with the numbers of a sweep: fill in the table, predict a contribution, find the slip."""

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from autodiff.exercises.exercise import (
    Answers,
    Blank,
    Exercise,
    Judged,
    as_text,
    judged_number,
    line_number,
    starter_of,
)
from autodiff.explain.plain import written
from autodiff.lesson.answers import as_typed, judged, same
from autodiff.lesson.drills import as_words, drill
from autodiff.lesson.steps import Step, steps_of
from autodiff.notation import number
from autodiff.primitive import evaluated
from autodiff.syntax import compute, number_of, parse
from autodiff.trace import trace

FOLLOWS = (
    "That is what follows from an earlier number of yours: the method is right, that number is not."
)


def table(seed: int, difficulty: int) -> Exercise:
    """Return the exercise to fill in every number of a drawn expression's two sweeps."""
    text, steps = _drawn("table", seed, difficulty)
    asked = [i for i, step in enumerate(steps) if step.is_asked]
    blanks = tuple(Blank(str(i + 1), number(steps[i].right), _table_judge(steps, i)) for i in asked)
    hidden = set(asked)
    prompt = (
        f"Fill in every result of `{text}`: first the forward sweep, then the reverse sweep. A number "
        "or an expression such as `cos(1.1)` will do.\n\n"
        + rows_of(steps, ["" if i in hidden else None for i in range(len(steps))])
    )
    return Exercise(
        "table", seed, difficulty, "Fill in the table", prompt, blanks, starter_of(blanks),
        rows_of(steps, [None] * len(steps)),
    )  # fmt: skip


def contribution(seed: int, difficulty: int) -> Exercise:
    """Return the exercise to predict what one edge contributes to an adjoint."""
    text, steps = _drawn("contribution", seed, difficulty)
    generator = Random(seed)
    asked = [step for step in steps if step.kind == "contribution"]
    rows = [step.shown() for step in asked]
    chosen = generator.choice([one for i, one in enumerate(asked) if rows[i] not in rows[:i]])
    symbol, rule, _, _ = chosen.shown()
    place = steps.index(chosen)
    shown = [*steps[:place]]
    target = symbol.removesuffix(" +=")
    prompt = (
        f"`{text}` has been computed, and the reverse sweep has come this far:\n\n"
        f"{rows_of(shown, [None] * len(shown))}\n\n"
        f"What does the next edge contribute: {target} += ?"
    )
    blanks = (
        Blank("contribution", number(chosen.right), lambda answer, _: judged_number(chosen, answer)),
    )
    return Exercise(
        "contribution", seed, difficulty, "Predict a contribution", prompt, blanks, "answers = ...",
        f"{target} += {rule}. {chosen.line.sentence}",
    )  # fmt: skip


def slip(seed: int, difficulty: int) -> Exercise:
    """Return the exercise to find the one line of a table that has a slip, and to put it right."""
    text, steps = _drawn("slip", seed, difficulty)
    generator = Random(seed)
    candidates = [
        (place, one, numbers)
        for place, step in enumerate(steps)
        if step.kind in ("value", "contribution", "sum")
        for one in step.slips
        if all(map(math.isfinite, numbers := _with_slip(steps, place, one.number)))
    ]
    place, planted, numbers = generator.choice(candidates)
    shown = [
        number(one) if one != step.right else None for one, step in zip(numbers, steps, strict=True)
    ]
    wrong = [i for i, one in enumerate(shown) if one is not None]

    def judge_line(answer: Any, _: Answers) -> Judged:
        found = line_number(answer, len(steps))
        if found is None:
            return Judged(0.0, f"The answer is the number of a line, from 1 to {len(steps)}.")
        if found == place + 1:
            return Judged(1.0, "")
        if found - 1 in wrong:
            return Judged(0.5, "That number is wrong only because an earlier one is: go up from there.")
        return Judged(0.0, "That line is right: it follows from the lines before it.")

    blanks = (
        Blank("line", str(place + 1), judge_line),
        Blank(
            "right number",
            number(steps[place].right),
            lambda answer, _: judged_number(steps[place], answer),
        ),
    )
    prompt = (
        f"One line of this table for `{text}` has a slip; the lines after it use its number. Which is "
        f"it, and what should the result be?\n\n{rows_of(steps, shown)}"
    )
    return Exercise(
        "slip", seed, difficulty, "Find the slip", prompt, blanks, starter_of(blanks),
        f"Line {place + 1}, {planted.name}: {planted.says}\n\n{rows_of(steps, [None] * len(steps))}",
    )  # fmt: skip


def _drawn(kind: str, seed: int, difficulty: int) -> tuple[str, list[Step]]:
    """Return an expression and its steps; each kind has its own, so that none gives another away."""
    drawn = drill(difficulty, Random(f"{kind} {seed}"))
    return as_words(drawn), steps_of(trace(compute(parse(drawn.text), drawn.values).outputs))


def rows_of(steps: Sequence[Step], results: Sequence[str | None]) -> str:
    """Return steps as a Markdown table; ``results`` replaces a step's result where it is not None."""
    lines = ["| line | | rule | result |", "|---|---|---|---|"]
    for i, (step, result) in enumerate(zip(steps, results, strict=True), 1):
        symbol, rule, _, right = step.shown()
        lines.append(f"| {i} | {symbol} | {rule} | {right if result is None else result} |")
    return "\n".join(lines)


def _table_judge(steps: Sequence[Step], place: int) -> Callable[[Any, Answers], Judged]:
    def judge(answer: Any, answers: Answers) -> Judged:
        found = judged_number(steps[place], answer)
        numbers = _numbers(answers)
        own = numbers.get(place)
        if found.share < 1.0 and own:
            accepted = {i: x for i, x in numbers.items() if i < place and judged(steps[i], x).right}
            if _follows(steps, place, own, accepted):
                return Judged(1.0, "")  # computed with numbers as they were shown
            if _follows(steps, place, own, numbers):
                return Judged(0.5, FOLLOWS)
        return found

    return judge


def _follows(steps: Sequence[Step], place: int, own: float, numbers: Mapping[int, float]) -> bool:
    followed = _followed(steps, place, numbers)
    return followed is not None and same(own, followed)


def _numbers(answers: Answers) -> dict[int, float]:
    """Return the answers that are numbers, by step."""
    found = {}
    for label, answer in answers.items():
        try:
            found[int(label) - 1] = number_of(as_typed(as_text(answer)))
        except (TypeError, ValueError, ArithmeticError, RecursionError):
            continue
    return {place: x for place, x in found.items() if math.isfinite(x)}


def _with_slip(steps: Sequence[Step], place: int, wrong: float) -> list[float]:
    """Return every step's number when one is wrong and all that follow are computed from it."""
    numbers: dict[int, float] = {place: wrong}
    for later in range(place + 1, len(steps)):
        followed = _followed(steps, later, numbers)
        if followed is not None:
            numbers[later] = followed
    return [numbers.get(i, step.right) for i, step in enumerate(steps)]


def _followed(steps: Sequence[Step], place: int, numbers: Mapping[int, float]) -> float | None:
    """Return what a step's rule gives with ``numbers`` in place of earlier results, if it has one."""
    line = steps[place].line
    if line.formula is None:
        return None
    if steps[place].kind == "sum":
        earlier = [
            i for i in range(place) if steps[i].sweep == "reverse" and steps[i].line.node == line.node
        ]
        return sum(numbers.get(i, steps[i].right) for i in earlier)
    known = {
        written(step.line.symbol): numbers[i]
        for i, step in enumerate(steps[:place])
        if i in numbers  # a sum comes after its contributions, and so replaces them here
    }
    put_in = dict(line.numbers)
    for placeholder, symbol in line.names.items():
        put_in[placeholder] = known.get(written(symbol), put_in[placeholder])
    return float(evaluated(line.formula, put_in))
