"""The cases with HIPS autograd."""

import gc
import math
import threading
from typing import Any

import autograd.numpy as np
from autograd import grad, make_vjp, value_and_grad
from autograd.extend import defvjp, primitive
from autograd.scipy.special import logsumexp
from autograd.test_util import check_grads
from autograd.tracer import getval

_NO_GRAPH = "no graph to hold: gradients are of functions"
_NO_STATE = "gradients are returned, not stored"

NOT_OFFERED = {
    "deep_copy": _NO_GRAPH,
    "pickled": _NO_GRAPH,
    "stale_through_data": "no .data",
    "not_computed": _NO_STATE,
    "misspelt": _NO_STATE,
    "not_recorded": "nothing is recorded outside of grad",
    "no_grad_and_threads": "nothing is recorded outside of grad",
}


def derivative(f: Any, at: Any) -> Any:
    """Return f'(at)."""
    return grad(f)(at)


def both(f: Any, at: Any) -> Any:
    """Return f(at) and f'(at)."""
    return value_and_grad(f)(at)


# Graphs


def same_operand_twice() -> Any:
    return derivative(lambda x: (x + x) * x + x, 3.0)


def _diamond(x: Any) -> Any:
    a = x + 1
    b = a * 2
    c = a * b
    return b + c


def diamond() -> Any:
    return derivative(_diamond, 3.0)


def doubled_twice() -> Any:
    def function(a: Any) -> Any:
        b = a + a
        return b + b

    return derivative(function, 1.0)


def chain(length: int) -> Any:
    def function(x: Any) -> Any:
        y = x
        for _ in range(length):
            y = y + x
        return y

    return derivative(function, 1.0)


def deep_chain() -> Any:
    return chain(10_000)


def very_long_graph() -> Any:
    return chain(200_000)


def freed_at_once() -> Any:
    diamond()
    gc.disable()
    gc.collect()
    for _ in range(100):
        diamond()
    return gc.collect()


# State


def second_backward() -> Any:
    pullback, _ = make_vjp(lambda x: (3 * x) ** 2)(2.0)
    return pullback(1.0) + pullback(1.0)


def forgotten_zero_grad() -> Any:
    slope = 0.0
    for _ in range(2):
        slope = derivative(lambda x: x**2, 3.0)
    return slope


def stale_leaf() -> Any:
    w = np.array(2.0)
    pullback, _ = make_vjp(lambda w: w * w)(w)
    w -= 0.5
    return pullback(1.0)


def assigned_intermediate() -> Any:
    def function(x: Any) -> Any:
        y = 3 * x
        y[...] = 7.0
        return y * y

    return derivative(function, np.array(2.0))


def detached() -> Any:
    return derivative(lambda x: x * getval(x), 2.0)


def augmented() -> Any:
    def function(x: Any) -> Any:
        y = 2 * x
        z = y
        z += 1
        return y * z

    return derivative(function, 2.0)


# What Python does with a number


def _seen(look: Any, at: Any) -> Any:
    """Return what ``look`` gives inside a function that is differentiated."""
    seen = []

    def function(x: Any) -> Any:
        seen.append(look(x))
        return x

    derivative(function, at)
    return seen[0]


def equal() -> Any:
    return _seen(lambda x: x == 3.0, 3.0)


def ordered() -> Any:
    return _seen(lambda x: x > 2.0, 3.0)


def truth() -> Any:
    return _seen(bool, 0.0)


def keys() -> Any:
    return _seen(lambda x: len({x: "x", x * 1.0: "y"}), 2.0)


def math_function() -> Any:
    return derivative(math.sin, 1.0)


def text() -> Any:
    return derivative(lambda x: x * 2, "a")


def whole_number() -> Any:
    return derivative(lambda x: x**2, 3)


def overflow() -> Any:
    return both(lambda x: x**3, np.int64(3_000_000))


def huge_factor() -> Any:
    return derivative(lambda x: x * 10**20, 2.0)


def numpy_left() -> Any:
    return derivative(lambda x: np.float64(2.0) * x, 3.0)


def number_left() -> Any:
    return derivative(lambda x: 2 - x, 3.0), derivative(lambda x: 2 / x, 3.0)


def number_to_the_x() -> Any:
    return derivative(lambda x: 2**x, 3.0)


def times_array() -> Any:
    return derivative(lambda x: np.sum(x * np.array([1.0, 2.0])), 2.0)


def remainder() -> Any:
    return derivative(lambda x: x % 3, 5.0)


# Edges of domains, and kinks


def divided_by_0() -> Any:
    return both(lambda x: 1 / x, 0.0)


def log_of_negative() -> Any:
    return both(np.log, -1.0)


def root_of_negative() -> Any:
    return both(lambda x: x**0.5, -2.0)


def zero_to_the_0() -> Any:
    return both(lambda x: x**0, 0.0)


def infinity_to_the_0() -> Any:
    return both(lambda x: x**0, math.inf)


def zero_to_the_y() -> Any:
    return derivative(lambda y: 0.0**y, 2.0)


def x_to_the_x() -> Any:
    return both(lambda x: x**x, 0.0)


def negative_base() -> Any:
    return derivative(lambda x: x**3.0, -2.0)


def root_at_0_times_0() -> Any:
    return derivative(lambda x: 0 * np.sqrt(x), 0.0)


def length_at_origin() -> Any:
    return tuple(derivative(np.linalg.norm, np.array([0.0, 0.0])))


def branch_not_taken() -> Any:
    return derivative(lambda x: np.where(x > 0, np.log(x), 2 * x), 0.0)


def nan_through_relu() -> Any:
    return both(lambda x: np.maximum(x, 0.0), math.nan)


def nan_through_max() -> Any:
    return both(lambda x: np.maximum(x, 1.0), math.nan)


def tie() -> Any:
    return grad(np.maximum, 0)(2.0, 2.0), grad(np.maximum, 1)(2.0, 2.0)


def relu_at_0() -> Any:
    return derivative(lambda x: np.maximum(x, 0.0), 0.0)


def abs_at_0() -> Any:
    return derivative(np.abs, 0.0)


def clamp_at_bound() -> Any:
    return derivative(lambda x: np.clip(x, 0.0, 1.0), 1.0)


def tanh_tail() -> Any:
    return derivative(np.tanh, 20.0)


def sigmoid_tail() -> Any:
    from autograd.scipy.special import expit

    return derivative(expit, 40.0)


def logsumexp_large() -> Any:
    value, (first, _) = both(logsumexp, np.array([1000.0, 1000.0]))
    return value, first


# Derivatives of derivatives, functions, threads


def third_derivative() -> Any:
    return grad(grad(grad(lambda x: x**3)))(0.0)


def mixed_derivatives() -> Any:
    by_x_then_y = grad(lambda y: grad(lambda x: x**y)(2.0))(3.0)
    by_y_then_x = grad(lambda x: grad(lambda y: x**y)(3.0))(2.0)
    return by_x_then_y, by_y_then_x


def perturbations() -> Any:
    return grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0)


def perturbations_and_threads() -> Any:
    started, outer, ended = threading.Event(), threading.Event(), threading.Event()

    def other(x: Any) -> Any:
        started.set()
        outer.wait(20)
        return x * x

    def elsewhere() -> None:
        grad(other)(1.0)
        ended.set()

    def function(x: Any) -> Any:
        outer.set()
        ended.wait(20)
        return x * grad(lambda y: x * y)(1.0)

    threading.Thread(target=elsewhere).start()
    started.wait(20)
    return grad(function)(3.0)


def ignored_argument() -> Any:
    return derivative(lambda x: 3.0, 2.0)


def forgotten_return() -> Any:
    return derivative(lambda x: None, 2.0)


def two_results() -> Any:
    return derivative(lambda x: np.array([x, 2 * x]), 2.0)


def wrong_by_a_thousandth() -> Any:
    @primitive
    def square(x: Any) -> Any:
        return x * x

    defvjp(square, lambda ans, x: lambda g: g * 2 * x * (1 + 1 / 2000))
    try:
        check_grads(square, modes=["rev"], order=1)(3.0)
    except AssertionError:
        return False
    return True
