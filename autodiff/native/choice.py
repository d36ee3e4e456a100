"""Which core runs: the compiled one, or the Python files it was compiled from.

The compiled one, where it was built of these very files; the files themselves where it was not, and
wherever ``AUTODIFF_PURE=1`` stands in the environment (to step through them in a debugger, say).
"""

import contextlib
import importlib
import os
import sys
import zlib
from collections.abc import Sequence
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)

TYPED = ("operation", "operators", "graph", "value")
UNTYPED = (
    "structure", "tape/record", "tape/optimise", "tape/reverse", "tape/layout", "tape/arguments",
    "tape/replay", "tape/entry", "tape/compiled",
)  # fmt: skip
COMPILED = (*TYPED, *UNTYPED)
"""The modules of the package that are compiled, with C types or as they are: all of them or none."""

_SOURCES = (
    *(f"{name}.{kind}" for name in TYPED for kind in ("py", "pxd")), "calls.pxd", "nodes.pxd",
    "slabs.pxd", "kernels.py", "expressions.py", "primitives.py", "native/rules.py",
    "native/translate.py", *(f"{name}.py" for name in UNTYPED),
)  # fmt: skip
_FINGERPRINT = os.path.join("native", "fingerprint.txt")  # written by the build


def choose(folder: str) -> bool:
    """Return whether the compiled core runs; where it does not, see to it that the files do.

    Arguments:
        folder: the package's, before anything else is imported from it.
    """
    wanted = not os.environ.get("AUTODIFF_PURE", "").strip("0")
    native = wanted and is_built(folder) and _in_main_interpreter()
    if not native:  # finders that look for Python files first, in the place of the usual ones
        sources, others = (SourceFileLoader, SOURCE_SUFFIXES), (ExtensionFileLoader, EXTENSION_SUFFIXES)
        for room in (folder, os.path.join(folder, "tape")):
            sys.path_importer_cache[room] = FileFinder(room, sources, others)
    return native


def _in_main_interpreter() -> bool:
    """Return whether this is the process's first interpreter: compiled modules live in one alone."""
    for name in ("_interpreters", "_xxsubinterpreters"):  # of 3.13, and before
        with contextlib.suppress(ImportError):
            interpreters = importlib.import_module(name)
            first, current = interpreters.get_main(), interpreters.get_current()
            return bool((first[0] if isinstance(first, tuple) else first)
                        == (current[0] if isinstance(current, tuple) else current))  # fmt: skip
    return True


def is_built(package: str) -> bool:
    """Return whether ``package`` holds a compiled core for this Python, made of its present files."""
    try:
        with open(os.path.join(package, _FINGERPRINT), encoding="ascii") as file:
            built_of = file.read()
        return built_of == fingerprint(package) and all(built_files(package))
    except OSError:
        return False


def built_files(folder: str) -> Sequence[list[str]]:
    """Return, for each of ``COMPILED``, its compiled files in ``folder`` that this Python can load."""
    return [
        [
            file
            for suffix in EXTENSION_SUFFIXES
            if os.path.exists(file := os.path.join(folder, name + suffix))
        ]
        for name in COMPILED
    ]


def fingerprint(package: str) -> str:
    """Return what tells one state of the core's source files from another."""
    return checksum_of(package, _SOURCES)


def checksum_of(package: str, names: Sequence[str]) -> str:
    """Return what tells one state of the package's files ``names`` from another."""
    checksum = 0
    for name in names:
        with open(os.path.join(package, name), "rb") as file:
            checksum = zlib.crc32(file.read(), checksum)
    return f"{checksum:08x}"


def mark_built(source: str, target: str, complete: bool = True) -> bool:
    """Return whether all of the core is in ``target``; say there what it is built of, or remove it."""
    files = built_files(target)
    mark = os.path.join(target, _FINGERPRINT)
    if os.path.exists(mark):
        os.remove(mark)
    if complete and all(files):
        os.makedirs(os.path.dirname(mark), exist_ok=True)
        with open(mark, "w", encoding="ascii") as file:
            file.write(fingerprint(source))
        return True
    for name in (name for group in files for name in group):
        os.remove(name)
    return False
