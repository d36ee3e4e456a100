"""The build: with a compiler the compiled core, without one the Python files, never half of each."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from autodiff.native import choice
from tests.native.compiling import build, checkout, needs_compiler, needs_tools, printed_in

WHICH = "import autodiff as ad; x = ad.Value(3.0); (x * x).backward(); print(ad.__native__, x.grad)"


@needs_tools
@pytest.mark.parametrize("compiler", ["/bin/false", "no-such-compiler-anywhere"])
def test_without_a_working_compiler_the_build_succeeds_and_the_files_run(
    compiler: str, tmp_path: Path
) -> None:
    folder = checkout(tmp_path)
    process = build(folder, "setup.py", CC=compiler, AUTODIFF_LANES="numpy")
    assert process.returncode == 0, process.stderr
    assert printed_in(folder, WHICH) == "False 6.0\n"


@needs_compiler
def test_a_built_core_runs_until_its_sources_change(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    process = build(folder, "setup.py", CFLAGS="-O0", AUTODIFF_LANES="numpy")  # quick to compile
    assert process.returncode == 0, process.stderr
    assert printed_in(folder, WHICH) == "True 6.0\n"
    assert printed_in(folder, WHICH, pure="1") == "False 6.0\n"
    with (folder / "autodiff" / "value.py").open("a") as source:
        source.write("# changed\n")
    assert printed_in(folder, WHICH) == "False 6.0\n"


def placeholders(folder: Path, names: Sequence[str]) -> None:
    """Put empty files where the compiled modules ``names`` would be."""
    for name in names:
        file = folder / f"{name}{choice.EXTENSION_SUFFIXES[0]}"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"")


def test_a_core_that_is_not_complete_is_removed(tmp_path: Path) -> None:
    source = str(Path(choice.__file__).parents[1])
    placeholders(tmp_path, choice.COMPILED[1:])
    assert not choice.mark_built(source, str(tmp_path))
    assert not list(tmp_path.rglob("*.*"))


def test_a_complete_core_is_marked_with_the_sources_it_was_built_of(tmp_path: Path) -> None:
    source = str(Path(choice.__file__).parents[1])
    placeholders(tmp_path, choice.COMPILED)
    assert choice.mark_built(source, str(tmp_path))
    written = (tmp_path / "native" / "fingerprint.txt").read_text()
    assert written == choice.fingerprint(source)
