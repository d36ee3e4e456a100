"""`to_dot`: what stands in the text, and that it is a pure function of the graph."""

import re

import pytest
from hypothesis import given, strategies as st

import autodiff as ad
from autodiff.draw import dot
from tests.engine.processes import printed_by

NODE = re.compile(r'^  "(\w+)" \[(.*)\]$', re.MULTILINE)
EDGE = re.compile(r'^  "(\w+)" -> "(\w+)"(?: \[(.*)\])?$', re.MULTILINE)


def nodes(text: str) -> dict[str, str]:
    return dict(NODE.findall(text))


def edges(text: str) -> list[tuple[str, str, str]]:
    return EDGE.findall(text)


def label(attributes: str) -> str:
    found = re.search(r'label="((?:[^"\\]|\\.)*)"', attributes)
    assert found
    return found[1]


def lecture() -> tuple[list[ad.Value], dict[str, ad.Value]]:
    inputs = {
        "w0": ad.Value(0.5, name="w0"),
        "w1": ad.Value(2.0, name="w1"),
        "x": ad.Value(0.3, name="x"),
    }
    a5 = inputs["w1"] * inputs["x"] + inputs["w0"]
    y1, y2 = ad.sin(a5), ad.cos(a5)
    y1.name, y2.name = "y1", "y2"
    return [y1, y2], inputs


PROGRAM = """
import autodiff as ad
with ad.scope("layer 1"):
    x, y = ad.Value(0.5, name="x"), ad.Value(2.0, name="y")
    z = x * x + ad.sin(y) * x
out = ad.max(z, y, x) + 1.5
out.backward()
for fold in (None, "all", 0):
    print(ad.to_dot([out, z], highlight=ad.paths(out, x), fold=fold))
"""


def test_the_text_is_byte_equal_under_any_hash_seed():
    texts = {printed_by(PROGRAM, PYTHONHASHSEED=seed) for seed in ("0", "1", "4242")}
    assert len(texts) == 1 and texts.pop().count("digraph") == 3


def test_drawing_changes_nothing_and_twice_gives_the_same():
    outs, inputs = lecture()
    assert ad.to_dot(outs) == ad.to_dot(outs)
    assert not any(x.has_grad for x in inputs.values())


def test_one_edge_for_each_operand_position():
    x = ad.Value(3.0, name="x")
    assert [(tail, head) for tail, head, _ in edges(ad.to_dot(x * x))] == [("n0", "n1")] * 2


def test_edges_carry_the_local_derivatives():
    x, y = ad.Value(3.0, name="x"), ad.Value(5.0, name="y")
    assert [label(attributes) for _, _, attributes in edges(ad.to_dot(x * y))] == [" 5", " 3"]
    assert [attributes for *_, attributes in edges(ad.to_dot(x * y, derivatives=False))] == ["", ""]


def test_values_and_formulas_stand_in_the_nodes():
    outs, _ = lecture()
    labels = [label(attributes) for attributes in nodes(ad.to_dot(outs)).values()]
    assert labels == [
        "w0\\n0.5", "w1\\n2", "x\\n0.3", "a4 = w1·x\\n= 0.6", "a5 = a4 + w0\\n= 1.1",
        "y1 = sin(a5)\\n= 0.8912", "y2 = cos(a5)\\n= 0.4536",
    ]  # fmt: skip


def test_a_gradient_not_computed_yet_is_a_dash_and_never_0():
    x, y = ad.Value(3.0, name="x"), ad.Value(0.0, name="y")
    product = x * y
    product.backward()
    later = product + x
    labels = [label(attributes) for attributes in nodes(ad.to_dot(later)).values()]
    assert [text.split("\\n")[-1] for text in labels] == ["x̄ = 0", "ȳ = 3", "ā3 = 1", "ā4 = –"]


def test_before_any_backward_no_gradient_is_shown():
    outs, _ = lecture()
    assert "̄" not in ad.to_dot(outs) and "–" not in ad.to_dot(outs)


def test_digits_say_how_many_decimals():
    assert "0.333333" in ad.to_dot(ad.Value(1.0) / 3.0, digits=6)


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_the_direction_is_the_one_asked_for(direction):
    assert f"rankdir={direction}," in ad.to_dot(ad.Value(1.0) + 1.0, direction=direction)


def test_another_direction_is_refused_by_name():
    with pytest.raises(ValueError, match="'LR' or 'TB', not 'up'"):
        ad.to_dot(ad.Value(1.0), direction="up")


def test_only_outputs_have_a_double_border_even_among_equal_numbers():
    x = ad.Value(2.0, name="x")
    drawn = nodes(ad.to_dot(ad.relu(x)))
    assert ["peripheries=2" in attributes for attributes in drawn.values()] == [False, True]


def test_a_stale_graph_is_not_drawn():
    x = ad.Value(2.0, name="x")
    out = x * x
    x.data = 5.0
    with pytest.raises(ad.StaleValueError, match="x was used by mul"):
        ad.to_dot(out)


def test_what_is_no_value_is_refused():
    with pytest.raises(TypeError, match=r"got float 3\.0"):
        ad.to_dot([3.0])


def test_an_output_that_is_named_twice_is_drawn_once():
    x = ad.Value(2.0, name="x")
    assert ad.to_dot([x, x]) == ad.to_dot(x)


# Highlighting


def marked(text: str) -> list[tuple[str, str]]:
    return [(tail, head) for tail, head, attributes in edges(text) if dot._HIGHLIGHT in attributes]


def test_the_paths_from_an_input_are_marked():
    outs, inputs = lecture()
    text = ad.to_dot(outs, highlight=ad.paths(outs[0], inputs["w1"]))
    assert marked(text) == [("n1", "n3"), ("n3", "n4"), ("n4", "n5")]
    on = [name for name, attributes in nodes(text).items() if "penwidth=3" in attributes]
    assert on == ["n1", "n3", "n4", "n5"]


def test_one_path_marks_its_own_operand_position_alone():
    x = ad.Value(3.0, name="x")
    first, second = ad.paths(x * x, x)
    text = ad.to_dot(first.nodes[-1], highlight=second)
    assert ["penwidth" in attributes for *_, attributes in edges(text)].count(True) == 1
    assert first.positions != second.positions


def test_paths_too_many_to_list_are_marked_all_the_same():
    x = ad.Value(1.0, name="x")
    out = x
    for _ in range(20):
        out = out + out
    paths = ad.paths(out, x)
    assert len(paths) == 0 and paths.count == 2**20
    assert len(marked(ad.to_dot(out, highlight=paths))) == 40


def test_paths_of_several_outputs_can_be_marked_together():
    outs, inputs = lecture()
    paths = [ad.paths(out, inputs["x"]) for out in outs]
    assert len(marked(ad.to_dot(outs, highlight=paths))) == 4


def test_no_path_marks_nothing():
    x, y = ad.Value(1.0, name="x"), ad.Value(2.0, name="y")
    out = x + 1.0
    assert "penwidth" not in ad.to_dot(out, highlight=ad.paths(out, y))


def test_a_marked_path_goes_on_through_folded_nodes():
    x = ad.Value(1.0, name="x")
    with ad.scope("inner"):
        a = ad.sin(ad.cos(x))
    out = a * 2.0
    text = ad.to_dot(out, highlight=ad.paths(out, x), fold=0)
    assert len(marked(text)) == 2


# Labels, as DOT


@given(st.text())
def test_a_quoted_label_is_one_dot_string(label):
    assert re.fullmatch(r'"(?:[^"\\\n\r]|\\.)*"', dot.quoted(label))


def test_graphviz_own_escapes_are_disarmed():
    assert dot.quoted(r"\N \G \l") == r'"\\N \\G \\l"'


# Colours


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("fill", [dot._VARIABLE, dot._OPERATION, dot._GROUP, "#ffffff"])
def test_black_text_can_be_read_on_every_fill(fill):
    assert (luminance(fill) + 0.05) / 0.05 >= 4.5


def test_a_marked_line_stands_out_from_the_paper():
    assert 1.05 / (luminance(dot._HIGHLIGHT) + 0.05) >= 3  # WCAG's bound for graphics


def test_the_kinds_differ_without_colour():
    with ad.scope("folded"):
        a = ad.sin(ad.Value(1.0, name="inside"))
    x = ad.Value(2.0, name="x")
    out = (x * 3.0) * a
    text = re.sub(r'(?:fillcolor|color)="#\w+"', "", ad.to_dot(out, fold=0))
    drawn = nodes(text)
    looks = {
        "variable": drawn["n2"], "operation": drawn["n4"], "constant": drawn["n3"],
        "output": drawn["n5"], "group": drawn["g0"],
    }  # fmt: skip
    looks = {kind: re.sub(r'label="(?:[^"\\]|\\.)*"', "", look) for kind, look in looks.items()}
    assert len(set(looks.values())) == len(looks)
    styles = {style for *_, style in ((*e[:2], re.sub(r'label="[^"]*"', "", e[2])) for e in edges(text))}
    assert len(styles) == 3  # plain, from a constant (dotted), bundled (dashed)
