"""Hypothesis profiles: the same examples on every run, unless ``HYPOTHESIS_PROFILE=explore``.

And a fixture for tests that define rows.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from autodiff import primitive

# No deadline: a slow machine is no failure. No database: a run does not depend on the one before.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, max_examples=100, print_blob=True
)
settings.register_profile("default", settings.get_profile("ci"))
settings.register_profile(
    "explore", derandomize=False, deadline=None, database=None, max_examples=2000,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.load_profile("ci" if os.environ.get("CI") else os.environ.get("HYPOTHESIS_PROFILE", "default"))


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
