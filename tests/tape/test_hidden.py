"""Numbers without a derivative still follow the inputs: a tape computes them anew on every replay."""

import pytest

import autodiff as ad
from autodiff.testing import check_gradients
from tests.tape.running import alone, same

pytestmark = pytest.mark.usefixtures("replay_kind")


def _without_gradient(f):
    def wrapped(*xs):
        with ad.no_grad():
            return f(*xs)

    return wrapped


def _gradient_without_gradient(x):
    return _without_gradient(ad.grad(lambda z: z**3))(x) * x


def _by_an_intermediate(x):
    y = x * x
    return ad.gradients(y * y * x.detach(), y, create_graph=True)


HIDDEN = {
    "detach": lambda x: x * x.detach(),
    "detach of a result": lambda x: x * (x * x + 1).detach(),
    "detach of a detached": lambda x: x * (x.detach() * 2).detach(),
    "no_grad": lambda x: x * _without_gradient(lambda z: ad.relu(z) * z)(x),
    "nested grad with a detached factor": lambda x: ad.grad(lambda z: z * z * x.detach())(x),
    "nested grad, detached inside": lambda x: ad.grad(lambda z: z * z * z.detach())(x) * x,
    "nested grad inside no_grad": _gradient_without_gradient,
    "no_grad inside nested grad": lambda x: ad.grad(lambda z: z * _without_gradient(lambda u: u * u)(z))(
        x
    ),
    "value inside no_grad": lambda x: x * _without_gradient(ad.value_and_grad(lambda z: z**3))(x)[0],
    "vjp inside no_grad": lambda x: (
        x * _without_gradient(lambda z: ad.vjp(lambda u: u**3, z)[1](2.0))(x)[0]
    ),
    "hvp with a detached factor": lambda x: ad.hvp(lambda z: z[0] ** 3 * x.detach(), [x], [1.0])[0],
    "jvp with a detached factor": lambda x: ad.jvp(lambda z: z * z * x.detach(), (x,), (1.0,))[1],
    "jvp along a detached direction": lambda x: ad.jvp(lambda z: z**3, (x,), (x.detach(),))[1],
    "gradients by an intermediate": _by_an_intermediate,
    "a detached number compared": lambda x: x * 2 if x.detach() > 2.5 else x,
    "a number of no_grad compared": lambda x: x * 2 if _without_gradient(lambda z: z * z)(x) > 6 else x,
    "where with a detached branch": lambda x: ad.where(x > 2.5, x * x, x.detach() * x),
    "max with a constant": lambda x: ad.max(x, 2.5) * x,
    "max with a detached number": lambda x: ad.max(x, (5 - x).detach(), 1.0) * x,
    "max of detached numbers alone": lambda x: ad.max(x.detach(), 2.5) * x,
    "min with a detached number": lambda x: ad.min([x, (x * x - 4).detach()]) * x,
}


@pytest.mark.parametrize("f", HIDDEN.values(), ids=HIDDEN)
def test_hidden_numbers_follow_the_inputs(f):
    compiled = ad.compile(f)
    for x in (2.0, 3.0, -1.5, 0.0):
        value, gradient = ad.value_and_grad(f)(x)
        assert compiled.value_and_grad(x) == (value, (gradient,))
        assert alone(compiled.source)(x) == (value, (gradient,))


@pytest.mark.parametrize("f", HIDDEN.values(), ids=HIDDEN)
def test_hidden_numbers_follow_every_lane(f):
    samples = [2.0, 3.0, -1.5, 0.0, 2.0]
    over_lanes, (gradient,) = ad.compile(lambda w, x: f(x * w), lanes=["x"]).value_and_grad(1.0, samples)
    both = [ad.value_and_grad(lambda w, x=x: f(x * w))(1.0) for x in samples]
    assert over_lanes == [value for value, _ in both]
    assert gradient == sum(slope for _, slope in both)  # small dyadic numbers: no sum is rounded


NESTED = {
    "grad": lambda x: ad.grad(lambda z: z**3 + ad.relu(z - 1) * z)(x),
    "grad of grad": lambda x: ad.grad(ad.grad(lambda z: z**4 - z * z))(x),
    "value_and_grad": lambda x: ad.prod(ad.value_and_grad(lambda z: z * z * x)(x)),
    "grad by an outer number": lambda x: ad.grad(lambda z: x * z * z)(2 * x),
    "hvp": lambda x: ad.hvp(lambda z: z[0] ** 3 * z[1], [x, 2 * x], [1.0, x])[0],
    "jvp": lambda x: ad.jvp(lambda z: z**3, (x,), (1.0,))[1],
    "jvp of a moving direction": lambda x: ad.jvp(lambda z: z * z, (x,), (x * 2,))[1],
    "grad of jvp": lambda x: ad.grad(lambda z: ad.jvp(lambda u: u**3, (z,), (1.0,))[1])(x),
    "vjp": lambda x: ad.vjp(lambda z: [z * z, z**3], x)[1]([1.0, x])[0],
    "hessian": lambda x: ad.hessian(lambda z: z[0] ** 3 * z[1] * x)([x, 2 * x])[0][1],
    "jacobian, forward": lambda x: ad.jacobian(lambda z: [z[0] * z[1]], "forward")([x, x])[0][1],
    "jacobian, reverse": lambda x: ad.jacobian(lambda z: [z[0] * z[1]], "reverse")([x, x])[0][1],
    "a branch in grad": lambda x: ad.grad(lambda z: z * z if z > 2.5 else z**3)(x),
    "a branch in jvp": lambda x: ad.jvp(lambda z: z * z if z > 2.5 else z, (x,), (1.0,))[1],
    "a branch on a derivative": lambda x: x * 2 if ad.grad(lambda z: z * z)(x) > 5 else x,
    "a branch on a tangent": lambda x: x * 2 if ad.jvp(lambda z: z * z, (x,), (1.0,))[1] > 5 else x,
    "shares of a tie": lambda x: ad.grad(lambda z: ad.max(z, z * z - 2) * z)(x),
    "a power of a power": lambda x: ad.grad(lambda z: z**2 ** abs(z))(x),
}


@pytest.mark.parametrize("f", NESTED.values(), ids=NESTED)
def test_differentiations_inside_are_recorded(f):
    compiled = ad.compile(f)
    for x in (2.0, 3.0, -1.5, 0.0):
        value, gradient = ad.value_and_grad(f)(x)
        ours, (slope,) = compiled.value_and_grad(x)
        # Subexpressions of a derivative are merged: the terms of its own derivative are summed in
        # another order. All are sums of few terms of like size; pow may be 1 ulp off natively.
        assert ours == pytest.approx(value, rel=1e-14, nan_ok=True)
        assert slope == pytest.approx(gradient, rel=1e-13, abs=1e-13, nan_ok=True)


@pytest.mark.parametrize("f", NESTED.values(), ids=NESTED)
def test_the_checker_passes_differentiations_inside(f):
    for x in (2.2, 1.3, 0.4):
        report = check_gradients(f, x)
        # The rule of max compares the largest with each, and one of them is it.
        assert report or (f is NESTED["shares of a tie"] and "the function compares" in str(report))


@pytest.mark.usefixtures("user_row")
def test_custom_rows_are_replayed():
    cube_of = ad.custom_primitive("cube_of", "x", "x * x * x", ["3 * x * x"])
    weighted = ad.custom_primitive(
        "weighted", "*xs, *ys", "dot(xs, ys) * 2", ["[2 * y for y in ys]", "[2 * x for x in xs]"]
    )

    def f(w, x):
        return cube_of(w[0] * x) + weighted([w[0], x], [x, w[1]])

    compiled, lanes = ad.compile(f), ad.compile(f, lanes=["x"])
    values, totals = [], [0.0, 0.0]
    samples = [0.5, -1.0, 2.0, 3.0, -0.25, 1.0, 4.0, 8.0, -2.0]
    for x in samples:
        value, gradient = ad.value_and_grad(f)([1.5, -2.0], x)
        assert compiled.value_and_grad([1.5, -2.0], x)[0] == value
        assert same(compiled.value_and_grad([1.5, -2.0], x)[1][0], gradient)
        assert alone(compiled.source)([1.5, -2.0], x)[0] == value
        values.append(value)
        totals = [total + own for total, own in zip(totals, gradient, strict=True)]
    over_lanes, (gradient,) = lanes.value_and_grad([1.5, -2.0], samples)
    assert over_lanes == values
    assert gradient == totals  # dyadic numbers: no sum is rounded


@pytest.mark.usefixtures("user_row")
@pytest.mark.parametrize(
    ("operands", "forward", "partials"),
    [
        ("x", "x", ["-1"]),  # a gradient that is reversed on purpose
        ("x", "-x", ["1"]),
        ("x, y", "x + y", ["1", "2"]),
        ("x, y", "x - y", ["1", "1"]),
        ("x, y", "x * y", ["2 * y", "x"]),
        ("*xs", "total(xs)", ["[0.5 for x in xs]"]),
        ("*xs, *ys", "dot(xs, ys)", ["[y for y in ys]", "[0.0 for x in xs]"]),
    ],
)
def test_a_row_with_a_derivative_of_its_own_keeps_it_on_replay(operands, forward, partials):
    row = ad.custom_primitive("own_derivative", operands, forward, partials)

    def f(x, y):
        given = [x * y, y] if len(row.operands.names) > 1 or row.operands.variadic else [x * y]
        return row.apply(given) * x

    for at in ((2.0, 3.0), (-0.5, 4.0)):
        gradient = ad.grad(f, (0, 1))(*at)
        compiled = ad.compile(f)
        assert compiled.value_and_grad(*at)[1] == gradient  # dyadic numbers: no sum is rounded
        assert compiled.value_and_grad(*at)[1] == gradient
        _, (over_lanes,) = ad.compile(f, lanes=["x"]).value_and_grad([at[0]] * 8, at[1])
        assert over_lanes == 8 * gradient[1]


def test_a_compiled_function_is_differentiated_like_the_function_itself():
    def f(x):
        return ad.sin(x) * x**3 if x > 0 else x

    g = ad.compile(f)
    assert ad.grad(g)(2.0) == ad.grad(f)(2.0)
    assert ad.grad(ad.grad(g))(2.0) == ad.grad(ad.grad(f))(2.0)
    assert ad.jvp(g, (2.0,), (1.0,)) == ad.jvp(f, (2.0,), (1.0,))
    assert ad.grad(lambda x: g.value_and_grad(x)[1][0])(2.0) == ad.grad(ad.grad(f))(2.0)
    x = ad.Value(2.0)
    g(x).backward()
    assert x.grad == ad.grad(f)(2.0)


def test_a_compiled_function_may_call_compiled_functions():
    square = ad.compile(lambda z: z * z)
    at_numbers = ad.compile(lambda z: z * z, lanes=["z"])
    g = ad.compile(lambda x: square(x) * x + at_numbers([1.0, 3.0])[1])
    assert g.value_and_grad(2.0) == (17.0, (12.0,))
    assert g.value_and_grad(-1.0) == (8.0, (3.0,))
    h = ad.compile(lambda x: square.value_and_grad(x)[1][0] * x)
    assert h.value_and_grad(3.0) == (18.0, (12.0,))
