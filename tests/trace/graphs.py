"""Random graphs of several outputs, made of the programs that all tests share."""

from typing import NamedTuple

from hypothesis import strategies as st

import autodiff as ad
from tests.strategies import Program, programs


class Graph(NamedTuple):
    """The outputs, the inputs (not every one need reach an output), and a seed for each output."""

    outs: list[ad.Value]
    inputs: list[ad.Value]
    seeds: list[float]


def numbers_of(program: Program) -> list[ad.Value]:
    """Return the nodes of a program: its inputs, then what each step gives."""
    numbers = [ad.Value(x, name=f"x{i + 1}") for i, x in enumerate(program.inputs)]
    for name, operands in program.steps:
        given = [numbers[x] if isinstance(x, int) else x for x in operands]
        numbers.append(ad.PRIMITIVES[name].apply(given))
    return numbers


@st.composite
def graphs(draw: st.DrawFn, most_outputs: int = 3, max_steps: int = 5) -> Graph:
    """Graphs with one or several outputs, any of which may be an input or feed another output."""
    program = draw(programs(max_steps=max_steps))
    numbers = numbers_of(program)
    places = st.integers(0, len(numbers) - 1)
    chosen = draw(st.lists(places, min_size=1, max_size=most_outputs, unique=True))
    seeds = draw(st.lists(st.sampled_from([1.0, -2.5, 0.0, 3.0, 0.1]), min_size=3, max_size=3))
    return Graph([numbers[i] for i in chosen], numbers[: len(program.inputs)], seeds[: len(chosen)])


def bits(number: float | None) -> str:
    """Return a number so that equal text means the same bits: -0.0 is not 0.0, nan is nan."""
    return "None" if number is None else number.hex()
