"""The three formats: columns that line up, Markdown and LaTeX that show any name as it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from rich.cells import cell_len

import autodiff as ad
from autodiff.explain import rendered
from autodiff.explain.document import explanation
from tests.explain.lectures import half_square, named, sine_and_cosine
from tests.explain.printed import explained
from tests.trace.graphs import Graph, graphs

HOSTILE = [
    "a|b", "_x_", "*x*", "<b>", "$x$", "\\frac", "{x", "x}", "`x`", "a\nb", "&lt;", "[x](y)",
    "~x~", "#1", "50%", "^", "名前", "ā", "a b", '"', "x\u200by",
]  # fmt: skip


def hostile_graph(name: str) -> ad.Value:
    x = ad.Value(2.0, name=name)
    out = x * x + ad.sin(x)
    out.name = f"{name}{name}"
    return out


# ── text ────────────────────────────────────────────────────────────────────────────────────────


def column_of(line: str, sign: str, *, last: bool) -> int:
    """Return the screen column in which a sign stands."""
    place = line.rfind(sign) if last else line.find(sign)
    return cell_len(line[:place])


def tables(printed: str) -> list[list[str]]:
    """Return the lines of each table of an explanation in one column, without its title."""
    blocks = [block.splitlines() for block in printed.split("\n\n")]
    return [block[1:] for block in blocks if block[0].startswith(("forward", "reverse,"))]


def check_columns(printed: str) -> None:
    for table in tables(printed):
        assert table
        assert len({column_of(line, "= ", last=True) for line in table}) == 1
        results = [line[line.rfind("= ") :] for line in table]
        with_point = [result for result in results if "e" not in result and "n" not in result]
        assert len({cell_len(result.partition(".")[0]) for result in with_point}) <= 1


@pytest.mark.parametrize("outs", [half_square(), sine_and_cosine()], ids=["L", "y1 and y2"])
@pytest.mark.parametrize("mode", ["reverse", "forward", "both"])
def test_columns_line_up(outs, mode: str) -> None:
    check_columns(explained(outs, mode=mode))


@pytest.mark.parametrize("name", [*HOSTILE, "loss", "learning rate", "🙂", "α"])
def test_columns_line_up_under_any_name(name: str) -> None:
    check_columns(explained(hostile_graph(name)))


@settings(max_examples=50)
@given(graphs())
def test_columns_line_up_for_any_graph(graph: Graph) -> None:
    check_columns(explained(graph.outs, mode="both"))


@settings(max_examples=50)
@given(graphs())
def test_no_line_ends_in_spaces_and_the_text_ends_in_one_new_line(graph: Graph) -> None:
    for why in (False, True):
        printed = explained(graph.outs, mode="both", why=why)
        assert not re.search(r"[ \t]$", printed, re.MULTILINE)
        assert printed.endswith("\n") and not printed.endswith("\n\n")
        assert "\n\n\n" not in printed


def test_forward_and_reverse_stand_side_by_side_where_there_is_room() -> None:
    document = explanation(half_square())
    wide = rendered(document, "text", width=120)
    assert wide.splitlines()[0].split() == ["forward", "reverse,", "from", "L"]
    needed = max(cell_len(line) for line in wide.split("\n\n")[0].splitlines())
    assert rendered(document, "text", width=needed) == wide
    folded = rendered(document, "text", width=needed - 1)
    assert folded.startswith("forward\n") and "\n\nreverse, from L\n" in folded


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("why", [False, True])
def test_lines_are_no_wider_than_the_terminal_where_the_table_can_be(width: int, why: bool) -> None:
    for outs in (half_square(), sine_and_cosine()):
        document = explanation(outs)
        narrowest = max(
            cell_len(line) for table in tables(rendered(document, "text", width=1)) for line in table
        )
        printed = rendered(document, "text", why=why, width=width)
        told, _, costs = printed.rstrip("\n").rpartition("\n\n")
        assert all(cell_len(line) <= max(width, narrowest) for line in told.splitlines())
        assert cell_len(costs) <= 60


def test_many_derivatives_stand_one_on_a_line_where_the_terminal_is_narrow() -> None:
    inputs = named(**{f"x{i}": 1.0 for i in range(9)})
    document = explanation(ad.sum(inputs))
    assert "∂a10/∂x0 = 1    ∂a10/∂x1 = 1" in rendered(document, "text", width=200)
    assert "\n∂a10/∂x0 = 1\n∂a10/∂x1 = 1\n" in rendered(document, "text", width=60)


def test_a_long_sum_is_abbreviated_in_every_format() -> None:
    out = ad.sum(named(**{f"x{i}": float(i) for i in range(100)}))
    assert "x0 + x1 + x2 + … + x99  = 0 + 1 + 2 + … + 99  = 4950" in explained(out)
    assert r"x_{0} + x_{1} + x_{2} + \dots + x_{99} = 0 + 1 + 2 + \dots + 99 = 4950" in ad.explain(
        out, format="latex"
    )
    (x,) = named(x=2.0)
    shared = ad.sum([ad.sin(x) for _ in range(20)])
    assert re.search(r"x̄ +  = -0.4161 \+ \(-0.4161\) \+ \(-0.4161\) \+ … \+ \(-0.4161\) += -8.3229\n",
                     explained(shared))  # fmt: skip


@pytest.mark.parametrize(
    "row", [ad.prod, ad.max, ad.min, ad.logsumexp, ad.mean, lambda x: ad.softmax(x)[0]]
)
def test_many_operands_take_no_wide_line(row) -> None:
    out = row([ad.Value(1 + i / 100, name=f"x{i}") for i in range(100)])
    for format in ("text", "markdown", "latex"):
        assert max(map(len, ad.explain(out, format=format).splitlines())) < 600  # type: ignore[arg-type]


def test_long_names_have_adjoints_and_tangents_in_words() -> None:
    (rate,) = named(rate=2.0)
    loss = rate * rate
    loss.name = "loss"
    reverse, forward = explained(loss), explained(loss, mode="forward")
    assert re.search(r"\n adj\(loss\) +  = 1\n", reverse)
    assert "\n adj(rate) +=  adj(loss)·rate  = 1 · 2  = 2\n" in reverse
    assert "\n dot(loss)  rate·dot(rate) + rate·dot(rate)  = 2 · 1 + 2 · 1  = 4\n" in forward


def test_digits_show_numbers_in_full() -> None:
    printed = ad.explain(sine_and_cosine(), digits=17)
    assert "∂y1/∂w0 = 0.4535961214255773 " in printed
    assert printed == ad.explain(sine_and_cosine(), digits=30)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"format": "html"}, "format must be 'text', 'markdown' or 'latex', not 'html'"),
        ({"mode": "sideways"}, "mode must be 'reverse', 'forward' or 'both', not 'sideways'"),
        ({"digits": -1}, "digits must be a whole number from 0 to 17, not -1"),
        ({"mode": "forward", "wrt": ad.Value(1.0)}, "is not in the graph"),
    ],
)
def test_wrong_options_are_refused(wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ad.explain(half_square(), **wrong)


def test_no_output_is_refused_and_a_repeated_one_explained_once() -> None:
    with pytest.raises(ValueError, match="there is no output"):
        ad.explain([])
    out = half_square()
    assert ad.explain([out, out]) == ad.explain(out)


@pytest.mark.parametrize("mode", ["reverse", "both"])
@pytest.mark.parametrize("format", ["text", "markdown", "latex"])
def test_a_leaf_alone_is_explained(mode: str, format: str) -> None:
    (x,) = named(x=3.0)
    printed = ad.explain(x, mode=mode, format=format)  # type: ignore[arg-type]
    assert "3" in printed and "x" in printed


@pytest.mark.parametrize("format", ["text", "markdown", "latex"])
def test_a_graph_of_constants_has_no_derivatives(format: str) -> None:
    (x,) = named(x=3.0)
    for out in (x.detach(), x.detach() * 2):
        printed = ad.explain(out, format=format)  # type: ignore[arg-type]
        assert "∂" not in printed and r"\partial" not in printed


def test_of_several_seeds_it_is_their_sum_that_is_explained() -> None:
    (x,) = named(x=3.0)
    a, b = 2 * x, x * x
    a.name, b.name = "a", "b"
    assert "∂(2·a + b)/∂x = 10" in ad.explain(ad.trace([a, b], seeds=[2.0, 1.0]))
    assert "reverse, from (a + b)" in ad.explain(ad.trace([a, b]))
    assert "∂(0)/∂x" in ad.explain(ad.trace([a, b], seeds=[0.0, 0.0]))


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────


def shown(cell: str) -> str:
    """Return what Markdown shows for a cell: a backslash takes the meaning from what follows."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", cell)


def check_markdown(printed: str) -> list[list[str]]:
    """Check that every table is one; return its cells."""
    cells = []
    for block in printed.split("\n\n"):
        lines = block.strip("\n").splitlines()
        if not lines[0].startswith("|"):
            assert len(lines) == 1 or all(line.startswith("- ") for line in lines)
            continue
        widths = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines]
        assert len(set(widths)) == 1 and widths[0] in (5, 6)
        assert re.fullmatch(r"\|(---\|)+", lines[1])
        cells += [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[2:]]
    return cells


@pytest.mark.parametrize("why", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_shows_any_name_as_it_is(name: str, why: bool) -> None:
    out = hostile_graph(name)
    printed = ad.explain(out, format="markdown", mode="both", why=why)
    cells = check_markdown(printed)
    symbol = name.replace("\n", "\\n").replace("\u200b", "\\u200b")
    assert shown(cells[0][0]).strip() == symbol
    for special in "`*_<>#$~&|[]{}":
        assert not re.search(rf"(?<!\\)(\\\\)*{re.escape(special)}", re.sub(r"(?m)^#+ |\|", "", printed))


def test_markdown_has_a_table_for_each_sweep_and_one_of_the_costs() -> None:
    printed = ad.explain(sine_and_cosine(), mode="both", format="markdown")
    titles = [line for line in printed.splitlines() if line.startswith("#")]
    assert titles == [
        "### Forward",
        "### Forward mode, along w0",
        "### Reverse mode, from y1",
        "### Reverse mode, from y2",
    ]
    assert "| ā5 += | ȳ1·cos(a5) | 1 · cos(1.1) | 0.4536 |" in printed
    assert "- ∂y2/∂x = -1.7824\n" in printed
    assert printed.endswith("| forward | 3 | 6 | 2 | 4 |\n| reverse | 2 | 6 | 1 | 7 |\n")


@settings(max_examples=50)
@given(graphs())
def test_any_graph_gives_sound_markdown(graph: Graph) -> None:
    cells = check_markdown(ad.explain(graph.outs, mode="both", format="markdown", why=True))
    assert cells


# ── LaTeX ───────────────────────────────────────────────────────────────────────────────────────


def check_latex(printed: str) -> None:
    """Check brackets, environments and alignment; pdflatex may not be there."""
    bare = re.sub(r"\\[{}#$%&_]", "", printed.replace(r"\\", "\n"))
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0
    assert bare.count(r"\left") == bare.count(r"\right")
    opened: list[str] = []
    for begin, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", printed):
        if begin == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    for body in re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", printed, re.DOTALL):
        rows = body.split(" \\\\\n")
        assert all(len(re.findall(r"(?<!\\)&", row)) == 1 and "\n" not in row for row in rows)
    assert not set(printed) & set("∂·π…²\u0304\u0307ā<>~")
    assert not re.search(r"\^(?![{\d])", printed)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "ā"])
def test_latex_shows_any_name_as_it_is(name: str) -> None:
    printed = ad.explain(hostile_graph(name), mode="both", format="latex", why=True)
    check_latex(printed)


@pytest.mark.parametrize("why", [False, True])
@pytest.mark.parametrize("mode", ["reverse", "forward", "both"])
def test_latex_of_the_lectures_is_sound(mode: str, why: bool) -> None:
    for outs in (half_square(), sine_and_cosine()):
        check_latex(ad.explain(outs, mode=mode, format="latex", why=why))  # type: ignore[arg-type]


@settings(max_examples=50)
@given(graphs())
def test_any_graph_gives_sound_latex(graph: Graph) -> None:
    check_latex(ad.explain(graph.outs, mode="both", format="latex", why=True))


def test_latex_writes_the_steps_of_a_line_as_one_equation() -> None:
    printed = ad.explain(half_square(), format="latex")
    assert r"a_{5} &= y - a_{4} = 5 - 6 = -1 \\" in printed
    assert r"\bar{a}_{5} &\mathrel{+}= \bar{a}_{6} \cdot \left(2 \cdot a_{5}\right)" in printed
    assert r"\frac{\partial L}{\partial w} &= 3 \\" in printed
    assert r"\bar{a}_{6} &\mathrel{+}= \bar{L} \cdot \frac{1}{2} = 1 \cdot \frac{1}{2} = 0.5" in printed


def test_latex_numbers_are_powers_of_ten() -> None:
    (x,) = named(x=1.5e-9)
    printed = ad.explain(2 * x, format="latex")
    assert r"x &= {1.5 \times 10^{-9}} \\" in printed


def test_latex_sentences_are_items_in_mathematics() -> None:
    printed = ad.explain(half_square(), format="latex", why=True)
    assert (
        r"\item Error from above $\bar{a}$4 = 1 times the local derivative "
        r"$\partial $a4/$\partial $w = x = 3." in printed
    )


# ── the same every time ─────────────────────────────────────────────────────────────────────────

PROGRAM = """
import autodiff as ad
x, y, z = (ad.Value(v, name=n) for v, n in ((0.3, 'x'), (1.7, 'y'), (2.0, 'z')))
a = ad.sin(x * y) + ad.max(x, y, z) + ad.softmax(x, y, z)[1]
b = a * a + ad.logsumexp(x, a, y) + ad.dot([x, y], [y, z])
for format in ('text', 'markdown', 'latex'):
    print(ad.explain([a, b], mode='both', format=format, why=True))
print(ad.trace([a, b]).to_json(), ad.paths(b, x), ad.why_order(b))
"""


def test_the_output_depends_on_no_hash_seed() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(printed) == 1 and len(printed.pop()) > 10_000
