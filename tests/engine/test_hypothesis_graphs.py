"""Random graphs over the whole table: every way to a derivative gives the same number.

The bounds are computed: ``rounding_bound`` differentiates the recorded derivative by every number
that went into it, so it knows how a rounding anywhere moves the result.
"""

import pytest
from hypothesis import given, settings, strategies as st

import autodiff as ad
from autodiff.graph import topological_order
from autodiff.testing import check_gradients
from autodiff.testing.reference import Exact
from tests.oracles import TRUNCATION, UNIT, gradient_bound, rounding_bound
from tests.strategies import BUILT_IN, Program, programs

EXAMPLES = settings.default.max_examples  # of the profile in force: 100, or more to explore

seeds = st.integers(-50, 50).map(lambda n: n / 8)  # products with these are nearly always exact


def gradient_and_bounds(program: Program) -> tuple[list[float], list[float]]:
    """Return the gradient, and a bound on each entry's rounding error."""
    out, inputs = program.recorded()
    return ad.gradients(out, inputs), [gradient_bound(out, x) for x in inputs]


def is_exact_to_its_bounds(program: Program) -> None:
    """Assert that no derivative of a program is further off 60 digits than rounding moves it."""
    out, inputs = program.recorded()
    bars, bounds = gradient_and_bounds(program)
    for x_bar, exact, bound in zip(bars, Exact(out).gradient(inputs), bounds, strict=True):
        assert abs(x_bar - exact) <= bound + TRUNCATION


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_row_agrees_with_the_exact_replay_inside_small_graphs(name):
    @settings(max_examples=EXAMPLES // 12)
    @given(programs(first=name, max_steps=3))
    def check(program):
        is_exact_to_its_bounds(program)

    check()


@given(programs())
def test_the_forward_value_is_the_exact_value(program):
    out, _ = program.recorded()
    assert abs(out.data - Exact(out).value) <= rounding_bound(out)


@settings(max_examples=3 * EXAMPLES)
@given(programs(min_steps=4, max_steps=9))
def test_reverse_mode_is_the_exact_derivative(program):
    is_exact_to_its_bounds(program)


@settings(max_examples=3 * EXAMPLES)
@given(programs(min_steps=4, max_steps=9))
def test_reverse_mode_is_forward_mode(program):
    bars, bounds = gradient_and_bounds(program)
    for i, (x_bar, bound) in enumerate(zip(bars, bounds, strict=True)):
        direction = [float(i == j) for j in range(len(program.inputs))]
        _, out_dot = ad.jvp(program, program.inputs, direction)
        # The same terms in another order: each is within its bound of the exact derivative.
        assert abs(x_bar - out_dot) <= 2 * bound


@settings(max_examples=3 * EXAMPLES)
@given(programs(min_steps=4, max_steps=9))
def test_the_checker_passes_every_mode_and_second_derivatives(program):
    assert check_gradients(program, *program.inputs)


@given(programs())
def test_values_and_duals_and_floats_give_the_same_bits(program):
    out, _ = program.recorded()
    primal, _ = ad.jvp(program, program.inputs, [1.0] * len(program.inputs))
    assert out.data == primal == program(*program.inputs)


@given(programs(), seeds)
def test_adjoints_are_linear_in_the_seed(program, seed):
    out, inputs = program.recorded()
    out.backward(seed)
    bars, bounds = gradient_and_bounds(program)
    for x, x_bar, bound in zip(inputs, bars, bounds, strict=True):
        # Both products are sums over paths of the same terms, each rounded once more at most.
        assert abs(x.grad - seed * x_bar) <= abs(seed) * bound


@given(programs())
def test_a_second_backward_doubles_the_leaves_and_nothing_else(program):
    out, inputs = program.recorded()
    order = topological_order(out, *inputs)
    out.backward()
    once = [node.grad for node in order]
    out.backward()
    for node, first in zip(order, once, strict=True):
        doubled = not node.operands and not node.is_constant
        assert node.grad == (2 * first if doubled else first)


@given(programs())
def test_a_recorded_gradient_is_the_gradient(program):
    out, inputs = program.recorded()
    recorded = ad.gradients(out, inputs, create_graph=True)
    bars, bounds = gradient_and_bounds(program)
    for entry, x_bar, bound in zip(recorded, bars, bounds, strict=True):
        assert isinstance(entry, ad.Value)
        assert abs(entry.data - x_bar) <= 2 * bound


@given(programs(), programs())
def test_the_gradient_of_a_sum_is_the_sum_of_the_gradients(left, right):
    inputs = [ad.Value(x) for x in max(left.inputs, right.inputs, key=len)]
    # Different points would leave the domains: each program keeps its own inputs, by a constant.
    shifted = [
        [x + (own - x.data) for x, own in zip(inputs, program.inputs, strict=False)]
        for program in (left, right)
    ]
    f, g = left(*shifted[0]), right(*shifted[1])
    both = ad.gradients(f + g, inputs)
    apart = [
        f_bar + g_bar
        for f_bar, g_bar in zip(ad.gradients(f, inputs), ad.gradients(g, inputs), strict=True)
    ]
    for x, together, added in zip(inputs, both, apart, strict=True):
        bound = gradient_bound(f, x) + gradient_bound(g, x)
        # Two contributions to one leaf are added in both ways, once each: one more rounding.
        assert abs(together - added) <= 2 * bound + UNIT * abs(added)


@given(programs(max_steps=4))
def test_second_derivatives_agree_in_all_four_nestings(program):
    n = len(program.inputs)
    out, inputs = program.recorded()
    first = ad.gradients(out, inputs, create_graph=True)
    reverse_reverse = [ad.gradients(entry, inputs) for entry in first]
    bounds = [[gradient_bound(entry, x) for x in inputs] for entry in first]

    def along(i, f):
        direction = [float(i == j) for j in range(n)]
        return lambda *xs: ad.jvp(f, xs, direction)[1]

    everything = tuple(range(n))
    for i in range(n):
        forward_reverse = ad.jvp(
            ad.grad(program, everything), program.inputs, [float(i == j) for j in range(n)]
        )[1]
        reverse_forward = ad.grad(along(i, program), everything)(*program.inputs)
        for j in range(n):
            forward_forward = along(j, along(i, program))(*program.inputs)
            for other in (forward_reverse[j], reverse_forward[j], forward_forward):
                # 4: the rules are the same, but their derivatives are summed along other routes.
                assert abs(reverse_reverse[i][j] - other) <= 4 * (bounds[i][j] + bounds[j][i])


@settings(max_examples=EXAMPLES // 2)
@given(programs(max_steps=4))
def test_second_derivatives_are_the_exact_ones(program):
    out, inputs = program.recorded()
    for x in inputs:
        first = ad.gradients(out, x, create_graph=True)
        if not first.operands:
            continue
        second, bound = ad.gradients(first, x), gradient_bound(first, x)
        # The recorded first derivative is a graph of rows again: replay that one.
        (exact,) = Exact(first).gradient([x])
        assert abs(second - exact) <= bound + TRUNCATION
