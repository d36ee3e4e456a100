"""Every mistake on the command line is one clear message and exit status 2, with nothing half done."""

import pytest

from autodiff.draw import engines
from tests.cli.processes import LECTURE, process

MISTAKES = {
    "unknown name": (["explain", "y = w*x", "x=1"], "'w' has no value: add w=NUMBER", "w"),
    "unknown function": (["explain", "foo(x)", "x=1"], "no function is called 'foo'", "foo(x)"),
    "missing value": (["draw", "x*y", "x=1", "-o", "g.svg"], "'y' has no value: add y=NUMBER", "y"),
    "bad syntax": (["check", "x*/2", "x=1"], "this is not an expression", "/"),
    "no expression": (["explain"], "an expression is missing", None),
    "empty expression": (["explain", ""], "the expression is empty", None),
    "no number": (["explain", "x*x", "x=abc"], "'x=abc': 'abc' is not a number", None),
    "decimal comma": (["explain", "x*x", "x=1,5"], "decimals are written with a point", "1,5"),
    "empty number": (["explain", "x*x", "x="], "'x=': the number is missing", None),
    "too large a number": (["explain", "x*x", "x=1e999"], "larger than any floating-point number", None),
    "number that fails": (["explain", "x*x", "x=1/0"], "'x=1/0': div(1.0, 0.0) gives inf", "1/0"),
    "no value form": (["explain", "x*x", "x:1"], "'x:1' is not of the form name=NUMBER", None),
    "two values": (["explain", "x*x", "x=1", "x=2"], "'x' has two values", None),
    "value of an output": (["explain", "y = x*x", "x=1", "y=2"], "'y' gets its value here", "y"),
    "value of pi": (["explain", "pi*x", "x=1", "pi=3"], "'pi' has a value already", None),
    "log(-1)": (["explain", "y = 2*log(x)", "x=-1"], "x > 0 is needed", "log(x)"),
    "infinite derivative": (["explain", "sqrt(x)", "x=0"], "local derivative", None),
    "no variable": (["explain", "y = 1 + 1"], "there is nothing to differentiate", "1 + 1"),
    "nested parentheses": (
        ["explain", "(" * 10_000 + "x" + ")" * 10_000, "x=1"],
        "nested too deeply", "(",
    ),
    "nested minus": (["explain", "-" * 10_000 + "x", "x=1"], "nested too deeply", None),
    "long sum": (["check", "+".join(["x"] * 9_000), "x=1"], "has too many terms", None),
    "unknown option": (["explain", *LECTURE, "--bogus"], "unknown option '--bogus'", None),
    "unknown option first": (["--bogus"], "unknown option '--bogus'", None),
    "short option": (["explain", *LECTURE, "-q"], "'-q' is not of the form name=NUMBER", None),
    "unknown command": (["bogus"], "invalid choice: 'bogus'", None),
    "command forgotten": (["x=1"], "invalid choice: 'x=1'", None),
    "digits no number": (
        ["explain", *LECTURE, "--digits", "a"],
        "'a' is not a whole number from 0 to 17", None,
    ),
    "digits negative": (["explain", *LECTURE, "--digits", "-1"], "'-1' is not a whole number", None),
    "digits too many": (
        ["draw", *LECTURE, "-o", "g.dot", "--digits", "18"],
        "'18' is not a whole number", None,
    ),
    "digits missing": (["explain", *LECTURE, "--digits"], "expected one argument", None),
    "unknown mode": (["explain", *LECTURE, "--mode", "up"], "invalid choice: 'up'", None),
    "unknown format": (["explain", *LECTURE, "--format", "pdf"], "invalid choice: 'pdf'", None),
    "unknown wrt": (
        ["explain", *LECTURE, "--mode", "forward", "--wrt", "z"],
        "no input is called 'z'", None,
    ),
    "idle wrt": (["explain", *LECTURE, "--wrt", "x"], "add --mode forward", None),
    "unknown paths": (
        ["explain", *LECTURE, "--paths", "z"],
        "no input is called 'z': there is w0, w1, x", None,
    ),
    "paths in json": (
        ["explain", *LECTURE, "--paths", "x", "--format", "json"],
        "leave out --format json", None,
    ),
    "unknown highlight": (
        ["draw", *LECTURE, "-o", "g.svg", "--highlight", "z"],
        "no input is called 'z'", None,
    ),
    "no output": (["draw", *LECTURE], "required: -o/--output", None),
    "-o without file": (["draw", *LECTURE, "-o"], "expected one argument", None),
    "unknown ending": (
        ["draw", *LECTURE, "-o", "g.gif"],
        "'g.gif': a picture's name ends in .svg, .png", None,
    ),
    "no ending": (["draw", *LECTURE, "-o", "svg"], "a picture's name ends in", None),
    "empty file name": (["draw", *LECTURE, "-o", ""], "a picture's name ends in", None),
    "missing folder": (
        ["draw", *LECTURE, "-o", "no/g.dot"],
        "no/g.dot: No such file or directory", None,
    ),
    "folder": (["draw", *LECTURE, "-o", "folder.dot"], "folder.dot: Is a directory", None),
    "unknown direction": (
        ["draw", *LECTURE, "-o", "g.dot", "--direction", "UP"],
        "invalid choice: 'UP'", None,
    ),
    "too big": (
        ["draw", ";".join(f"sin(x*{i})" for i in range(150)), "x=1", "-o", "g.dot"],
        "a picture shows", None,
    ),
    "code": (["explain", "__import__('os').system('true')", "x=1"], "no meaning here", "'"),
    "overflow": (["explain", "exp(x)", "x=1000"], "gives inf", "exp(x)"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_message_and_status_2(mistake, run, tmp_path):
    words, said, place = MISTAKES[mistake]
    (tmp_path / "folder.dot").mkdir()
    status, out, message = run(*words)
    assert (status, out) == (2, "")
    assert message.startswith("autodiff: ") and said in message and "Traceback" not in message
    assert len(message) < 600
    _, *marked = message.rstrip("\n").split("\n")
    assert len(marked) == (2 if place else 0), "one line, and where it applies the place with carets"
    if place:
        line, carets = marked
        assert line[carets.index("^") : len(carets)] == place
    assert [path.name for path in tmp_path.iterdir()] == ["folder.dot"]


@pytest.mark.parametrize(
    "mistake", ["nested parentheses", "log(-1)", "unknown option", "missing folder", "unknown command"]
)
def test_a_process_ends_with_status_2_and_the_same_message(mistake, tmp_path):
    words, said, _ = MISTAKES[mistake]
    ended = process(*words, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert said in ended.stderr.decode() and b"Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_are_no_text_are_a_mistake(tmp_path):
    for words in (
        [b"\xff*x", b"x=1"],
        [b"x", b"\xff=1"],
        [b"x", b"x=\xff"],
        [b"x", b"x=1", b"--paths", b"\xff"],
    ):
        ended = process("explain", *words, cwd=tmp_path)
        assert ended.returncode == 2 and ended.stderr.startswith(b"autodiff: ")


def test_a_failing_engine_leaves_the_old_picture(run, tmp_path, monkeypatch):
    (tmp_path / "g.svg").write_bytes(b"old")
    monkeypatch.setattr(engines, "engine_name", lambda: None)
    status, out, message = run("draw", *LECTURE, "-o", "g.svg")
    assert (status, out) == (2, "") and "pip install -e '.[viz]'" in message
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_value_that_is_not_used_is_noted(run):
    status, out, message = run("explain", "y = x*x", "x=3", "z=1")
    assert status == 0 and message == "autodiff: note: z is not used in the expression\n"
    assert "∂y/∂z: not connected" in out
