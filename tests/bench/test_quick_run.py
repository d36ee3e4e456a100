"""``autodiff bench --quick`` runs, compares before it times, and says what is missing."""

import contextlib
import io
import json
import shutil
import tempfile
from pathlib import Path

import pytest

from autodiff import cli
from autodiff.bench import rounds, sections
from autodiff.bench.engines import ENGINES
from autodiff.bench.rounds import Task
from autodiff.bench.sections import SECTIONS
from autodiff.bench.workloads import Outcome

PEERS = {name for name, engine in ENGINES.items() if engine.install and name != "numpy"}


@pytest.fixture(scope="module")
def quick():
    """One quick run of all sections as on a machine without peers: its status, text and figures."""
    there = rounds.missing
    folder = tempfile.mkdtemp()
    text = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(text):
        for module in (rounds, sections):
            patch.setattr(
                module,
                "missing",
                lambda name: f"not installed: pip install {name}" if name in PEERS else there(name),
            )
        file = Path(folder) / "figures.json"
        status = cli.main(["bench", "--quick", "--json", str(file)])
    figures = json.loads(file.read_text(encoding="utf-8"))
    shutil.rmtree(folder)
    return status, text.getvalue(), figures


def test_a_quick_run_ends_well_and_has_every_section(quick):
    status, text, figures = quick
    assert status == 0, text
    assert list(figures["sections"]) == list(SECTIONS)
    for section in figures["sections"].values():
        assert section["title"] in text


def test_what_is_there_is_measured_in_every_round(quick):
    _, _, figures = quick
    for name, section in figures["sections"].items():
        for row in section["rows"]:
            assert bool(row["figures"]) != bool(row["note"]), row
            assert len(row["figures"]) in ((0, 1) if name in ("memory", "tape") else (0, 3)) or (
                name == "tape" and len(row["figures"]) == 3
            )
    measured = {row["key"] for row in figures["sections"]["D"]["rows"] if row["figures"]}
    assert {"pure", "floats", "numpy"} <= measured


def test_every_missing_peer_is_named_with_its_command(quick):
    _, text, figures = quick
    missing = {row["key"] for row in figures["sections"]["D"]["rows"] if row["note"]}
    assert missing >= PEERS
    for name in PEERS:
        assert f"{ENGINES[name].title}" in text
        assert f"not installed: pip install {name}\n" in text


def test_nothing_with_a_wrong_result_is_timed(monkeypatch, capsys):
    right = sections.reference_of

    def wrong(task):
        found = right(task)
        gradient = [x + (i == 7) for i, x in enumerate(found.outcome.gradient)]
        return found._replace(outcome=Outcome(found.outcome.value, gradient))

    monkeypatch.setattr(sections, "reference_of", wrong)
    monkeypatch.setattr(rounds, "missing", lambda name: "" if name == "numpy" else "not installed")
    assert cli.main(["bench", "--quick", "--only", "D"]) == 1
    assert "not timed, its result is wrong: derivative 7 is" in capsys.readouterr().out


def test_an_engine_that_fails_is_a_line_of_the_table():
    task = Task("pure", "no_such_workload")
    (found,) = rounds.timings([task], sections.reference_of, 1, 0.0, lambda _: None)
    assert found.note.startswith("fails: AttributeError")
    assert found.wrong  # it is ours


def test_an_engine_whose_process_ends_is_a_line_of_the_table(monkeypatch):
    monkeypatch.setattr(rounds, "python", lambda code: ["false"] if "worker" in code else [])
    (found,) = rounds.timings([Task("pure", "network")], sections.reference_of, 1, 0.0, lambda _: None)
    assert found.note == "fails: ended with status 1"


MISTAKES = {
    "unknown section": (["--only", "D,X"], "no section is called 'X': there are D, I, steps"),
    "no section": (["--only", ","], "no section is named: there are D, I, steps"),
    "section forgotten": (["--only"], "--only: expected one argument"),
    "unknown option": (["--fast"], "unrecognized arguments: --fast"),
    "stray word": (["quick"], "unrecognized arguments: quick"),
    "two amounts": (["--quick", "--full"], "--full: not allowed with argument --quick"),
    "no such folder": (["--json", "nowhere/x.json"], "nowhere/x.json: there is no such folder"),
    "a folder": (["--json", "."], ".: this is a folder"),
}


@pytest.mark.parametrize("words, message", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_message_and_status_2_before_anything_runs(words, message, capsys):
    assert cli.main(["bench", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("autodiff: ") and message in err and err.count("\n") == 1


def test_the_help_names_every_section(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["bench", "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in SECTIONS)
