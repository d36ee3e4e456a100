"""Second opinions on gradients: those installed agree, the others say why they have none."""

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


def test_what_a_library_does_not_have_is_said():
    x = ad.Value(0.7)
    opinion = oracles.opinions(ad.elu(x), [x])["sympy"]
    assert opinion == "SymPy leaves the condition in a formula open"
