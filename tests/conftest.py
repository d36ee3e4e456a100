"""Hypothesis profiles: the same examples on every run, unless ``HYPOTHESIS_PROFILE=explore``."""

import os

from hypothesis import HealthCheck, settings

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
