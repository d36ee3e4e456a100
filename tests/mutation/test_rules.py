"""The reimplemented rules say what the packages say, where a package is installed."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy
import pytest

from tests.mutation.rules import autograd_objects, jax_objects, pytorch_objects

ERRORS = [sign * 10.0**-k for k in range(1, 10) for sign in (1, -1)] + [0.0, 3e-4, 3e-5, 3e-6]
"""Relative errors of a gradient: from what every rule catches to what none does."""


class Case:
    """A function and its gradient, the second of which is off by a factor."""

    def __init__(self, point: tuple[float, ...], f: Any, gradient: Any) -> None:
        self.point, self.f, self.gradient = point, f, gradient


CASES = {
    "sin": Case((0.7,), lambda m, x: m.sin(x), lambda m, x: [m.cos(x)]),
    "steep": Case((3.0,), lambda m, x: m.exp(2 * x), lambda m, x: [2 * m.exp(2 * x)]),
    "flat": Case((2.0,), lambda m, x: m.exp(-4 * x), lambda m, x: [-4 * m.exp(-4 * x)]),
    "product": Case((1.5, -0.4), lambda m, x, y: x * m.sin(y), lambda m, x, y: [m.sin(y), x * m.cos(y)]),
}  # fmt: skip


def sweep() -> Iterator[tuple[Case, float]]:
    return ((case, 1.0 + error) for case in CASES.values() for error in ERRORS)


def mine(objects: Callable[..., bool], case: Case, factor: float, *more: Any) -> bool:
    gradient = [factor * g for g in case.gradient(math, *case.point)]
    return objects(lambda *xs: case.f(math, *xs), gradient, case.point, *more)


def agree(theirs: Sequence[bool], ours: Sequence[bool]) -> None:
    assert list(theirs) == list(ours)
    assert any(ours) and not all(ours)  # the errors lie on both sides of the tolerance


def raises(check: Callable[[], Any], error: type[Exception]) -> bool:
    try:
        check()
    except error:
        return True
    return False


def test_pytorch_rule_says_what_gradcheck_says() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, case: Case, factor: float, *xs: Any) -> Any:
            ctx.case, ctx.factor = case, factor
            ctx.save_for_backward(*xs)
            return case.f(torch, *xs)

        @staticmethod
        def backward(ctx: Any, seed: Any) -> Any:
            gradient = ctx.case.gradient(torch, *ctx.saved_tensors)
            return None, None, *(ctx.factor * seed * g for g in gradient)

    def theirs(case: Case, factor: float) -> bool:
        xs = tuple(torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in case.point)
        check = torch.autograd.gradcheck
        return not check(lambda *xs: Wrong.apply(case, factor, *xs), xs, raise_exception=False)

    agree([theirs(*one) for one in sweep()], [mine(pytorch_objects, *one) for one in sweep()])


def test_jax_rule_says_what_check_grads_says() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    from jax.test_util import check_grads

    def theirs(case: Case, factor: float) -> bool:
        @jax.custom_jvp
        def f(*xs: Any) -> Any:
            return case.f(jax.numpy, *xs)

        @f.defjvp
        def f_jvp(xs: Any, x_dots: Any) -> Any:
            partials = case.gradient(jax.numpy, *xs)
            tangent = sum(factor * g * x_dot for g, x_dot in zip(partials, x_dots, strict=True))
            return f(*xs), tangent

        return raises(lambda: check_grads(f, case.point, order=1), AssertionError)

    with jax.enable_x64(True):
        agree([theirs(*one) for one in sweep()], [mine(jax_objects, *one) for one in sweep()])


def test_autograd_rule_says_what_check_grads_says() -> None:
    autograd = pytest.importorskip("autograd", reason="autograd is not installed")
    from autograd import numpy as anp
    from autograd.extend import defjvp, defvjp, primitive
    from autograd.test_util import check_grads

    assert autograd

    def theirs(case: Case, factor: float) -> bool:
        @primitive
        def f(*xs: Any) -> Any:
            return case.f(anp, *xs)

        def partial(i: int) -> Any:
            return lambda out, *xs: lambda g: factor * g * case.gradient(anp, *xs)[i]

        def tangent(i: int) -> Any:
            return lambda g, out, *xs: factor * g * case.gradient(anp, *xs)[i]

        places = range(len(case.point))
        defvjp(f, *map(partial, places))
        defjvp(f, *map(tangent, places))
        numpy.random.seed(0)  # the package draws from the global generator
        check = check_grads(f, tuple(places), modes=["fwd", "rev"], order=1)
        return raises(lambda: check(*case.point), AssertionError)

    ours = [mine(autograd_objects, *one, numpy.random.RandomState(0).randn) for one in sweep()]
    agree([theirs(*one) for one in sweep()], ours)
