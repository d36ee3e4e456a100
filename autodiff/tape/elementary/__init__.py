"""Elementary functions for rows of lanes: straight-line arithmetic that a compiler can do on vectors.

Each function is one expression after another: no branch (a conditional expression becomes a select),
no table, no call that is not inlined, no fused multiply-add, every operation rounded as IEEE-754
says. So a loop over lanes is done with whatever vector registers the machine has, and gives the same
bits on all of them. The lane unit is generated from this source; as Python it computes the same bits.

Method (Cody & Waite 1980; Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., §10):
the argument is reduced to a small interval by subtracting a multiple of a constant held in several
pieces; there a polynomial is evaluated; what a rounding of the large term lost is added to the
small one before the two are summed (Dekker 1971). The coefficients are Chebyshev fits made with
60 digits; the tests derive them again.

    k           the integer multiple taken out
    r, rest     the reduced argument and what its rounding lost
    high, low   an unevaluated sum: the value is high + low, with low below high's last digits
    P(z)        the polynomial of the interval
"""

from autodiff.tape.elementary.angles import (
    acos as acos,
    asin as asin,
    atan as atan,
    atan2 as atan2,
    hypot as hypot,
)
from autodiff.tape.elementary.exponentials import (
    cosh as cosh,
    exp as exp,
    expm1 as expm1,
    sinh as sinh,
    tanh as tanh,
)
from autodiff.tape.elementary.logarithms import (
    acosh as acosh,
    asinh as asinh,
    atanh as atanh,
    log as log,
    log1p as log1p,
    log2 as log2,
    log10 as log10,
)
from autodiff.tape.elementary.turns import TRIGONOMETRIC_LIMIT, cos as cos, sin as sin, tan as tan

LIMITED = {"sin": TRIGONOMETRIC_LIMIT, "cos": TRIGONOMETRIC_LIMIT, "tan": TRIGONOMETRIC_LIMIT}
"""The functions that hold only up to a size of their argument."""
