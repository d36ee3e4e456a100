"""How the lane unit is built: one source, compiled once for each instruction set.

Needed only where the package is built.
"""

import platform
from pathlib import Path
from typing import Any

from autodiff.native.choice import checksum_of
from autodiff.primitives import PRIMITIVES
from autodiff.tape.lane_rows import unit_text
from autodiff.tape.lanes import SOURCES

PARTS = ("row_operations.pxi", "workspace.pxi", "interpreter.pxi", "lane_calls.pxi")
"""The files of this folder that are part of the unit, after the generated text."""

FLAGS = (
    "-O3",
    "-g0",
    "-ffp-contract=off",  # the same roundings on every machine, with a fused multiply-add or not
    "-fno-math-errno",  # sqrt is an instruction
    "-fno-trapping-math",  # both branches of a conditional expression may be computed: nobody traps
    "-fno-inline-functions-called-once",  # loops stay apart: in one large function they are given up
    # a conditional expression of many branches is a select, too
    "--param=max-tree-if-conversion-phi-args=16",
    "--param=max-completely-peeled-insns=4000",  # a loop over the few operands of a lane is unrolled
    # only loops over lanes: copying the few operands of one lane by vectors stalls what reads them next
    "-fno-tree-slp-vectorize",
)

# What is called for a lane must be inlined, or the loop stays one lane after the other.
MACROS = [("CYTHON_INLINE", "__inline__ __attribute__((always_inline))")]

INSTRUCTIONS = {
    "base": (),
    "avx2": ("-mavx2",),
    "avx512": ("-mavx512f", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"),
}


def lane_extensions(folder: Path) -> list[dict[str, Any]]:
    """Return the arguments of the lane unit's extension modules; ``folder`` gets their sources."""
    folder.mkdir(parents=True, exist_ok=True)
    here = Path(__file__).parent
    text = unit_text(PRIMITIVES) + f"\nbuilt_of = {checksum_of(str(here.parent), SOURCES)!r}\n"
    text += "".join((here / part).read_text(encoding="utf-8") for part in PARTS)
    wide = platform.machine() in ("x86_64", "AMD64")
    extensions = []
    for instruction_set, flags in INSTRUCTIONS.items():
        if wide or not flags:
            source = folder / f"_lanes_{instruction_set}.pyx"
            if not source.exists() or source.read_text(encoding="utf-8") != text:
                source.write_text(text, encoding="utf-8")  # one that is the same need not be compiled
            extensions.append({
                "name": f"autodiff.tape._lanes_{instruction_set}",
                "sources": [source.as_posix()],
                "define_macros": MACROS,
                "extra_compile_args": [*FLAGS, *flags],
            })  # fmt: skip
    return extensions
