"""Exercises on paper and in notebooks: a sheet, its key, and a notebook that checks itself."""

import json
import re
from collections.abc import Sequence
from typing import Any

from autodiff.exercises.exercise import Exercise

TITLE = "Exercises: backpropagation"


def sheet(exercises: Sequence[Exercise], title: str = TITLE) -> str:
    """Return the exercises as Markdown, without the answers."""
    parts = [f"# {title}"]
    for i, one in enumerate(exercises, 1):
        points = sum(blank.points for blank in one.blanks)
        parts.append(f"## {i}. {one.title} ({points} point{'s' if points != 1 else ''})\n\n{one.prompt}")
    return "\n\n".join(parts) + "\n"


def key(exercises: Sequence[Exercise], title: str = TITLE) -> str:
    """Return the answers to the same exercises as Markdown."""
    parts = [f"# {title}: the key"]
    for i, one in enumerate(exercises, 1):
        made = f"`{one.kind}`, seed {one.seed}, difficulty {one.difficulty}"
        parts.append(f"## {i}. {one.title} ({made})")
        parts += [
            "\n".join(f"- {blank.label}: `{blank.answer}`" for blank in one.blanks if blank.answer)
        ]
        if one.explanation:
            parts.append(one.explanation)
    return "\n\n".join(filter(None, parts)) + "\n"


def notebook(exercises: Sequence[Exercise], title: str = TITLE) -> str:
    """Return the exercises as a notebook (nbformat 4.5): each is checked by a doctest.

    The answers are not in it: an exercise is made anew from its kind, seed and difficulty.
    """
    cells = [
        _cell("title", "markdown", f"# {title}\n\nRun the cells in order; change what says `...`."),
        _cell(
            "setup", "code", "import doctest\n\nfrom autodiff.exercises import exercise\n\ngrades = {}"
        ),
    ]
    for i, one in enumerate(exercises, 1):
        points = sum(blank.points for blank in one.blanks)
        cells.append(_cell(f"exercise-{i}", "markdown", f"## {i}. {one.title}\n\n{one.prompt}"))
        starter = re.sub(r"^answers =", f"answers_{i} =", one.starter, flags=re.MULTILINE)
        cells.append(_cell(f"answer-{i}", "code", starter))
        cells.append(_cell(f"check-{i}", "code", _check(i, one, points)))
    possible = sum(blank.points for one in exercises for blank in one.blanks)
    cells.append(_cell("points", "code", _TOTAL.format(possible=possible)))
    document = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _check(i: int, one: Exercise, points: int) -> str:
    return f'''\
def check():
    """
    >>> grades[{i}]
    {points} of {points} point{"s" if points != 1 else ""}
    """

grades[{i}] = exercise({one.kind!r}, seed={one.seed}, difficulty={one.difficulty}).grade(answers_{i})
doctest.run_docstring_examples(check, globals(), name="exercise {i}")'''


_TOTAL = """\
earned = sum(grade.points for grade in grades.values())
print(f"{{earned:g}} of {possible} points")"""


def _cell(name: str, kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": name,
        "metadata": {},
        "source": source.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
