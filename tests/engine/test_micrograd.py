"""micrograd's documented example and interface, unchanged, on ``autodiff.Value``.

Where the micrograd package is installed the numbers are compared with its own; the ones that its
README prints are checked in any case.
"""

import math

import pytest

from autodiff import Value


def readme_example(Value):
    """The example of micrograd's README, word for word."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return a, b, g


def test_the_readme_prints_the_same_numbers():
    a, b, g = readme_example(Value)
    assert f"{g.data:.4f}" == "24.7041"
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def sanity_check(Value):
    """The other expression of micrograd's own tests."""
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    return x, y


def test_the_sanity_check_gives_the_same_numbers():
    x, y = sanity_check(Value)
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_every_number_is_micrograds_own():
    engine = pytest.importorskip("micrograd.engine")
    for program in (readme_example, sanity_check):
        ours, theirs = program(Value), program(engine.Value)
        for own, their in zip(ours, theirs, strict=True):
            # micrograd divides by multiplying with y**-1: the last digits differ. 30 operations.
            assert math.isclose(own.data, their.data, rel_tol=60 * 2**-53)
            assert math.isclose(own.grad, their.grad, rel_tol=60 * 2**-53)


def test_the_interface_has_micrograds_names():
    x = Value(2.0)
    for result in (x + 1, 1 + x, x - 1, 1 - x, x * 2, 2 * x, x / 2, 2 / x, x**2, -x, x.relu()):
        assert isinstance(result, Value)
        result.backward()
    assert x.grad == 1 + 1 + 1 - 1 + 2 + 2 + 0.5 - 0.5 + 4 - 1 + 1
    x.grad = 0  # as micrograd's zero_grad does
    x.data += -0.1 * x.grad
    assert (x.data, x.grad) == (2.0, 0.0)


def test_a_training_loop_in_micrograds_way_goes_down():
    w, b = Value(0.0), Value(0.0)
    losses = []
    for _ in range(20):
        loss = sum(((w * x + b - (3 * x + 1)) ** 2 for x in (-1.0, 0.0, 2.0)), Value(0.0)) / 3.0
        for p in (w, b):
            p.grad = 0
        loss.backward()
        for p in (w, b):
            p.data -= 0.2 * p.grad
        losses.append(loss.data)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.01 * losses[0]
