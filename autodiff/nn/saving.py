"""Models as JSON files: what they are made of, and their parameters, exactly.

Nothing in a file is executed: it names kinds of modules from a list, and holds numbers.
"""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from autodiff.files import write_whole
from autodiff.nn.attention import EachElement, SelfAttention
from autodiff.nn.blocks import BatchNorm, Gated, Maxout, RandomisedLeakyReLU, Residual
from autodiff.nn.layers import MLP, Layer, Sequential
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


class ModelFileError(ValueError):
    """A file that is no model, or not one that this version reads."""


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write ``model`` to a file, whole or not at all.

    Raises:
        TypeError: when a module is of no kind that a file can name.
        OSError: when the file cannot be written.
    """
    text = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "model": _description(model),
            "parameters": {path: x.data for path, x in model.named_parameters().items()},
            "statistics": [norm.statistics for norm in _norms(model)],
        },
        indent=1,
    )
    write_whole(path, f"{text}\n".encode())


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
        data = json.loads(Path(path).read_bytes(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} is no model: it is not JSON ({error})") from None
    try:
        return _model(data, generator or Random(0))
    except ModelFileError as error:
        raise ModelFileError(f"{name} is no model: {error}") from None


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _description(item: Any) -> Any:
    """Return modules as {"kind": …, arguments}, inside lists too, and all else as it is."""
    if isinstance(item, Module):
        kind = type(item).__name__
        if KINDS.get(kind) is not type(item):
            raise TypeError(f"{kind} cannot be saved: a file can hold {', '.join(KINDS)}")
        return {"kind": kind, **{name: _description(x) for name, x in item.arguments().items()}}
    if isinstance(item, list):
        return [_description(x) for x in item]
    return item


def _model(data: Any, generator: Random) -> Module:
    for key, wanted in (("format", FORMAT), ("version", VERSION)):
        if not isinstance(data, dict) or data.get(key) != wanted:
            found = data.get(key) if isinstance(data, dict) else None
            raise ModelFileError(f"its {key} is {found!r}, not {wanted!r}")
    if data.keys() != {"format", "version", "model", "parameters", "statistics"}:
        raise ModelFileError(f"its parts are {', '.join(map(str, data))}")
    model = _built(data["model"], generator)
    if not isinstance(model, Module):
        raise ModelFileError("it does not say what the model is made of")
    own, numbers = model.named_parameters(), data["parameters"]
    if not isinstance(numbers, dict) or numbers.keys() != own.keys():
        odd = sorted(set(own) ^ set(numbers)) if isinstance(numbers, dict) else []
        shown = f": {odd[0]} is missing or too many" if odd else ""
        raise ModelFileError(f"its parameters are not those of the model{shown}")
    for path, parameter in own.items():
        parameter.data = _finite(numbers[path], path)
    _fill_statistics(model, data["statistics"])
    model.eval()
    return model


def _built(described: Any, generator: Random, depth: int = 0) -> Any:
    if depth > 50:
        raise ModelFileError("its modules are nested more than 50 deep")
    if isinstance(described, list):
        return [_built(x, generator, depth + 1) for x in described]
    if not isinstance(described, dict):
        return described
    given = {name: _built(x, generator, depth + 1) for name, x in described.items() if name != "kind"}
    kind = KINDS.get(str(described.get("kind")))
    if kind is None:
        raise ModelFileError(f"it names {described.get('kind')!r}: there are {', '.join(KINDS)}")
    if not issubclass(kind, _MADE_WITHOUT_NUMBERS) or kind is MLP:
        given["generator"] = generator
        if kind not in _DRAWS_LATER:
            given["initialiser"] = "zeros"
    try:
        if kind is Sequential:
            return Sequential(*given.pop("layers"), **given)
        return kind(**given)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise ModelFileError(f"{kind.__name__}: {error}") from None


def _finite(number: Any, place: str) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        raise ModelFileError(f"{place} is {number!r}, no finite number")
    return float(number)


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
