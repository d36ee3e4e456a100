"""Expressions to practise on, drawn at a chosen difficulty."""

import re
from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from autodiff.errors import DomainError
from autodiff.graph import topological_order
from autodiff.notation import number
from autodiff.syntax import compute, parse

NUMBERS = (0.5, 2.0, 3.0, -1.0, 1.5, -2.0, 4.0)
UNARY = ("sin({})", "cos({})", "exp({})", "tanh({})", "({})**2")
SHORT = ("sin({})", "cos({})", "{}**2")
LEVELS = (1, 2, 3)


class Drill(NamedTuple):
    """An expression and the numbers of its inputs."""

    text: str
    values: dict[str, float]


def drill(difficulty: int, generator: Random) -> Drill:
    """Return an expression whose value and derivatives are numbers one can work with.

    Arguments:
        difficulty: 1 (two operations), 2 (three, one of them a function), 3 (six, with intermediates
            that several others use).

    >>> drill(1, Random(0)).text
    'y = (x + w)*w'
    """
    if difficulty not in LEVELS:
        raise ValueError(f"difficulty {difficulty!r}: there are {', '.join(map(str, LEVELS))}")
    while True:
        drawn = web(6, generator) if difficulty == 3 else _drawn(difficulty, generator)
        if is_readable(drawn):
            return drawn


def is_readable(drawn: Drill) -> bool:
    """Return whether the outputs are numbers to work with on paper."""
    try:
        result = compute(parse(drawn.text), drawn.values)
    except DomainError:
        return False
    nodes = topological_order(*result.outputs)
    computed = [node.data for node in nodes if node.operands]
    varied = len(set(map(abs, computed))) == len(computed)
    return len(drawn.values) > 1 and varied and all(0.01 <= abs(x) <= 1000 for x in computed)


def web(operations: int, generator: Random) -> Drill:
    """Return named operations that branch and meet again, so that their order matters.

    >>> web(4, Random(1)).text
    'q = cos(w); r = cos(x); p = q + r; y = p - r'
    """
    letters = [*"pqrstuv"[: operations - 1]]
    generator.shuffle(letters)  # so that their order says nothing
    names = [*letters, "y"]
    values = {name: generator.choice(NUMBERS) for name in ("x", "w")}
    pool, statements = ["x", "w"], []
    unused: list[str] = []
    for left, name in zip(range(operations, 0, -1), names, strict=True):
        inner = [one for one in pool if one not in unused]
        if len(unused) > 1 and (left <= len(unused) or generator.random() < 0.5):
            one, other = unused[0], unused[1]  # two branches meet
        elif unused and (left <= len(unused) or generator.random() < 0.6):
            one, other = unused[0], generator.choice(pool)
        else:
            one, other = generator.choice(inner), generator.choice(pool)  # a new branch
        if one == other or (left > len(unused) and generator.random() < 0.2):
            term = generator.choice(SHORT).format(one)
            unused = [x for x in unused if x != one]
        else:
            term = f"{one} {generator.choice('+-*')} {other}"
            unused = [x for x in unused if x not in (one, other)]
        statements.append(f"{name} = {term}")
        pool.append(name)
        unused.append(name)
    text = "; ".join(statements)
    return Drill(text, {name: values[name] for name in _used(values, text)})


def _drawn(difficulty: int, generator: Random) -> Drill:
    names = ["w", "x", "b"][: 2 + (difficulty > 1)]
    term, is_sum = generator.choice(names), False
    for level in range(difficulty + 1):
        other = generator.choice(names)
        operator = generator.choice("+-*")
        inner = f"({term})" if is_sum and operator != "+" else term
        term = f"{inner}*{other}" if operator == "*" else f"{other} {operator} {inner}"
        is_sum = operator != "*"
        if difficulty > 1 and level == difficulty - 1:
            term, is_sum = generator.choice(UNARY).format(term), False
    return Drill(f"y = {term}", {name: generator.choice(NUMBERS) for name in _used(names, term)})


def _used(names: Iterable[str], text: str) -> list[str]:
    return [name for name in names if re.search(rf"\b{name}\b", text)]


def as_words(drawn: Drill) -> str:
    """Return the drill as one would type it."""
    values = " ".join(f"{name}={number(x)}" for name, x in drawn.values.items())
    return f'"{drawn.text}" {values}'
