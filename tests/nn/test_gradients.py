"""The gradients of every module and every loss against finite differences that know their error."""

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn
from autodiff.testing import finite_difference
from tests.nn.models import EXAMPLES, moved, outputs

SEED = 3


def check(f: Callable[[Sequence[float]], float], at: Sequence[float], gradient: Sequence[float]) -> None:
    """Assert that ``gradient`` is that of f, as far as differences can tell."""
    assert len(at) == len(gradient)
    for i, slope in enumerate(gradient):
        estimate = finite_difference(lambda moved, i=i: f([*at[:i], moved, *at[i + 1 :]]), at[i])
        scale = max(1.0, abs(slope))
        assert estimate.error <= 1e-6 * scale, "a kink is near: the point tells nothing"
        # The estimate bounds its own error; the gradient's roundings are a few ulp of what is summed.
        assert abs(slope - estimate.value) <= 4 * estimate.error + 2.0**-48 * scale, i


@pytest.mark.parametrize("training", [True, False], ids=["training", "testing"])
@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_gradients_of_every_module_are_those_of_finite_differences(kind, training):
    generator = Random(SEED)
    make, X = EXAMPLES[kind]
    model = moved(make(generator))
    nn.settle(model, X)
    model.train(training)
    shape = np.shape(X)
    weights = [Random(i).uniform(-1.0, 1.0) for i in range(100)]

    def weighted(samples, weights=weights):
        generator.seed(SEED)  # slopes that are drawn are the same in each call
        outs = outputs(model, samples)
        return ad.sum([w * out for w, out in zip(weights, outs, strict=False)])

    theta = [x.data for x in model.parameters()]
    x = [ad.Value(number) for number in np.ravel(X)]
    weighted(np.reshape(np.array(x, dtype=object), shape).tolist()).backward()
    found = [parameter.grad for parameter in model.parameters()] + [xi.grad for xi in x]

    def of_numbers(given):
        with model.using(given[: len(theta)]):
            return weighted(np.reshape(given[len(theta) :], shape).tolist())

    check(of_numbers, [*theta, *np.ravel(X).tolist()], found)


@pytest.mark.parametrize("name", nn.ACTIVATIONS)
def test_the_gradients_of_every_activation_are_those_of_finite_differences(name):
    layer = nn.Layer(2, 3, name, generator=Random(1))
    theta, x = [p.data for p in layer.parameters()], [0.7, -0.4]

    def of_numbers(given):
        with layer.using(given):
            return ad.sum([w * h for w, h in zip((1.0, -2.0, 0.5), layer(x), strict=True)])

    given = [ad.Value(number) for number in theta]
    of_numbers(given).backward()
    check(of_numbers, theta, [value.grad for value in given])


POINTS = {
    "any": [[0.7, -1.3, 0.4], [2.0, 0.1, -0.3]],
    "logits": [[0.7, -1.3, 0.4], [2.5, 0.1, -3.0]],
    "probability": [[0.2, 0.7, 0.6], [0.45, 0.1, 0.8]],
    "distribution": [[0.2, 0.5, 0.3], [0.6, 0.15, 0.25]],
}
WANTED = {
    "any": [[0.5, 0.6, -1.0]],
    "probability": [[0.0, 1.0, 1.0], [0.3, 0.9, 0.5]],
    "distribution": [[0.0, 1.0, 0.0], [0.25, 0.25, 0.5]],
    "sign": [[1.0, -1.0, 1.0]],
}


@pytest.mark.parametrize("name", nn.LOSSES)
def test_the_gradients_of_every_loss_are_those_of_finite_differences(name):
    loss = nn.LOSSES[name]
    for point in POINTS[loss.takes]:
        for d in WANTED[loss.wanted]:
            y = [ad.Value(number) for number in point]
            loss(y, d).backward()
            check(lambda at, d=d: loss(at, d), point, [yi.grad for yi in y])
