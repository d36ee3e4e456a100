"""The C functions made from the table give the bits that the table gives in Python."""

import importlib.util
import itertools
import math
import random
import struct
import sys
import sysconfig
from collections.abc import Sequence
from types import ModuleType

import pytest

import autodiff as ad
from autodiff.native import rules
from tests.native.compiling import build, needs_compiler
from tests.table.oracles import CASES, ROWS
from tests.table.points import LARGEST, SMALLEST_NORMAL, TINY, UNIVERSE, points

SPECIAL = [
    0.0, -0.0, math.inf, -math.inf, math.nan, TINY, -TINY, SMALLEST_NORMAL, LARGEST, -LARGEST,
    1.0, -1.0, 2.5,
]  # fmt: skip


def wrapper(row: ad.Primitive) -> str:
    """Return a Python-callable function of lists: the value, and the list of all partials."""
    lines = [f"def py_{row.name}({', '.join(f'_{name}' for name in row.operands.names)}):"]
    lines += ["    cdef double out", "    cdef double[64] result"]
    single, lists = [], []
    for name, group in zip(row.operands.names, row.operands.groups, strict=True):
        if group:
            lines += [f"    cdef double[64] c_{name}", f"    for i, x in enumerate(_{name}):"]
            lines += [f"        c_{name}[i] = x"]
            lists += [f"c_{name}", f"len(_{name})"]
        else:
            single.append(f"_{name}")
    given = ", ".join([*single, *lists])
    lines += [f"    out = {row.name}_value({given})", "    partials = []"]
    for place, (name, group) in enumerate(zip(row.operands.names, row.operands.groups, strict=True)):
        call = f"{row.name}_partial_{place}(out, {given}"
        if group:
            lines += [
                f"    {call}, result)",
                f"    partials += [result[i] for i in range(len(_{name}))]",
            ]
        else:
            lines += [f"    partials.append({call}))"]
    return "\n".join([*lines, "    return out, partials", ""])


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The functions of all rows, compiled as the core's are."""
    folder = tmp_path_factory.mktemp("rules")
    text = rules.table_text() + "\n".join(wrapper(row) for row in ROWS.values())
    (folder / "table_of_c.pyx").write_text(text, encoding="utf-8")
    (folder / "setup.py").write_text(
        "from setuptools import Extension, setup\nfrom Cython.Build import cythonize\n"
        f"flags = ['-O3', *{rules.COMPILER_FLAGS!r}]\n"
        "extension = Extension('table_of_c', ['table_of_c.pyx'], extra_compile_args=flags)\n"
        "setup(ext_modules=cythonize(extension, language_level=3))\n"
    )
    process = build(folder, "setup.py")
    assert process.returncode == 0, process.stderr
    path = folder / f"table_of_c{sysconfig.get_config_var('EXT_SUFFIX')}"
    spec = importlib.util.spec_from_file_location("table_of_c", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["table_of_c"] = module
    spec.loader.exec_module(module)
    return module


def bits(numbers: Sequence[float]) -> list[bytes]:
    """Return the numbers' bits; every nan is alike."""
    return [b"nan" if math.isnan(x) else struct.pack("d", x) for x in numbers]


def grouped(row: ad.Primitive, operands: tuple[float, ...]) -> tuple[object, ...]:
    groups = row.operands.groups
    if groups == (True, True):
        half = len(operands) // 2
        return operands[:half], operands[half:]
    if not any(groups):
        return operands
    return (operands,) if groups == (True,) else (operands[0], operands[1:])


@needs_compiler
@pytest.mark.parametrize(("name", "count"), CASES)
def test_values_and_partials_have_the_same_bits_in_c(
    name: str, count: int, compiled: ModuleType
) -> None:
    row, chance = ROWS[name], random.Random(f"{name} of {count}")
    tried = [*points(row, count), *itertools.islice(itertools.product(SPECIAL, repeat=count), 2200)]
    tried += [tuple(chance.choice(SPECIAL) for _ in range(count)) for _ in range(300)]
    tried += [tuple(chance.choice(UNIVERSE) for _ in range(count)) for _ in range(1000)]
    tried += [tuple(chance.uniform(-10, 10) for _ in range(count)) for _ in range(3000)]
    function = getattr(compiled, f"py_{name}")
    for operands in tried:
        out = row.evaluate(*operands)
        value, partials = function(*grouped(row, operands))
        expected = bits([out, *row.partials(out, *operands)])
        assert bits([value, *partials]) == expected, f"{name}{operands}"


@needs_compiler
def test_no_elementary_function_is_computed_by_the_compiler(compiled: ModuleType) -> None:
    # GCC knows erfc(-1.0) to other digits than the C library, and sees such arguments in branches.
    for name in ("erfc", "exp", "sin", "cbrt"):
        value, _ = getattr(compiled, f"py_{name}")(-1.0)
        assert value == ROWS[name].evaluate(-1.0), name


def test_every_row_has_its_functions_and_each_place_of_the_table_one_case() -> None:
    text = rules.table_text()
    for row in ROWS.values():
        assert f" {row.name}_value(" in text
        for place in range(len(row.operands.names)):
            assert f" {row.name}_partial_{place}(" in text
        assert (text.count(f"if code == {row.code}:") == 2) == (row.code >= 0)


def test_a_row_of_the_user_or_of_three_operands_has_no_place() -> None:
    assert {row.name for row in ROWS.values() if row.code < 0} == {
        row.name for row in ROWS.values() if row.operands.variadic or len(row.operands.names) > 2
    }
    codes = [row.code for row in ROWS.values() if row.code >= 0]
    assert len(set(codes)) == len(codes)
