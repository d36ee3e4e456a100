"""What other packages' gradient checks would say, reimplemented on scalars from their sources.

These are not the packages: each function states one package's step, direction and tolerance for
double precision, at its defaults and first order, and says whether it objects. (At second order the
three compare a derivative of the gradient with finite differences of that gradient: a rule that is
wrong throughout agrees with itself there.) ``test_rules.py`` compares them with the packages.

    f           a function of numbers
    gradient    what is claimed to be its gradient at ``point``
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy

Function = Callable[..., float]
Numbers = Sequence[float]


def pytorch_objects(f: Function, gradient: Numbers, point: Numbers) -> bool:
    """Return whether ``torch.autograd.gradcheck`` would object.

    PyTorch 2.13.0, torch/autograd/gradcheck.py: central differences by one number at a time, eps=1e-6,
    and torch.allclose with atol=1e-5, rtol=1e-3, relative to the numerical derivative.
    """
    eps, atol, rtol = 1e-6, 1e-5, 1e-3
    for i, mine in enumerate(gradient):
        below, above = ([*point[:i], point[i] + step, *point[i + 1 :]] for step in (-eps, eps))
        numerical = (f(*above) - f(*below)) / (2 * eps)
        if not (mine == numerical or abs(mine - numerical) <= atol + rtol * abs(numerical)):
            return True
    return False


def jax_objects(f: Function, gradient: Numbers, point: Numbers) -> bool:
    """Return whether ``jax.test_util.check_grads`` would object, in modes fwd and rev.

    JAX 0.10.2, jax/_src/public_test_util.py: one direction of normal numbers from
    numpy.random.RandomState(0), central differences, EPS=1e-4, and numpy.testing.assert_allclose with
    atol=rtol=1e-5, relative to the numerical derivative; nan agrees with nan.
    """
    eps, tolerance = 1e-4, 1e-5
    random = numpy.random.RandomState(0)
    direction = [float(random.randn()) for _ in point]
    cotangent = float(random.randn())
    above, below = (
        f(*(x + sign * (d * eps) for x, d in zip(point, direction, strict=True))) for sign in (1, -1)
    )
    numerical = (above - below) * (0.5 / eps)
    tangent = _dot(gradient, direction)
    products = _dot([g * cotangent for g in gradient], direction)
    return not all(
        mine == theirs
        or (math.isnan(mine) and math.isnan(theirs))
        or abs(mine - theirs) <= tolerance + tolerance * abs(theirs)
        for mine, theirs in ((tangent, numerical), (products, numerical * cotangent))
    )


def autograd_objects(
    f: Function, gradient: Numbers, point: Numbers, normal: Callable[[], float]
) -> bool:
    """Return whether HIPS autograd's ``check_grads`` would object, in modes fwd and rev.

    autograd 1.9.1, autograd/test_util.py: a direction and a weight of normal numbers for each mode,
    central differences, EPS=1e-6, and |a - b| < TOL=1e-6 or |a - b| / |a + b| < RTOL=1e-6. ``normal``
    gives the next normal number: the package takes it from NumPy's global generator.
    """
    eps, tol, rtol = 1e-6, 1e-6, 1e-6

    def close(a: float, b: float) -> bool:
        apart, size = abs(a - b), abs(a + b)
        return apart < tol or (size > 0 and apart / size < rtol)

    for _ in ("fwd", "rev"):
        direction = [normal() for _ in point]
        weight = normal()
        above, below = (
            f(*(x + d * (sign * eps / 2) for x, d in zip(point, direction, strict=True)))
            for sign in (1, -1)
        )
        numerical = (above - below) * (1 / eps)
        if not close(_dot(gradient, direction) * weight, numerical * weight):
            return True
    return False


def _dot(xs: Numbers, ys: Numbers) -> float:
    return sum(x * y for x, y in zip(xs, ys, strict=True))


def _seeded_autograd(f: Function, gradient: Numbers, point: Numbers) -> bool:
    return autograd_objects(f, gradient, point, numpy.random.RandomState(0).randn)


RULES: Mapping[str, Callable[[Function, Numbers, Numbers], bool]] = MappingProxyType(
    {"PyTorch": pytorch_objects, "JAX": jax_objects, "HIPS autograd": _seeded_autograd}
)
"""The rules by the name of the package that they are like."""
