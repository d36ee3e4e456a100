"""The cases with autodiff."""

import copy
import gc
import math
import pickle
import threading
from typing import Any

import numpy as np

import autodiff as ad

NOT_OFFERED: dict[str, str] = {}


def derivative(f: Any, at: Any) -> Any:
    """Return f'(at)."""
    return ad.grad(f)(at)


def both(f: Any, at: Any) -> Any:
    """Return f(at) and f'(at)."""
    return ad.value_and_grad(f)(at)


# Graphs


def same_operand_twice() -> Any:
    x = ad.Value(3.0)
    ((x + x) * x + x).backward()
    return x.grad


def diamond() -> Any:
    x = ad.Value(3.0)
    a = x + 1
    b = a * 2
    c = a * b
    (b + c).backward()
    return x.grad


def doubled_twice() -> Any:
    a = ad.Value(1.0)
    b = a + a
    c = b + b
    c.backward()
    return a.grad


def chain(length: int) -> Any:
    x = ad.Value(1.0)
    y = x
    for _ in range(length):
        y = y + x
    y.backward()
    return x.grad


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


def deep_copy() -> Any:
    x = ad.Value(3.0)
    x2, out2 = copy.deepcopy((x, x * x + x))
    out2.backward()
    return x2.grad, x.grad


def pickled() -> Any:
    x = ad.Value(3.0)
    x2, out2 = pickle.loads(pickle.dumps((x, x * x + x)))
    out2.backward()
    return x2.grad, x.grad


# State


def second_backward() -> Any:
    x = ad.Value(2.0)
    out = (3 * x) ** 2
    out.backward()
    out.backward()
    return x.grad


def forgotten_zero_grad() -> Any:
    x = ad.Value(3.0)
    for _ in range(2):
        (x**2).backward()
    return x.grad


def stale_leaf() -> Any:
    w = ad.Value(2.0)
    out = w * w
    w.data -= 0.5
    out.backward()
    return w.grad


stale_through_data = stale_leaf


def assigned_intermediate() -> Any:
    x = ad.Value(2.0)
    y = 3 * x
    y.data = 7.0
    (y * y).backward()
    return x.grad


def not_computed() -> Any:
    x = ad.Value(3.0)
    before = x.has_grad
    (x * 0).backward()
    return before != x.has_grad


def detached() -> Any:
    x = ad.Value(2.0)
    (x * x.detach()).backward()
    return x.grad


def not_recorded() -> Any:
    x = ad.Value(2.0)
    with ad.no_grad():
        out = x * x
    return not out.is_constant


def augmented() -> Any:
    x = ad.Value(2.0)
    y = 2 * x
    z = y
    z += 1
    (y * z).backward()
    return x.grad


def misspelt() -> Any:
    x = ad.Value(2.0)
    x.gard = 0.0  # type: ignore[attr-defined]
    return "accepted"


# What Python does with a number


def equal() -> Any:
    return ad.Value(3.0) == 3.0


def ordered() -> Any:
    return ad.Value(3.0) > 2.0


def truth() -> Any:
    return bool(ad.Value(0.0))


def keys() -> Any:
    return len({ad.Value(2.0): "x", ad.Value(2.0): "y"})


def math_function() -> Any:
    return derivative(math.sin, 1.0)


def text() -> Any:
    return (ad.Value("a") * 2).data  # type: ignore[arg-type]


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
    return derivative(lambda x: (x * np.array([1.0, 2.0])).sum(), 2.0)


def remainder() -> Any:
    return derivative(lambda x: x % 3, 5.0)


# Edges of domains, and kinks


def divided_by_0() -> Any:
    return both(lambda x: 1 / x, 0.0)


def log_of_negative() -> Any:
    return both(ad.log, -1.0)


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
    return derivative(lambda x: 0 * ad.sqrt(x), 0.0)


def length_at_origin() -> Any:
    return tuple(derivative(lambda xs: ad.hypot(*xs), [0.0, 0.0]))


def branch_not_taken() -> Any:
    return derivative(lambda x: ad.where(x > 0, ad.log(x), 2 * x), 0.0)


def nan_through_relu() -> Any:
    return both(ad.relu, math.nan)


def nan_through_max() -> Any:
    return both(lambda x: ad.max(x, 1.0), math.nan)


def tie() -> Any:
    return tuple(derivative(lambda xs: ad.max(*xs), [2.0, 2.0]))


def relu_at_0() -> Any:
    return derivative(ad.relu, 0.0)


def abs_at_0() -> Any:
    return derivative(abs, 0.0)


def clamp_at_bound() -> Any:
    return derivative(lambda x: ad.clamp(x, 0.0, 1.0), 1.0)


def tanh_tail() -> Any:
    return derivative(ad.tanh, 20.0)


def sigmoid_tail() -> Any:
    return derivative(ad.sigmoid, 40.0)


def logsumexp_large() -> Any:
    value, (first, _) = both(ad.logsumexp, [1000.0, 1000.0])
    return value, first


# Derivatives of derivatives, functions, threads


def third_derivative() -> Any:
    return ad.grad(ad.grad(ad.grad(lambda x: x**3)))(0.0)


def mixed_derivatives() -> Any:
    by_x_then_y = ad.grad(lambda y: ad.grad(lambda x: x**y)(2.0))(3.0)
    by_y_then_x = ad.grad(lambda x: ad.grad(lambda y: x**y)(3.0))(2.0)
    return by_x_then_y, by_y_then_x


def perturbations() -> Any:
    return ad.grad(lambda x: x * ad.grad(lambda y: x + y)(1.0))(1.0)


def perturbations_and_threads() -> Any:
    started, outer, ended = threading.Event(), threading.Event(), threading.Event()

    def other(x: Any) -> Any:
        started.set()
        outer.wait(20)
        return x * x

    def elsewhere() -> None:
        ad.grad(other)(1.0)
        ended.set()

    def function(x: Any) -> Any:
        outer.set()
        ended.wait(20)
        return x * ad.grad(lambda y: x * y)(1.0)

    threading.Thread(target=elsewhere).start()
    started.wait(20)
    return ad.grad(function)(3.0)


def no_grad_and_threads() -> Any:
    recorded = []

    def elsewhere() -> None:
        x = ad.Value(2.0)
        recorded.append(not (x * x).is_constant)

    thread = threading.Thread(target=elsewhere)
    with ad.no_grad():
        thread.start()
        thread.join()
    return recorded[0]


def ignored_argument() -> Any:
    return derivative(lambda x: 3.0, 2.0)


def forgotten_return() -> Any:
    return derivative(lambda x: None, 2.0)


def two_results() -> Any:
    return derivative(lambda x: [x, 2 * x], 2.0)


def wrong_by_a_thousandth() -> Any:
    from autodiff.testing import check_gradients

    report = check_gradients(lambda x: x * x, 3.0, gradient=lambda x: 2 * x * (1 + 1 / 2000))
    return report.passed
