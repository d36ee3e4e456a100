"""Models as JSON files: what they are made of, and their parameters, exactly.

Nothing in a file is executed: it names kinds of modules from a list, and holds numbers.
"""

import json
import os
import sys
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from autodiff.files import write_whole
from autodiff.nn.attention import EachElement, SelfAttention
from autodiff.nn.blocks import BatchNorm, Gated, Maxout, RandomisedLeakyReLU, Residual
from autodiff.nn.layers import MLP, Layer, Sequential, count_of
from autodiff.nn.modules import Module
from autodiff.nn.recurrent import GRUCell, LSTMCell, Recurrent

FORMAT = "autodiff model"
VERSION = 1

KINDS: Mapping[str, type[Module]] = MappingProxyType({
    kind.__name__: kind
    for kind in (
        Layer, Sequential, MLP, Maxout, RandomisedLeakyReLU, Residual, Gated, BatchNorm, LSTMCell,
        GRUCell, Recurrent, SelfAttention, EachElement,
    )
})  # fmt: skip
"""The modules that a file can name."""

_MADE_WITHOUT_NUMBERS = (Sequential, Residual, BatchNorm, Recurrent, EachElement)
_DRAWS_LATER = (RandomisedLeakyReLU,)
_LARGEST = sys.float_info.max
_DEEPEST = 50  # modules and lists inside each other


class ModelFileError(ValueError):
    """A file that is no model, or not one that this version reads."""


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write ``model`` to a file, whole or not at all.

    Raises:
        TypeError: when a module is of no kind that a file can name, or is in two places.
        ValueError: when a parameter is not finite.
        OSError: when the file cannot be written.
    """
    parameters = model.named_parameters()
    if len(parameters) != len(list(model.slots())):
        raise TypeError("a parameter is in two places of the model: a file cannot say so")
    for place, x in parameters.items():
        if not isfinite(x.data):
            raise ValueError(f"{place} is {x.data}: a file holds finite numbers")
    text = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "model": _description(model),
            "parameters": {place: x.data for place, x in parameters.items()},
            "statistics": [norm.statistics for norm in _norms(model)],
        },
        indent=1,
        allow_nan=False,
    )
    write_whole(path, f"{text}\n".encode())


Module.save = save  # type: ignore[assignment]


def load(path: str | os.PathLike[str], *, generator: Random | None = None) -> Module:
    """Return the model in a file, in the state of testing.

    Arguments:
        generator: for models that draw numbers in training.

    Raises:
        ModelFileError: when the file is not one that ``save`` has written.
        OSError: when it cannot be read.
    """
    name = Path(path).name
    try:
        data = json.loads(
            Path(path).read_bytes(), parse_constant=_refuse_constant, object_pairs_hook=_each_once
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} is no model: it is not JSON ({error})") from None
    try:
        return _model(data, generator or Random(0))
    except ModelFileError as error:
        raise ModelFileError(f"{name} is no model: {error}") from None


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _description(item: Any, depth: int = 0) -> Any:
    """Return modules as {"kind": …, arguments}, inside lists too, and all else as it is."""
    if depth > _DEEPEST:
        raise TypeError(f"modules nested more than {_DEEPEST} deep cannot be saved")
    if isinstance(item, MLP) and not item.is_as_made():
        item = Sequential(*item.layers)
    if isinstance(item, Module):
        kind = type(item).__name__
        if KINDS.get(kind) is not type(item):
            raise TypeError(f"{kind} cannot be saved: a file can hold {', '.join(KINDS)}")
        return {
            "kind": kind,
            **{name: _description(x, depth + 1) for name, x in item.arguments().items()},
        }
    if isinstance(item, list):
        return [_description(x, depth + 1) for x in item]
    return item


def _model(data: Any, generator: Random) -> Module:
    for key, wanted in (("format", FORMAT), ("version", VERSION)):
        found = data.get(key) if isinstance(data, dict) else None
        if type(found) is not type(wanted) or found != wanted:  # True is 1, but no version
            raise ModelFileError(f"its {key} is {_shown(found)}, not {wanted!r}")
    if data.keys() != {"format", "version", "model", "parameters", "statistics"}:
        raise ModelFileError(f"its parts are {_shown(list(data))}")
    numbers = data["parameters"]
    allowance = _Allowance(len(numbers) if isinstance(numbers, dict) else 0)
    model = _built(data["model"], generator, allowance)
    if not isinstance(model, Module):
        raise ModelFileError("it does not say what the model is made of")
    own = model.named_parameters()
    if not isinstance(numbers, dict) or numbers.keys() != own.keys():
        odd = sorted(set(own) ^ set(numbers)) if isinstance(numbers, dict) else []
        shown = f": {odd[0]:.60} is missing or too many" if odd else ""
        raise ModelFileError(f"its parameters are not those of the model{shown}")
    for path, parameter in own.items():
        parameter.data = _finite(numbers[path], path)
    _fill_statistics(model, data["statistics"])
    model.eval()
    return model


class _Allowance:
    """The initialiser of a model that is read: zeros, and no more than the file has numbers.

    So a file of one line cannot ask for a module that fills the memory.
    """

    def __init__(self, numbers: int) -> None:
        self.left = numbers

    def __call__(self, generator: Random, fan_in: int, fan_out: int) -> float:
        self.take(1)
        return 0.0

    def take(self, numbers: int) -> None:
        self.left -= numbers
        if self.left < 0:
            raise ValueError("there are fewer numbers than parameters")


def _built(described: Any, generator: Random, allowance: _Allowance, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise ModelFileError(f"its modules are nested more than {_DEEPEST} deep")
    if isinstance(described, list):
        return [_built(x, generator, allowance, depth + 1) for x in described]
    if not isinstance(described, dict):
        return described
    named = described.get("kind")
    kind = KINDS.get(named) if isinstance(named, str) else None
    if kind is None:
        raise ModelFileError(f"it names {_shown(named)}: there are {', '.join(KINDS)}")
    given = {
        name: _built(x, generator, allowance, depth + 1) for name, x in described.items()
        if name != "kind"
    }  # fmt: skip
    if not issubclass(kind, _MADE_WITHOUT_NUMBERS) or kind is MLP:
        given["generator"] = generator
        if kind not in _DRAWS_LATER:
            given["initialiser"] = allowance
    try:
        if kind is BatchNorm:  # its parameters are drawn by no initialiser
            allowance.take(2 * count_of(given.get("width"), "width"))
        if kind is Sequential:
            return Sequential(*given.pop("layers"), **given)
        return kind(**given)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise ModelFileError(f"{kind.__name__}: {error}") from None


def _finite(number: Any, place: str) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) <= _LARGEST:
        raise ModelFileError(f"{place} is {_shown(number)}, no finite number")
    return float(number)


def _shown(found: Any) -> str:
    """Return what was found in a file, not at its full length."""
    return f"{found!r:.60}"


def _norms(model: Module) -> list[BatchNorm]:
    return [module for module in model.modules() if isinstance(module, BatchNorm)]


def _fill_statistics(model: Module, given: Any) -> None:
    norms = _norms(model)
    if not isinstance(given, list) or len(given) != len(norms):
        raise ModelFileError(f"statistics: expected a list of {len(norms)}")
    for norm, one in zip(norms, given, strict=True):
        if one == {}:
            continue
        if not isinstance(one, dict) or one.keys() != {"mean", "variance"}:
            raise ModelFileError("statistics: expected mean and variance")
        for key, numbers in one.items():
            if not isinstance(numbers, list) or len(numbers) != len(norm.gamma):
                raise ModelFileError(f"statistics: expected {len(norm.gamma)} numbers as {key}")
            norm.statistics[key] = [_finite(x, f"statistics {key}") for x in numbers]
        if min(norm.statistics["variance"]) < 0:
            raise ModelFileError("statistics: a variance is negative")
