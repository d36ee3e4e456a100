"""Expressions to practise on, drawn at a chosen difficulty."""

from random import Random
from typing import NamedTuple

from autodiff.errors import DomainError
from autodiff.notation import number
from autodiff.syntax import compute, parse

NUMBERS = (0.5, 2.0, 3.0, -1.0, 1.5, -2.0, 4.0)
UNARY = ("sin({})", "cos({})", "exp({})", "tanh({})", "({})**2")
LEVELS = (1, 2, 3)


class Drill(NamedTuple):
    """An expression and the numbers of its inputs."""

    text: str
    values: dict[str, float]


def drill(difficulty: int, generator: Random) -> Drill:
    """Return an expression whose value and derivatives are numbers one can work with.

    Arguments:
        difficulty: 1 (two operations), 2 (three, one of them a function), 3 (five, an input used twice).

    >>> drill(1, Random(0)).text
    'y = (x + x)*x'
    """
    if difficulty not in LEVELS:
        raise ValueError(f"difficulty {difficulty!r}: there are {', '.join(map(str, LEVELS))}")
    while True:
        drawn = _drawn(difficulty, generator)
        try:
            result = compute(parse(drawn.text), drawn.values)
        except DomainError:
            continue
        if all(0.01 <= abs(out.data) <= 1000 for out in result.outputs):
            return drawn


def _drawn(difficulty: int, generator: Random) -> Drill:
    names = ["w", "x", "b"][: 2 + (difficulty > 1)]
    term = generator.choice(names)
    for level in range(difficulty + 1):
        other = generator.choice(names)
        operator = generator.choice(("+", "-", "*"))
        inner = f"({term})" if operator == "*" and level else term
        term = f"{inner}*{other}" if operator == "*" else f"{other} {operator} {inner}"
        if operator == "-":
            term = f"{other} - ({inner})"
        if difficulty > 1 and level == difficulty - 1:
            term = generator.choice(UNARY).format(term)
    used = [name for name in names if name in term.replace("exp", "").replace("tanh", "")]
    return Drill(f"y = {term}", {name: generator.choice(NUMBERS) for name in used})


def as_words(drawn: Drill) -> str:
    """Return the drill as one would type it."""
    values = " ".join(f"{name}={number(x)}" for name, x in drawn.values.items())
    return f'"{drawn.text}" {values}'
