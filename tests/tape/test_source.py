"""The generated program stands alone and reads like the user's; the counts of a tape obey theory."""

import math
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings

import autodiff as ad
from tests.strategies import BUILT_IN, programs
from tests.table.oracles import operand_counts
from tests.tape.running import alone, bits, same

pytestmark = pytest.mark.usefixtures("replay_kind")

EXAMPLES = settings.default.max_examples  # of the profile in force: 100, or more to explore


def neuron(w, b, x):
    total = b
    for weight, feature in zip(w, x, strict=True):
        total = total + weight * feature
    activation = ad.tanh(total)
    return activation * activation


def body_of(source):
    return source[source.rindex("def ") :]


def test_a_program_of_all_rows_runs_where_autodiff_is_not():
    """One process for all: it has neither this package nor NumPy."""
    parts, checks = [], []
    for name in BUILT_IN:
        row = ad.PRIMITIVES[name]
        count = operand_counts(row)[-1]
        point = [0.3 + 0.1 * i for i in range(count)]
        g = ad.compile(lambda xs, row=row: row.apply(xs))
        g(point)
        parts.append(
            f"space = {{}}\nexec({g.source!r}, space)\nprint(repr(space['f'](" + f"{point!r})))\n"
        )
        value, gradient = ad.value_and_grad(lambda xs, row=row: row.apply(xs))(point)
        checks.append((name, value, gradient))
    g = ad.compile(neuron, lanes=["x"])
    samples = [[1.0, -2.0], [0.5, 3.0]]
    expected = g.value_and_grad([0.5, -0.25], 0.1, samples)
    called = f"space['neuron']([0.5, -0.25], 0.1, {samples})"
    parts.append(f"space = {{}}\nexec({g.source!r}, space)\nprint(repr({called}))")
    text = (
        "import sys\nfor module in ('autodiff', 'numpy'):\n    sys.modules[module] = None\n"
        + "".join(parts)
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", text],
        capture_output=True,
        text=True,
        check=True,
    )
    *rows, lanes = [eval(line, {"nan": math.nan, "inf": math.inf}) for line in ran.stdout.splitlines()]
    for (name, value, gradient), (ours, (slopes,)) in zip(checks, rows, strict=True):
        assert bits(ours) == bits(value), name
        assert same(slopes, gradient), name
    # the program calls the C library's tanh: natively it is a vectorised one, 2 ulp from it at most
    assert lanes[0] == pytest.approx(expected[0], rel=1e-14)
    assert lanes[1][0] == pytest.approx(expected[1][0], rel=1e-13)
    assert lanes[1][1] == pytest.approx(expected[1][1], rel=1e-13)


def test_the_program_has_the_users_names():
    g = ad.compile(neuron)
    g([1.0, 2.0], 0.5, [3.0, 4.0])
    body = body_of(g.source)
    assert body.startswith("def neuron(w, b, x):\n")
    for name in (
        "w_0 = w[0]",
        "x_1 = x[1]",
        "total =",
        "activation = tanh(total)",
        "total_bar =",
        "w_0_bar =",
    ):
        assert name in body
    assert "    # forward sweep\n" in body and "    # reverse sweep\n" in body


NAMES = {
    "functions": ["sin", "tanh_partial_x", "sech", "exp"],
    "of the program": ["values", "lane", "inf", "math"],
    "builtins": ["range", "len", "builtins", "pi"],
    "alike": ["sin", "sin_", "sin__", "v7"],
    "adjoints": ["a", "a_bar", "a_bar_", "b"],
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("title", ["f", "sin", "values", "math", "nan"])
def test_names_that_mean_something_else_get_out_of_the_way(names, title):
    a, b, c, d = names
    text = f"def {title}({a}, {b}, {c}, {d}):\n    return computed({a}, {b}, {c}, {d})\n"
    space = {"computed": lambda a, b, c, d: ad.tanh(ad.sin(a * b)) * c + d[0] * ad.softmax(d)[0]}
    exec(text, space)
    function = space[title]
    point = (0.5, 2.0, 3.0, [4.0, 5.0])
    value, gradient = ad.value_and_grad(function, range(4))(*point)
    g = ad.compile(function)
    g(*point)
    ours, slopes = alone(g.source)(*point)
    assert ours == value
    assert same(np.hstack(slopes), np.hstack(gradient))
    over_lanes = ad.compile(function, lanes=[b, d])
    batch = (0.5, [2.0, 2.0], 3.0, [[4.0, 5.0], [4.0, 5.0]])
    over_lanes(*batch)
    ours, slopes = alone(over_lanes.source)(*batch)
    assert ours == [value, value]
    assert slopes == (2 * gradient[0], 2 * gradient[2])
    # and the replay over NumPy arrays, which runs the same statements
    assert over_lanes.value_and_grad(*batch)[0] == pytest.approx([value, value], rel=1e-14)


def test_the_program_takes_and_gives_the_functions_structure():
    def f(p):
        return p["a"][0] * p["b"][1, 0] + p["b"][0, 1]

    argument = {"a": (2.0, 3.0), "b": np.arange(4.0).reshape(2, 2)}
    g = ad.compile(f)
    assert g(argument) == alone(g.source)(argument)[0] == 5.0
    assert alone(g.source)(argument)[1] == ([2.0, 0.0, 0.0, 1.0, 2.0, 0.0],)
    several = ad.compile(lambda x: [x, {"b": x * x}])
    several(3.0)
    assert alone(several.source)(3.0) == (3.0, 9.0)


def test_the_program_of_a_function_without_a_name():
    g = ad.compile(lambda x: x * 2)
    g(1.0)
    assert body_of(g.source).startswith("def f(x):")


def test_long_sums_and_long_chains_stay_within_python():
    def f(*w):
        x = ad.sum([a * b for a, b in zip(w, w, strict=True)])
        for _ in range(3000):
            x = ad.sin(x)
        return x

    w = [0.01 * i for i in range(2000)]
    value, gradient = ad.value_and_grad(lambda w: f(*w))(w)
    g = ad.compile(f)
    assert abs(g(*w) - value) <= 3000 * 4 * np.spacing(value)  # sin natively: 2 ulp each time
    ours, slopes = alone(g.source)(*w)
    assert ours == value
    assert same(slopes, gradient)


def test_source_and_stats_are_of_the_tape_that_ran_last():
    g = ad.compile(lambda x: ad.sin(x) if x > 0 else ad.exp(x))
    g(1.0)
    assert "sin(x)" in body_of(g.source)
    g(-1.0)
    assert "exp(x)" in body_of(g.source)
    g(1.0)
    assert "sin(x)" in body_of(g.source)


def perceptron(parameters, x):
    """A network of 20 tanh units, twice."""
    numbers = iter(parameters)
    layer = [ad.tanh(sum((next(numbers) * a for a in x), next(numbers))) for _ in range(20)]
    layer = [ad.tanh(sum((next(numbers) * a for a in layer), next(numbers))) for _ in range(20)]
    return sum((next(numbers) * a for a in layer), next(numbers))


def test_the_counts_of_a_network_are_those_of_its_formulas():
    rng = random.Random(0)
    count = 20 * 3 + 20 * 21 + 21
    g = ad.compile(perceptron, lanes=["x"])
    g.value_and_grad([rng.gauss(0, 1) for _ in range(count)], [[0.5, -0.5]])
    stats = g.stats()
    additions = products = 20 * 2 + 20 * 20 + 20
    assert stats.recorded == products + additions + 40
    assert stats.operations_forward == stats.recorded
    assert stats.checks == 0 and stats.tapes == 1
    # the 41 sums are a line each, and so are the 40 values of tanh and their derivatives
    assert 41 + 40 + 40 <= stats.lines <= 41 + 40 + 40 + 41 + 40 + 2 + 41
    assert products <= stats.terms <= 4 * products + 200
    assert 2.0 <= stats.ratio == stats.operations_gradient / stats.operations_forward <= stats.bound == 5


@settings(max_examples=EXAMPLES // 2)
@given(programs(min_steps=6, max_steps=12))
def test_a_gradient_costs_no_more_than_theory_allows(program):
    g = ad.compile(program)
    g.value_and_grad(*program.inputs)
    stats = g.stats()
    # §3.3 counts elementary operations; a row with many operands (softmax, dot) counts here as one,
    # but each of its derivatives is multiplied and added: that many more than 5 for each step.
    operands = sum(len(operands) for _, operands in program.steps)
    assert stats.operations_gradient <= stats.bound * stats.operations_forward + 3 * operands
    assert 0 < stats.operations_forward <= stats.recorded + operands


def test_a_large_random_graph_obeys_the_bound():
    rng = random.Random(1)

    def f(w, x):
        numbers = [*w, *x]
        for _ in range(20000):
            a, b = rng_choice(numbers)
            kind = next(kinds)
            numbers.append(
                a * b if kind < 3 else a + b if kind < 6 else a - b if kind < 8 else ad.sin(a)
            )
        return ad.sum(numbers[-50:])

    plan = [(rng.random(), rng.random(), rng.randrange(10)) for _ in range(20000)]

    def planned(w, x):
        nonlocal kinds, rng_choice
        steps = iter(plan)
        current = []

        def choose(numbers):
            current[:] = [next(steps)]
            left, right, _ = current[0]
            recent = numbers[-200:]
            return recent[int(left * len(recent))], recent[int(right * len(recent))]

        def chosen_kinds():
            while True:
                yield current[0][2]

        kinds, rng_choice = chosen_kinds(), choose
        return f(w, x)

    kinds = rng_choice = None
    g = ad.compile(planned, lanes=["x"])
    values, (gradient,) = g.value_and_grad([0.5, -0.25], [[0.1, 0.2]])
    stats = g.stats()
    assert stats.ratio <= stats.bound
    assert stats.memory <= 100 * stats.recorded
    assert len(values) == 1 and len(gradient) == 2
