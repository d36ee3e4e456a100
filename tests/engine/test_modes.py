"""``no_grad``, ``strict`` and ``scope``: nesting, threads, and what strict mode says."""

import math
import threading

import pytest

import autodiff as ad
from autodiff import modes


def test_no_grad_gives_constants():
    x = ad.Value(3.0)
    with ad.no_grad():
        y = x * x + ad.sin(x)
    assert y.data == 9.0 + math.sin(3.0)
    assert (y.operands, y.primitive, y.is_constant) == ((), None, True)
    (y * x).backward()
    assert x.grad == y.data


def test_no_grad_ends_with_its_block_even_by_an_error():
    x = ad.Value(3.0)
    with pytest.raises(KeyError), ad.no_grad(), ad.no_grad():
        raise KeyError
    assert (x * x).operands == (x, x)
    assert modes.active.blocks == 0


def test_a_leaf_made_in_no_grad_is_a_variable():
    with ad.no_grad():
        x = ad.Value(3.0)
    (x * x).backward()
    assert x.grad == 6.0


def test_no_grad_is_a_decorator_too():
    @ad.no_grad()
    def predicted(x):
        return x * x

    assert predicted(ad.Value(3.0)).is_constant
    assert predicted(ad.Value(3.0)).is_constant


def test_backward_works_inside_no_grad():
    x = ad.Value(3.0)
    out = x * x
    with ad.no_grad():
        out.backward()
    assert x.grad == 6.0


@pytest.mark.parametrize(
    "of",
    [
        ad.grad,
        lambda f: lambda x: ad.jvp(f, (x,), (1.0,))[1],
        lambda f: ad.jacobian(f, mode="reverse"),
        lambda f: ad.jacobian(f, mode="forward"),
    ],
)
def test_transforms_differentiate_inside_no_grad(of):
    with ad.no_grad():
        assert of(lambda x: x**3)(2.0) == 12.0
        assert ad.grad(of(lambda x: x**3))(2.0) == 12.0


def test_gradients_can_be_recorded_inside_no_grad():
    x = ad.Value(2.0)
    out = x**3
    with ad.no_grad():
        first = ad.gradients(out, x, create_graph=True)
    assert ad.gradients(first, x) == 12.0


# ── scope ───────────────────────────────────────────────────────────────────────────────────────


def test_scopes_nest_and_mark_leaves_and_nodes():
    x = ad.Value(1.0)
    with ad.scope("layer 1"):
        w = ad.Value(2.0, name="w")
        with ad.scope("neuron 2"):
            y = x * w
        z = ad.tanh(y)
    out = z + 1
    assert [node.scope for node in (x, w, y, z, out)] == [
        "", "layer 1", "layer 1 / neuron 2", "layer 1", "",
    ]  # fmt: skip
    assert (w.name, y.name) == ("w", None)


# ── threads ─────────────────────────────────────────────────────────────────────────────────────


def test_a_mode_in_one_thread_is_none_in_another():
    opened, looked = threading.Event(), threading.Event()
    seen = {}

    def elsewhere():
        opened.wait(10)
        x = ad.Value(-2.0)
        seen["log"] = ad.log(x).data  # strict here would raise
        seen["operands"] = (x * x).operands == (x, x)  # no_grad here would record none
        seen["scope"] = ad.Value(1.0).scope
        looked.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    with ad.no_grad(), ad.strict(), ad.scope("here"):
        opened.set()
        assert looked.wait(10)
        assert (modes.current().strict, modes.current().recording) == (True, False)
    thread.join()
    assert math.isnan(seen["log"])
    assert (seen["operands"], seen["scope"]) == (True, "")
    assert modes.active.blocks == 0


def test_many_threads_count_their_blocks_right():
    def work():
        for _ in range(500):
            with ad.no_grad(), ad.scope("a"):
                ad.Value(1.0) * 2

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert modes.active.blocks == 0


# ── strict ──────────────────────────────────────────────────────────────────────────────────────


def test_the_default_is_total():
    assert math.isnan(ad.log(ad.Value(-2.0)).data)
    assert ad.Value(1.0).exp().log().reciprocal().data == 1.0
    assert (ad.Value(1.0) / 0).data == math.inf


def complaint(f):
    """Return what strict mode says, without the user's line at the end."""
    with ad.strict(), pytest.raises(ad.DomainError) as error:
        f()
    message, _, line = str(error.value).rpartition(" (test_modes.py:")
    assert line[:-1].partition(": ")[0].isdigit(), "the user's own file and line"
    return message


def test_strict_names_operation_operand_number_name_and_the_users_own_line():
    z = ad.Value(-2.0, name="z")
    with ad.strict(), pytest.raises(ad.DomainError) as error:
        ad.log(z)  # the user's line
    message = str(error.value)
    assert message.startswith("log(z) at z = -2.0 gives nan: z > 0 is needed (test_modes.py:")
    assert message.endswith(": ad.log(z)  # the user's line)")


def test_strict_shows_the_numbers_of_the_unnamed():
    assert complaint(lambda: ad.Value(3.0) / 0) == "div(3.0, 0.0) gives inf: y != 0 is needed"


def test_strict_stops_at_the_first_operation_that_goes_wrong():
    x = ad.Value(800.0, name="x")
    assert complaint(lambda: ad.log(ad.exp(x)) - x) == "exp(x) at x = 800.0 gives inf"


def test_strict_looks_at_plain_floats_and_duals_too():
    expected = "sqrt(-1.0) gives nan: x >= 0 is needed"
    assert complaint(lambda: ad.sqrt(-1.0)) == expected
    assert complaint(lambda: ad.jvp(ad.sqrt, (-1.0,), (1.0,))) == expected


def test_strict_names_the_operands_of_a_reduction():
    xs = [ad.Value(1e308, name="a"), ad.Value(1e308)]
    assert complaint(lambda: ad.sum(xs)) == "sum(a, 1e+308) at a = 1e+308 gives inf"


def test_strict_reports_an_infinite_local_derivative_going_backward():
    x = ad.Value(0.0, name="x")
    out = ad.sqrt(x)
    assert (
        complaint(out.backward) == "sqrt(x) at x = 0.0 has the local derivative 1 / (2 * sqrt(x)) = inf"
    )
    assert not x.has_grad
    assert "sqrt" in complaint(lambda: ad.jvp(ad.sqrt, (0.0,), (1.0,)))


def test_strict_does_not_care_about_the_derivative_by_a_constant():
    x = ad.Value(-2.0)
    with ad.strict():
        (x**3).backward()  # ∂/∂3 would take log(-2)
    assert x.grad == 12.0


def test_strict_lets_infinite_and_nan_operands_pass():
    with ad.strict():
        assert ad.exp(ad.Value(math.inf)).data == math.inf
        assert math.isnan(ad.exp(ad.Value(math.nan)).data)
        assert (ad.Value(math.inf) + 1).data == math.inf


def test_strict_reports_a_nan_made_of_infinities():
    inf = ad.Value(math.inf)
    assert complaint(lambda: inf - inf) == "sub(inf, inf) gives nan"


def test_strict_is_silent_inside_every_rows_domain():
    from tests.strategies import BUILT_IN, interior_points

    with ad.strict():
        for name in BUILT_IN:
            row = ad.PRIMITIVES[name]
            count = 2 if row.operands.variadic else len(row.operands.names)
            for point in interior_points(name, (True,) * count):
                leaves = [ad.Value(x) for x in point]
                row.apply(leaves).backward()
                assert all(leaf.has_grad for leaf in leaves)
