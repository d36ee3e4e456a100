"""Model files: exact, whole or not at all, and nothing but a model is ever read from one."""

import json
import os
from random import Random

import pytest

import autodiff as ad
from autodiff import nn
from autodiff.nn.saving import KINDS
from tests.nn.models import EXAMPLES, moved, numbers, outputs


def saved(tmp_path, model):
    path = tmp_path / "m.json"
    nn.save(model, path)
    return path


@pytest.fixture
def path(tmp_path):
    """A small file: a layer, a batch normalisation, and eight parameters."""
    model = moved(nn.Sequential(nn.Layer(1, 2, "tanh", generator=Random(0)), nn.BatchNorm(2)))
    nn.settle(model, [[1.0], [2.5]])
    return saved(tmp_path, model)


def refusal(path):
    with pytest.raises(nn.ModelFileError) as error:
        nn.load(path)
    assert str(error.value).startswith(f"{path.name} is no model: ")
    assert len(str(error.value)) < 400, "a message is read by people"
    return str(error.value)


# ── round trips ─────────────────────────────────────────────────────────────────────────────────


def test_every_kind_has_an_example():
    assert EXAMPLES.keys() == KINDS.keys()
    assert all(type(EXAMPLES[kind].make(Random(0))) is KINDS[kind] for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_comes_back_with_the_same_parameters_and_outputs(kind, tmp_path):
    make, X = EXAMPLES[kind]
    model = moved(make(Random(1)))
    nn.settle(model, X)
    path = saved(tmp_path, model)
    model.eval()
    again = nn.load(path)
    assert type(again) is type(model)
    assert not any(module.training for module in again.modules())
    assert {name: x.data.hex() for name, x in again.named_parameters().items()} == {
        name: x.data.hex() for name, x in model.named_parameters().items()
    }
    assert [(x.name, x.scope) for x in again.parameters()] == [
        (x.name, x.scope) for x in model.parameters()
    ]
    assert numbers(outputs(again, X)) == numbers(outputs(model, X))
    assert path.read_bytes() == saved(tmp_path, again).read_bytes()


def test_extreme_numbers_come_back_exactly(tmp_path):
    model = nn.Layer(6, 1, generator=Random(0))
    extremes = [5e-324, -0.0, 0.1, 1.7976931348623157e308, 1 / 3, -(2.0**-1022), 1e22]
    for parameter, number in zip(model.parameters(), extremes, strict=True):
        parameter.data = number
    found = [x.data.hex() for x in nn.load(saved(tmp_path, model)).parameters()]
    assert found == [number.hex() for number in extremes]


def test_a_given_generator_draws_for_the_model_that_was_read(tmp_path):
    path = saved(tmp_path, nn.RandomisedLeakyReLU(generator=Random(0)))
    models = [nn.load(path, generator=Random(5)) for _ in range(2)]
    for model in models:
        model.train()
    assert models[0]([-1.0]) == models[1]([-1.0]) == nn.RandomisedLeakyReLU(generator=Random(5))([-1.0])


# ── what is no model ────────────────────────────────────────────────────────────────────────────


def test_every_truncation_is_refused(path):
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # the last byte is a newline
        path.write_bytes(whole[:length])
        assert "it is not JSON" in refusal(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\xff\xfe", b"\x80abc", b"<html></html>", b"name,x\n1,2\n", b"{'a': 1}",
                b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000],
)  # fmt: skip
def test_what_is_no_json_is_refused(content, path):
    path.write_bytes(content)
    assert "it is not JSON" in refusal(path)


@pytest.mark.parametrize("content", [[], 5, "model", None, {}, {"format": "other"}, {"version": 1}])
def test_other_json_is_refused(content, path):
    path.write_text(json.dumps(content))
    assert "its format is " in refusal(path)


def deep(depth):
    item = []
    for _ in range(depth):
        item = [item]
    return item


EDITS = {
    "format": ({"format": "other model"}, "its format is 'other model', not 'autodiff model'"),
    "deep format": ({"format": deep(500)}, "its format is [[["),
    "later version": ({"version": 2}, "its version is 2, not 1"),
    "text as version": ({"version": "1"}, "its version is '1', not 1"),
    "True as version": ({"version": True}, "its version is True, not 1"),
    "another part": ({"code": "print()"}, "its parts are ['format', 'version', "),
    "no modules": ({"model": "Layer"}, "does not say what the model is made of"),
    "list of modules": ({"model": []}, "does not say what the model is made of"),
    "deep modules": ({"model": deep(500)}, "nested more than 50 deep"),
    "no parameters": ({"parameters": []}, "there are fewer numbers than parameters"),
    "no statistics": ({"statistics": []}, "statistics: expected a list of 1"),
    "text as statistics": ({"statistics": "x"}, "statistics: expected a list of 1"),
    "other statistics": ({"statistics": [{"mean": [0.0, 0.0]}]}, "expected mean and variance"),
    "short statistics": (
        {"statistics": [{"mean": [0.0], "variance": [1.0]}]}, "expected 2 numbers as mean"
    ),
    "negative variance": (
        {"statistics": [{"mean": [0.0, 0.0], "variance": [1.0, -1.0]}]}, "a variance is negative"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_file_is_refused_with_the_reason(name, path):
    change, reason = EDITS[name]
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert reason in refusal(path)


@pytest.mark.parametrize("part", ["format", "version", "model", "parameters", "statistics"])
def test_a_missing_part_is_refused(part, path):
    data = json.loads(path.read_text())
    del data[part]
    path.write_text(json.dumps(data))
    assert "its " in refusal(path)


@pytest.mark.parametrize(
    "word, reason",
    [("NaN", "NaN is no number"), ("Infinity", "Infinity is no number"),
     ("-Infinity", "-Infinity is no number"), ("1e999", "is inf, no finite number"),
     ("1" + "0" * 400, "no finite number"), ("1" + "0" * 5000, "it is not JSON"), ('"1.0"', "is '1.0'"),
     ("true", "is True"), ("null", "is None"), ("[1.0]", "is [1.0]"), ("{}", "names None"),
     ('"' + "x" * 100_000 + '"', "is 'xxx")],
)  # fmt: skip
def test_a_parameter_that_is_no_finite_number_is_refused(word, reason, path):
    data = json.loads(path.read_text())
    data["parameters"]["layers[0].neurons[1].b"] = 12345.5
    path.write_text(json.dumps(data).replace("12345.5", word))
    reason = "is {}" if word == "{}" else reason
    assert reason in refusal(path)


def test_parameters_of_another_architecture_are_refused(path):
    data = json.loads(path.read_text())
    for change, reason in (
        ({"units": 3}, "neurons[2].b is missing"), ({"units": 1}, "not those of the model: "),
        ({"bias": False}, "neurons[0].b is missing or too many"),
        ({"inputs": 2}, "neurons[0].w[1] is missing"),
    ):  # fmt: skip
        first, *others = data["model"]["layers"]
        changed = data["model"] | {"layers": [first | change, *others]}
        path.write_text(json.dumps(data | {"model": changed}))
        assert reason in refusal(path)


def described(path, **model):
    path.write_text(json.dumps({
        "format": "autodiff model", "version": 1, "model": model, "parameters": {"w": 1.0},
        "statistics": [],
    }))  # fmt: skip
    return refusal(path)


BILLION = 10**9
NONSENSE = [
    {"x": 1}, {"inputs": "1", "units": []}, {"layers": "abc"}, {"layers": [1]}, {"inner": 5},
    {"cell": 1, "readout": 2}, {"sizes": "ab"}, {"width": -3}, {"sizes": [True, 1]},
    {"low": "a", "high": None}, {"low": 0.1, "high": 1e999}, {"inputs": BILLION, "units": BILLION},
    {"sizes": [BILLION, BILLION]}, {"width": BILLION}, {"width": 1, "epsilon": "x"},
    {"inputs": BILLION, "units": 2, "pieces": BILLION},
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_made_of_nonsense_or_too_large_is_refused(kind, path):
    for arguments in NONSENSE:
        described(path, kind=kind, **arguments)


@pytest.mark.parametrize(
    "kind", ["os.system", "eval", "__import__", "Module", "Value", "", None, 5, ["Layer"], {"kind": 1}]
)
def test_only_the_listed_kinds_are_built(kind, path):
    reason = described(path, kind=kind, inputs=1, units=1)
    assert f"it names {kind!r}: there are {', '.join(KINDS)}" in reason


def test_nothing_in_a_file_is_executed(path, monkeypatch):
    called = []
    monkeypatch.setattr(os, "system", called.append)
    call = "__import__('os').system('echo')"
    layer = {"kind": "Layer", "inputs": 1, "units": 1}
    for model in (
        {"kind": call}, {"kind": "MLP", "sizes": call}, layer | {"activation": call},
        layer | {"inputs": call}, layer | {"name": call, "initialiser": call, "generator": call},
    ):  # fmt: skip
        described(path, **model)
    assert not called


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "none.json")


# ── saving ──────────────────────────────────────────────────────────────────────────────────────


def test_a_failing_write_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def failing(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="No space left on device"):
        nn.save(nn.Layer(1, 1, generator=Random(0)), path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name], "nothing is left over"


class Squared(nn.Module):
    def __call__(self, x):
        return [xi * xi for xi in x]


class Wider(nn.Layer):
    pass


def tied():
    layer = nn.Layer(1, 1, generator=Random(0))
    return nn.Sequential(layer, layer)


def nested():
    model = nn.Layer(1, 1, generator=Random(0))
    for _ in range(60):
        model = nn.Residual(model)
    return model


def infinite():
    model = nn.Layer(1, 1, generator=Random(0))
    model.neurons[0].b = ad.Value(float("inf"))
    return model


@pytest.mark.parametrize(
    "make, kind, reason",
    [(Squared, TypeError, "Squared cannot be saved: a file can hold Layer, Sequential"),
     (lambda: nn.Sequential(Squared()), TypeError, "Squared cannot be saved"),
     (lambda: Wider(1, 1, generator=Random(0)), TypeError, "Wider cannot be saved"),
     (tied, TypeError, "a parameter is in two places of the model"),
     (nested, TypeError, "nested more than 50 deep cannot be saved"),
     (infinite, ValueError, r"neurons\[0\].b is inf: a file holds finite numbers")],
)  # fmt: skip
def test_what_could_not_be_read_again_is_not_written(make, kind, reason, path):
    before = path.read_bytes()
    with pytest.raises(kind, match=reason):
        nn.save(make(), path)
    assert path.read_bytes() == before


def test_a_key_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "m.json"
    nn.MLP([1, 1], generator=Random(0)).save(path)
    path.write_text(path.read_text().replace('"version": 1,', '"version": 1, "version": 1,'))
    with pytest.raises(nn.ModelFileError, match="a key is there twice"):
        nn.load(path)
