"""What the optimiser leaves out, merges, fuses and reuses, and that it keeps the bits of eager mode."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

import autodiff as ad
from autodiff.tape.layout import layout
from autodiff.tape.lines import Affine, Check, Evaluate, LaneSum, Partial
from autodiff.tape.optimise import forward_sweep
from autodiff.tape.record import recording_of
from autodiff.tape.reverse import gradient_program, value_program
from tests.strategies import EXACT, programs, windings
from tests.tape.running import bits, same

EXAMPLES = settings.default.max_examples  # of the profile in force: 100, or more to explore


def recorded(f, *inputs):
    names = [f"x{i}" for i in range(len(inputs))]
    return recording_of(f, inputs, names, lambda f, values: f(*values))


def swept(f, *inputs, lanes=None):
    return forward_sweep(recorded(f, *inputs), lanes or [False] * len(inputs))


def lines_of(f, *inputs, lanes=None):
    return swept(f, *inputs, lanes=lanes).lines


def evaluations(lines):
    return [line.row.name for line in lines if isinstance(line, Evaluate)]


def test_dead_code_is_left_out():
    def f(x, y):
        unused = ad.exp(x) * y
        for _ in range(5):
            unused = ad.tanh(unused)
        return ad.sin(x)

    assert recorded(f, 1.0, 2.0).operations[0].row is ad.sin
    assert evaluations(lines_of(f, 1.0, 2.0)) == ["sin"]


def test_what_only_a_comparison_needs_is_kept():
    lines = lines_of(lambda x: x * 2 if ad.exp(x) > 1 else x, 1.0)
    assert evaluations(lines) == ["exp"]
    assert [line.relation for line in lines if isinstance(line, Check)] == [">"]


def test_operations_on_plain_numbers_are_not_recorded():
    assert len(recorded(lambda x: x + ad.exp(2.0) * ad.sin(1.0), 1.0).operations) == 2


def test_operations_on_constants_are_folded():
    def f(x):
        two = ad.Value(2.0)
        return x + ad.exp(two) * ad.sin(two * 3)

    lines = lines_of(f, 1.0)
    assert len(lines) == 1 and isinstance(lines[0], Affine)
    forward = swept(f, 1.0)
    assert math.exp(2.0) * math.sin(6.0) in forward.variables.constants.values()


def test_hidden_numbers_are_no_constants():
    assert evaluations(lines_of(lambda x: x * ad.exp(x.detach()), 1.0)) == ["exp"]


def test_common_subexpressions_are_computed_once():
    def f(x, y):
        return ad.sin(x * y) * ad.sin(x * y) + ad.exp(x * y + 1) * ad.exp(x * y + 1)

    assert evaluations(lines_of(f, 1.0, 2.0)) == ["sin", "exp"]


def test_a_detached_number_is_not_merged_with_the_one_that_moves():
    def f(x):
        with ad.no_grad():
            still = ad.exp(x)
        return ad.exp(x) * still

    assert ad.compile(f).value_and_grad(1.0) == ad.value_and_grad(lambda x: f(x), [0])(1.0)


def test_constants_that_differ_in_the_sign_of_zero_are_not_merged():
    g = ad.compile(lambda x: [x * 0.0, x * -0.0, x + 0.0, x + -0.0])
    for x in (3.0, -3.0, 0.0, -0.0):
        assert bits(g(x)) == bits([x * 0.0, x * -0.0, x + 0.0, x + -0.0])


def test_a_chain_of_products_and_sums_is_one_line():
    def f(*w):
        return w[0] * w[1] + w[2] * w[3] - w[4] + 2.0 * w[5] - 3.0 * w[6] + 1.0

    (line,) = lines_of(f, *[1.0] * 7)
    assert isinstance(line, Affine) and len(line.terms) == 6


def test_a_long_sum_is_one_line_however_it_is_written():
    w = [float(i) for i in range(40)]
    for f in (
        lambda *w: sum(x * y for x, y in pairwise(w)),
        lambda *w: ad.dot(w[:-1], w[1:]),
        lambda *w: ad.sum([x * y for x, y in pairwise(w)]),
    ):
        lines = lines_of(f, *w)
        assert [type(line) for line in lines] == [Affine] and len(lines[0].terms) >= 39
        assert ad.compile(f)(*w) == f(*w)


def test_a_number_that_is_used_twice_keeps_its_own_line():
    def f(x, y):
        product = x * y
        return product + ad.sin(product)

    kinds = [type(line) for line in lines_of(f, 1.0, 2.0)]
    assert kinds == [Affine, Evaluate, Affine]


ORDERED = {
    "left to right": lambda x, y, z: x + y + z,
    "right to left": lambda x, y, z: x + (y + z),
    "a sum of sums": lambda x, y, z: (x + y) + (z + x),
    "a difference": lambda x, y, z: x - (y - z),
    "a difference of sums": lambda x, y, z: (x + y) - (x + z),
    "negated": lambda x, y, z: -(x + y) - z,
    "negated twice": lambda x, y, z: ad.neg(-(x * y)) + z,
    "a product of a sum": lambda x, y, z: (x + y) * z - x * y,
    "constants on both sides": lambda x, y, z: 0.1 + x * 0.3 - (0.7 - y) + z - 0.2,
    "minus a constant product": lambda x, y, z: x - 0.1 * y - z * 0.3,
    "a sum within sum": lambda x, y, z: ad.sum([x, ad.sum([y, z]), x * y, -z]),
    "dot of sums": lambda x, y, z: ad.dot([x + y, z], [y, x - z]),
    "mean": lambda x, y, z: ad.mean([x, y, z]) * 3,
    "starting with a zero": lambda x, y, z: 0.0 + x * 0.0 + (-0.0) * y + z * 0.0,
    "identities": lambda x, y, z: ad.identity(x) + ad.where(y > 0, y, z),
    "twice the same": lambda x, y, z: x + x + y * y + y * y,
}  # fmt: skip


@pytest.mark.parametrize("f", ORDERED.values(), ids=ORDERED)
@pytest.mark.parametrize(
    "point", [(0.1, 0.2, 0.3), (1e16, 1.0, -1e16), (-0.0, 0.0, -0.0), (1e308, 1e308, -1e308)]
)
def test_the_order_of_sums_is_kept_bit_for_bit(f, point):
    value, gradient = ad.value_and_grad(f, (0, 1, 2))(*point)
    ours, slopes = ad.compile(f).value_and_grad(*point)
    assert bits(ours) == bits(value)
    assert same(slopes, gradient)
    over_lanes = ad.compile(f, lanes=["x", "z"])([point[0]] * 9, point[1], [point[2]] * 9)
    assert bits(over_lanes) == bits([value] * 9)


def test_shared_products_are_computed_once_for_all_lanes():
    forward = swept(lambda w, v, x: w * v + x * ad.exp(w), 1.0, 2.0, 3.0, lanes=[False, False, True])
    program = value_program(forward)
    assert len(program.before) == 2 and len(program.lanes) == 1


def test_rows_of_dead_variables_are_used_again():
    def f(x):
        for _ in range(200):
            x = ad.sin(x)
        return x

    forward = swept(f, 1.0, lanes=[True])
    assert sum(forward.variables.lane) == 201
    # One for the input, which outlives the sweep, and two that are used in turn.
    assert layout(value_program(forward), {}).rows <= 3


def test_adjoint_rows_are_used_again():
    def f(w, x):
        for _ in range(200):
            x = ad.sin(x * w)
        return x

    program = gradient_program(swept(f, 1.0, 1.0, lanes=[False, True]), [True, False])
    rows = layout(program, {}).rows
    # The forward sweep's 400 numbers are needed until the reverse sweep has passed them.
    assert 400 <= rows <= 406 < sum(program.variables.lane) - 300


def test_what_no_wanted_argument_needs_is_not_differentiated():
    def f(w, x):
        return ad.exp(ad.sin(x)) * w

    program = gradient_program(swept(f, 1.0, 2.0, lanes=[False, True]), [True, False])
    assert not any(isinstance(line, Partial) for line in program.lines)
    assert sum(isinstance(line, LaneSum) for line in program.lines) == 1


@settings(max_examples=EXAMPLES // 2)
@given(programs(min_steps=4, max_steps=9))
def test_no_tape_is_longer_than_its_recording(program):
    recording = recording_of(
        program, program.inputs, [f"x{i}" for i in range(len(program.inputs))], lambda f, xs: f(*xs)
    )
    for lanes in ([False] * len(program.inputs), [True] * len(program.inputs)):
        assert len(forward_sweep(recording, lanes).lines) <= len(recording.operations)


@settings(max_examples=EXAMPLES // 2)
@given(windings(EXACT), st.integers(0, 3))
def test_every_variable_is_computed_before_it_is_used(program, moving):
    recording = recording_of(
        program, [0.5, -1.0, 2.0, 0.25], ["w0", "w1", "x", "y"], lambda f, v: f(v[:2], v[2], v[3])
    )
    forward = forward_sweep(recording, [i == moving for i in range(4)])
    for program_of_lines in (
        value_program(forward),
        gradient_program(forward, [i != moving for i in range(4)]),
    ):
        known = {*program_of_lines.inputs, *program_of_lines.variables.constants, *program_of_lines.sums}
        for line in program_of_lines.lines:
            if isinstance(line, Affine):
                assert {x for term in line.terms for x in term} <= known
                assert line.nan_of in known | {-1}
                known.add(line.out)
            elif isinstance(line, (Evaluate, Partial)):
                assert {*line.operands} <= known
                known.update((line.out,) if isinstance(line, Evaluate) else line.outs)
            elif isinstance(line, LaneSum):
                assert {line.a, *(b for b, _ in line.terms)} <= known
            else:
                assert {line.left, line.right} <= known
        assert {*program_of_lines.outputs} <= known
        assert {*program_of_lines.gradient} <= known | {-1}
