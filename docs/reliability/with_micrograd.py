"""The cases with micrograd."""

import copy
import gc
import math
import pickle
from typing import Any

import numpy as np
from micrograd.engine import Value

_NO_TRANSFORMS = "no functions from functions"
_NO_HIGHER = "no derivatives of derivatives"

NOT_OFFERED = {
    "not_recorded": "everything is recorded",
    "no_grad_and_threads": "everything is recorded",
    "ordered": "no comparisons",
    "remainder": "no %",
    "number_to_the_x": "only numbers as powers",
    "zero_to_the_y": "only numbers as powers",
    "x_to_the_x": "only numbers as powers",
    "log_of_negative": "no log",
    "branch_not_taken": "no log",
    "length_at_origin": "no hypot",
    "nan_through_max": "no max",
    "tie": "no max",
    "abs_at_0": "no abs",
    "clamp_at_bound": "no clamp",
    "tanh_tail": "no tanh",
    "sigmoid_tail": "no sigmoid",
    "logsumexp_large": "no exp",
    "third_derivative": _NO_HIGHER,
    "mixed_derivatives": _NO_HIGHER,
    "perturbations": _NO_HIGHER,
    "perturbations_and_threads": _NO_HIGHER,
    "forgotten_return": _NO_TRANSFORMS,
    "two_results": _NO_TRANSFORMS,
    "wrong_by_a_thousandth": "no checker",
}


def derivative(f: Any, at: Any) -> Any:
    """Return f'(at)."""
    return both(f, at)[1]


def both(f: Any, at: Any) -> Any:
    """Return f(at) and f'(at)."""
    x = Value(at)
    out = f(x)
    out.backward()
    return out.data, x.grad


# Graphs


def same_operand_twice() -> Any:
    x = Value(3.0)
    ((x + x) * x + x).backward()
    return x.grad


def diamond() -> Any:
    x = Value(3.0)
    a = x + 1
    b = a * 2
    c = a * b
    (b + c).backward()
    return x.grad


def doubled_twice() -> Any:
    a = Value(1.0)
    b = a + a
    c = b + b
    c.backward()
    return a.grad


def chain(length: int) -> Any:
    x = Value(1.0)
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
    x = Value(3.0)
    x2, out2 = copy.deepcopy((x, x * x + x))
    out2.backward()
    return x2.grad, x.grad


def pickled() -> Any:
    x = Value(3.0)
    x2, out2 = pickle.loads(pickle.dumps((x, x * x + x)))
    out2.backward()
    return x2.grad, x.grad


# State


def second_backward() -> Any:
    x = Value(2.0)
    out = (3 * x) ** 2
    out.backward()
    out.backward()
    return x.grad


def forgotten_zero_grad() -> Any:
    x = Value(3.0)
    for _ in range(2):
        (x**2).backward()
    return x.grad


def stale_leaf() -> Any:
    w = Value(2.0)
    out = w * w
    w.data -= 0.5
    out.backward()
    return w.grad


stale_through_data = stale_leaf


def assigned_intermediate() -> Any:
    x = Value(2.0)
    y = 3 * x
    y.data = 7.0
    (y * y).backward()
    return x.grad


def not_computed() -> Any:
    x = Value(3.0)
    before = x.grad
    (x * 0).backward()
    return before != x.grad


def detached() -> Any:
    x = Value(2.0)
    (x * Value(x.data)).backward()
    return x.grad


def augmented() -> Any:
    x = Value(2.0)
    y = 2 * x
    z = y
    z += 1
    (y * z).backward()
    return x.grad


def misspelt() -> Any:
    x = Value(2.0)
    x.gard = 0.0
    return "accepted"


# What Python does with a number


def equal() -> Any:
    return Value(3.0) == 3.0


def truth() -> Any:
    return bool(Value(0.0))


def keys() -> Any:
    return len({Value(2.0): "x", Value(2.0): "y"})


def math_function() -> Any:
    return derivative(math.sin, 1.0)


def text() -> Any:
    return (Value("a") * 2).data


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


def times_array() -> Any:
    return derivative(lambda x: x * np.array([1.0, 2.0]), 2.0)


# Edges of domains, and kinks


def divided_by_0() -> Any:
    return both(lambda x: 1 / x, 0.0)


def root_of_negative() -> Any:
    return both(lambda x: x**0.5, -2.0)


def zero_to_the_0() -> Any:
    return both(lambda x: x**0, 0.0)


def infinity_to_the_0() -> Any:
    return both(lambda x: x**0, math.inf)


def negative_base() -> Any:
    return derivative(lambda x: x**3.0, -2.0)


def root_at_0_times_0() -> Any:
    return derivative(lambda x: 0 * x**0.5, 0.0)


def nan_through_relu() -> Any:
    return both(lambda x: x.relu(), math.nan)


def relu_at_0() -> Any:
    return derivative(lambda x: x.relu(), 0.0)


# Derivatives of derivatives, functions, threads


def ignored_argument() -> Any:
    return derivative(lambda x: Value(3.0), 2.0)
