"""Which lane unit runs: the one for the widest vector registers that this machine has.

The unit is one source compiled several times (see ``autodiff.tape.build``). A module built for other
instructions than the machine's must not even be imported, so the processor is asked first. All of
them compute the same bits. Where none was built the tape runs over NumPy's arrays.

The environment variable ``AUTODIFF_LANES`` chooses one of them for a test: ``avx512``, ``avx2``,
``base``, or ``numpy`` for none.
"""

import importlib
import os
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from autodiff.native.choice import checksum_of

VARIABLE = "AUTODIFF_LANES"

SOURCES = (
    "kernels.py", "expressions.py", "primitives.py", "native/rules.py", "native/translate.py",
    *(f"tape/{name}.py" for name in ("bits", "lane_rows", "lane_source", "layout", "straight")),
    *(f"tape/elementary/{name}.py" for name in
      ("angles", "exponentials", "logarithms", "pieces", "turns")),
    "tape/row_operations.pxi", "tape/workspace.pxi", "tape/interpreter.pxi", "tape/lane_calls.pxi",
)  # fmt: skip
"""The files of the package that a unit is built of."""

INSTRUCTION_SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"avx512": ("AVX512F", "AVX512DQ", "AVX512VL"), "avx2": ("AVX2",), "base": ()}
)
"""The instruction sets a unit is built for, widest first, and the features of the processor it needs."""


def runs_here(instruction_set: str) -> bool:
    """Return whether this machine has the instructions of ``instruction_set``."""
    needed = INSTRUCTION_SETS[instruction_set]
    return not needed or all(_processor_features().get(feature, False) for feature in needed)


def _processor_features() -> Mapping[str, bool]:
    """Return NumPy's table of what processor and operating system support."""
    for name in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        try:
            features: Mapping[str, bool] = importlib.import_module(name).__cpu_features__
        except (ImportError, AttributeError):
            continue
        return features
    return {}


def unit(instruction_set: str) -> ModuleType | None:
    """Return the lane unit built for ``instruction_set``; None where it was not, or cannot run here.

    A unit that was built of other files than those that are there (the table has changed) is none.
    """
    if not runs_here(instruction_set):
        return None
    try:
        found = importlib.import_module(f"autodiff.tape._lanes_{instruction_set}")
    except ImportError:
        return None
    package = os.path.dirname(os.path.dirname(__file__))
    return found if getattr(found, "built_of", "") == checksum_of(package, SOURCES) else None


def chosen_unit(choice: str = "") -> ModuleType | None:
    """Return the unit called for by ``choice``, the widest one that runs here where that is empty.

    Raises:
        ImportError: when the unit asked for was not built or cannot run here, or there is no such.
    """
    if choice == "numpy":
        return None
    if not choice:
        return next(filter(None, map(unit, INSTRUCTION_SETS)), None)
    if choice not in INSTRUCTION_SETS:
        known = ", ".join([*INSTRUCTION_SETS, "numpy"])
        raise ImportError(f"{VARIABLE}={choice!r}: choose one of {known}")
    found = unit(choice)
    if found is None:
        raise ImportError(
            f"{VARIABLE}={choice!r}: this unit was not built, or cannot run on this machine"
        )
    return found


native: Any = chosen_unit(os.environ.get(VARIABLE, ""))
"""The lane unit that runs, None for NumPy."""
