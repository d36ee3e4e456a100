"""Sequences: a gated recurrent unit counts ones, attention looks back one place."""

from itertools import product
from random import Random
from typing import Any

from autodiff import nn
from autodiff.experiments.outcome import Outcome, Settings, shares
from autodiff.experiments.pictures import Curves
from autodiff.primitives import dot, logsumexp, sum

BITS = 4
PARITY_STEPS = 600
SYMBOLS = 3
LENGTH = 4
COPY_STEPS = 300


def parity(settings: Settings) -> Outcome:
    """Return how a GRU with 4 units learns whether the number of ones among 4 bits is odd."""
    strings = list(product((0.0, 1.0), repeat=BITS))
    X = [[[bit] for bit in string] for string in strings]
    odd = [sum(string) % 2 for string in strings]
    generator = Random(settings.seed)
    model = nn.Recurrent(nn.GRUCell(1, 4, generator=generator), nn.Layer(4, 1, generator=generator))
    history = nn.fit(
        model, X, odd, loss="binary_cross_entropy_from_logits", optimiser=nn.Adam(0.05),
        steps=settings.steps or PARITY_STEPS, compiled=settings.compiled, progress=settings.progress,
    )  # fmt: skip
    right = int(((nn.predictions(model, X)[:, 0] > 0) == odd).sum())
    lines = [
        f"parity of {BITS} bits, all {len(X)} strings; GRU with 4 units, "
        f"{len(model.parameters())} parameters",
        f"{history.steps} steps: cost {history.costs[0]:.4f} -> {history.costs[-1]:.6f}",
        f"right {shares(right, len(X))}",
    ]
    picture = Curves("Parity by a GRU", "cost", {"training": history.costs}, logarithmic=True)
    return Outcome(lines, {"right": right, "cost": history.costs[-1]}, picture, model)


def _at_each_place(u: Any, d: Any) -> Any:
    """Return the sum of softmax cross-entropies, one for each place of the sequence."""
    places = range(0, len(u), SYMBOLS)
    return sum(
        [logsumexp(u[i : i + SYMBOLS]) - dot(d[i : i + SYMBOLS], u[i : i + SYMBOLS]) for i in places]
    )


AT_EACH_PLACE = nn.Loss(
    "cross_entropy_at_each_place", _at_each_place, "Σ over places (logsumexp(u) - Σ d u)", "logits"
)


def copying(settings: Settings) -> Outcome:
    """Return how attention learns to give each place the symbol before it, the first its own."""
    strings = list(product(range(SYMBOLS), repeat=LENGTH))
    X = [[_one(s, SYMBOLS) + _one(place, LENGTH) for place, s in enumerate(word)] for word in strings]
    copied = [[word[max(place - 1, 0)] for place in range(LENGTH)] for word in strings]
    Y = [[x for symbol in word for x in _one(symbol, SYMBOLS)] for word in copied]
    generator = Random(settings.seed)
    model = nn.Sequential(
        nn.SelfAttention(SYMBOLS + LENGTH, 8, generator=generator),
        nn.EachElement(nn.Layer(8, SYMBOLS, generator=generator)),
    )
    history = nn.fit(
        model, X, Y, loss=AT_EACH_PLACE, optimiser=nn.Adam(0.05), steps=settings.steps or COPY_STEPS,
        compiled=settings.compiled, progress=settings.progress,
    )  # fmt: skip
    chosen = nn.predictions(model, X).reshape(len(X), LENGTH, SYMBOLS).argmax(axis=2)
    right = int((chosen == copied).all(axis=1).sum())
    lines = [
        f"copying the symbol before: all {len(X)} words of {LENGTH} symbols; self-attention, "
        f"{len(model.parameters())} parameters",
        f"{history.steps} steps: cost {history.costs[0]:.4f} -> {history.costs[-1]:.6f}",
        f"words right {shares(right, len(X))}",
    ]
    picture = Curves("Copying by attention", "cost", {"training": history.costs}, logarithmic=True)
    return Outcome(lines, {"right": right, "cost": history.costs[-1]}, picture, model)


def _one(number: int, count: int) -> list[float]:
    return [float(i == number) for i in range(count)]
