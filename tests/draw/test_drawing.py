"""`draw`: labels come out literally in the picture; files are saved whole or not at all."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings, strategies as st

import autodiff as ad
from autodiff.draw import NoEngineError, engines
from autodiff.symbols import symbols
from tests.draw.test_engines import SVG, needs_engine, needs_fpdf, needs_resvg, texts

HOSTILE = [
    '<b>|{x}"\\', "&lt;", "&amp;", "&#65;", r"\N", r"\G", r"\E\T\H\L", "\\", '"', "<", "<<b>x</b>>",
    '"]; evil [label="', "</text><script>alert(1)</script>", "]]>", "<!--", "a;b{c}[d]->e", "//x /*y*/",
    "%s${x}", "日本語 🙂 x̄ ∂ﷺ", "\x00\x1b\x7f\x85", "\ud800", "\ufffe\uffff", "a\tb", "-->",
]  # fmt: skip


def shown(name: str) -> str:
    """The name as a picture can show it: XML has no way to write most control characters."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", name)


@needs_engine
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_label_comes_out_literally(name):
    x = ad.Value(2.0, name=name)
    svg = ad.draw(ad.square(x)).image("svg")
    (symbol,) = symbols([name])  # what has no glyph is written as Python writes it
    assert symbol in texts(svg)
    assert symbol == name or not name.isprintable()
    assert {element.tag for element in ET.fromstring(svg).iter()} == {
        SVG + tag for tag in ("svg", "g", "title", "polygon", "ellipse", "text", "path")
    }


@needs_engine
def test_hostile_labels_do_not_change_the_picture_otherwise():
    def drawn(name):
        root = ET.fromstring(ad.draw(ad.square(ad.Value(2.0, name=name))).image("svg"))
        return [element.tag for element in root.iter()]

    assert {tuple(drawn(name)) for name in HOSTILE} == {tuple(drawn("x"))}


# Surrogates too, but no white space, of which a picture keeps less than a text.
characters = st.characters(exclude_categories=["Zs", "Zl", "Zp"], exclude_characters="\t\n\v\f\r\x85")
labels = st.text(characters, min_size=1, max_size=12)


@needs_engine
@settings(max_examples=60)
@given(labels, labels)
@example("\\n", "a\\")
def test_any_unicode_comes_out_literally(name, scope):
    with ad.scope(scope):
        inner = ad.sin(ad.Value(2.0, name="inner"))
    out = inner * ad.Value(1.0, name=name)
    found = texts(ad.draw(out, fold=0).image("svg"))
    assert symbols([name])[0] in found and shown(scope) in found


@needs_engine
def test_hostile_scopes_and_constants_come_out_literally():
    with ad.scope('<b>"\\'):
        inner = ad.sin(ad.Value(2.0))
    constant = ad.Value(3.0, name="{<i>}|").detach()
    found = texts(ad.draw(inner * constant, fold=0).image("svg"))
    assert '<b>"\\' in found and "{<i>}| = 3" in found


# Files

x = ad.Value(2.0, name="x")
STARTS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}


@needs_engine
@needs_resvg
@needs_fpdf
@pytest.mark.parametrize("ending", [*STARTS, "SVG", "Png"])
def test_the_ending_says_which_format(ending, tmp_path):
    path = ad.draw(x * x).save(tmp_path / f"graph.{ending}")
    assert path == tmp_path / f"graph.{ending}"
    assert path.read_bytes().startswith(STARTS[ending.lower()])


@pytest.mark.parametrize("name", ["graph", "graph.gif", "graph.svg.bak", ".svg", ""])
def test_another_ending_is_refused_with_the_ones_there_are(name, tmp_path):
    with pytest.raises(ValueError, match=r"a picture's name ends in \.svg, \.png, \.pdf, \.dot"):
        ad.draw(x * x).save(tmp_path / name if name else "")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        ad.draw(x * x).save(tmp_path / "nowhere" / "graph.dot")
    assert caught.value.filename == str(tmp_path / "nowhere" / "graph.dot")


def test_an_engine_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "graph.svg"
    path.write_bytes(b"old")
    monkeypatch.setattr(engines, "engine_name", lambda: "broken")
    monkeypatch.setitem(engines._LAYOUTS, "broken", lambda dot: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ad.draw(x * x).save(path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_without_an_engine_nothing_is_written_and_the_error_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "engine_name", lambda: None)
    with pytest.raises(NoEngineError, match=r"pip install -e '\.\[viz\]'"):
        ad.draw(x * x).save(tmp_path / "graph.svg")
    assert list(tmp_path.iterdir()) == []
    assert ad.draw(x * x).save(tmp_path / "graph.dot").exists()


# Notebooks


@needs_engine
def test_a_notebook_shows_the_picture():
    assert str(ad.draw(x * x)._repr_svg_()).startswith("<svg")


def test_a_notebook_without_engine_falls_back_on_the_repr(monkeypatch):
    monkeypatch.setattr(engines, "engine_name", lambda: None)
    drawing = ad.draw(x * x)
    assert drawing._repr_svg_() is None
    assert "graph.svg" in repr(drawing)


def test_options_reach_the_text():
    options = {"direction": "TB", "derivatives": False, "highlight": ad.paths(x * 1.0, x), "digits": 2}
    assert ad.draw(x * x, fold="all", **options).dot == ad.to_dot(x * x, fold="all", **options)
