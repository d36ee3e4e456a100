"""The build of what is compiled: the core (some of the package's Python files) and the lane units.

Both get C functions from the table. Without a compiler the installation succeeds all the same, and the
package runs as it is read.
"""

import os
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "autodiff"
sys.path.insert(0, str(ROOT))
os.environ["AUTODIFF_PURE"] = "1"  # a core that was built before has no part in building this one

from autodiff.native import choice, rules  # noqa: E402
from autodiff.tape.build import lane_extensions  # noqa: E402


def module_name(path: str) -> str:
    """Return the name of the module that ``path`` within the package holds."""
    return f"autodiff.{path.replace('/', '.')}"


def core_extensions() -> list[Extension]:
    """Return the modules that are compiled."""
    from Cython.Build import cythonize
    from Cython.Compiler.Options import get_directive_defaults

    # Said in a .pxd file, no_gc is forgotten when the .py file's class is read; and for a whole module
    # Cython takes only directives that have a default.
    get_directive_defaults().setdefault("no_gc", False)
    table = PACKAGE / "native" / "table.pxd"
    text = rules.table_text()
    if not table.exists() or table.read_text(encoding="utf-8") != text:
        table.write_text(text, encoding="utf-8")
    compiled: list[Extension] = []
    for name in choice.COMPILED:
        trusted = name == "graph"  # its indices are places that it has given out itself
        extension = Extension(
            module_name(name), [f"autodiff/{name}.py"],
            # What has no C types spends its time in Python's own library: -O3 would only take longer.
            extra_compile_args=["-O3" if name in choice.TYPED else "-O1", "-g0", *rules.COMPILER_FLAGS],
        )  # fmt: skip
        (made,) = cythonize(
            extension,
            build_dir="build",
            compiler_directives={
                "language_level": "3",
                "annotation_typing": False,  # the types are those of the .pxd files alone
                "cdivision": True,
                "auto_pickle": False,  # Value says itself what is pickled
                "no_gc": name in choice.TYPED,  # a graph has no cycles: counting references is enough
                "boundscheck": not trusted,
                "wraparound": not trusted,
            },
        )
        made.optional = True  # cythonize forgets it
        compiled.append(made)
    return compiled


class BuildCore(build_ext):
    """Builds the compiled core, all of it or nothing."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def run(self) -> None:
        self.done: set[str] = set()
        super().run()
        target = PACKAGE if self.inplace else Path(self.build_lib) / "autodiff"
        complete = self.done >= {module_name(name) for name in choice.COMPILED}
        if not choice.mark_built(str(PACKAGE), str(target), complete):
            print("autodiff: no compiled core could be built; the Python files are used as they are")

    def build_extension(self, extension: Extension) -> None:
        super().build_extension(extension)  # an optional one that fails does not come back from here
        self.done.add(extension.name)


def lane_units() -> list[Extension]:
    """Return the lane units, each left out where the compiler cannot build it.

    AUTODIFF_LANES=numpy in the environment, which keeps them from being used, leaves them out here, too.
    """
    if os.environ.get("AUTODIFF_LANES") == "numpy":
        return []
    from Cython.Build import cythonize

    units: list[Extension] = cythonize(
        [Extension(**arguments) for arguments in lane_extensions(ROOT / "build" / "lanes")],
        language_level=3,
    )
    for unit in units:
        unit.optional = True  # cythonize forgets it
    return units


def extensions() -> list[Extension]:
    """Return all extension modules, none where they cannot be made.

    Nor for a Python without the global lock, or one that traces references: its objects begin otherwise
    than nodes.pxd has it.
    """
    if any(sysconfig.get_config_var(name) for name in ("Py_GIL_DISABLED", "Py_TRACE_REFS")):
        return []
    try:
        return [*core_extensions(), *lane_units()]
    except Exception as error:  # whatever goes wrong here, the package runs without
        print(f"autodiff: no compiled core: {error!r}", file=sys.stderr)
        return []


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildCore})
