"""Every mutant of the table is noticed, and no row as it is; the mutator makes what it says.

In CI a sample; ``python -m tests.mutation.run`` does the whole.
"""

import ast
from pathlib import Path
from random import Random

import pytest

import autodiff as ad
from autodiff.rows import built_in
from tests.mutation import run
from tests.mutation.exact import differs_at, differs_between_kinks, kinks_where_it_differs, partials
from tests.mutation.judging import alarms, all_points, judged
from tests.mutation.mutants import KINDS, WRITTEN_OUT, Mutant, base_text, mutants, row_with
from tests.mutation.points import interior, where_it_matters

ALL = run.all_mutants()
SAMPLE = Random(6).sample(ALL, 80)
POINTS = Random(6).sample(list(all_points(run.ROWS)), 100)
DOCS = Path(__file__).parents[2] / "docs"


def of(name: str, kind: str) -> set[str]:
    return {mutant.text for mutant in mutants(ad.PRIMITIVES[name]) if mutant.kind == kind}


# ── the checker on mutants, and on the rows as they are ─────────────────────────────────────────────


def test_every_sampled_mutant_is_killed_and_blamed_or_no_mistake() -> None:
    outcomes = [judged(mutant) for mutant in SAMPLE]
    assert [str(one.mutant) for one in outcomes if one.fate == "alive"] == []
    assert [str(one.mutant) for one in outcomes if one.fate == "killed" and not one.blamed] == []
    assert sum(one.fate == "killed" for one in outcomes) > 60  # few are excused


def test_rows_as_they_are_pass() -> None:
    found = alarms(POINTS)
    assert (found.failed, found.undecided, found.passed) == ((), (), len(POINTS))


def test_the_same_function_is_never_counted_as_killed() -> None:
    same = Mutant("sin", 0, "sign", "cos(x) + 0 * x")
    assert judged(same).fate == "equivalent"


def test_the_table_is_left_as_it_is() -> None:
    before = dict(ad.PRIMITIVES)
    judged(Mutant("sin", 0, "sign", "-cos(x)"))
    assert dict(ad.PRIMITIVES) == before


# ── the mutator ─────────────────────────────────────────────────────────────────────────────────────


def test_kinds_make_what_they_say() -> None:
    assert {"-(1 / sqrt((1 - x) * (1 + x)))", "1 / sqrt((1 - -x) * (1 + x))"} <= of("asin", "sign")
    assert {"1 * sqrt((1 - x) * (1 + x))", "1 / sqrt((1 + x) * (1 + x))"} <= of("asin", "operator")
    assert {"x ** (y - 1 + 1)", "x ** (y - 1 - 1)"} <= {
        text.removeprefix("y * ").split(" if")[0] for text in of("pow", "operator")
    }
    assert {"1 / x", "1 / out", "-out / y", "-out / x", "-x / y"} <= of("div", "operand")
    assert {"1", "-out"} <= of("div", "dropped")
    assert {"-out", "tanh(x)"} <= of("sech", "dropped")
    assert {"2 / x / log(2)", "0 / x / log(2)", "1 / x / log(3)"} <= of("log2", "constant")
    assert "2 / sqrt(pi + 1) * exp(-x * x)" in of("erf", "constant")
    assert {"sin(x)", "x"} == of("sin", "function")
    assert {"1 if x >= 0 else 0", "1 if x < 0 else 0"} == of("relu", "comparison")
    assert {"(1 + out * out) * (1 + 1e-06)"} == of("tan", "factor")


def test_every_kind_is_made() -> None:
    assert {mutant.kind for mutant in ALL} == set(KINDS)


def test_every_rule_has_mutants_and_each_text_once() -> None:
    rules = {
        (name, place) for name in built_in for place in range(len(ad.PRIMITIVES[name].partial_rules))
    }
    assert {(mutant.row, mutant.position) for mutant in ALL} == rules
    assert len({mutant[:2] + mutant[3:] for mutant in ALL}) == len(ALL)


def test_no_mutant_is_the_rule_itself() -> None:
    for mutant in ALL:
        own = base_text(ad.PRIMITIVES[mutant.row], mutant.position)
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(own))


def test_every_mutant_is_a_rule_that_the_table_could_have() -> None:
    for mutant in ALL:
        row = row_with(ad.PRIMITIVES[mutant.row], mutant.position, mutant.text)
        assert row.partial_rules[mutant.position].text == mutant.text


@pytest.mark.parametrize("text", WRITTEN_OUT)
def test_a_rule_written_out_is_the_same_off_ties_and_zeros(text: str) -> None:
    rows = [row for row in map(ad.PRIMITIVES.get, run.ROWS) if row and row.partial_rules[0].text == text]
    assert rows
    for row in rows:
        for point in where_it_matters(row.name, 0, interior(row.name)):
            if 0.0 not in point.values:
                assert not differs_at(Mutant(row.name, 0, "", WRITTEN_OUT[text]), point)


# ── what is called the same function ────────────────────────────────────────────────────────────────


def test_exact_evaluation_tells_a_mutant_from_the_same_function() -> None:
    assert not differs_between_kinks(Mutant("sin", 0, "sign", "cos(-x)"))
    assert differs_between_kinks(Mutant("sin", 0, "factor", "cos(x) * (1 + 1e-24)"))
    assert differs_between_kinks(Mutant("log", 0, "sign", "1 / sqrt(x) / sqrt(-x)"))  # no real number


def test_exact_evaluation_agrees_with_the_textbook_rules() -> None:
    for name in run.ROWS:
        row = ad.PRIMITIVES[name]
        for place, rule in enumerate(row.textbook):
            for point in where_it_matters(name, place, interior(name))[:4]:
                assert not differs_at(Mutant(name, place, "", rule.text), point), (name, point)


def test_conditions_that_differ_at_a_kink_are_found_there() -> None:
    (kink,) = kinks_where_it_differs(Mutant("relu", 0, "comparison", "1 if x >= 0 else 0"))
    assert kink.values == (0.0,)
    assert partials(ad.relu, 0, "1 if x >= 0 else 0", (0.0,)) == [1]


# ── the command ─────────────────────────────────────────────────────────────────────────────────────


def test_command_counts_what_it_judges(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "outcomes.json"
    assert run.main(["--rows", "neg", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    count = len(list(mutants(ad.neg)))
    assert printed.startswith(f"{count} mutants of 1 rules; {count} are wrong off the kinks.")
    assert "Survivors: 0" in printed
    assert file.read_text(encoding="utf-8").count('"fate": "killed"') == count


def test_published_figures_are_of_these_mutants() -> None:
    whole = (DOCS / "mutation.txt").read_text(encoding="utf-8")
    assert whole.startswith(f"{len(ALL)} mutants of ")
    assert "Survivors: 0" in whole
    shown = (DOCS / "mutation.md").read_text(encoding="utf-8").split("```")
    assert whole.startswith(shown[3].removeprefix("text\n").rstrip())
