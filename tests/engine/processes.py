"""Python programs in a process of their own, with this checkout's package."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def ran(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return how ``python -c code`` ended and what it printed."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def printed_by(code: str, *arguments: str, **environment: str) -> str:
    """Return what ``code`` prints; it must end well and complain about nothing."""
    process = ran(code, *arguments, **environment)
    assert (process.returncode, process.stderr) == (0, ""), process.stderr
    return process.stdout
