"""Second opinions on gradients: those installed agree, the others say why they have none."""

import warnings

import pytest

import autodiff as ad
from autodiff.testing import oracles

GRAPHS = {
    "arithmetic": lambda x, y: ad.sin(x) * y + ad.exp(-x * y) / y**2,
    "inverse functions": lambda x, y: ad.atan2(x, y) + ad.asinh(x) + ad.acos(x / 2),
    "conditions": lambda x, y: ad.relu(y) * ad.elu(-x) + ad.sigmoid(x),
    "any number of operands": lambda x, y: ad.logsumexp([x, y]) + ad.max(x, y) + ad.prod([x, y, x]),
    "lost digits": lambda x, y: ad.expm1(x / 1e8) + ad.log1p(y / 1e8) + ad.hypot(x, y),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_whoever_is_installed_agrees(name):
    x, y = ad.Value(0.7, name="x"), ad.Value(1.3, name="y")
    out = GRAPHS[name](x, y)
    found = oracles.opinions(out, [x, y])
    mine = ad.gradients(out, [x, y])
    assert isinstance(found["mpmath"], list) and isinstance(found["scipy"], list)
    for oracle, opinion in found.items():
        if isinstance(opinion, list):  # SciPy's are differences, to their own tolerance
            assert opinion == pytest.approx(mine, rel=1e-6 if oracle == "scipy" else 1e-12), oracle


def test_who_is_missing_says_so(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(oracles.importlib, "import_module", missing)
    x = ad.Value(0.7)
    found = oracles.opinions(ad.sin(x), [x])
    assert found["jax"] == "jax is not installed" and found["sympy"] == "sympy is not installed"


def test_what_a_library_does_not_have_is_said(monkeypatch):
    monkeypatch.setitem(ad.rows.rows, "stairs", None)  # taken out again
    stairs = ad.custom_primitive("stairs", "x", "1 if x > 0 else 2 * x", "0 if x > 0 else 2")
    x = ad.Value(0.7)
    out = stairs(x)
    assert oracles.opinions(out, [x], ["sympy"]) == {
        "sympy": "SymPy leaves the condition in a formula open"
    }
    assert oracles.written_out("sympy", out) == ["stairs"]


def test_a_kink_is_asked_of_the_librarys_own_function():
    x = ad.Value(1.0)
    found = oracles.opinions(ad.max(x, 1.0) + ad.clamp(x, 0.0, 1.0), [x], ["sympy", "mpmath"])
    assert found["sympy"] == [1.0]  # the mean of both sides, of each
    assert str(found["mpmath"]).endswith("is at a kink")


@pytest.mark.parametrize("operation, at", [(ad.floor, 2.0), (ad.sign, 0.0), (ad.cbrt, 0.0)])
def test_a_difference_across_a_jump_is_no_opinion(operation, at):
    x = ad.Value(at)
    said = oracles.opinions(operation(x), [x], ["mpmath"])["mpmath"]
    assert "is at a kink" in said or "infinitely steep" in said


def test_where_the_slope_is_not_real_sympy_has_none():
    x = ad.Value(0.0)
    assert oracles.opinions(ad.sqrt(x), [x], ["sympy"])["sympy"] == "no real number: zoo"


def test_tails_do_not_keep_sympy_busy():
    x = ad.Value(-800.0)
    assert oracles.opinions(ad.gelu(x), [x], ["sympy"])["sympy"] == [0.0]


def test_whatever_a_library_raises_or_warns_the_others_are_asked(monkeypatch):
    def noisy(out, inputs):
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        raise KeyError("lost")

    monkeypatch.setattr(oracles, "ORACLES", {"noisy": noisy, "mpmath": oracles.by_mpmath})
    x = ad.Value(3.0)
    assert oracles.opinions(x * x, [x]) == {"noisy": "KeyError: 'lost'", "mpmath": [6.0]}
