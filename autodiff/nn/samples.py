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
    except (ValueError, TypeError):
        raise ValueError(_fault(data, name)) from None
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} is empty: there is nothing to learn from")
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        place = "".join(f"[{i}]" for i in wrong[0])
        raise ValueError(f"{name}{place} is {array[tuple(wrong[0])]}: training takes finite numbers")
    return array


def _fault(data: Any, name: str) -> str:
    """Return what is wrong with data that is no array of numbers."""
    shapes = []
    for i, row in enumerate(data if hasattr(data, "__iter__") else [data]):
        try:
            shapes.append(np.shape(np.array(row, dtype=float)))
        except (ValueError, TypeError):
            items = enumerate(row) if isinstance(row, (list, tuple)) else [("", row)]
            for j, item in items:
                try:
                    float(item)
                except (ValueError, TypeError):
                    place = f"[{i}]" if j == "" else f"[{i}][{j}]"
                    return f"{name}{place} is {item!r}, no number"
            return f"{name}[{i}] is ragged: its parts have different lengths"
        if shapes[-1] != shapes[0]:
            counts = [shape[0] if shape else 1 for shape in (shapes[0], shapes[-1])]
            return f"{name}[{i}] has {counts[1]} numbers, but {name}[0] has {counts[0]}"
    return f"{name}: expected numbers, got {type(data).__name__}"
