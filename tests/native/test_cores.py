"""The compiled core and the Python files give the same numbers, messages and pickles."""

import pickle

import pytest

import autodiff as ad
from tests.engine.processes import printed_by

needs_native = pytest.mark.skipif(not ad.__native__, reason="the compiled core is not the one that runs")


def printed_by_both(code: str) -> tuple[str, str]:
    """Return what ``code`` prints with the compiled core, and with the Python files."""
    return printed_by(code, AUTODIFF_PURE="0"), printed_by(code, AUTODIFF_PURE="1")


EVERY_ROW = """
import math, random, struct
import autodiff as ad
from tests.table.oracles import CASES, ROWS
from tests.table.points import UNIVERSE

SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 2.0**-1022, 1.7e308, 1.0, -1.0]
chance = random.Random(3)
for name, count in CASES:
    for trial in range(120):
        numbers = [chance.choice(SPECIAL if trial % 2 else UNIVERSE) for _ in range(count)]
        xs = [ad.Value(x) for x in numbers]
        out = ROWS[name].apply(xs)
        out.backward()
        print(name, *("nan" if x != x else x.hex() for x in [out.data, *(x.grad for x in xs)]))
"""

RANDOM_GRAPHS = """
import random
import autodiff as ad
chance = random.Random(5)
rows = ["add", "mul", "sub", "div", "sin", "tanh", "exp", "relu", "max", "sum", "logsumexp", "hypot"]
for graph in range(150):
    nodes = [ad.Value(chance.uniform(-2, 2), name=f"x{i}") for i in range(3)]
    for step in range(chance.randint(1, 60)):
        row = ad.PRIMITIVES[chance.choice(rows)]
        count = chance.randint(1, 4) if row.operands.variadic else len(row.operands.names)
        nodes.append(row.apply([chance.choice([*nodes, 0.5]) for _ in range(count - 1)]
                               + [chance.choice(nodes)]))
    nodes[-1].backward(1.5)
    print([(repr(x), x.grad.hex()) for x in nodes])
    f = lambda *xs: (xs[0] * xs[1] + ad.sin(xs[2]) * nodes[-1].data).relu()
    print(ad.hessian(lambda v: f(*v))([0.3, 0.4, 0.5]), ad.vjp(f, 1.0, 2.0, 3.0)[1](2.0))
"""

MESSAGES = """
import copy
import autodiff as ad
def attempt(f):
    try:
        print(f())
    except Exception as error:
        print(type(error).__name__, error)
x, y = ad.Value(2.0, name="x"), ad.Value(-1.0)
z = x * y
for f in [
    lambda: x + "1", lambda: "1" + x, lambda: x + None, lambda: [1] * x, lambda: x ** (1 + 2j),
    lambda: float(x), lambda: int(x), lambda: complex(x), lambda: ad.Value("2"), lambda: ad.Value(None),
    lambda: ad.Value(1.0, ad.sin), lambda: ad.Value(1.0, None, [x]), lambda: ad.Value(1.0, name=3),
    lambda: setattr(z, "data", 3.0), lambda: setattr(x, "data", "3"), lambda: setattr(x, "grad", "3"),
    lambda: setattr(x, "name", 3),
    lambda: x.relu(1), lambda: x.clamp(0), lambda: x.sin(x=3), lambda: ad.relu(x, y),
    lambda: x.detach().backward(), lambda: z.backward("1"), lambda: ad.backward([z, z], [1.0]),
    lambda: ad.backward([]), lambda: ad.backward(3), lambda: ad.zero_grad("ab"), lambda: x < "a",
    lambda: type("Mine", (ad.Value,), {}), lambda: x.__hash__() == hash(x), lambda: {x: 1}[x],
    lambda: x == 2, lambda: x == copy.copy(x), lambda: f"{x:.3f} {x}", lambda: -x, lambda: +x is x,
    lambda: 2 - x, lambda: 2 / x, lambda: 2 ** x, lambda: abs(y), lambda: x.operands, lambda: z.operands,
    lambda: [type(v).__name__ for v in (x.data, x.grad, x.serial)], lambda: x.is_constant,
]:
    attempt(f)
with ad.strict():
    attempt(lambda: ad.log(y))
    attempt(lambda: x / 0)
    attempt(lambda: ad.sqrt(ad.Value(0.0, name="w")).backward())
x.data = 5.0
attempt(z.backward)
with ad.no_grad():
    attempt(lambda: x * y)
with ad.scope("layer"):
    attempt(lambda: (x * y).scope)
"""


@needs_native
@pytest.mark.parametrize("program", [EVERY_ROW, RANDOM_GRAPHS, MESSAGES], ids=["row", "graph", "word"])
def test_both_cores_print_the_same(program: str) -> None:
    # Python's own messages call a compiled class by its module, too.
    native, pure = (text.replace("autodiff.value.", "") for text in printed_by_both(program))
    assert native.splitlines() == pure.splitlines()


def test_the_environment_chooses_the_core() -> None:
    where = "import autodiff as ad; print(ad.__native__, ad.value.__file__.endswith('.py'))"
    assert printed_by(where, AUTODIFF_PURE="1") == "False True\n"
    assert printed_by(where, AUTODIFF_PURE="") == printed_by(where, AUTODIFF_PURE="0")


@needs_native
@pytest.mark.parametrize("made_by", ["0", "1"])
def test_a_pickle_of_one_core_is_read_by_the_other(made_by: str) -> None:
    make = (
        "import pickle, autodiff as ad; x = ad.Value(2.0, name='x')\n"
        "y = ad.sum(x * 3, x, ad.sin(x)) * x; y.backward(); print(pickle.dumps(y).hex())"
    )
    read = (
        "import pickle, sys, autodiff as ad; y = pickle.loads(bytes.fromhex(sys.argv[1]))\n"
        "y.backward(); print(ad.__native__, y, [n for n in ad.graph.topological_order(y) if n.name])"
    )
    other = "1" if made_by == "0" else "0"
    code = printed_by(make, AUTODIFF_PURE=made_by).strip()
    answers = [printed_by(read, code, AUTODIFF_PURE=core).split(" ", 1) for core in (made_by, other)]
    assert answers[0][1] == answers[1][1]
    assert answers[0][0] != answers[1][0]
    assert pickle.loads(bytes.fromhex(code)).data == pickle.loads(bytes.fromhex(code)).data


def test_the_version_says_which_core_runs() -> None:
    ask = "from autodiff.cli import main; main(['--version'])"
    assert printed_by(ask, AUTODIFF_PURE="1").strip().endswith("(Python core)")
    if ad.__native__:
        assert printed_by(ask, AUTODIFF_PURE="0").strip().endswith("(compiled core)")
