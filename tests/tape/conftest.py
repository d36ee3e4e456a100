"""The replays there are: a module that asks for ``replay_kind`` is run on each of them."""

from collections.abc import Iterator

import pytest

from autodiff.tape import replay

KINDS = ["NumPy"] if replay.native is None else ["NumPy", "native"]


@pytest.fixture(params=KINDS, scope="module")
def replay_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the tapes that the tests of a module record over NumPy arrays, then natively where built."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "NumPy":
            patch.setattr(replay, "native", None)
        yield request.param
