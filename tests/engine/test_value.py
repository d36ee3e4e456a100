"""``Value`` and ``backward``: seeds, several outputs, accumulation, gradients, names, staleness."""

import math

import pytest

import autodiff as ad
from autodiff.value import constant

# ── backward ────────────────────────────────────────────────────────────────────────────────────


def test_a_graph_is_data():
    x, y = ad.Value(2.0, name="x"), ad.Value(3.0, name="y")
    z = x * y
    assert (z.data, z.primitive, z.operands) == (6.0, ad.mul, (x, y))
    assert (x.primitive, x.operands) == (None, ())


def test_backward_fills_leaves_and_intermediates():
    x, y = ad.Value(2.0), ad.Value(3.0)
    product = x * y
    out = product + ad.sin(x)
    out.backward()
    assert (out.grad, product.grad, y.grad) == (1.0, 1.0, 2.0)
    assert x.grad == 3.0 + math.cos(2.0)


def test_the_seed_is_the_adjoint_of_the_output():
    x = ad.Value(2.0)
    out = x * x
    out.backward(seed=-3.0)
    assert (out.grad, x.grad) == (-3.0, -12.0)


def test_a_leaf_goes_backward_to_itself():
    x = ad.Value(2.0)
    x.backward(5.0)
    assert x.grad == 5.0


def test_a_node_used_twice_has_two_edges_and_receives_both_contributions():
    x = ad.Value(3.0)
    square = x * x
    assert square.operands == (x, x) and square.operands[0] is square.operands[1] is x
    square.backward()
    assert x.grad == 6.0


def test_a_diamond_sums_over_its_paths():
    x = ad.Value(3.0)
    y = x * 2
    (y * y + y).backward()  # 4 x² + 2 x
    assert x.grad == 26.0
    assert y.grad == 13.0


def test_several_outputs_go_backward_together_with_their_seeds():
    x = ad.Value(3.0)
    ad.backward([x * x, 2 * x], [1.0, 10.0])
    assert x.grad == 26.0


def test_the_default_seed_of_every_output_is_1():
    x = ad.Value(3.0)
    ad.backward([x * x, 2 * x])
    assert x.grad == 8.0


def test_an_output_inside_another_outputs_graph_gets_its_seed_and_its_contribution():
    x = ad.Value(3.0)
    y = x * x
    ad.backward([y, 2 * y], [1.0, 10.0])
    assert (y.grad, x.grad) == (21.0, 126.0)


def test_an_output_named_twice_gets_the_sum_of_its_seeds():
    x = ad.Value(3.0)
    y = x * x
    ad.backward([y, y], [1.0, 2.0])
    assert (y.grad, x.grad) == (3.0, 18.0)


def test_outputs_may_come_from_any_iterable():
    xs = [ad.Value(1.0), ad.Value(2.0)]
    ad.backward((x * x for x in xs), iter([1.0, 1.0]))
    assert [x.grad for x in xs] == [2.0, 4.0]


def test_a_missing_seed_is_an_error_before_anything_is_written():
    x = ad.Value(3.0)
    with pytest.raises(ValueError, match="one seed is needed for each output: 2, not 1"):
        ad.backward([x * x, x], [1.0])
    assert not x.has_grad


@pytest.mark.parametrize("out", [3.0, "a", None])
def test_backward_starts_from_values_only(out):
    with pytest.raises(TypeError, match="expected a Value or several"):
        ad.backward([out])


def test_a_stranger_is_no_seed():
    with pytest.raises(TypeError, match="seed: expected a number, got the text"):
        ad.backward([ad.Value(1.0)], ["1.0"])


def test_a_second_backward_doubles_leaves_and_overwrites_intermediates():
    x = ad.Value(3.0)
    y = x * 2
    out = y * y
    out.backward()
    first = (x.grad, y.grad, out.grad)
    out.backward()
    assert first == (24.0, 12.0, 1.0)
    assert (x.grad, y.grad, out.grad) == (48.0, 12.0, 1.0)


def test_two_outputs_accumulate_into_a_shared_leaf_one_after_the_other():
    x = ad.Value(3.0)
    (x * x).backward()
    (5 * x).backward()
    assert x.grad == 11.0


def test_constants_have_no_gradient():
    x = ad.Value(3.0)
    out = 2 * x
    out.backward()
    two = out.operands[0]
    assert two.is_constant and not two.has_grad
    assert not x.is_constant


def test_gradients_leaves_every_grad_alone():
    x = ad.Value(3.0)
    y = x * x
    out = 2 * y
    assert ad.gradients(out, [x, y]) == [12.0, 2.0]
    assert not any(node.has_grad for node in (x, y, out))


# ── .grad ───────────────────────────────────────────────────────────────────────────────────────


def test_not_computed_is_not_zero():
    x, y = ad.Value(3.0), ad.Value(0.0)
    assert (x.grad, x.has_grad) == (0.0, False)
    (x * y).backward()
    assert (x.grad, x.has_grad) == (0.0, True)


def test_grad_may_be_assigned_and_forgotten():
    x = ad.Value(3.0)
    x.grad = 7
    x.backward()
    assert x.grad == 8.0
    x.grad = None
    assert not x.has_grad
    with pytest.raises(TypeError, match=r"^grad: "):
        x.grad = "7"


def test_zero_grad_reaches_into_any_nesting():
    xs = [ad.Value(float(i)) for i in range(6)]
    ad.backward(xs)
    ad.zero_grad([xs[0], (xs[1], [xs[2]]), {"w": xs[3]}, (x for x in xs[4:5])])
    assert [x.has_grad for x in xs] == [False] * 5 + [True]
    ad.zero_grad(xs[5])
    assert not xs[5].has_grad


@pytest.mark.parametrize("stranger", [3.0, "ab", [None]])
def test_zero_grad_refuses_what_has_no_gradient(stranger):
    with pytest.raises(TypeError, match="zero_grad takes Values"):
        ad.zero_grad(stranger)


# ── .data, names ────────────────────────────────────────────────────────────────────────────────


def test_the_number_of_an_intermediate_is_read_only():
    x = ad.Value(3.0, name="x")
    y = x * x
    with pytest.raises(AttributeError, match=r"follows from its operands: assign the leaves' \.data"):
        y.data = 5.0
    assert y.data == 9.0


def test_a_name_is_given_at_birth_or_later_and_shown():
    x = ad.Value(3.0, name="x")
    y = x * x
    assert (x.name, y.name) == ("x", None)
    y.name = "y"
    assert repr(y) == "Value(9.0, name='y', primitive='mul')"
    y.backward()
    assert repr(x) == "Value(3.0, name='x', grad=6.0)"
    y.name = None
    assert y.name is None


def test_detach_stops_the_derivative_and_keeps_number_and_name():
    x = ad.Value(3.0, name="x")
    twin = x.detach()
    assert (twin.data, twin.name, twin.is_constant, twin.operands) == (3.0, "x", True, ())
    (x * twin).backward()
    assert x.grad == 3.0
    assert not twin.has_grad


def test_an_unknown_attribute_is_no_silent_one():
    x = ad.Value(3.0)
    with pytest.raises(AttributeError):
        x.gradient = 3.0
    with pytest.raises(AttributeError):
        x.flarb()


# ── staleness ───────────────────────────────────────────────────────────────────────────────────


def stale_graph():
    w = ad.Value(3.0, name="w")
    y = w * w
    out = ad.sin(y)
    w.data = 5.0  # the line that made it stale
    return w, out


def test_a_changed_leaf_makes_backward_refuse_and_the_message_says_all():
    w, out = stale_graph()
    with pytest.raises(ad.StaleValueError) as error:
        out.backward()
    message = str(error.value)
    assert message.startswith("w was used by mul(…) = 9.0 and then assigned the number 5.0")
    assert "test_value.py:" in message and "w.data = 5.0  # the line that made it stale" in message
    assert not w.has_grad


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_refuse_a_stale_graph_too(create_graph):
    w, out = stale_graph()
    with pytest.raises(ad.StaleValueError):
        ad.gradients(out, w, create_graph=create_graph)


def test_a_named_user_of_the_leaf_is_called_by_its_name():
    w = ad.Value(3.0)
    y = w * w
    y.name = "y"
    w.data = 5.0
    with pytest.raises(ad.StaleValueError, match=r"^a leaf was used by mul\(…\) = 9.0 called 'y' and"):
        y.backward()


def test_a_fresh_forward_pass_is_fine():
    w, _ = stale_graph()
    out = w * w
    out.backward()
    assert w.grad == 10.0


def test_going_backward_before_the_change_is_fine():
    w = ad.Value(3.0)
    out = w * w
    out.backward()
    w.data -= 0.1 * w.grad
    assert w.data == 3.0 - 0.1 * 6.0


def test_changing_a_leaf_outside_the_graph_is_fine():
    w, other = ad.Value(3.0), ad.Value(1.0)
    unrelated = other * 2
    out = w * w
    other.data = 7.0
    out.backward()
    assert w.grad == 6.0
    with pytest.raises(ad.StaleValueError):
        unrelated.backward()


def test_changing_a_leaf_before_its_first_use_is_fine():
    early = ad.Value(1.0) * 2
    w = ad.Value(3.0)
    w.data = 5.0
    out = w * w + early
    out.backward()
    assert w.grad == 10.0


def test_staleness_deep_inside_a_mixed_graph_is_found():
    w, late = ad.Value(3.0, name="w"), ad.Value(1.0)
    old = w * w
    w.data = 5.0
    mixed = old + w * late
    for _ in range(100):
        mixed = mixed * 1.5
    with pytest.raises(ad.StaleValueError, match=r"^w was used by mul"):
        mixed.backward()


def test_assigning_the_same_number_counts_as_a_change():
    w = ad.Value(3.0)
    out = w * w
    w.data = 3.0
    with pytest.raises(ad.StaleValueError):
        out.backward()


def test_a_changed_constant_is_found_too():
    x = ad.Value(3.0)
    out = x * 2
    out.operands[1].data = 5.0
    with pytest.raises(ad.StaleValueError):
        out.backward()


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("x", [0.0, -0.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan])
def test_no_operation_raises_on_a_float(x):
    for name, row in ad.PRIMITIVES.items():
        count = 2 if row.operands.variadic else len(row.operands.names)
        for others in (0.0, 1.0, -1.5, math.inf, math.nan):
            leaves = [ad.Value(x), *(ad.Value(others) for _ in range(count - 1))]
            out = row.apply(leaves)
            out.backward()
            assert isinstance(out.data, float), name
            if math.isnan(out.data):
                # a nan has a nan derivative, never a laundered 0
                assert all(math.isnan(leaf.grad) for leaf in leaves), name


def test_a_constant_is_a_leaf_nobody_differentiates():
    node = constant(2)
    assert (node.data, node.is_constant, node.operands, node.primitive) == (2.0, True, (), None)
