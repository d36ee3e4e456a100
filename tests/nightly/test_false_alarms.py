"""A sample of the nightly run: the checker calls no right derivative wrong."""

import itertools

import autodiff as ad
from autodiff.testing import Report, check_gradients
from tests.nightly.false_alarms import POINTS, WITHIN, Case, cases, checked, reason_of, tallied

COUNT = 300


def test_no_right_derivative_of_three_hundred_is_called_wrong():
    tally = tallied(cases(COUNT, 0))
    assert tally.alarms == [], str(tally)
    assert tally.verdicts["PASS"] > 0.9 * COUNT
    assert (
        sum(tally.reasons.values()) == tally.verdicts["INCONCLUSIVE"] == COUNT - tally.verdicts["PASS"]
    )


def test_a_walk_is_the_same_for_a_seed_and_meets_every_row_and_composition():
    walk = [*cases(COUNT, 0)]
    assert walk == [*cases(COUNT, 0)] != [*cases(COUNT, 1)]
    assert [*cases(10, 0)] == walk[:10]
    assert {one.within for one in walk} == {*WITHIN} and {one.order for one in walk} == {1, 2}
    assert {one.row for one in walk} >= {"add", "dot", "where", "logsumexp"}
    assert len(POINTS) == 4


def test_a_case_prints_as_the_line_that_checks_it():
    for case in itertools.islice(cases(COUNT, 0), 0, None, 29):
        report = eval(str(case), {"ad": ad, "check_gradients": check_gradients})
        assert report.verdict == checked(case).verdict
        assert [one.got for one in report.comparisons] == [one.got for one in checked(case).comparisons]


def test_a_false_alarm_is_counted_shown_and_too_much():
    case = Case("sin", "out", (0.5,), 1)
    tally = tallied([case])
    assert not tally.is_too_many
    wrong = check_gradients(lambda x: x * x, 0.5, gradient=lambda x: 3 * x)
    tally.add(case, wrong)
    assert tally.is_too_many and f"FAIL  {case}" in str(tally) and "1 FAIL" in str(tally)


def test_the_reasons_of_inconclusive_checks_are_told_without_numbers():
    reports: list[Report] = [
        checked(Case("relu", "out", (0.0,), 1)),
        checked(Case("sqrt", "out", (0.0,), 1)),
        checked(Case("exp", "out", (1e6,), 1)),
    ]
    assert [reason_of(report) for report in reports] == [
        "at a kink: the derivative is between them",
        "not everything is finite here: an edge of the domain?",
        "not finite here: it is inf: an edge of its domain?",
    ]
