"""``animate``: a sweep that moves, as a GIF or as numbered pictures, and the same in words."""

import base64
import errno
import html
import io
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import Any, Literal

from autodiff.draw.engines import installed, png, size
from autodiff.files import write_together
from autodiff.lesson.frames import INK, PAPER, pictures, words
from autodiff.lesson.steps import steps_of
from autodiff.lesson.sweeps import laid_out, shown, title_of, walked
from autodiff.modes import strict
from autodiff.trace import Trace, TraceNode, trace
from autodiff.value import Value, outputs_of

FASTEST = 1 / 3  # seconds a picture: three changes a second are what WCAG 2.3.1 allows
SLOWEST = 200.0  # a GIF counts hundredths of a second, up to 65 535
HELD = 3  # so many times as long stays the last picture
_PIXELS = 4e8  # of all pictures of a GIF together, each a byte in memory while it is made
_SHADES = 14  # between a line and what it is drawn on: smooth edges, and within the 256 colours of a GIF


@dataclass(frozen=True, repr=False)
class Animation:
    """A sweep step by step; ``animate`` makes it. Notebooks show it as a GIF with its text below.

    ``title`` and ``text`` are its alternative text: all steps in words, one in a line.
    """

    title: str
    seconds: float
    _svg: str
    _steps: Sequence[Mapping[str, Any]]
    _nodes: Sequence[TraceNode]

    @property
    def text(self) -> str:
        """What the pictures show, in words: the title, then one line a step."""
        return f"{self.title}: " + "".join(f"{one.said}\n" for one in words(self._steps))

    def __repr__(self) -> str:
        return f"<Animation: {self.title}, {len(self._steps)} steps; .save('backprop.gif') writes it>"

    def _repr_html_(self) -> str | None:
        try:
            picture = base64.b64encode(self.gif()).decode()
        except RuntimeError:
            return None  # a library is missing: the notebook falls back on repr
        title, text = html.escape(self.title), html.escape(self.text)
        return (
            f'<img alt="{title}, each step: in words below" src="data:image/gif;base64,{picture}">'
            f"<details><summary>All steps in words</summary><pre>{text}</pre></details>"
        )

    def svgs(self) -> Iterator[str]:
        """Yield the pictures as SVG: nothing computed yet, then one for each step."""
        return pictures(self._svg, self._steps, self._nodes)

    def gif(self) -> bytes:
        """Return the pictures as a GIF.

        Raises:
            RuntimeError: when a library for it is missing.
        """
        pillow = installed("PIL.Image")
        if pillow is None:
            raise RuntimeError("a GIF needs the package pillow: pip install -e '.[plot]'")
        palette = pillow.new("P", (1, 1))
        palette.putpalette(_palette())
        drawn = []
        for svg in self.svgs():
            pixels = math.prod(side * 96 / 72 for side in size(svg)) * (len(self._steps) + 1)
            one = pillow.open(io.BytesIO(png(svg, min(1.0, math.sqrt(_PIXELS / pixels)))))
            drawn.append(one.convert("RGB").quantize(palette=palette, dither=pillow.Dither.NONE))
        each = math.ceil(round(self.seconds * 100, 6)) * 10  # in ms; rounded down it might be too fast
        durations = [each] * len(self._steps) + [each * HELD]
        file = io.BytesIO()
        drawn[0].save(file, "GIF", save_all=True, append_images=drawn[1:], duration=durations)
        return file.getvalue()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Return the path of the GIF written; the alternative text is beside it, as ``.gif.txt``.

        It plays once and stands still at its last picture, which has every number: what moves for more
        than five seconds must be stoppable (WCAG 2.2.2), and a GIF on a page is not.

        Raises:
            ValueError: when the name does not end in .gif.
            RuntimeError: when a library for it is missing; the message says how to get it.
            OSError: when a file cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() != ".gif":
            raise ValueError(f"{target.name!r}: an animation ends in .gif; frames are .svg or .png")
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "the folder is missing", str(target))
        texts = f"{target.name}.txt"
        write_together(target.parent, [(target.name, self.gif()), (texts, self.text.encode())])
        return target

    def frames(
        self, folder: str | os.PathLike[str], format: Literal["svg", "png"] = "svg"
    ) -> list[Path]:
        """Return the paths of the pictures written: step-000 with nothing computed, then step-001 …

        The folder is made if it is not there; the alternative text is ``steps.txt`` in it. When one of
        them cannot be made, nothing is written.

        Raises:
            ValueError: for another format.
            RuntimeError: when a library for it is missing; the message says how to get it.
            FileExistsError: when pictures of another animation are there that would stay among these.
            OSError: when a file cannot be written.
        """
        if format not in ("svg", "png"):
            raise ValueError(f"pictures of steps are 'svg' or 'png', not {format!r}; .save makes a GIF")
        places = max(3, len(str(len(self._steps))))
        names = [f"step-{i:0{places}}.{format}" for i in range(len(self._steps) + 1)]
        for path in sorted(Path(folder).glob(f"step-*.{format}")):
            if path.name not in names:
                raise FileExistsError(errno.EEXIST, "a picture of another animation is there", str(path))
        drawn = (png(svg) if format == "png" else svg.encode() for svg in self.svgs())
        contents = zip([*names, "steps.txt"], chain(drawn, [self.text.encode()]), strict=True)
        return write_together(folder, contents)[:-1]


def animate(
    outs: Value | Sequence[Value],
    *,
    mode: Literal["reverse", "forward"] = "reverse",
    wrt: Value | None = None,
    digits: int = 4,
    seconds: float = 1.0,
) -> Animation:
    """Return a sweep as an animation: the graph stays, and its numbers come one step after the other.

    Arguments:
        outs: the outputs; several start a reverse sweep together, each with 1, as in ``ad.backward``.
        mode: ``reverse`` (adjoints) or ``forward`` (tangents).
        wrt: the input that forward mode follows; the first one unless given.
        digits: decimals of the numbers.
        seconds: how long each step stays, at least 1/3; the last one stays three times as long.

    Raises:
        LessonTooBigError: for a graph with more than 200 nodes.
        ValueError: when a step is too short, or ``wrt`` is not an input of the graph.
        DomainError: where a value or a local derivative is not finite.
        NoEngineError: when nothing is installed that lays out graphs.

    >>> import autodiff as ad
    >>> w, x = ad.Value(2.0, name="w"), ad.Value(3.0, name="x")
    >>> print(ad.animate(w * x).text.splitlines()[3])
    3. a3 = w·x = 2 · 3 = 6. a3 is the product of w and x.
    """
    outputs = list(dict.fromkeys(outputs_of(outs)))
    walked(outputs)  # or it is too big
    if wrt is not None and mode == "reverse":
        raise ValueError("wrt is for forward mode: reverse mode finds the derivatives by all inputs")
    with strict():
        return animation_of(trace(outputs, mode=mode, wrt=wrt), outputs, digits, seconds)


def animation_of(one: Trace, outs: Sequence[Value], digits: int, seconds: float) -> Animation:
    """Return the animation of a trace of the outputs; ``animate`` says the rest."""
    walked(outs)
    if not FASTEST <= seconds <= SLOWEST:
        raise ValueError(
            f"seconds={seconds!r}: a step stays from 1/3 of a second, because what flashes more than "
            f"three times a second can cause seizures (WCAG 2.3.1), to {SLOWEST:g} seconds"
        )
    with strict():
        data = list(shown(steps_of(one), digits))
    svg = laid_out(outs, [(step["node"], step["after"]) for step in data], digits)
    return Animation(title_of(one), seconds, svg, data, one.nodes)


def _palette() -> bytes:
    """Return each line's colour on each of the papers, in shades, as red, green and blue."""
    papers, inks = ([bytes.fromhex(colour[1:]) for colour in colours] for colours in (PAPER, INK))
    return bytes(
        round(a + (b - a) * i / (_SHADES - 1))
        for paper, ink, i in product(papers, inks, range(_SHADES))
        for a, b in zip(paper, ink, strict=True)
    )
