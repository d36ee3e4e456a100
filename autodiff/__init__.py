"""Scalar automatic differentiation: record, go backward, explain, draw, check."""

from autodiff.draw import draw as draw
from autodiff.draw import to_dot as to_dot
from autodiff.errors import DomainError as DomainError
from autodiff.errors import RuleError as RuleError
from autodiff.errors import StaleValueError as StaleValueError
from autodiff.explain import explain as explain
from autodiff.explain import why_order as why_order
from autodiff.forward import Dual as Dual
from autodiff.forward import jvp as jvp
from autodiff.functions import max as max
from autodiff.functions import min as min
from autodiff.functions import softmax as softmax
from autodiff.functions import where as where
from autodiff.modes import no_grad as no_grad
from autodiff.modes import scope as scope
from autodiff.modes import strict as strict
from autodiff.paths import paths as paths
from autodiff.primitive import Primitive as Primitive
from autodiff.primitives import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceil,
    clamp,
    cos,
    cosh,
    div,
    dot,
    elu,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    gelu,
    hypot,
    identity,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    logsigmoid,
    logsumexp,
    mean,
    mul,
    neg,
    pow,
    prod,
    reciprocal,
    relu,
    sech,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softplus,
    sqrt,
    square,
    sub,
    sum,
    tan,
    tanh,
)  # fmt: skip
from autodiff.rows import PRIMITIVES as PRIMITIVES
from autodiff.rows import define as custom_primitive
from autodiff.trace import Trace as Trace
from autodiff.trace import trace as trace
from autodiff.transforms import grad as grad
from autodiff.transforms import gradients as gradients
from autodiff.transforms import hessian as hessian
from autodiff.transforms import hvp as hvp
from autodiff.transforms import jacobian as jacobian
from autodiff.transforms import value_and_grad as value_and_grad
from autodiff.transforms import vjp as vjp
from autodiff.value import Value as Value
from autodiff.value import backward as backward
from autodiff.value import zero_grad as zero_grad
