"""``autodiff train``: files written, mistakes refused with one message, nothing overwritten."""

import json

import pytest

from autodiff import cli, nn
from autodiff.experiments.command import EXPERIMENTS
from tests.engine.processes import printed_by

TABLE = "size;weight;kind\n" + "".join(f"{i % 5};{i};{'ab'[i >= 15]}\n" for i in range(30))

pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def complaint(capsys, *words):
    """Return what the command line says to a mistake."""
    assert cli.main(["train", *words]) == 2
    out, err = capsys.readouterr()
    message = [line for line in err.splitlines() if not line.startswith("step ")]
    assert out == "" and len(message) == 1 and message[0].startswith("autodiff: ")
    return message[0]


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "iris"])
def test_every_experiment_prints_figures_and_writes_its_picture(name, capsys, tmp_path):
    steps = ["--steps", "3"] if "steps" in EXPERIMENTS[name].takes else []
    assert cli.main(["train", name, *steps]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith(f"wrote {name}.png\n") and len(printed.splitlines()) > 2
    assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_model_of_an_experiment_can_be_kept_and_read(capsys, tmp_path):
    words = ["iris", "--steps", "5", "--model", "iris.json", "-o", "iris.svg"]
    assert cli.main(["train", *words]) == 0
    model = nn.load(tmp_path / "iris.json")
    assert len(model.parameters()) == 96 and (tmp_path / "iris.svg").exists()


def test_the_same_seed_gives_the_same_model_and_another_another(tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert (
            cli.main(["train", "moons", "--steps", "5", "--seed", seed, "--model", f"{name}.json"]) == 0
        )
    first, again, other = (json.loads((tmp_path / f"{n}.json").read_text()) for n in "abc")
    assert first == again != other


ON_A_CORE = """
import sys
from random import Random
from autodiff import data, nn
points, labels = data.moons(40, noise=0.1, generator=Random(0))
model = nn.MLP([2, 5, 1], "relu", generator=Random(1))
nn.fit(model, points, [2.0 * x - 1 for x in labels], loss="hinge", optimiser=nn.Adam(0.1), steps=5,
       batches=nn.Minibatches(8, generator=Random(2)), penalty=1e-3, compiled=False)
print([x.data.hex() for x in model.parameters()])
"""


def test_the_same_seed_gives_the_same_model_on_both_cores():
    """On graphs, bit for bit: no rounding is left to the compiler."""
    assert printed_by(ON_A_CORE, AUTODIFF_PURE="0") == printed_by(ON_A_CORE, AUTODIFF_PURE="1")


def test_graphs_and_tapes_learn_the_same(capsys, tmp_path):
    for name, more in (("tape", []), ("graphs", ["--eager"])):
        words = ["moons", "--steps", "10", "--model", f"{name}.json", *more]
        assert cli.main(["train", *words]) == 0
    tape, graphs = (
        json.loads((tmp_path / f"{n}.json").read_text())["parameters"] for n in ("tape", "graphs")
    )
    # 10 steps, each adding 100 contributions in another order, to numbers around 1.
    assert all(abs(tape[path] - graphs[path]) < 10 * 100 * 2**-52 for path in tape)


def test_lines_are_shown_where_there_is_no_terminal(capsys):
    assert cli.main(["train", "moons", "--steps", "20"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("step 1 of 20: cost ") and len(lines) == 11


def test_a_table_of_ones_own_is_learned(capsys, tmp_path):
    (tmp_path / "own.csv").write_text(TABLE)
    assert cli.main(["train", "own.csv", "--target", "kind", "--steps", "50", "--model", "m.json"]) == 0
    printed = capsys.readouterr().out
    assert (
        "30 rows, 2 features, 2 classes of kind: a, b" in printed and "accuracy on the others" in printed
    )
    assert (tmp_path / "table.png").exists() and len(nn.load("m.json").parameters()) > 0


MISTAKES = {
    "no name": ([], "the following arguments are required"),
    "unknown": (["flowers"], "there are iris, moons"),
    "no target": (["own.csv"], "which column is the class? add --target NAME"),
    "unknown target": (["own.csv", "--target", "colour"], "colour"),
    "target of an experiment": (["iris", "--target", "x"], "--target is for a table of your own"),
    "missing file": (["none.csv", "--target", "kind"], "none.csv"),
    "steps": (["iris", "--steps", "0"], "'0' is not a whole number above 0"),
    "picture": (["iris", "-o", "iris.gif"], "a picture ends in .png, .svg, .pdf"),
    "picture's folder": (["iris", "-o", "nowhere/iris.png"], "the folder nowhere is missing"),
    "model's folder": (["iris", "--model", "nowhere/m.json"], "the folder nowhere is missing"),
    "no one model": (["curriculum", "--steps", "2", "--model", "m.json"], "--model has nothing to keep"),
    "model over table": (["own.csv", "--target", "kind", "--model", "own.csv"], "two have one name"),
    "one name": (["moons", "-o", "same.png", "--model", "same.png"], "two have one name"),
    "picture is a folder": (["moons", "-o", "."], "is a folder"),
    "eager": (["geometry", "--eager"], "--eager makes no difference to geometry"),
    "steps of none": (["pairings", "--steps", "3"], "--steps makes no difference to pairings"),
    "seed of none": (["pairings", "--seed", "0"], "--seed makes no difference to pairings"),
    "option": (["iris", "--fast"], "unrecognized arguments: --fast"),
}


@pytest.mark.parametrize("words, said", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_one_message_and_status_2_and_writes_nothing(words, said, capsys, tmp_path):
    (tmp_path / "own.csv").write_text(TABLE)
    assert said in complaint(capsys, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


CELLS = {
    "words": (TABLE.replace("\n2;7;", "\n2;seven;"), ["row 9", "weight", "'seven'"]),
    "nan": (TABLE.replace("\n2;7;", "\n2;nan;"), ["weight", "nan"]),
    "ragged": (TABLE.replace("\n2;7;a", "\n2;7"), ["row 9"]),
    "constant": ("x,kind\n" + "1,a\n1,b\n" * 10, ["'x'", "every row"]),
    "many classes": ("x,kind\n" + "".join(f"{i},{i}\n" for i in range(9)), ["9 different values"]),
    "one class": ("x,kind\n" + "1,a\n2,a\n" * 10, ["two classes"]),
    "empty": ("", ["empty"]),
}


@pytest.mark.parametrize("text, said", CELLS.values(), ids=CELLS)
def test_bad_cells_are_named(text, said, capsys, tmp_path):
    (tmp_path / "own.csv").write_text(text)
    message = complaint(capsys, "own.csv", "--target", "kind")
    assert all(word in message for word in said), message
    assert not (tmp_path / "table.png").exists()


def test_without_matplotlib_the_figures_are_printed_and_the_picture_is_asked_for(capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert cli.main(["train", "layers"]) == 2
    out, err = capsys.readouterr()
    assert "∇W_1" in out and "pip install 'autodiff[plot]'" in err


def test_words_of_a_table_are_never_read_as_mathematics(capsys, tmp_path):
    rows = "".join(f"{i % 5},{i},{('$x_{$', '_b')[i >= 15]}\n" for i in range(30))
    (tmp_path / "own.csv").write_text(f"price $US$,b,kind\n{rows}")
    assert cli.main(["train", "own.csv", "--target", "kind", "--steps", "5"]) == 0
    assert (tmp_path / "table.png").exists()


def test_ctrl_c_in_one_of_several_trainings_ends_them_all(monkeypatch, capsys, tmp_path):
    def interrupted(self, theta, grad):
        raise KeyboardInterrupt

    monkeypatch.setattr(nn.SGD, "update", interrupted)
    assert cli.main(["train", "curriculum"]) == 130
    assert capsys.readouterr().out == "" and not list(tmp_path.iterdir())
