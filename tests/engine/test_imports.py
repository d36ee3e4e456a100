"""Imports go one way, down the list of rooms; ``import autodiff`` stays light."""

import ast
from pathlib import Path

import pytest

from tests.engine.processes import ROOT, printed_by

PACKAGE = ROOT / "autodiff"

# A room (a module of the package, or a package inside it) may import rooms above it. A new one is
# put in at its place.
ROOMS = [
    "later", "errors", "scalars", "kernels", "expressions", "operation", "modes", "primitive", "rows",
    "primitives", "native", "calls", "nodes", "functions", "operators", "graph", "value", "structure",
    "forward", "transforms", "formulas", "symbols", "notation", "mathml", "paths", "tape", "compile",
    "trace", "explain", "files", "draw", "syntax", "words", "testing", "lesson", "exercises",
    "nn", "data", "bench", "experiments", "cli", "__init__", "__main__",
]  # fmt: skip

# What `import autodiff` must not load: optional packages, and those only drawings and texts need.
HEAVY = ["numpy", "graphviz", "rich", "matplotlib", "mpmath", "sympy", "hypothesis", "wasmtime",
         "PIL", "resvg_py", "fpdf", "Cython"]  # fmt: skip


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
every_module = pytest.mark.parametrize("module", MODULES)


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


class _WithoutTypes(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def own_imports(module: str, for_types: bool = True) -> list[str]:
    """Return the package's modules that ``module`` imports, inside functions too."""
    found = []
    tree: ast.AST = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree if for_types else _WithoutTypes().visit(tree)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively: no room sees where from"
            # `from autodiff import draw` names a module, `from autodiff.draw import draw` does not.
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else str(node.module) for name in whole]
        else:
            continue
        found += [name for name in names if name.partition(".")[0] == "autodiff"]
    return found


@every_module
def test_every_room_has_its_place_in_the_list(module):
    assert room_of(module) in ROOMS, "put the new room into ROOMS, below all that it imports"


@every_module
def test_imports_go_up_the_list_only(module):
    own = ROOMS.index(room_of(module))
    for imported in own_imports(module):
        assert imported in MODULES, f"{module} imports {imported}, which is not there"
        room = room_of(imported)
        assert ROOMS.index(room) <= own, (
            f"{module} must not look at {room}: it stands further down the list"
        )


@every_module
def test_modules_of_one_room_do_not_import_each_other_in_a_circle(module):
    reached, pending = set(), own_imports(module, for_types=False)
    while pending:
        name = pending.pop()
        if name not in reached and room_of(name) == room_of(module):
            reached.add(name)
            pending += own_imports(name, for_types=False)
    assert module not in reached or MODULES[module].name == "__init__.py"


def test_algorithms_on_graphs_know_the_node_protocol_only():
    assert {room_of(name) for name in own_imports("autodiff.graph")} <= {
        "calls", "nodes", "operation", "modes", "operators",
    }  # fmt: skip


def test_nobody_imports_a_star():
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert "*" not in [alias.name for alias in node.names], path


def test_importing_the_package_loads_no_heavy_package():
    loaded = printed_by("import sys, autodiff; print(*sys.modules)").split()
    assert not set(HEAVY) & set(loaded)


def test_differentiating_loads_no_heavy_package_either():
    program = """
import sys, autodiff as ad
x = ad.Value(2.0)
(ad.tanh(x) * ad.max(x, 1.0)).backward()
ad.hessian(lambda p: p[0] * ad.sin(p[1]))([1.0, 2.0])
print(*sys.modules)
"""
    assert not set(HEAVY) & set(printed_by(program).split())
