"""``draw``: a graph as an image that shows itself in notebooks and saves itself to files."""

import os
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Literal

from autodiff.draw.dot import to_dot
from autodiff.draw.engines import FORMATS, NoEngineError, image
from autodiff.draw.fold import MOST_VISIBLE, Fold, GraphTooBigError
from autodiff.errors import StaleValueError
from autodiff.files import write_whole
from autodiff.paths import Path, Paths
from autodiff.value import Value


class Drawing:
    """The drawing of a graph; ``dot`` is its text. Notebooks show it as a picture."""

    def __init__(self, dot: str) -> None:
        self.dot = dot

    def __repr__(self) -> str:
        return (
            f"<Drawing: {len(self.dot.splitlines())} lines of DOT; .save('graph.svg') makes a picture>"
        )

    def image(self, format: str) -> bytes:
        """Return the picture in one of ``svg``, ``png``, ``pdf`` and ``dot``.

        Raises:
            ValueError: for another format.
            NoEngineError: when nothing is installed that lays out graphs.
        """
        return image(self.dot, format)

    def _repr_svg_(self) -> str | None:
        try:
            return self.image("svg").decode()
        except NoEngineError:
            return None  # the notebook falls back on repr

    def save(self, path: str | os.PathLike[str]) -> FilePath:
        """Return the path of the picture written; its ending says which format.

        The file is written whole or not at all.

        Raises:
            ValueError: when the ending is none of .svg, .png, .pdf, .dot.
            NoEngineError: when nothing is installed that lays out graphs.
            OSError: when the file cannot be written.
        """
        target = FilePath(path)
        format = target.suffix.removeprefix(".").lower()
        if format not in FORMATS:
            raise ValueError(
                f"{str(target)!r}: a picture's name ends in {', '.join('.' + one for one in FORMATS)}"
            )
        write_whole(target, self.image(format))
        return target


def draw(
    outs: Value | Sequence[Value],
    *,
    direction: Literal["LR", "TB"] = "LR",
    derivatives: bool = True,
    highlight: Paths | Path | Sequence[Paths] | None = None,
    fold: Fold = None,
    digits: int = 4,
) -> Drawing:
    """Return the drawing of the graph of one or several outputs.

    Values are shown, gradients where ``backward`` has computed them, and the local derivative on each
    edge. Arguments and errors are those of ``to_dot``.

    >>> import autodiff as ad
    >>> ad.draw(ad.Value(1.0) + 2.0).dot.splitlines()[0]
    'digraph "graph of a2" {'
    """
    text = to_dot(
        outs,
        direction=direction,
        derivatives=derivatives,
        highlight=highlight,
        fold=fold,
        digits=digits,
    )
    return Drawing(text)


def picture_of(out: Value) -> str | None:
    """Return the SVG of a number's graph; None for a leaf, for one too big, and without an engine."""
    if not out.operands or not _is_small(out):
        return None
    try:
        return draw(out)._repr_svg_()
    except (GraphTooBigError, StaleValueError):
        return None  # a notebook shows the number anyway


def _is_small(out: Value) -> bool:
    """Whether the graph has no more nodes than a picture, found without walking further."""
    found, pending = {out}, [out]
    while pending and len(found) <= MOST_VISIBLE:
        for operand in pending.pop().operands:
            if operand not in found:
                found.add(operand)
                pending.append(operand)
    return len(found) <= MOST_VISIBLE
