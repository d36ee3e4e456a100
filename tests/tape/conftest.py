"""The replays there are: a module that asks for ``replay_kind`` is run on each of them."""

from collections.abc import Iterator

import pytest

from autodiff import primitive
from autodiff.tape import replay

KINDS = ["NumPy"] if replay.native is None else ["NumPy", "native"]


@pytest.fixture(params=KINDS, scope="module")
def replay_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the tapes that the tests of a module record over NumPy arrays, then natively where built."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "NumPy":
            patch.setattr(replay, "native", None)
        yield request.param


@pytest.fixture
def own_rows() -> Iterator[None]:
    """Take the rows that a test defines out of the table again."""
    tables = [primitive.rows, primitive.on_numbers, primitive.on_floats]
    before = [set(table) for table in tables]
    yield
    for table, names in zip(tables, before, strict=True):
        for name in set(table) - names:
            del table[name]
