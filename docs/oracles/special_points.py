"""Every row of the derivative table at special points, as cases of docs/oracles.md."""

from collections.abc import Iterator, Mapping, Sequence

from oracles.cases import Case

import autodiff as ad
from autodiff.primitive import Primitive
from autodiff.rows import built_in

NAMES = "xyzw"
POINTS: Mapping[int, Sequence[Sequence[float]]] = {
    1: [(0,), (1,), (-1,), (800,), (-800,), (1e-20,)],
    2: [(0, 0), (1, 1), (-1, -1), (0, 1), (1, 0), (-1, 0), (0, -1), (800, 1), (1, 800), (-800, 1),
        (800, -800), (800, 800), (1e-20, 1e-20), (1e-20, 1)],
    3: [(0, 0, 0), (1, 1, 1), (0, 0, 1), (1, 0, 1), (-1, 0, 1), (800, 0, 1), (1e-20, 0, 1),
        (0.5, -800, 800)],
    4: [(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, -1, 800), (1e-20, 800, 800, 1e-20)],
}  # fmt: skip
FORMS = {  # of rows that are reached otherwise, or take constants
    "dot": ["dot([x, y], [z, w])"],
    "clamp": ["clamp(x, -1, 1)", "clamp(x, y, z)"],
    "elu": ["elu(x)", "elu(x, y)"],
    "leaky_relu": ["leaky_relu(x)", "leaky_relu(x, y)"],
    "lower_bound": ["max(x, 1)"],
    "upper_bound": ["min(x, 1)"],
    "where": ["where(x > 0, x, 2*x)"],
}

OUTSIDE = (
    "outside of the domain autodiff goes on with IEEE's infinities, as the value does; in strict mode "
    "it raises DomainError."
)
WHY = {
    "div(x, y)": OUTSIDE,
    "pow(x, y)": OUTSIDE,
    "clamp(x, y, z)": "at a bound the documented 0 is a subgradient where the bound is a constant. "
    "Where it is a variable, x and the bound together move the value, and one has to have that slope.",
}
"""Why autodiff is ✗: a note by the text of a case."""


def row_cases() -> Iterator[Case]:
    """Yield each row of the table at each point for its number of operands."""
    for name, row in ad.PRIMITIVES.items():
        for text in _forms(row) if name in built_in else ():
            used = [letter for letter in NAMES if letter in _letters(text, name)]
            for numbers in POINTS[len(used)]:
                if name == "clamp" and len(numbers) == 3 and numbers[1] == numbers[2]:
                    continue  # bounds that are equal cannot be moved alone
                point = {letter: float(x) for letter, x in zip(used, numbers, strict=True)}
                yield Case(text, point, WHY.get(text, ""))


def _letters(text: str, name: str) -> str:
    """Return what stands for operands in a text: all but the functions' names."""
    for function in (name, "max", "min", "where"):
        text = text.replace(f"{function}(", "(")
    return text


def _forms(row: Primitive) -> Sequence[str]:
    if row.name in FORMS:
        return FORMS[row.name]
    counts = (2, 3) if row.operands.variadic else (len(row.operands.names),)
    return [f"{row.name}({', '.join(NAMES[:count])})" for count in counts]
