"""A sample of the nightly run: no error of a derivative is left unexplained."""

from tests.nightly.graphs import EXPLAINED, drawn, measured, summary
from tests.strategies import Program


def test_no_error_of_two_thousand_graphs_is_unexplained():
    found = []
    drawn(2_000, 0, lambda program: found.extend(measured(program)))
    assert len(found) > 1_500
    assert [one for one in found if one.error > EXPLAINED] == []
    assert "unexplained (above 4 units): 0" in summary(found, 2_000)


def test_a_wrong_derivative_would_be_seen():
    (one,) = measured(Program((0.7,), (("sin", (0,)),)))
    assert one._replace(got=one.right * (1 + 1e-12)).error > EXPLAINED
