"""The gradients of every module, activation and loss, in every mode that it can be recorded in.

Of more than twelve numbers the checker compares some, and random directions, with finite differences,
and every single derivative with 60 digits.
"""

from random import Random

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn
from autodiff.testing import check_gradients
from tests.nn.models import EXAMPLES, moved, outputs

SEED = 3


@pytest.mark.parametrize("training", [True, False], ids=["training", "testing"])
@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_checker_passes_the_gradients_of_every_module(kind, training):
    generator = Random(SEED)
    make, X = EXAMPLES[kind]
    model = moved(make(generator))
    nn.settle(model, X)
    model.train(training)
    shape = np.shape(X)
    weights = [Random(i).uniform(-1.0, 1.0) for i in range(100)]

    def weighted(theta, x):
        generator.seed(SEED)  # slopes that are drawn are the same in each call
        samples = np.array(x, dtype=object).reshape(shape).tolist()
        with model.using(theta):
            outs = outputs(model, samples)
            return ad.sum([w * out for w, out in zip(weights, outs, strict=False)])

    theta = [parameter.data for parameter in model.parameters()]
    assert check_gradients(weighted, theta, np.ravel(X).tolist(), order=1)


@pytest.mark.parametrize("name", nn.ACTIVATIONS)
def test_the_checker_passes_the_gradients_of_every_activation(name):
    layer = nn.Layer(2, 3, name, generator=Random(1))

    def weighted(theta, x):
        with layer.using(theta):
            return ad.sum([w * h for w, h in zip((1.0, -2.0, 0.5), layer(x), strict=True)])

    assert check_gradients(weighted, [p.data for p in layer.parameters()], [0.7, -0.4])


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
def test_the_checker_passes_the_gradients_of_every_loss(name):
    loss = nn.LOSSES[name]
    for point in POINTS[loss.takes]:
        for d in WANTED[loss.wanted]:
            assert check_gradients(lambda y, d=d: loss(y, d), point)
