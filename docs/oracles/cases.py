"""The cases of docs/oracles.md: expressions in the command line's language, each at a point."""

from typing import NamedTuple


class Case(NamedTuple):
    """An expression at a point, and a note on it."""

    text: str
    point: dict[str, float]
    note: str = ""


BOTH_LOST = (
    "the quotient rule subtracts two numbers that are equal in their leading digits: reverse mode in "
    "double precision, here and elsewhere, keeps what is left of them. mpmath has 60 digits to lose."
)
CHAIN_OF_INF = (
    "the chain rule multiplies 0 by an infinite local derivative, and 0·inf is nan in floating point."
)
OVERFLOWN = (
    "an intermediate number is beyond the largest double: what follows is 0, or inf/inf and 0·inf, nan."
)

CASES = {
    "Where all agree": [
        Case("x*y + sin(x)", {"x": 0.0, "y": 3.0}),
        Case("exp(-x*x)*tanh(y)", {"x": 0.5, "y": -1.2}),
        Case("x**3 + log(x)", {"x": 2.0}),
    ],
    "Kinks": [
        Case("relu(x)", {"x": 0.0}),
        Case("abs(x)", {"x": 0.0}),
        Case("max(x, y)", {"x": 1.0, "y": 1.0}),
        Case("max(x, 1)", {"x": 1.0}),
        Case("min(x, y)", {"x": 1.0, "y": 1.0}),
        Case("min(x, 1)", {"x": 1.0}),
        Case("max(x, y, z)", {"x": 2.0, "y": 2.0, "z": 2.0}),
        Case("max(x, y, 2)", {"x": 2.0, "y": 2.0}),
        Case("clamp(x, 0, 1)", {"x": 0.0}),
        Case("clamp(x, 0, 1)", {"x": 1.0}),
        Case("leaky_relu(x, 0.1)", {"x": 0.0}),
        Case("elu(x, 2)", {"x": 0.0}),
        Case("elu(x, 0.5)", {"x": 0.0}),
        Case("hypot(x, y)", {"x": 0.0, "y": 0.0}),
        Case("sqrt(x**2)", {"x": 0.0}, CHAIN_OF_INF),
        Case("sqrt(x**2 + y**2)", {"x": 0.0, "y": 0.0}, CHAIN_OF_INF),
        Case("relu(x) - relu(-x)", {"x": 0.0},
             "two kinks meet where the function is x, which is smooth; each follows its own convention, "
             "and the sum of two conventions is no subgradient of the sum."),
        Case("abs(x)**1.5", {"x": 0.0}),
        Case("x*abs(x)", {"x": 0.0}),
    ],
    "Jumps": [
        Case("sign(x)", {"x": 0.0}),
        Case("floor(x)", {"x": 2.0}),
        Case("ceil(x)", {"x": 2.0}),
        Case("atan2(y, x)", {"y": 0.0, "x": -1.0}),
        Case("atan2(y, x)", {"y": 0.0, "x": 0.0}),
    ],
    "Powers": [
        Case("x**0", {"x": 0.0}),
        Case("x**y", {"x": 0.0, "y": 0.0}),
        Case("x**y", {"x": 0.0, "y": 2.0}),
        Case("x**y", {"x": 0.0, "y": 1.0}),
        Case("x**y", {"x": -2.0, "y": 2.0}),
        Case("0**x", {"x": 2.0}),
        Case("0**x", {"x": 0.0}),
        Case("x**2.0", {"x": -3.0}),
        Case("x**3.0", {"x": 0.0}),
        Case("x**x", {"x": 0.0}),
        Case("x**0.5", {"x": 0.0}),
        Case("x**0.5", {"x": -2.0}),
        Case("x**1.5", {"x": 0.0}),
        Case("cbrt(x)", {"x": 0.0}),
        Case("cbrt(x)", {"x": -8.0}),
    ],
    "Edges of domains": [
        Case("sqrt(x)", {"x": 0.0}),
        Case("sqrt(x)", {"x": -1.0}),
        Case("log(x)", {"x": 0.0}),
        Case("log(x)", {"x": -1.0}),
        Case("log1p(x)", {"x": -2.0}),
        Case("1/x", {"x": 0.0}),
        Case("asin(x)", {"x": 1.0}),
        Case("asin(x)", {"x": 2.0}),
        Case("acosh(x)", {"x": 1.0}),
        Case("acosh(x)", {"x": 0.5}),
        Case("atanh(x)", {"x": 2.0}),
    ],
    "Overflow and underflow": [
        Case("softplus(x)", {"x": 800.0}),
        Case("softplus(x)", {"x": -700.0}),
        Case("sigmoid(x)", {"x": 40.0}),
        Case("sigmoid(x)", {"x": -800.0}),
        Case("logsigmoid(x)", {"x": 800.0}),
        Case("logsigmoid(x)", {"x": 40.0}),
        Case("logsigmoid(x)", {"x": -800.0}),
        Case("log(1 + exp(x))", {"x": 800.0},
             OVERFLOWN + " softplus(x) is the same function, and keeps it."),
        Case("1/(1 + exp(-x))", {"x": -800.0},
             OVERFLOWN + " sigmoid(x) is the same function, and keeps it."),
        Case("logsumexp(x, y)", {"x": 1000.0, "y": 1000.0}),
        Case("logsumexp(x, y)", {"x": 1e12, "y": 1e12},
             "the row's rule is exp(x - out): how far out = x + log(2) is rounded, which grows with x, "
             "is the relative error of the derivative."),
        Case("log(exp(x) + exp(y))", {"x": 1000.0, "y": 1000.0},
             OVERFLOWN + " logsumexp(x, y) is the same function, and keeps it."),
        Case("softmax(x, y)", {"x": -40.0, "y": 0.0}),
        Case("softmax(x, y)", {"x": 40.0, "y": 0.0}),
        Case("exp(x)/exp(x)", {"x": 710.0}, OVERFLOWN),
        Case("tanh(x)", {"x": 20.0}),
        Case("tanh(x)", {"x": 400.0}),
        Case("gelu(x)", {"x": -10.0}),
        Case("gelu(x)", {"x": -40.0}),
        Case("silu(x)", {"x": -40.0}),
        Case("silu(x)", {"x": -800.0}),
        Case("elu(x)", {"x": -40.0}),
        Case("erfc(x)", {"x": 10.0}),
        Case("erfc(x)", {"x": 30.0}),
        Case("x/hypot(x, y)", {"x": 1e200, "y": 1e200}),
        Case("x/sqrt(x*x + y*y)", {"x": 1e200, "y": 1e200},
             OVERFLOWN + " x/hypot(x, y) is the same function, and keeps it."),
        Case("atan(x)", {"x": 1e200}),
        Case("asinh(x)", {"x": 1e200}),
        Case("sin(x)", {"x": 1e15}),
        Case("expm1(x)", {"x": 1e-18}),
        Case("log1p(x)", {"x": 1e-18}),
    ],
    "Cancellation": [
        Case("(1 - cos(x))/x**2", {"x": 1e-8}, BOTH_LOST),
        Case("(exp(x) - 1)/x", {"x": 1e-12}, BOTH_LOST),
        Case("expm1(x)/x", {"x": 1e-12}),
        Case("(x + 1e8) - 1e8", {"x": 1.0}),
        Case("sqrt(x + 1) - sqrt(x)", {"x": 1e15},
             "the two slopes that are subtracted agree in 15 digits of their 16."),
        Case("sin(x)**2 + cos(x)**2", {"x": 0.7}),
        Case("1 - tanh(x)**2", {"x": 20.0}),
    ],
    "Products of 0 and an infinity": [
        Case("where(x > 0, log(x), 0*x)", {"x": -1.0}),
        Case("where(x > 0, x*log(x), 0*x)", {"x": 0.0}),
        Case("x*log(x)", {"x": 0.0}),
        Case("0*sqrt(x)", {"x": 0.0}, CHAIN_OF_INF),
        Case("sqrt(x)*sqrt(x)", {"x": 0.0}, CHAIN_OF_INF),
        Case("sqrt(x)**2", {"x": 0.0}, CHAIN_OF_INF),
        Case("x*exp(-x)", {"x": 800.0}),
    ],
}  # fmt: skip

REMARKS = (
    "SymPy's logarithms, roots and inverse functions have complex values outside of the real domain, "
    "and real slopes there: by the rule of this page, which is about real functions, that is ✗.",
    "mpmath is asked for differences of values: at a kink it gives the mean of both sides, and where "
    "two steps disagree (jumps, vertical tangents) it gives nothing. A sweep multiplies the local ones, "
    "and leaves out what an adjoint of 0 would multiply: `sqrt(x)*sqrt(x)` at 0.",
    "SciPy is asked for differences, too, of autodiff's values in double precision: cancellation in "
    "these is none of its making, and a kink nearer than its step is not seen.",
    "Whoever moves one input at a time finds 1/2 for each of three that tie: the sum is not 1.",
)
