"""What training is given, looked at before it begins: the loss, samples, and what is wanted of them."""

from typing import Any

import numpy as np

from autodiff.nn.costs import Array
from autodiff.nn.losses import LOSSES, Loss, check_pairing
from autodiff.nn.modules import Module


def loss_of(chosen: Loss | str) -> Loss:
    """Return the loss of that name, or the loss itself.

    Raises:
        ValueError: for a name that is none.
    """
    if isinstance(chosen, str):
        if chosen not in LOSSES:
            raise ValueError(f"loss {chosen!r}: there are {', '.join(LOSSES)}")
        return LOSSES[chosen]
    if not isinstance(chosen, Loss):
        raise TypeError(f"loss: expected a Loss or the name of one, got {chosen!r:.60}")
    return chosen


def checked_data(model: Module, loss: Loss, X: Any, Y: Any) -> tuple[Array, Array]:
    """Return samples and what is wanted of them as float64 arrays.

    Raises:
        ValueError: where they are empty, ragged, not finite, not as many, or not what the loss takes.
    """
    check_pairing(loss, model.outputs)
    samples, wanted = array_of(X, "X"), array_of(Y, "Y")
    if len(samples) != len(wanted):
        raise ValueError(f"X has {len(samples)} samples, but Y has {len(wanted)}")
    for i, y in enumerate(wanted.tolist()):
        try:
            loss.check_wanted(y if isinstance(y, list) else [y])
        except ValueError as error:
            raise ValueError(f"Y[{i}]: {error}") from None
    return samples, wanted


def array_of(data: Any, name: str) -> Array:
    """Return data as a float64 array; its first index is the samples'.

    Raises:
        ValueError: where it is empty, ragged, no numbers, or not finite; the message says where.
    """
    try:
        array = np.array(data, dtype=float)
        fault = "" if np.array(data).dtype.kind in "biuf" else _fault(data, name)
    except (ValueError, TypeError, OverflowError):
        fault = _fault(data, name)
    if fault:
        raise ValueError(fault)
    if array.ndim == 0:
        raise ValueError(f"{name}: expected a list of samples, got {data!r:.60}")
    if array.size == 0:
        raise ValueError(f"{name} is empty: there is nothing to learn from")
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        place = "".join(f"[{i}]" for i in wrong[0])
        raise ValueError(f"{name}{place} is {array[tuple(wrong[0])]}: training takes finite numbers")
    return array


def _fault(data: Any, name: str) -> str:
    """Return what is wrong with data that may be no array of numbers, "" where nothing is.

    NumPy would read text as numbers, and None as nan.
    """
    level = [(name, data)]
    while level:
        inner: list[tuple[str, Any]] = []
        first = ""
        for place, item in level:
            parts = np.asarray(item).tolist() if hasattr(item, "__array__") else item
            if isinstance(parts, (list, tuple)):
                inner += [(f"{place}[{i}]", part) for i, part in enumerate(parts)]
                shape = f"has {len(parts)} numbers"
            elif _is_number(parts):
                shape = "is one number"
            else:
                return f"{place} is {parts!r:.60}, no number"
            if not first:
                first = shape
            elif shape != first:
                return f"{place} {shape}, but {level[0][0]} {first}"
        level = inner
    return ""


def _is_number(item: Any) -> bool:
    if isinstance(item, (str, bytes)):
        return False
    try:
        float(item)
    except (ValueError, TypeError, OverflowError):
        return False
    return True
