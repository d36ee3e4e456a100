"""The lesson page: one file that opens from disk, with the graph, the steps, and all they need."""

import html
import json
import os
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from autodiff.files import write_whole
from autodiff.lesson.answers import LONGEST, SAYS, SPELLINGS
from autodiff.lesson.differences import Figure
from autodiff.lesson.parts import part_of
from autodiff.lesson.script import functions
from autodiff.lesson.sweeps import drawing_of, lesson_data
from autodiff.value import Value, outputs_of

TITLE = "Backpropagation, step by step"
WIDE = 560  # pixels: what has room beside the formula of the step
NO_PLOT = "The picture needs Matplotlib: pip install -e '.[plot]'. The numbers are below."


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
            raise ValueError(f"{path}: a lesson's name ends in .html")
        write_whole(target, self.html.encode())
        return target


def lesson(
    outs: Value | Sequence[Value],
    *,
    title: str = TITLE,
    text: str = "",
    within: str | None = None,
    digits: int = 4,
) -> LessonPage:
    """Return the lesson of a graph: its drawing beside the table of steps and the formula of the step.

    Arguments:
        outs: the outputs; a reverse sweep from each, a forward sweep along each input.
        title: what stands above.
        text: paragraphs above the graph, with an empty line between them.
        within: the scope (as named with ``ad.scope``) to walk through; the rest of the graph is folded
            into the values that enter it and the errors from above.
        digits: decimals of the numbers.

    Raises:
        LessonTooBigError: for more than 200 nodes; its message, and its ``part``, offer less.
        DomainError: where a value or a local derivative is not finite.
        NoEngineError: when nothing is installed that lays out graphs.

    >>> import autodiff as ad
    >>> w, x = ad.Value(2.0, name="w"), ad.Value(3.0, name="x")
    >>> "<title>Backpropagation" in ad.lesson(w * x).html
    True
    """
    return page_of(list(dict.fromkeys(outputs_of(outs))), title, digits, text, within=within)


def page_of(
    outs: Sequence[Value],
    title: str,
    digits: int,
    text: str = "",
    figures: Sequence[Figure] = (),
    within: str | None = None,
) -> LessonPage:
    """Return the page of a lesson; ``lesson`` says the rest."""
    seeds = None
    if within is not None:
        outs, seeds = part_of(outs, within)
    data = lesson_data(outs, digits, seeds)
    data |= {"says": SAYS, "longest": LONGEST, "spellings": SPELLINGS}
    return LessonPage(_page(title, text, data, drawing_of(outs, data["sweeps"], digits), figures))


def _page(
    title: str, text: str, data: Mapping[str, Any], drawing: str, figures: Sequence[Figure]
) -> str:
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
        options=options, tables=tables, orders=html.escape(orders), text=_paragraphs(text),
        figures="".join(map(_figure, figures)), functions=functions(), shape=_shape(drawing),
    )  # fmt: skip


def _part(name: str) -> str:
    return files("autodiff.lesson").joinpath("assets", name).read_text(encoding="utf-8")


def _shape(drawing: str) -> str:
    """Return whether a drawing needs the whole width, at a size that can be read."""
    natural = re.search(r"--natural: (\d+)px", drawing)
    return "wide" if natural and int(natural[1]) > WIDE else ""


def _paragraphs(text: str) -> str:
    parts = (" ".join(part.split()) for part in text.split("\n\n"))
    return "".join(f"<p>{html.escape(part)}</p>" for part in parts if part)


def _figure(figure: Figure) -> str:
    """Return a figure: its picture where there is one, its caption, and its numbers as a table."""
    caption = html.escape(figure.caption)
    picture = f"<p>{html.escape(NO_PLOT)}</p>"
    if figure.svg is not None:
        carried = b64encode(figure.svg.encode()).decode()
        alt = f"{caption} The table below has the numbers."
        picture = f'<img alt="{alt}" src="data:image/svg+xml;base64,{carried}">'
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in figure.titles)
    rows = "".join(
        "<tr>" + "".join(f'<td class="number">{html.escape(cell)}</td>' for cell in row) + "</tr>"
        for row in figure.rows
    )
    return (
        f"<figure>{picture}<figcaption>{caption}</figcaption><details><summary>The numbers</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details></figure>"
    )


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
