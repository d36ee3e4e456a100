"""Random programs: eager mode, forward mode, the replays and the generated source agree.

Where only correctly rounded operations are involved, or where the replay calls the functions of eager
mode, values agree bit for bit, and gradients as numbers unless common subexpressions were merged.
Vectorised functions differ from the C library's by a few ulp: there the bounds are those of
``tests/oracles.py``, which know what a rounding anywhere does to the result. What all of them are
compared with is right by ``check_gradients``, which the replays pass as well.
"""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

import autodiff as ad
from autodiff.graph import adjoints, local_derivatives, topological_order
from autodiff.tape.optimise import simplified
from autodiff.tape.record import recording_of
from autodiff.testing import check_gradients
from tests.oracles import UNIT, gradient_bound, rounding_bound, summing_bound
from tests.strategies import BUILT_IN, EXACT, Winding, programs, windings
from tests.tape.running import alone, bits, same, transposed

pytestmark = pytest.mark.usefixtures("replay_kind")

EXAMPLES = settings.default.max_examples  # of the profile in force: 100, or more to explore

moderate = st.one_of(
    st.sampled_from([-2.0, -1.0, -0.5, -0.0, 0.0, 0.25, 0.5, 1.0, 3.0]), st.floats(-3.0, 3.0)
)
anything = st.one_of(moderate, moderate, st.sampled_from([math.inf, -math.inf, math.nan, 1e300, 5e-324]))
pairs = st.tuples(moderate, moderate)


def merged(program: Winding, inputs: tuple) -> bool:
    """Return whether the program computes something twice: its adjoints are then summed first."""
    (first, second), x, y = inputs
    names = ["w[0]", "w[1]", "x", "y"]
    recording = recording_of(program, [first, second, x, y], names, lambda f, v: f(v[:2], v[2], v[3]))
    same_as, constants, _ = simplified(recording)
    return any(same_as[place] != place and place not in constants for place in range(len(same_as)))


def underflows(out: ad.Value) -> bool:
    """Return whether digits are lost below the smallest floats, which no relative bound knows of."""
    order = topological_order(out)
    numbers = [node.data for node in order] + list(adjoints(order, {out: 1.0}).values())
    numbers += [partial for node in order if node.operands for partial in local_derivatives(node)]
    return any(0 < abs(number) < 1e-290 for number in numbers)


def summed(program: Winding, w: tuple[float, float], samples: list) -> tuple[list, list, list]:
    """Return eager mode's values, the sums of its gradients by ``w``, and bounds for other orders."""
    values, totals, bounds = [], [0.0, 0.0], [0.0, 0.0]
    for x, y in samples:
        leaves = [ad.Value(number) for number in w]
        out = program(leaves, ad.Value(x), ad.Value(y))
        values.append(out.data)
        for i, leaf in enumerate(leaves):
            totals[i] += ad.gradients(out, leaf)
            # and each lane is one more number in the sum over the lanes
            bounds[i] += summing_bound(out, leaf) * (1 + len(samples))
    return values, totals, bounds


@given(programs(min_steps=2, max_steps=8), st.sampled_from([1, 7, 8, 9, 31]))
def test_all_ways_agree_on_smooth_programs(program, count):
    n = len(program.inputs)
    out, leaves = program.recorded()
    bounds = [gradient_bound(out, leaf) for leaf in leaves]
    # 3: eager mode is one bound off; a vectorised function may err by 4 ulp, twice what that allows.
    close = 3 * rounding_bound(out)
    value, gradient = ad.value_and_grad(program, range(n))(*program.inputs)

    compiled = ad.compile(program)
    replayed, replayed_gradient = compiled.value_and_grad(*program.inputs)
    assert abs(replayed - value) <= close

    generated, generated_gradient = alone(compiled.source)(*program.inputs)
    assert bits(generated) == bits(value)

    def shifted(w, xs):
        return program(*[x + shift for x, shift in zip(xs, w, strict=True)])

    lanes = ad.compile(shifted, lanes=["xs"])
    samples = np.tile(program.inputs, (count, 1))
    over_lanes, (lane_gradient,) = lanes.value_and_grad([-0.0] * n, samples)  # x + -0.0 is x
    assert np.all(np.abs(over_lanes - value) <= close)

    for i, bound in enumerate(bounds):
        assert abs(replayed_gradient[i] - gradient[i]) <= 3 * bound
        assert abs(generated_gradient[i] - gradient[i]) <= 2 * bound
        rounding = count * UNIT * abs(gradient[i])  # of the sum over the lanes, per lane
        assert abs(lane_gradient[i] / count - gradient[i]) <= 3 * bound + rounding
        tangent = ad.jvp(program, program.inputs, [float(i == j) for j in range(n)])[1]
        assert abs(replayed_gradient[i] - tangent) <= 3 * bound


@given(programs(min_steps=2, max_steps=8))
def test_the_checker_passes_the_gradients_of_both_replays(program):
    report = check_gradients(program, *program.inputs, modes=["compiled"], order=1)
    assert report and not any("cannot be recorded" in note for note in report.notes)


@given(st.data())
def test_one_sample_is_eager_mode_bit_for_bit(replay_kind, data):
    # Natively even one sample goes through the vectorised functions.
    program = data.draw(windings(BUILT_IN if replay_kind == "NumPy" else EXACT))
    compiled = ad.compile(program)
    for _ in range(3):  # the first is recorded, others may go another way
        w, x, y = inputs = (
            data.draw(st.tuples(anything, anything)),
            data.draw(anything),
            data.draw(anything),
        )
        value, gradients = ad.value_and_grad(program, (0, 1, 2))(*inputs)
        replayed, replayed_gradients = compiled.value_and_grad(*inputs)
        generated, generated_gradients = alone(compiled.source)(*inputs)
        assert bits(compiled(*inputs)) == bits(replayed) == bits(generated) == bits(value)
        flat = [*gradients[0], gradients[1], gradients[2]]
        replayed_flat = [*replayed_gradients[0], replayed_gradients[1], replayed_gradients[2]]
        assert same(np.hstack(generated_gradients), replayed_flat)
        if not merged(program, inputs):
            assert same(replayed_flat, flat)
        elif all(map(math.isfinite, flat)):
            leaves = [ad.Value(number) for number in (*w, x, y)]
            out = program(leaves[:2], leaves[2], leaves[3])
            for ours, its, leaf in zip(replayed_flat, flat, leaves, strict=True):
                bound = summing_bound(out, leaf)
                assert abs(ours - its) <= bound or not math.isfinite(bound) or underflows(out)


@given(windings(EXACT), pairs, st.lists(pairs, min_size=1, max_size=17))
def test_lanes_are_eager_mode_sample_by_sample(program, w, samples):
    values, totals, bounds = summed(program, w, samples)
    x, y = transposed(samples)
    lanes = ad.compile(program, lanes=["x", "y"])
    over_lanes, (gradient,) = lanes.value_and_grad(list(w), x, y)
    assert bits(over_lanes) == bits(values)
    assert bits(lanes(list(w), np.array(x), np.array(y))) == bits(values)
    assume(all(map(math.isfinite, [*totals, *bounds])))
    for ours, its, bound in zip(gradient, totals, bounds, strict=True):
        assert abs(ours - its) <= bound


@given(
    windings(EXACT), pairs, st.lists(pairs, min_size=1, max_size=9), st.randoms(use_true_random=False)
)
def test_lanes_do_not_depend_on_one_another(program, w, samples, random):
    lanes = ad.compile(program, lanes=["x", "y"])
    values = lanes(list(w), *transposed(samples))
    order = list(range(len(samples)))
    random.shuffle(order)
    again = lanes(list(w), *transposed([samples[i] for i in order]))
    assert bits(again) == bits([values[i] for i in order])


@given(windings(EXACT), pairs, st.lists(pairs, min_size=1, max_size=5))
def test_generated_source_runs_over_lanes(program, w, samples):
    samples = [sample for sample in samples if same_way(program, w, samples[0], sample)]
    lanes = ad.compile(program, lanes=["x", "y"])
    values, (gradient,) = lanes.value_and_grad(list(w), *transposed(samples))
    generated, (generated_gradient,) = alone(lanes.source)(list(w), *transposed(samples))
    assert bits(generated) == bits(values)
    _, totals, bounds = summed(program, w, samples)
    assume(all(map(math.isfinite, [*totals, *bounds])))
    for ours, its, bound in zip(generated_gradient, gradient, bounds, strict=True):
        assert abs(ours - its) <= 2 * bound


def same_way(program: Winding, w: tuple, left: tuple, right: tuple) -> bool:
    """Return whether the tape of one sample holds for the other."""
    compiled = ad.compile(program)
    compiled(list(w), *left)
    try:
        alone(compiled.source)(list(w), *right)
    except ValueError:
        return False
    return True
