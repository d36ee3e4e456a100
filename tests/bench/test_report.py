"""The report's text and verdicts follow from the figures."""

import json

from autodiff.bench.report import as_json, table, verdict_table
from autodiff.bench.sections import Row, Section
from autodiff.bench.targets import TARGETS, verdicts

D = Section(
    "D: a network",
    "ms a step",
    (
        Row("native", "autodiff, native", (7.0, 6.0, 8.0)),
        Row("micrograd", "micrograd", (900.0, 1200.0, 1600.0)),
        Row("xad", "XAD", note="not installed: pip install xad"),
        Row("floats", "plain floats", (2.0, 2.0, 4.0)),
    ),
)


def test_a_table_is_sorted_and_names_what_is_missing():
    assert table(D) == (
        "D: a network\n"
        "ms a step         median  lowest  highest\n"
        "micrograd          1,200     900    1,600\n"
        "autodiff, native    7.00    6.00     8.00\n"
        "plain floats        2.00    2.00     4.00\n"
        "XAD               not installed: pip install xad\n"
    )


def test_a_figure_found_once_has_no_spread():
    section = Section("Memory", "bytes a node", (Row("native", "autodiff", (80.04,)),))
    assert table(section) == ("Memory\nbytes a node  median  lowest  highest\nautodiff        80.0\n")


def test_a_table_of_missing_engines_alone_is_a_table():
    section = Section("T", "s", (Row("compiled", "autodiff", note="not built"),))
    assert table(section) == "T\ns         median  lowest  highest\nautodiff  not built\n"


def whole(figures):
    """Every section with a row for every target, at the same figures."""
    rows = {}
    for target in TARGETS:
        for key in filter(None, (target.above, target.below)):
            rows.setdefault(target.section, {})[key] = Row(key, key, figures)
    return {name: Section(name, "", tuple(found.values())) for name, found in rows.items()}


def test_targets_are_judged_by_the_median_of_each_rounds_quotient():
    judged = {verdict.claim: verdict for verdict in verdicts({**whole((1.0,)), "D": full_d()})}
    # 6 = median of 30/5, 60/6, 36/9, where the quotient of the medians would be 36/6; the same, but
    # 11 times micrograd's is not:
    faster = judged["native eager: times faster than XAD"]
    assert (faster.measured, faster.met, faster.wanted) == (6.0, True, "≥ 6")
    slower = judged["native eager: times faster than micrograd"]
    assert (slower.measured, slower.met, slower.word) == (10.0, False, "MISSED")
    floor = judged["native eager ÷ forward pass on floats"]
    assert (floor.measured, floor.met, floor.wanted) == (3.0, True, "≤ 3 (moonshot 2.5)")


def full_d():
    rows = {
        "native": (5.0, 6.0, 9.0),
        "xad": (30.0, 60.0, 36.0),
        "micrograd": (50.0, 60.0, 99.0),
        "floats": (2.0, 2.0, 3.0),
        "pure": (5.0, 6.0, 9.0),
        "compiled": (1.0, 1.0, 1.0),
        "jax": (2.0, 2.0, 2.0),
    }
    return Section("D", "ms", tuple(Row(key, key, figures) for key, figures in rows.items()))


def test_a_target_with_a_missing_engine_is_not_measured():
    judged = {verdict.claim: verdict for verdict in verdicts(whole(()))}
    assert {verdict.word for verdict in judged.values()} == {"not measured"}


def test_only_measured_sections_have_targets():
    assert verdicts({}) == []
    assert {v.claim for v in verdicts({"import": whole((1.0,))["import"]})} == {
        target.claim for target in TARGETS if target.section == "import"
    }


def scaling(growth):
    rows = [Row(f"native-{10**k}", "", (50.0 * growth ** (k - 3),)) for k in range(3, 8)]
    return {"scaling": Section("Scaling", "ns a node", tuple(rows))}


def test_linear_cost_is_met_and_a_growing_cost_is_missed():
    # Of four decades, a tenth more a decade is log10(1.1) = 0.04 more than linear; half more, 0.18.
    met, missed = verdicts(scaling(1.1))[0], verdicts(scaling(1.5))[0]
    assert (round(met.measured, 2), met.word) == (1.04, "met")
    assert (round(missed.measured, 2), missed.word) == (1.18, "MISSED")


def test_the_verdicts_are_printed_in_columns():
    (verdict,) = (v for v in verdicts({**whole(()), "D": full_d()}) if "XAD" in v.claim)
    missing = verdict._replace(claim="other", measured=None)
    assert verdict_table([verdict, missing]) == (
        "Targets                              wanted  measured\n"
        "native eager: times faster than XAD     ≥ 6      6.00  met\n"
        "other                                   ≥ 6            not measured\n"
    )


def test_the_json_has_every_round():
    read = json.loads(as_json({"D": D}, verdicts({**whole(()), "D": full_d()})))
    assert read["sections"]["D"]["rows"][1]["figures"] == [900.0, 1200.0, 1600.0]
    assert len(read["targets"]) >= len(TARGETS)
