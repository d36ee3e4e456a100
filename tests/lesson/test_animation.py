"""The animation shows each number from its step on, moves nothing, and says the same in words."""

import io
import sys
import xml.etree.ElementTree as ET
from importlib.util import find_spec

import pytest

import autodiff as ad
from autodiff.draw import NoEngineError, engines
from autodiff.lesson import LessonTooBigError, animation, frames, steps_of
from autodiff.notation import number
from autodiff.symbols import barred, dotted
from autodiff.syntax import compute, parse

SVG = "{http://www.w3.org/2000/svg}"
LECTURE = "y1 = sin(w1*x + w0)", {"w0": 0.5, "w1": 2.0, "x": 0.3}
TEXTS = [
    LECTURE,
    ("y = x*x + x", {"x": 3.0}),
    ("h = tanh(w*x + b); L = (h - y)**2", {"w": 0.5, "x": 0.7, "b": 0.1, "y": 1.0}),
    ("y1 = sin(w1*x + w0); y2 = cos(w1*x + w0)", LECTURE[1]),
]
both_modes = pytest.mark.parametrize("mode", ["reverse", "forward"])
every_text = pytest.mark.parametrize("text, values", TEXTS)

pytestmark = pytest.mark.skipif(engines.engine_name() is None, reason="no layout engine here")
needs_resvg = pytest.mark.skipif(not find_spec("resvg_py"), reason="resvg-py is not installed")
needs_pillow = pytest.mark.skipif(
    not (find_spec("PIL") and find_spec("resvg_py")), reason="pillow or resvg-py is not installed"
)


def outputs(text, values):
    return compute(parse(text), values).outputs


def lecture(**options):
    return ad.animate(outputs(*LECTURE), **options)


def roots(one):
    return [ET.fromstring(svg) for svg in one.svgs()]


def groups(root, kind):
    return [group for group in root.iter(f"{SVG}g") if group.get("class") == kind]


def texts(element):
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def nodes(root):
    """Return the lines of each variable and operation, by its symbol."""
    found = {}
    for group in groups(root, "node"):
        lines = texts(group)
        if len(lines) > 1:  # a constant is one number
            found[lines[0].split(" = ")[0]] = lines[1:]
    return found


def captions(root):
    return root.findall(f"{SVG}text")


def images_of(gif):
    from PIL import Image, ImageSequence

    with Image.open(gif) as opened:
        return [image.copy() for image in ImageSequence.Iterator(opened)]


# ── what the pictures show ──────────────────────────────────────────────────────────────────────


@both_modes
@every_text
def test_each_number_appears_at_its_step_and_not_before(text, values, mode):
    outs = outputs(text, values)
    steps = steps_of(ad.trace(outs, mode=mode))
    pictures = roots(ad.animate(outs, mode=mode))
    assert len(pictures) == len(steps) + 1
    known = {step.line.symbol.name: ["…", ""] for step in steps}
    marked = barred if mode == "reverse" else dotted
    so_far = {}
    assert nodes(pictures[0]) == known
    for step, picture in zip(steps, pictures[1:], strict=True):
        name = step.line.symbol.name
        if step.sweep == "forward":
            known[name][0] = f"{'' if step.kind == 'given' else '= '}{number(step.right)}"
        else:
            symbol = step.line.symbol
            arriving = [one for one in steps if one.line.symbol == symbol and one.kind != "sum"]
            so_far[name] = so_far.get(name, 0) + 1
            complete = step.kind == "sum" or len(arriving) == 1
            shown = f" = {number(step.right)}" if complete else f": {so_far[name]} of {len(arriving)}"
            known[name][1] = marked(name) + shown
        assert nodes(picture) == known


@both_modes
@every_text
def test_nothing_moves(text, values, mode):
    geometry = ("points", "cx", "cy", "rx", "ry", "d", "x", "y", "transform")
    places = [
        [
            (element.tag, *(element.get(name) for name in geometry))
            for group in root.findall(f"{SVG}g")
            for element in group.iter()
        ]
        for root in roots(ad.animate(outputs(text, values), mode=mode))
    ]
    assert all(one == places[0] for one in places)


def test_an_edge_is_labelled_when_the_sweep_went_along_it():
    x = ad.Value(2.0, name="x")
    y = ad.atan2(x, x)  # two edges between the same nodes, of different local derivatives
    for mode, after in (("reverse", [["", ""]] * 4 + [["0.25", ""], ["0.25", "-0.25"]]),
                        ("forward", [["", ""]] * 4 + [["0.25", "-0.25"]])):  # fmt: skip
        labels = [
            [text.strip() for group in groups(root, "edge") for text in texts(group)]
            for root in roots(ad.animate(y, mode=mode))
        ]
        assert labels[: len(after)] == after
        assert labels[-1] == ["0.25", "-0.25"]


def test_the_node_and_the_edge_at_work_alone_are_thick():
    steps = steps_of(ad.trace(outputs(*LECTURE)))
    for step, root in zip(steps, roots(lecture())[1:], strict=True):
        thick = [group for kind in ("node", "edge") for group in groups(root, kind)
                 if any(part.get("stroke-width") == "3" for part in group)]  # fmt: skip
        named = {texts(group)[0].split(" = ")[0] for group in thick if group.get("class") == "node"}
        edges = sum(group.get("class") == "edge" for group in thick)
        assert step.line.symbol.name in named
        expected = {"given": (1, 0), "seed": (1, 0), "contribution": (2, 1)}
        many = (1, len(step.line.names)) if step.kind == "value" else expected[step.kind]
        assert (len(named), edges) == many


def test_a_constant_does_not_move_in_forward_mode():
    root = roots(ad.animate(ad.Value(3.0, name="x") * 2.0, mode="forward"))[-1]
    assert sum(any(p.get("stroke-width") == "3" for p in g) for g in groups(root, "edge")) == 1


def test_without_colour_it_shows_what_is_not_computed_yet():
    first, *_, last = roots(lecture())
    for root, dashed in ((first, True), (last, False)):
        shapes = [group[0] for group in groups(root, "node")]
        assert all(("stroke-dasharray" in shape.attrib) == dashed for shape in shapes)


@both_modes
def test_the_caption_says_which_step_and_stays_in_the_picture(mode):
    names = [f"a_rather_long_name_{i}" for i in range(8)]
    summed = ad.sum([ad.Value(1.5, name=name) for name in names])
    for outs in (outputs(*LECTURE), [ad.square(summed)], [ad.Value(1.0)]):
        steps = steps_of(ad.trace(outs, mode=mode))
        for i, root in enumerate(roots(ad.animate(outs, mode=mode))):
            lines = captions(root)
            if i:
                assert lines[0].text.startswith(f"Step {i} of {len(steps)}, ")
                _, rule, numbers, result = steps[i - 1].shown()
                joined = "".join("".join(line.text for line in lines[1:]).split())
                assert all("".join(part.split()) in joined for part in (rule, numbers, result))
            width, height = (float(root.get(side).removesuffix("pt")) for side in ("width", "height"))
            for line in lines:
                letter = float(line.get("font-size"))
                assert float(line.get("x")) + 0.603 * letter * len(line.text) <= width
                assert float(line.get("y")) + letter / 4 <= height


@both_modes
def test_running_sums_have_room_in_their_node(mode):
    x = ad.Value(3.0, name="x")
    y = x / 7.0 - x * (1 / 7) + x  # x̄ = 1 in the end, 0.8571 on the way
    pictures = roots(ad.animate(y, mode=mode))
    for root in pictures:
        for group in groups(root, "node"):
            ellipse = group.find(f"{SVG}ellipse")
            if ellipse is not None:
                longest = max(map(len, texts(group)))
                assert 2 * float(ellipse.get("rx")) > 0.603 * 12 * longest


def test_a_label_with_markup_stays_text():
    name = "</title><script>alert(1)</script>&amp;"
    x = ad.Value(2.0, name=name)
    one = ad.animate(x * x)
    for root in roots(one):
        assert not list(root.iter(f"{SVG}script")) and name in nodes(root)
    assert f"1. {name} = 2. " in one.text


def test_forward_mode_follows_the_input_that_is_asked_for():
    outs = outputs(*LECTURE)
    (w1,) = [x for x in ad.graph.topological_order(*outs) if x.name == "w1"]
    one = ad.animate(outs, mode="forward", wrt=w1)
    assert one.title == "forward mode, along w1"
    assert nodes(roots(one)[-1])["y1"] == ["= 0.8912", "ẏ1 = 0.1361"]


# ── the alternative text ────────────────────────────────────────────────────────────────────────


@both_modes
@every_text
def test_each_step_is_told_in_a_line(text, values, mode):
    outs = outputs(text, values)
    steps = steps_of(ad.trace(outs, mode=mode))
    title, *lines = ad.animate(outs, mode=mode).text.splitlines()
    assert title.startswith(f"{mode} mode, ") and len(lines) == len(steps)
    for i, (line, step) in enumerate(zip(lines, steps, strict=True), 1):
        head, *parts = (part for part in step.shown() if part)
        assert line.startswith(f"{i}. {head.removesuffix(' =')}")
        assert all(part in line for part in parts) and step.line.sentence in line


# ── files ───────────────────────────────────────────────────────────────────────────────────────


@needs_pillow
def test_the_gif_has_a_picture_a_step_of_one_size_and_holds_the_last(tmp_path):
    one = lecture(seconds=0.5)
    path = one.save(tmp_path / "backprop.gif")
    pictures = images_of(path)
    assert [picture.info["duration"] for picture in pictures] == [500] * 12 + [1500]
    assert len({picture.size for picture in pictures}) == 1
    assert "loop" not in pictures[0].info  # it plays once: nobody could stop it
    assert (tmp_path / "backprop.gif.txt").read_text(encoding="utf-8") == one.text


@needs_pillow
def test_no_more_than_three_pictures_a_second():
    durations = [
        picture.info["duration"] for picture in images_of(io.BytesIO(lecture(seconds=1 / 3).gif()))
    ]
    assert all(3 * duration >= 1000 for duration in durations)


@pytest.mark.parametrize("seconds", [0.33, 0.0, -1.0, float("nan"), float("inf")])
def test_flashing_is_refused_and_the_reason_said(seconds):
    with pytest.raises(ValueError, match=rf"seconds={seconds!r}: .*three times a second.*2\.3\.1"):
        lecture(seconds=seconds)


@needs_pillow
def test_the_gif_has_the_colours_of_the_pictures():
    last = images_of(io.BytesIO(lecture().gif()))[-1].convert("RGB")
    seen = {colour for _, colour in last.getcolors(10**6)}
    flat = {tuple(bytes.fromhex(colour[1:])) for colour in (*frames.PAPER[::2], *frames.INK[:2])}
    assert flat <= seen


def test_frames_are_numbered_like_their_steps(tmp_path):
    one = lecture()
    paths = one.frames(tmp_path / "new")
    assert [path.name for path in paths] == [f"step-{i:03}.svg" for i in range(13)]
    assert [path.read_text(encoding="utf-8") for path in paths] == list(one.svgs())
    assert (tmp_path / "new" / "steps.txt").read_text(encoding="utf-8") == one.text
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@needs_pillow
def test_frames_as_png_are_of_one_size(tmp_path):
    from PIL import Image

    paths = ad.animate(ad.Value(2.0) * 3.0).frames(tmp_path, format="png")
    sizes = set()
    for path in paths:
        with Image.open(path) as opened:
            sizes.add(opened.size)
    assert len(sizes) == 1


def test_a_shorter_animation_is_not_mixed_with_a_longer_one(tmp_path):
    lecture().frames(tmp_path)
    with pytest.raises(FileExistsError, match=r"another animation is there.*step-003\.svg"):
        ad.animate(ad.Value(1.0)).frames(tmp_path)
    lecture().frames(tmp_path)


@pytest.mark.parametrize("name", ["graph.svg", "graph.png", "graph", ".gif", "graph.gif.bak"])
def test_another_ending_is_refused_with_the_ones_there_are(name, tmp_path):
    with pytest.raises(ValueError, match=rf"'{name}': an animation ends in \.gif.*\.svg or \.png"):
        lecture().save(tmp_path / name)
    with pytest.raises(ValueError, match=r"'svg' or 'png', not 'gif'; \.save makes a GIF"):
        lecture().frames(tmp_path, format="gif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing, extra", [("PIL.Image", "plot"), ("resvg_py", "viz")])
def test_a_missing_library_is_named_with_its_extra_and_nothing_is_written(
    missing, extra, tmp_path, monkeypatch
):
    if missing == "resvg_py":
        pytest.importorskip("PIL.Image")
        with pytest.raises(RuntimeError, match=r"pip install -e '\.\[viz\]'"):
            monkeypatch.setitem(sys.modules, missing, None)
            lecture().frames(tmp_path / "new", format="png")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(RuntimeError, match=rf"pip install -e '\.\[{extra}\]'"):
        lecture().save(tmp_path / "backprop.gif")
    assert list(tmp_path.iterdir()) == []
    assert lecture()._repr_html_() is None


def test_a_picture_that_fails_leaves_nothing(tmp_path, monkeypatch):
    made = []

    def fails_at_the_third(svg):
        made.append(svg)
        return b"" if len(made) < 3 else 1 / 0

    monkeypatch.setattr(animation, "png", fails_at_the_third)
    with pytest.raises(ZeroDivisionError):
        lecture().frames(tmp_path / "new", format="png")
    assert list(tmp_path.iterdir()) == []


@needs_pillow
def test_a_notebook_shows_the_gif_and_the_steps_in_words():
    x = ad.Value(2.0, name='"><script>')
    shown = ad.animate(x * x)._repr_html_()
    assert 'src="data:image/gif;base64,R0lGOD' in shown and "<script>" not in shown
    assert "alt=" in shown and "&gt;&lt;script&gt; = 2" in shown


# ── what is refused, and what is left alone ─────────────────────────────────────────────────────


def test_a_graph_that_is_too_big_is_refused_like_a_lesson(monkeypatch):
    x = ad.Value(1.0)
    for _ in range(100_000):
        x = x + 1.0
    monkeypatch.setattr(animation, "laid_out", None)  # it does not come to that
    monkeypatch.setattr(animation, "trace", None)
    with pytest.raises(LessonTooBigError, match="200,001 nodes, at most 200"):
        ad.animate(x)


def test_a_derivative_that_is_not_finite_is_refused():
    with pytest.raises(ad.DomainError):
        ad.animate(ad.sqrt(ad.Value(0.0)))


def test_an_input_to_follow_is_for_forward_mode():
    x = ad.Value(1.0, name="x")
    with pytest.raises(ValueError, match="wrt is for forward mode"):
        ad.animate(x * x, wrt=x)


def test_without_an_engine_the_error_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr(engines, "engine_name", lambda: None)
    with pytest.raises(NoEngineError, match=r"pip install -e '\.\[viz\]'"):
        lecture()


@both_modes
def test_gradients_are_left_as_they_were(mode):
    x = ad.Value(3.0, name="x")
    y = x * x
    y.backward()
    z = ad.sin(x)
    ad.animate([y, z], mode=mode)
    assert (x.grad, y.grad, z.has_grad) == (6.0, 1.0, False)
