"""Losses of one sample: how far a model's outputs are from what was wanted.

    outputs  what the model returns: a list of numbers, or one
    d        what was wanted: as many numbers, or one

A probability below SMALLEST counts as SMALLEST: a loss is at most 708.4, and 0·log 0 is 0. From logits,
nothing of that kind is needed: those losses are finite for logits of any size, their slopes good to
about as many units in the last place as the largest logit is large.

Every loss says what outputs it is for (``takes``), so that an impossible pairing is refused before
anything is learned.
"""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from autodiff.functions import max
from autodiff.primitives import abs, dot, log, logsumexp, mean, relu, softplus, square, sum
from autodiff.scalars import is_real

SMALLEST = sys.float_info.min


class Loss(NamedTuple):
    """A loss, and what it can be used with."""

    name: str
    of: Callable[[Sequence[Any], Sequence[Any]], Any]
    formula: str
    takes: str = "any"  # the outputs: "any", "probability" (each in [0, 1]), "distribution", "logits"
    wanted: str = "any"  # what was wanted: "any", "probability", "distribution", "sign" (-1 or 1)
    instead: str = ""  # the loss for outputs of the other kind

    def __call__(self, outputs: Any, d: Any) -> Any:
        """Return the loss of one sample.

        Arguments:
            outputs: what the model returned, a list of numbers or one.
            d: what was wanted, as many numbers.

        Raises:
            ValueError: where there are not as many outputs as wanted numbers, or where the loss is not
                defined for them.
        """
        outs, wanted = _listed(outputs), _listed(d)
        if len(outs) != len(wanted):
            raise ValueError(f"{self.name}: {len(outs)} outputs, but {len(wanted)} wanted numbers")
        if all(map(is_real, wanted)):  # those of a tape were looked at before
            self.check_wanted(wanted)
        if self.takes in _ENDINGS:
            for i, y in enumerate(outs):
                if y < 0 or y > 1:  # nan goes on: it is no range that is wrong with it
                    shown = f"{y:.6g}" if is_real(y) else repr(y)
                    raise ValueError(
                        f"{self.name} takes probabilities, output {i} is {shown}: let the model end in "
                        f"{_ENDINGS[self.takes]}, or use {self.instead}"
                    )
        return self.of(outs, wanted)

    def mean(self, outputs: Sequence[Any], wanted: Sequence[Any]) -> Any:
        """Return the mean of the losses of several samples.

        >>> half_squared_error.mean([[1.0], [3.0]], [[0.0], [0.0]])
        2.5
        """
        return mean([self(y, d) for y, d in zip(outputs, wanted, strict=True)])

    def check_wanted(self, d: Sequence[float]) -> None:
        """Raise ``ValueError`` where the numbers are none that can be wanted."""
        for i, number in enumerate(d):
            if self.wanted in ("probability", "distribution") and not 0 <= number <= 1:
                raise ValueError(f"{self.name}: d[{i}] is {number:.6g}, not between 0 and 1")
            if self.wanted == "sign" and number not in (-1, 1):
                raise ValueError(f"{self.name}: d[{i}] is {number:.6g}; the classes are -1 and 1")
        if self.wanted != "distribution":
            return
        if len(d) < 2:
            raise ValueError(
                f"{self.name}: one output cannot tell classes apart: it takes one for each class"
            )
        if not math.isclose(math.fsum(d), 1, abs_tol=1e-9):
            raise ValueError(
                f"{self.name}: the wanted numbers add up to {math.fsum(d):.6g}, not 1: a class is "
                "given one-hot, such as [0, 1, 0]"
            )


_ENDINGS = {"probability": "a logistic output", "distribution": "a softmax"}


def _listed(numbers: Any) -> list[Any]:
    return list(numbers) if hasattr(numbers, "__iter__") else [numbers]


def _half_squared(y: Sequence[Any], d: Sequence[Any]) -> Any:
    return sum([square(yi - di) for yi, di in zip(y, d, strict=True)]) / 2


def _mean_squared(y: Sequence[Any], d: Sequence[Any]) -> Any:
    return mean([square(yi - di) for yi, di in zip(y, d, strict=True)])


def _mean_absolute(y: Sequence[Any], d: Sequence[Any]) -> Any:
    return mean([abs(yi - di) for yi, di in zip(y, d, strict=True)])


def _binary(y: Sequence[Any], d: Sequence[Any]) -> Any:
    terms = [[_times_log(di, yi), _times_log(1 - di, 1 - yi)] for yi, di in zip(y, d, strict=True)]
    return -_total([_total(pair) for pair in terms])


def _binary_logits(u: Sequence[Any], d: Sequence[Any]) -> Any:
    # -d·log σ(u) - (1-d)·log σ(-u), with -log σ(u) = softplus(-u) = softplus(u) - u
    return sum([softplus(ui) - di * ui for ui, di in zip(u, d, strict=True)])


def _cross_entropy(y: Sequence[Any], d: Sequence[Any]) -> Any:
    return -_total([_times_log(di, yi) for yi, di in zip(y, d, strict=True)])


def _cross_entropy_logits(u: Sequence[Any], d: Sequence[Any]) -> Any:
    return logsumexp(u) - dot(d, u)  # -log softmax_l(u), the d adding up to 1


def _kl(y: Sequence[Any], d: Sequence[Any]) -> Any:
    return _total([_times_log(di, di) - _times_log(di, yi) for yi, di in zip(y, d, strict=True)])


def _times_log(d: Any, y: Any) -> Any:
    """Return d·log(y), and 0 where both are 0."""
    if is_real(d) and d == 0:
        return 0.0
    return d * log(y if y >= SMALLEST or y != y else max(y, SMALLEST))


def _total(terms: Sequence[Any]) -> Any:
    """Return the sum of the terms that are not plainly 0: one of them is no sum."""
    counting = [term for term in terms if not (is_real(term) and term == 0)]
    return sum(counting) if len(counting) != 1 else counting[0]


def _hinge(score: Sequence[Any], d: Sequence[Any]) -> Any:
    return sum([relu(1 - di * si) for si, di in zip(score, d, strict=True)])


def _multiclass_hinge(scores: Sequence[Any], d: Sequence[Any]) -> Any:
    right = sum([di * si for si, di in zip(scores, d, strict=True)])
    return max([1 - di + si - right for si, di in zip(scores, d, strict=True)])


half_squared_error = Loss("half_squared_error", _half_squared, "½ Σ (y - d)²")
mean_squared_error = Loss("mean_squared_error", _mean_squared, "mean (y - d)²")
mean_absolute_error = Loss("mean_absolute_error", _mean_absolute, "mean |y - d|")
binary_cross_entropy = Loss(
    "binary_cross_entropy", _binary, "-Σ (d log y + (1 - d) log(1 - y))",
    "probability", "probability", "binary_cross_entropy_from_logits",
)  # fmt: skip
binary_cross_entropy_from_logits = Loss(
    "binary_cross_entropy_from_logits", _binary_logits, "Σ (log(1 + exp(u)) - d u)",
    "logits", "probability", "binary_cross_entropy",
)  # fmt: skip
cross_entropy = Loss(
    "cross_entropy", _cross_entropy, "-Σ d log y",
    "distribution", "distribution", "cross_entropy_from_logits",
)  # fmt: skip
cross_entropy_from_logits = Loss(
    "cross_entropy_from_logits", _cross_entropy_logits, "logsumexp(u) - Σ d u",
    "logits", "distribution", "cross_entropy",
)  # fmt: skip
kl_divergence = Loss(
    "kl_divergence", _kl, "Σ d (log d - log y)",
    "distribution", "distribution", "cross_entropy_from_logits",
)  # fmt: skip
hinge = Loss("hinge", _hinge, "Σ max(0, 1 - d s)", "logits", "sign", "binary_cross_entropy")
multiclass_hinge = Loss(
    "multiclass_hinge", _multiclass_hinge, "max (1 - d + s) - Σ d s",
    "logits", "distribution", "cross_entropy",
)  # fmt: skip

LOSSES: Mapping[str, Loss] = MappingProxyType({
    loss.name: loss
    for loss in (
        half_squared_error, mean_squared_error, mean_absolute_error, binary_cross_entropy,
        binary_cross_entropy_from_logits, cross_entropy, cross_entropy_from_logits, kl_divergence,
        hinge, multiclass_hinge,
    )
})  # fmt: skip
"""The losses by name."""


def check_pairing(loss: Loss, outputs: str) -> None:
    """Raise ``ValueError`` where a loss cannot be used with outputs of a kind.

    Arguments:
        outputs: what an activation says of its outputs: "any", "probability", "distribution".
    """
    kinds = {"any": "any numbers", "probability": "logistic", "distribution": "a softmax's"}
    if loss.takes == "logits" and outputs in ("probability", "distribution"):
        raise ValueError(
            f"{loss.name} takes pre-activations, the model's outputs are {kinds[outputs]}: "
            f"let it end in a linear layer, or use {loss.instead}"
        )
    fits = {"probability": ("probability", "distribution"), "distribution": ("distribution",)}
    if loss.takes in fits and outputs not in fits[loss.takes]:
        raise ValueError(
            f"{loss.name} takes probabilities, the model's outputs are {kinds[outputs]}: "
            f"let it end in {_ENDINGS[loss.takes]}, or use {loss.instead}"
        )
