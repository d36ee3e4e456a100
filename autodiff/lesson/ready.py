"""The lesson library: ready lessons, one for each idea of the lectures that can be walked through.

Each is a file in ``assets/library``: a title, the items of docs/lectures.md it shows, a short text, an
expression with the numbers of its inputs, and, where finite differences are the subject, which
derivative they are tried on.
"""

import functools
import tomllib
from importlib.resources import files
from typing import NamedTuple

from autodiff import modes
from autodiff.lesson.differences import figure_of
from autodiff.lesson.pages import LessonPage, page_of
from autodiff.syntax import Computed, compute, parse


class Ready(NamedTuple):
    """A ready lesson."""

    name: str
    title: str
    items: tuple[int, ...]  # of docs/lectures.md
    text: str  # paragraphs, with an empty line between
    expression: str
    values: dict[str, float]
    differences: tuple[tuple[str, str], ...] = ()  # (output, input): derivatives to try steps on

    def computed(self) -> Computed:
        """Return the lesson's graph."""
        with modes.strict():
            return compute(parse(self.expression), self.values)

    def page(self, digits: int = 4) -> LessonPage:
        """Return the lesson as a page.

        Raises:
            NoEngineError: when nothing is installed that lays out graphs.
        """
        figures = [figure_of(self.expression, self.values, *pair) for pair in self.differences]
        with modes.strict():
            return page_of(self.computed().outputs, self.title, digits, self.text, figures)


@functools.cache
def library() -> dict[str, Ready]:
    """Return the ready lessons by name, in the lectures' order.

    >>> library()["half-squared-error"].items
    (5,)
    """
    folder = files("autodiff.lesson").joinpath("assets", "library")
    found = [_read(path.name, path.read_text(encoding="utf-8")) for path in folder.iterdir()]
    return {one.name: one for one in sorted(found, key=lambda one: (one.items, one.name))}


def _read(file: str, text: str) -> Ready:
    written = tomllib.loads(text)
    return Ready(
        name=file.removesuffix(".toml"),
        title=written["title"],
        items=tuple(written["items"]),
        text=written["text"].strip(),
        expression=written["expression"].strip(),
        values={name: float(value) for name, value in written["values"].items()},
        differences=tuple((out, x) for out, x in written.get("differences", ())),
    )
