"""What counts as a number, and how strangers are refused."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autodiff as ad
from autodiff.scalars import as_float, is_real, refusal

REALS = [
    3, True, 3.0, Fraction(7, 2), Decimal("3.5"), np.float64(3.5), np.float32(3.5), np.float16(3.5),
    np.longdouble(3.5), np.int64(3), np.uint8(3), np.bool_(True),
]  # fmt: skip
STRANGERS = {
    "text": ("a", "float(...)"),
    "bytes": (b"a", "float(...)"),
    "complex": (1 + 2j, ".real"),
    "NumPy complex": (np.complex64(1j), ".real"),
    "None": (None, "forget to return"),
    "list": ([1.0], "element by element"),
    "tuple": ((1.0,), "element by element"),
    "dict": ({"a": 1.0}, "element by element"),
    "array": (np.array([1.0, 2.0]), "object array of Values"),
    "array of no dimensions": (np.array(1.0), ".item()"),
    "object": (object(), "object"),
}
everyone = pytest.mark.parametrize("stranger, advice", STRANGERS.values(), ids=STRANGERS)


@pytest.mark.parametrize("number", REALS, ids=lambda x: type(x).__name__)
def test_every_real_scalar_becomes_a_plain_float(number):
    assert is_real(number)
    assert type(as_float(number)) is float
    assert as_float(number) == float(number)
    assert type(ad.Value(number).data) is float


@everyone
def test_a_stranger_is_refused_with_advice(stranger, advice):
    assert not is_real(stranger)
    with pytest.raises(TypeError) as error:
        as_float(stranger, "here")
    assert str(error.value).startswith("here: expected a")
    assert advice in str(error.value)


@everyone
def test_a_value_of_a_stranger_is_refused(stranger, advice):
    with pytest.raises(TypeError, match=r"^Value: expected a"):
        ad.Value(stranger)


@everyone
def test_every_row_refuses_a_stranger_and_says_which_row_it_was(stranger, advice):
    for row in ad.PRIMITIVES.values():
        if row.operands.variadic:
            continue
        operands = [stranger, *[1.0] * (len(row.operands.names) - 1)]
        with pytest.raises(TypeError, match=f"^{row.name}: expected a"):
            row(*operands)


def test_an_array_is_told_its_shape():
    assert "shape (2, 3)" in refusal(np.zeros((2, 3)))


def test_a_value_is_no_plain_number_and_the_message_points_to_its_data():
    leaf = ad.Value(1.0)
    with pytest.raises(TypeError, match=r"^data: .*\.data"):
        leaf.data = ad.Value(2.0)
    assert leaf.data == 1.0


def test_nan_and_the_infinities_are_numbers():
    assert ad.Value(float("inf")).data == float("inf")
    assert np.isnan(ad.Value(float("nan")).data)
