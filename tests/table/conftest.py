"""Fixtures of the table tests."""

from collections.abc import Iterator

import pytest

from autodiff import primitive


@pytest.fixture
def user_row() -> Iterator[None]:
    """Take the user's rows out of the table again when the test is over."""
    tables = [primitive.rows, primitive.on_numbers, primitive.on_floats]
    before = [dict(table) for table in tables]
    yield
    for table, rows in zip(tables, before, strict=True):
        for name in set(table) - set(rows):
            del table[name]
        table.update((name, rows[name]) for name in rows if table[name] is not rows[name])
