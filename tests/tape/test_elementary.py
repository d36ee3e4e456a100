"""The lanes' elementary functions against exact numbers, as Python: the unit has the same bits."""

import math
import re
from math import inf, nan
from types import ModuleType

import numpy as np
import pytest

import autodiff as ad
from autodiff import kernels
from autodiff.tape import elementary
from autodiff.tape.lane_rows import VECTORISED
from autodiff.tape.lane_source import MODULES
from tests.engine.processes import ROOT
from tests.tape.accuracy import KINDS, arguments, largest_error
from tests.tape.coefficients import FITS, fitted
from tests.tape.units import columns, every_unit, needs_units, same_bits, values

BOUNDS = {
    name: float(bound)
    for name, bound in re.findall(
        r"^\| `(\w+)` \| ([\d.]+) \|", (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8"), re.M
    )
}
SPECIAL = [0.0, -0.0, inf, -inf, nan, 5e-324, -5e-324, 2.0**-1022, 1.7e308, -1.7e308, 1.0, -1.0, 2.5]

every_function = pytest.mark.parametrize("name", KINDS)


def test_every_function_has_its_exact_form_and_its_bound() -> None:
    assert set(VECTORISED) == set(KINDS) == set(BOUNDS)


@every_function
def test_errors_stay_within_the_documented_bound(name: str) -> None:
    found = largest_error(name, 700)
    assert found.ulps <= BOUNDS[name], f"{name}{found.operands} is {found.ulps} ulp off"


@every_function
def test_special_floats_give_what_the_c_library_gives(name: str) -> None:
    ours, theirs = getattr(elementary, name), getattr(kernels, name)
    points = [(x, y) for x in SPECIAL for y in SPECIAL] if name in ("atan2", "hypot") else [
        (x,) for x in SPECIAL if name not in elementary.LIMITED or not 1e6 < abs(x) < inf
    ]  # fmt: skip
    for point in points:
        got, expected = ours(*point), theirs(*point)
        if math.isnan(expected) or math.isinf(expected) or expected == 0:
            assert repr(got) == repr(expected), f"{name}{point}"
        else:  # both are within 2 ulp of the exact number, and 2**-52 is no less than an ulp
            assert math.isclose(got, expected, rel_tol=4 * 2.0**-52, abs_tol=4 * 5e-324), (
                f"{name}{point}"
            )


@pytest.mark.parametrize("name", ["sin", "tan", "sinh", "tanh", "asin", "atan", "asinh", "atanh"])
def test_odd_functions_are_odd_to_the_bit(name: str) -> None:
    function = getattr(elementary, name)
    for (x,) in arguments(name, 200):
        assert repr(function(-x)) == repr(-function(x)) or math.isnan(function(x))


@pytest.mark.parametrize("name", ["cos", "cosh"])
def test_even_functions_are_even_to_the_bit(name: str) -> None:
    function = getattr(elementary, name)
    assert all(function(-x) == function(x) for (x,) in arguments(name, 200))


def test_exact_logarithms_are_exact() -> None:
    assert [elementary.log2(2.0**k) for k in range(-1074, 1024)] == list(range(-1074, 1024))
    assert [elementary.log10(10.0**k) for k in range(23)] == list(range(23))


@pytest.mark.parametrize("name", FITS)
def test_coefficients_are_those_of_the_fit(name: str) -> None:
    (stated,) = {vars(module)[name] for module in MODULES if name in vars(module)}
    assert fitted(name, len(stated)) == stated


@needs_units
@every_unit
@every_function
def test_compiled_functions_have_the_bits_of_their_python_source(name: str, unit: ModuleType) -> None:
    points = arguments(name, 300)
    operands = columns(points, len(points[0]))
    # The C library takes over where sin, cos and tan hold no longer: not asked here.
    inside = np.abs(operands[0]) <= elementary.LIMITED.get(name, inf)
    operands = [np.ascontiguousarray(column[inside]) for column in operands]
    function = getattr(elementary, name)
    expected = np.array(
        [function(*point) for point in zip(*(column.tolist() for column in operands), strict=True)]
    )
    assert same_bits(values(unit, ad.PRIMITIVES[name], operands), expected)
