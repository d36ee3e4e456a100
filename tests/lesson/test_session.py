"""Walking and being asked in a terminal: lines in, lines out, nothing erased."""

import io

import pytest

from autodiff import cli

GRAPH = ["y1 = sin(w1*x + w0)", "w0=0.5", "w1=2", "x=0.3"]


def printed(monkeypatch, capsys, command, words, lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    assert cli.main([command, *words]) == 0
    out, err = capsys.readouterr()
    assert err == "" and "\x1b" not in out and "\r" not in out
    # Not the line that says which sweep it is.
    return [line for line in out.splitlines() if not line.startswith(("reverse mode", "forward mode"))]


def test_stepping_goes_forwards_and_back_to_w1_and_its_paths(monkeypatch, capsys):
    out = printed(
        monkeypatch,
        capsys,
        "step",
        GRAPH,
        ["goto 11", "why", "back", "next", "paths w1", "quit", "next"],
    )
    assert out[1] == "11 of 12, reverse:  w̄1 += ā4·x = 0.4536 · 0.3 = 0.1361"
    assert out[2].startswith("Error from above ā4 = 0.4536 times the local derivative ∂a4/∂w1 = x = 0.3")
    assert out[3].startswith("10 of 12") and out[4] == out[1]
    assert out[5:] == ["w1 → a4 → a5 → y1: 0.4536 · 1 · 0.3 = 0.1361", "∂y1/∂w1 = 0.1361"]


def test_the_ends_and_unknown_words_are_said(monkeypatch, capsys):
    out = printed(
        monkeypatch, capsys, "step", GRAPH,
        ["back", "why", "", "goto 99", "goto x", "paths q", "fly", "help", "again"],
    )  # fmt: skip
    assert out[1] == "that was the first step"
    assert any("takes the number of a step" in line for line in out)
    assert "paths takes an input: w0, w1, x" in out
    assert "'fly' is no command here: help lists them" in out
    assert out[-1].startswith("1 of 12, forward:  w0 = 0.5")


def test_forward_mode_can_be_walked_too(monkeypatch, capsys):
    out = printed(monkeypatch, capsys, "step", [*GRAPH, "--mode", "forward", "--wrt", "w1"], ["goto 12"])
    assert out[-1] == "12 of 12, tangent:  ẏ1 = cos(a5)·ȧ5 = cos(1.1) · 0.3 = 0.1361"


def test_a_quiz_says_which_mistake_it_was_and_repeats_what_was_wrong(monkeypatch, capsys):
    answers = [
        "0.6",
        "1.1",
        "sin(1.1)",
        "1",
        "-0.4536",
        "cos(1.1)",
        "0.4536",
        "0.4536",
        "0.1361",
        "0.9072",
        "0.4536",
    ]
    out = printed(monkeypatch, capsys, "quiz", GRAPH, answers)
    assert out.count("Right.") == 10 and "The size is right: look at the sign." in out
    assert "Once more, what was not right at first:" in out
    assert out[-1] == "8 of 9 right at the first try"


TWO = ["y1 = sin(w1*x + w0); y2 = cos(w1*x + w0)", "w0=0.5", "w1=2", "x=0.3"]


@pytest.mark.parametrize("of, derivative", [("y1", "0.1361"), ("y2", "-0.2674")])
def test_of_several_outputs_one_is_walked_from_and_said(monkeypatch, capsys, of, derivative):
    monkeypatch.setattr("sys.stdin", io.StringIO("goto 16\nback\npaths w1\n"))
    assert cli.main(["step", *TWO, "--of", of]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"reverse mode, from {of} (--of chooses another output): 16 steps."
    assert any(line.startswith("14 of 14, reverse:  w̄1 += ") or derivative in line for line in out)
    assert out[-1] == f"∂{of}/∂w1 = {derivative}"


def test_in_a_quiz_one_may_be_told_and_go_on(monkeypatch, capsys):
    lines = ["help", "hint", "HINT", "hint", "skip", "quit"]
    out = printed(monkeypatch, capsys, "quiz", ["y = x*w", "x=3", "w=2"], lines)
    assert "The rule: y = x·w" in out and "With numbers: y = 3 · 2" in out and "It is 6: y = 6" in out
    assert any(line.startswith("skip    be told") for line in out)
    assert sum(line.startswith("It is 1") or line == "ȳ = 1" for line in out) == 1


def test_after_three_wrong_answers_the_right_one_is_told(monkeypatch, capsys):
    out = printed(monkeypatch, capsys, "quiz", ["y = x*x", "x=3"], ["5", "hello", "6", "7", "quit"])
    assert "That cannot be read as a number: 'hello' is not a number" in out
    assert sum(line.startswith("It is 9") for line in out) == 1


def test_drawn_expressions_are_the_same_for_a_seed(monkeypatch, capsys):
    one, again, other = (
        printed(monkeypatch, capsys, "quiz", ["--seed", seed, "--difficulty", "3"], [])[0]
        for seed in ("5", "5", "6")
    )
    assert one == again != other


@pytest.mark.parametrize(
    "words, said",
    [
        (["step"], "an expression is missing"),
        (["step", "y = x", "x=1", "--wrt", "x"], "--wrt is the input of forward mode"),
        (["quiz", "y = x*x", "x=2", "--seed", "1"], "--seed and --difficulty draw an expression"),
        (["quiz", "--difficulty", "9"], "invalid choice"),
        (["step", "y = x*x", "x=1", "--of", "z"], "no output is called 'z': there is y"),
        (["step", "y = x*x", "x=1", "--of", "y", "--mode", "forward"], "--of is the output of reverse"),
        (["lesson", "half-squared-eror", "-o", "x.html"], "did you mean half-squared-error?"),
        (["animate", "y = x*x", "x=1", "-o", "x.png"], "--frames png or svg makes pictures"),
        (["animate", "y = x*x", "x=1", "-o", "x.gif", "--frames", "svg"], "the name of a GIF"),
        (["step", "y = log(x)", "x=-1"], "x > 0"),
    ],
)
def test_mistakes_get_one_message(words, said, capsys):
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err and err.count("autodiff: ") == 1
