"""The float functions: Python's ``math`` bit for bit where it answers, IEEE-754 where it raises."""

import math
from math import inf, nan

import pytest

from autodiff import kernels
from tests.table.oracles import ROWS
from tests.table.points import SMALLEST_NORMAL, TINY, UNIVERSE

SPECIAL = [0.0, -0.0, inf, -inf, nan, TINY, -TINY, SMALLEST_NORMAL, -1.0, 1.0]
NUMBERS = [*UNIVERSE, *SPECIAL]
SHARED = [
    name for name in kernels.__all__ if hasattr(math, name) and name not in ("floor", "ceil", "hypot")
]


def same(x: float, y: float) -> bool:
    """Return whether two floats are the same, the sign of 0 included; every nan is alike."""
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    return x == y and math.copysign(1.0, x) == math.copysign(1.0, y)


def arguments(name: str) -> list[tuple[float, ...]]:
    """Return what a kernel of one or two numbers is tried with."""
    if kernels_arity(name) == 1:
        return [(x,) for x in NUMBERS]
    return [(x, y) for x in NUMBERS[::3] + SPECIAL for y in NUMBERS[::5] + SPECIAL]


def kernels_arity(name: str) -> int:
    """Return how many numbers a kernel takes, as its row says."""
    return len(ROWS[name].operands.names)


@pytest.mark.parametrize("name", SHARED)
def test_kernel_is_pythons_math_function_bit_for_bit(name: str) -> None:
    answered = 0
    for xs in arguments(name):
        got = getattr(kernels, name)(*xs)
        try:
            expected = getattr(math, name)(*xs)
        except (ValueError, OverflowError):
            continue
        answered += 1
        assert same(got, expected), f"{name}{xs} = {got!r}, math says {expected!r}"
    assert answered > 30


def test_the_kernels_shared_with_math_include_the_usual_functions() -> None:
    assert {"sin", "exp", "log", "log1p", "pow", "erf", "tanh", "atan2", "cbrt"} <= set(SHARED)


@pytest.mark.parametrize(
    ("name", "xs", "expected"),
    [
        ("sin", (inf,), nan), ("cos", (-inf,), nan), ("tan", (inf,), nan),
        ("asin", (1.5,), nan), ("acos", (-1.5,), nan), ("sqrt", (-1.0,), nan), ("sqrt", (-0.0,), -0.0),
        ("acosh", (0.5,), nan), ("exp", (1000.0,), inf), ("expm1", (1000.0,), inf),
        ("cosh", (-1000.0,), inf), ("sinh", (1000.0,), inf), ("sinh", (-1000.0,), -inf),
        ("log", (0.0,), -inf), ("log", (-0.0,), -inf), ("log", (-1.0,), nan), ("log", (-inf,), nan),
        ("log2", (0.0,), -inf), ("log2", (-1.0,), nan), ("log10", (0.0,), -inf), ("log10", (-2.0,), nan),
        ("log1p", (-1.0,), -inf), ("log1p", (-2.0,), nan), ("atanh", (1.0,), inf),
        ("atanh", (-1.0,), -inf), ("atanh", (2.0,), nan),
        ("div", (1.0, 0.0), inf), ("div", (1.0, -0.0), -inf), ("div", (-1.0, 0.0), -inf),
        ("div", (-1.0, -0.0), inf), ("div", (0.0, 0.0), nan), ("div", (nan, 0.0), nan),
        ("div", (inf, 0.0), inf), ("div", (1e308, 1e-308), inf),
        ("pow", (10.0, 400.0), inf), ("pow", (-10.0, 401.0), -inf), ("pow", (-10.0, 400.0), inf),
        ("pow", (0.0, -1.0), inf), ("pow", (-0.0, -1.0), -inf), ("pow", (-0.0, -2.0), inf),
        ("pow", (0.0, -0.5), inf), ("pow", (-0.0, -0.5), inf), ("pow", (-8.0, 1 / 3), nan),
        ("pow", (0.0, 0.0), 1.0), ("pow", (nan, 0.0), 1.0), ("pow", (1.0, nan), 1.0),
        ("pow", (-0.0, -inf), inf), ("pow", (-1.0, inf), 1.0),
        ("hypot", (1e308, 1.7e308), inf), ("hypot", (inf, nan), inf), ("hypot", (3.0, -4.0), 5.0),
        ("floor", (-0.0,), -0.0), ("floor", (inf,), inf), ("floor", (nan,), nan),
        ("floor", (-0.5,), -1.0),
        ("floor", (1e300,), 1e300), ("ceil", (-0.5,), -0.0), ("ceil", (-inf,), -inf),
        ("ceil", (0.5,), 1.0), ("abs", (-0.0,), 0.0),
    ],
)  # fmt: skip
def test_kernel_gives_the_ieee_answer(name: str, xs: tuple[float, ...], expected: float) -> None:
    assert same(getattr(kernels, name)(*xs), expected)


@pytest.mark.parametrize("name", [name for name in kernels.__all__ if name in ROWS])
def test_scalar_kernels_agree_with_numpy_where_math_raises(name: str) -> None:
    np = pytest.importorskip("numpy")
    renamed = {"asin": "arcsin", "acos": "arccos", "acosh": "arccosh", "atanh": "arctanh"}
    ufunc = getattr(np, renamed.get(name, {"div": "divide", "pow": "power"}.get(name, name)), None)
    asked = 0
    for xs in arguments(name) if isinstance(ufunc, np.ufunc) and hasattr(math, name) else []:
        try:
            getattr(math, name)(*xs)
        except (ValueError, OverflowError):
            asked += 1
            with np.errstate(all="ignore"):
                expected = float(ufunc(*xs))
            assert same(getattr(kernels, name)(*xs), expected), f"{name}{xs}"
    assert asked or not hasattr(math, name) or name not in ("exp", "log", "sqrt", "atanh", "pow")


def test_hypot_of_nan_is_nan_after_another_function_overflowed() -> None:
    # CPython's abs(complex) raises OverflowError where C's errno still says so from before.
    assert kernels.exp(1000.0) == inf
    assert math.isnan(kernels.hypot(nan, 0.0))
    assert kernels.exp(1000.0) == inf
    assert kernels.hypot(nan, -inf) == inf


@pytest.mark.parametrize(
    "xs", [(3.0, 4.0), (1e308, 1e-300), (0.0, -0.0), (1e-320, 2e-320), (1e200, 1e200)]
)
def test_hypot_is_within_an_ulp_of_pythons(xs: tuple[float, float]) -> None:
    # C's hypot is promised to 1 ulp, Python's own algorithm is nearly correctly rounded.
    expected = math.hypot(*xs)
    assert abs(kernels.hypot(*xs) - expected) <= math.ulp(expected)


@pytest.mark.parametrize(
    ("xs", "largest", "smallest"),
    [
        ([1.0, 3.0, 2.0], 3.0, 1.0), ([-inf, inf], inf, -inf), ([nan, 1.0], nan, nan),
        ([1.0, nan], nan, nan), ([-inf], -inf, -inf), ([inf, nan], nan, nan),
    ],
)  # fmt: skip
def test_extremes_let_nan_win(xs: list[float], largest: float, smallest: float) -> None:
    assert same(kernels.maximum(xs), largest)
    assert same(kernels.minimum(xs), smallest)


def test_reductions_run_from_left_to_right() -> None:
    xs = [1e16, 1.0, -1e16, 0.1]
    assert kernels.total(xs) == ((1e16 + 1.0) + -1e16) + 0.1
    assert kernels.product([1e300, 1e300, 1e-300]) == inf
    assert kernels.dot([1e16, 1.0], [1.0, 1.0]) == 1e16 + 1.0


def test_reductions_of_nothing_are_the_neutral_elements() -> None:
    assert kernels.total([]) == 0.0
    assert kernels.product([]) == 1.0
    assert kernels.logsumexp([]) == -inf
    assert kernels.maximum([]) == -inf
    assert kernels.minimum([]) == inf
    assert kernels.products_of_others([]) == [] == kernels.shares([], 0.0)


def test_products_of_others_never_divide() -> None:
    assert kernels.products_of_others([0.0, 2.0, 3.0]) == [6.0, 0.0, 0.0]
    assert kernels.products_of_others([0.0, 0.0, 3.0]) == [0.0, 0.0, 0.0]


def test_logsumexp_of_infinities() -> None:
    assert kernels.logsumexp([inf, 1.0]) == inf
    assert kernels.logsumexp([-inf, -inf]) == -inf
    assert kernels.logsumexp([-inf, 2.0]) == 2.0
    assert math.isnan(kernels.logsumexp([nan, inf]))
