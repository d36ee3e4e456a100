"""Scalar automatic differentiation: record, go backward, explain, draw, check."""

from autodiff.native.choice import choose as _choose

__native__ = _choose(__path__[0])
"""Whether the compiled core runs."""

# ruff: noqa: E402 : the choice comes before all that it is about

import typing as _typing

from autodiff.errors import (
    DomainError as DomainError,
    RecordingError as RecordingError,
    RuleError as RuleError,
    StaleValueError as StaleValueError,
)
from autodiff.forward import Dual as Dual, jvp as jvp
from autodiff.functions import max as max, min as min, softmax as softmax, where as where
from autodiff.later import load_later as _load_later
from autodiff.modes import no_grad as no_grad, scope as scope, strict as strict
from autodiff.primitive import Primitive as Primitive
from autodiff.primitives import (
    abs as abs,
    acos as acos,
    acosh as acosh,
    add as add,
    asin as asin,
    asinh as asinh,
    atan as atan,
    atan2 as atan2,
    atanh as atanh,
    cbrt as cbrt,
    ceil as ceil,
    clamp as clamp,
    cos as cos,
    cosh as cosh,
    div as div,
    dot as dot,
    elu as elu,
    erf as erf,
    erfc as erfc,
    exp as exp,
    expm1 as expm1,
    floor as floor,
    gelu as gelu,
    hypot as hypot,
    identity as identity,
    leaky_relu as leaky_relu,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
    logsigmoid as logsigmoid,
    logsumexp as logsumexp,
    mean as mean,
    mul as mul,
    neg as neg,
    pow as pow,
    prod as prod,
    reciprocal as reciprocal,
    relu as relu,
    sech as sech,
    sigmoid as sigmoid,
    sign as sign,
    silu as silu,
    sin as sin,
    sinh as sinh,
    softplus as softplus,
    sqrt as sqrt,
    square as square,
    sub as sub,
    sum as sum,
    tan as tan,
    tanh as tanh,
)  # fmt: skip
from autodiff.rows import PRIMITIVES as PRIMITIVES, custom_primitive as custom_primitive
from autodiff.tape import compile as compile
from autodiff.transforms import (
    grad as grad,
    gradients as gradients,
    hessian as hessian,
    hvp as hvp,
    jacobian as jacobian,
    value_and_grad as value_and_grad,
    vjp as vjp,
)
from autodiff.value import Value as Value, backward as backward, zero_grad as zero_grad

if _typing.TYPE_CHECKING:
    from autodiff import data as data, exercises as exercises, nn as nn
    from autodiff.draw import draw as draw, to_dot as to_dot
    from autodiff.explain import explain as explain, why_order as why_order
    from autodiff.lesson import animate as animate, lesson as lesson
    from autodiff.paths import paths as paths
    from autodiff.trace import Trace as Trace, trace as trace

_load_later(__name__, {
    "draw": "draw", "to_dot": "draw", "explain": "explain", "why_order": "explain", "paths": "paths",
    "Trace": "trace", "trace": "trace", "nn": "nn", "data": "data", "lesson": "lesson",
    "animate": "lesson", "exercises": "exercises",
})  # fmt: skip
