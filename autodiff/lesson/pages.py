"""The lesson page: one file that opens from disk, with the graph, the steps, and all they need."""

import html
import json
import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from autodiff.files import write_whole
from autodiff.lesson.answers import LONGEST, SAYS
from autodiff.lesson.sweeps import drawing_of, lesson_data
from autodiff.value import Value, outputs_of

TITLE = "Backpropagation, step by step"


class LessonPage:
    """A lesson as a page; ``lesson`` makes it. In notebooks it shows itself, no kernel is needed."""

    def __init__(self, text: str) -> None:
        self.html = text

    def __repr__(self) -> str:
        return f"<lesson page, {len(self.html):,} characters; .save('lesson.html') writes it>"

    def _repr_html_(self) -> str:
        inside = html.escape(self.html, quote=True)
        return (
            f'<iframe title="{TITLE}" sandbox="allow-scripts" srcdoc="{inside}" '
            'style="width: 100%; height: 46rem; border: 0"></iframe>'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whole or not at all; return its path.

        Raises:
            ValueError: when the name does not end in .html.
            OSError: when the file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"{target.name}: a lesson's name ends in .html")
        write_whole(target, self.html.encode())
        return target


def lesson(outs: Value | Sequence[Value], *, title: str = TITLE, digits: int = 4) -> LessonPage:
    """Return the lesson of a graph: its drawing beside the table of steps and the formula of the step.

    Arguments:
        outs: the outputs; a reverse sweep from each, a forward sweep along each input.
        title: what stands above.
        digits: decimals of the numbers.

    Raises:
        LessonTooBigError: for a graph with more than 400 nodes.
        DomainError: where a value or a local derivative is not finite.
        NoEngineError: when nothing is installed that lays out graphs.

    >>> import autodiff as ad
    >>> w, x = ad.Value(2.0, name="w"), ad.Value(3.0, name="x")
    >>> "<title>Backpropagation" in ad.lesson(w * x).html
    True
    """
    outputs = list(dict.fromkeys(outputs_of(outs)))
    data = lesson_data(outputs, digits)
    data |= {"says": SAYS, "longest": LONGEST}
    return LessonPage(_page(title, data, drawing_of(outputs, digits)))


def _page(title: str, data: Mapping[str, Any], drawing: str) -> str:
    shown = html.escape(title)
    options = "".join(
        f'<option value="{i}">{html.escape(sweep["title"])}</option>'
        for i, sweep in enumerate(data["sweeps"])
    )
    tables = "".join(_table(i, sweep) for i, sweep in enumerate(data["sweeps"]))
    orders = "\n\n".join(data["orders"])
    # In a script element only "</" and "<!--" could end the text early.
    carried = json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    return Template(_part("lesson.html")).substitute(
        title=shown, style=_part("lesson.css"), script=_part("lesson.js"), data=carried, graph=drawing,
        options=options, tables=tables, orders=html.escape(orders),
    )  # fmt: skip


def _part(name: str) -> str:
    return files("autodiff.lesson").joinpath("assets", name).read_text(encoding="utf-8")


def _table(number: int, sweep: Mapping[str, Any]) -> str:
    """Return all steps of a sweep as a table: what the drawing shows, in words."""
    rows = "".join(_row(i, step) for i, step in enumerate(sweep["steps"]))
    titles = ("step", "rule", "with numbers", "result", "why")
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return (
        f'<section data-sweep="{number}"><table>'
        f"<caption>All steps, {html.escape(sweep['title'])}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _row(number: int, step: Mapping[str, Any]) -> str:
    rule = f"{step['symbol']} {step['rule']}"
    return (
        f'<tr data-row="{number}" class="{step["sweep"]}"><td>{number + 1}</td>'
        f"<td>{html.escape(rule)}</td>"
        f'<td class="number with-numbers">{html.escape(step["numbers"])}</td>'
        f'<td class="number result">{html.escape(step["result"])}</td>'
        f"<td>{html.escape(step['sentence'])}</td></tr>"
    )
