"""The notebooks run from top to bottom; what they show needs no kernel; objects show themselves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autodiff as ad

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "demos" / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The notebooks, run and written as HTML by nbconvert."""
    folder = tmp_path_factory.mktemp("html")
    words = ["nbconvert", "--to", "html", "--execute", "--output-dir", str(folder), *map(str, NOTEBOOKS)]
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_there_are_three():
    assert [path.stem[2:] for path in NOTEBOOKS] == [
        "backpropagation_from_scratch", "forward_against_reverse", "neuron_layer_network",
    ]  # fmt: skip


@every_notebook
def test_a_notebook_is_kept_without_outputs(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert all(not cell.get("outputs") for cell in cells)
    assert sum(cell["cell_type"] == "code" for cell in cells) >= 5


@every_notebook
def test_a_notebooks_lessons_step_without_a_kernel(notebook, converted, browser):
    page = browser.new_page()
    page.goto((converted / f"{notebook.stem}.html").as_uri(), wait_until="domcontentloaded")
    frames = page.locator("iframe")
    assert frames.count() >= 1
    for i in range(frames.count()):
        lesson = page.frame_locator("iframe").nth(i)
        frames.nth(i).scroll_into_view_if_needed()
        assert "nothing is computed yet" in lesson.locator("#where").inner_text()
        lesson.locator("#next").click()
        assert lesson.locator("#where").inner_text().startswith("Step 1 of")
        lesson.locator("#back").click()
        assert "nothing is computed yet" in lesson.locator("#where").inner_text()
    page.close()


def test_a_value_shows_its_graph_a_leaf_and_a_large_graph_only_their_text():
    x = ad.Value(2.0, name="x")
    y = x * x
    assert y._repr_svg_() == ad.draw(y)._repr_svg_()
    assert x._repr_svg_() is None
    for _ in range(300):
        y = y + 1.0
    assert y._repr_svg_() is None


def test_a_value_whose_graph_is_stale_shows_its_text():
    x = ad.Value(2.0, name="x")
    y = x * x
    x.data = 3.0
    assert y._repr_svg_() is None


def test_a_trace_shows_its_table():
    x = ad.Value(2.0, name="x")
    one = ad.trace(x * x)
    assert one._repr_markdown_() == ad.explain(one, format="markdown")
    y = x
    for _ in range(300):
        y = y + 1.0
    assert ad.trace(y)._repr_markdown_() is None


def test_a_lesson_shows_itself_in_a_frame_that_may_run_scripts_and_nothing_else():
    x = ad.Value(2.0, name="<b>x</b>")
    shown = ad.lesson(x * x)._repr_html_()
    assert shown.startswith("<iframe title=") and 'sandbox="allow-scripts"' in shown
    assert "<b>x" not in shown
