"""Command lines in a process of their own."""

import os
import subprocess
import sys

from tests.engine.processes import ROOT

LECTURE = ["y = sin(w1*x + w0)", "w0=0.5", "w1=2", "x=0.3"]


def process(*words, cwd, **options):
    """How ``python -m autodiff`` ended, and what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "autodiff", *words],
        cwd=cwd, env=environment, capture_output=True, check=False, timeout=120, **options,
    )  # fmt: skip
