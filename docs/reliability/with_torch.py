"""The cases with PyTorch, in double precision."""

import copy
import gc
import math
import pickle
import threading
from typing import Any

import numpy as np
import torch
from torch.func import grad

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

NOT_OFFERED: dict[str, str] = {}


def leaf(number: Any) -> Any:
    """Return a tensor of one number to differentiate by."""
    return torch.tensor(number, requires_grad=True)


def derivative(f: Any, at: Any) -> Any:
    """Return f'(at)."""
    return both(f, at)[1]


def both(f: Any, at: Any) -> Any:
    """Return f(at) and f'(at)."""
    x = leaf(at)
    out = f(x)
    out.backward()
    return out.detach(), x.grad


# Graphs


def same_operand_twice() -> Any:
    x = leaf(3.0)
    ((x + x) * x + x).backward()
    return x.grad


def diamond() -> Any:
    x = leaf(3.0)
    a = x + 1
    b = a * 2
    c = a * b
    (b + c).backward()
    return x.grad


def doubled_twice() -> Any:
    a = leaf(1.0)
    b = a + a
    c = b + b
    c.backward()
    return a.grad


def chain(length: int) -> Any:
    x = leaf(1.0)
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
    x = leaf(3.0)
    x2, out2 = copy.deepcopy((x, x * x + x))
    out2.backward()
    return x2.grad, x.grad


def pickled() -> Any:
    x = leaf(3.0)
    x2, out2 = pickle.loads(pickle.dumps((x, x * x + x)))
    out2.backward()
    return x2.grad, x.grad


# State


def second_backward() -> Any:
    x = leaf(2.0)
    out = (3 * x) ** 2
    out.backward()
    out.backward()
    return x.grad


def forgotten_zero_grad() -> Any:
    x = leaf(3.0)
    for _ in range(2):
        (x**2).backward()
    return x.grad


def stale_leaf() -> Any:
    w = leaf(2.0)
    out = w * w
    with torch.no_grad():
        w -= 0.5
    out.backward()
    return w.grad


def stale_through_data() -> Any:
    w = leaf(2.0)
    out = w * w
    w.data -= 0.5
    out.backward()
    return w.grad


def assigned_intermediate() -> Any:
    x = leaf(2.0)
    y = 3 * x
    y.fill_(7.0)
    (y * y).backward()
    return x.grad


def not_computed() -> Any:
    x = leaf(3.0)
    before = x.grad
    (x * 0).backward()
    return before is None and x.grad is not None


def detached() -> Any:
    x = leaf(2.0)
    (x * x.detach()).backward()
    return x.grad


def not_recorded() -> Any:
    x = leaf(2.0)
    with torch.no_grad():
        out = x * x
    return out.requires_grad


def augmented() -> Any:
    x = leaf(2.0)
    y = 2 * x
    z = y
    z += 1
    (y * z).backward()
    return x.grad


def misspelt() -> Any:
    x = leaf(2.0)
    x.gard = 0.0
    return "accepted"


# What Python does with a number


def equal() -> Any:
    return bool(leaf(3.0) == 3.0)


def ordered() -> Any:
    return bool(leaf(3.0) > 2.0)


def truth() -> Any:
    return bool(leaf(0.0))


def keys() -> Any:
    return len({leaf(2.0): "x", leaf(2.0): "y"})


def math_function() -> Any:
    return math.sin(leaf(1.0))


def text() -> Any:
    return leaf("a") * 2


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
    return derivative(lambda x: (x * torch.from_numpy(np.array([1.0, 2.0]))).sum(), 2.0)


def remainder() -> Any:
    return derivative(lambda x: x % 3, 5.0)


# Edges of domains, and kinks


def divided_by_0() -> Any:
    return both(lambda x: 1 / x, 0.0)


def log_of_negative() -> Any:
    return both(torch.log, -1.0)


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
    return derivative(lambda x: 0 * torch.sqrt(x), 0.0)


def length_at_origin() -> Any:
    return tuple(derivative(torch.linalg.norm, [0.0, 0.0]))


def branch_not_taken() -> Any:
    return derivative(lambda x: torch.where(x > 0, torch.log(x), 2 * x), 0.0)


def nan_through_relu() -> Any:
    return both(torch.relu, math.nan)


def nan_through_max() -> Any:
    return both(lambda x: torch.maximum(x, torch.tensor(1.0)), math.nan)


def tie() -> Any:
    x, y = leaf(2.0), leaf(2.0)
    torch.maximum(x, y).backward()
    return x.grad, y.grad


def relu_at_0() -> Any:
    return derivative(torch.relu, 0.0)


def abs_at_0() -> Any:
    return derivative(torch.abs, 0.0)


def clamp_at_bound() -> Any:
    return derivative(lambda x: torch.clamp(x, 0.0, 1.0), 1.0)


def tanh_tail() -> Any:
    return derivative(torch.tanh, 20.0)


def sigmoid_tail() -> Any:
    return derivative(torch.sigmoid, 40.0)


def logsumexp_large() -> Any:
    value, (first, _) = both(lambda xs: torch.logsumexp(xs, dim=0), [1000.0, 1000.0])
    return value, first


# Derivatives of derivatives, functions, threads


def third_derivative() -> Any:
    return grad(grad(grad(lambda x: x**3)))(torch.tensor(0.0))


def mixed_derivatives() -> Any:
    two, three = torch.tensor(2.0), torch.tensor(3.0)
    by_x_then_y = grad(lambda y: grad(lambda x: x**y)(two))(three)
    by_y_then_x = grad(lambda x: grad(lambda y: x**y)(three))(two)
    return by_x_then_y, by_y_then_x


def perturbations() -> Any:
    one = torch.tensor(1.0)
    return grad(lambda x: x * grad(lambda y: x + y)(one))(one)


def perturbations_and_threads() -> Any:
    started, outer, ended = threading.Event(), threading.Event(), threading.Event()
    one = torch.tensor(1.0)

    def other(x: Any) -> Any:
        started.set()
        outer.wait(20)
        return x * x

    def elsewhere() -> None:
        grad(other)(one)
        ended.set()

    def function(x: Any) -> Any:
        outer.set()
        ended.wait(20)
        return x * grad(lambda y: x * y)(one)

    threading.Thread(target=elsewhere).start()
    started.wait(20)
    return grad(function)(torch.tensor(3.0))


def no_grad_and_threads() -> Any:
    recorded = []

    def elsewhere() -> None:
        x = leaf(2.0)
        recorded.append((x * x).requires_grad)

    thread = threading.Thread(target=elsewhere)
    with torch.no_grad():
        thread.start()
        thread.join()
    return recorded[0]


def ignored_argument() -> Any:
    return grad(lambda x: torch.tensor(3.0))(torch.tensor(2.0))


def forgotten_return() -> Any:
    return grad(lambda x: None)(torch.tensor(2.0))


def two_results() -> Any:
    return grad(lambda x: torch.stack([x, 2 * x]))(torch.tensor(2.0))


class _Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, out_bar: Any) -> Any:
        (x,) = ctx.saved_tensors
        return out_bar * 2 * x * (1 + 1 / 2000)


def wrong_by_a_thousandth() -> Any:
    return torch.autograd.gradcheck(_Square.apply, (leaf(3.0),), raise_exception=False)
