"""Building from this checkout, in a folder of its own."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.processes import ROOT

COMPILER = shutil.which(os.environ.get("CC", "cc").split()[0])
TOOLS = all(importlib.util.find_spec(name) for name in ("Cython", "setuptools"))

needs_tools = pytest.mark.skipif(not TOOLS, reason="Cython and setuptools are not installed")
needs_compiler = pytest.mark.skipif(
    not (TOOLS and COMPILER), reason="a C compiler, Cython and setuptools are needed"
)


def build(folder: Path, script: Path | str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return how ``script build_ext --inplace`` ended in ``folder``."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", str(script), "build_ext", "--inplace"],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def checkout(folder: Path) -> Path:
    """Return a copy of the package and of what builds it, without anything built."""
    unbuilt = shutil.ignore_patterns("*.so", "*.pyd", "fingerprint.txt", "table.pxd", "__pycache__")
    shutil.copytree(ROOT / "autodiff", folder / "autodiff", ignore=unbuilt)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def printed_in(folder: Path, code: str, pure: str = "0") -> str:
    """Return what ``code`` prints with the package that lies in ``folder``."""
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder), "AUTODIFF_PURE": pure},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (process.returncode, process.stderr) == (0, ""), process.stderr
    return process.stdout
