"""Losses: stable at any logits, equal from logits and probabilities, impossible uses refused."""

import math
from random import Random

import mpmath
import pytest

import autodiff as ad
from autodiff import nn
from autodiff.nn.losses import check_pairing

UNIT = 2.0**-53


def value_and_gradient(loss, outputs, d):
    y = [ad.Value(number) for number in outputs]
    value = loss(y, d)
    value.backward()
    return value.data, [yi.grad for yi in y]


# ── far out ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "u, d, loss, slope",
    [(1000.0, 1.0, 0.0, 0.0), (-1000.0, 0.0, 0.0, 0.0), (1000.0, 0.0, 1000.0, 1.0),
     (-1000.0, 1.0, 1000.0, -1.0), (1000.0, 0.25, 750.0, 0.75), (-1000.0, 0.25, 250.0, -0.25)],
)  # fmt: skip
def test_binary_cross_entropy_from_logits_is_exact_at_1000(u, d, loss, slope):
    assert value_and_gradient(nn.binary_cross_entropy_from_logits, [u], [d]) == (loss, [slope])


@pytest.mark.parametrize(
    "u, d, loss, gradient",
    [([1000.0, 0.0, -1000.0], [1.0, 0.0, 0.0], 0.0, [0.0, 0.0, 0.0]),
     ([1000.0, 0.0, -1000.0], [0.0, 1.0, 0.0], 1000.0, [1.0, -1.0, 0.0]),
     ([1000.0, 0.0, -1000.0], [0.0, 0.0, 1.0], 2000.0, [1.0, 0.0, -1.0]),
     ([1000.0, 0.0, -1000.0], [0.5, 0.25, 0.25], 750.0, [0.5, -0.25, -0.25]),
     ([1000.0, 1000.0], [1.0, 0.0], math.log(2.0), [-0.5, 0.5])],
)  # fmt: skip
def test_cross_entropy_from_logits_is_exact_at_1000(u, d, loss, gradient):
    value, found = value_and_gradient(nn.cross_entropy_from_logits, u, d)
    # logsumexp(u) is rounded at the size of 1000, a relative error of exp(u - logsumexp(u)); where one
    # logit stands out nothing is rounded.
    bound = 1000 * UNIT if u[0] == u[1] else 0.0
    assert abs(value - loss) <= bound
    assert all(abs(a - b) <= bound for a, b in zip(found, gradient, strict=True))


@pytest.mark.parametrize("u", [-1000.0, -300.0, -36.0, -1e-9, 0.0, 1e-9, 0.3, 36.0, 300.0, 1000.0])
def test_losses_from_logits_are_right_to_a_few_ulp_everywhere(u):
    with mpmath.workdps(1000):  # exp(-2000) beside 1
        for d in (0.0, 1.0):
            exact = mpmath.log1p(mpmath.exp(u)) - d * mpmath.mpf(u)
            y = 1 / (1 + mpmath.exp(-mpmath.mpf(u)))
            value, (slope,) = value_and_gradient(nn.binary_cross_entropy_from_logits, [u], [d])
            # softplus(u) and d·u are of the size of u before one is subtracted from the other
            assert abs(value - exact) <= 4 * UNIT * max(abs(u), exact)
            assert abs(slope - (y - d)) <= 4 * UNIT * max(y, d) + 5e-324  # exp(-1000) is 0
            value, (first, second) = value_and_gradient(
                nn.cross_entropy_from_logits, [u, 0.0], [d, 1.0 - d]
            )
            assert abs(value - exact) <= 4 * UNIT * max(abs(u), exact, 1)
            assert abs(first - (y - d)) <= 4 * UNIT and abs(second + (y - d)) <= 4 * UNIT


def test_from_probabilities_a_loss_is_finite_where_a_probability_is_0():
    largest = -math.log(nn.losses.SMALLEST)
    assert nn.cross_entropy([0.0, 1.0], [1.0, 0.0]) == largest
    assert nn.cross_entropy([0.0, 1.0], [0.0, 1.0]) == 0.0
    assert nn.kl_divergence([0.0, 1.0], [1.0, 0.0]) == largest
    assert nn.kl_divergence([0.0, 1.0], [0.0, 1.0]) == 0.0
    for y, d in ((0.0, 1.0), (1.0, 0.0)):
        assert nn.binary_cross_entropy(y, d) == largest
        assert nn.binary_cross_entropy(y, 1.0 - d) == 0.0


# ── from logits and from probabilities ──────────────────────────────────────────────────────────

LOGITS = [[0.0, 0.0, 0.0], [0.5, -1.0, 2.0], [-3.0, 4.0, 0.25], [10.0, -10.0, 0.0]]
PAIRS = [
    (nn.binary_cross_entropy_from_logits, nn.binary_cross_entropy, nn.ACTIVATIONS["logistic"].of,
     [[1.0, 0.0, 1.0], [0.25, 0.5, 1.0]]),
    (nn.cross_entropy_from_logits, nn.cross_entropy, nn.ACTIVATIONS["softmax"].of,
     [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.25, 0.5, 0.25]]),
]  # fmt: skip


@pytest.mark.parametrize("logits, probabilities, activation, wanted", PAIRS, ids=["binary", "classes"])
def test_from_logits_equals_from_probabilities(logits, probabilities, activation, wanted):
    for u in LOGITS:
        for d in wanted:
            found = []
            for loss, through in ((logits, list), (probabilities, activation)):
                x = [ad.Value(number) for number in u]
                value = loss(through(x), d)
                value.backward()
                found.append([value.data, *(xi.grad for xi in x)])
            # 1 - y loses all but an ulp of 1, and log and 1/(1 - y) see it as exp(10) ulp at u = 10.
            bound = 16 * UNIT * math.exp(max(map(abs, u)))
            assert all(abs(a - b) <= bound for a, b in zip(*found, strict=True))


@pytest.mark.parametrize("d", [[1.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
def test_kl_divergence_is_cross_entropy_less_entropy(d):
    y = [0.2, 0.5, 0.3]
    entropy = -math.fsum(di * math.log(di) for di in d if di)
    # five logarithms around 1
    assert abs(nn.kl_divergence(y, d) - (nn.cross_entropy(y, d) - entropy)) <= 16 * UNIT


def test_kl_divergence_of_equal_distributions_is_0():
    assert nn.kl_divergence([0.25, 0.5, 0.25], [0.25, 0.5, 0.25]) == 0.0


# ── ŷ - y at the pre-activation ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "output, loss, wanted",
    [("linear", "half_squared_error", [0.5, -2.0, 0.25]),
     ("logistic", "binary_cross_entropy", [1.0, 0.0, 1.0]),
     ("softmax", "cross_entropy", [0.0, 1.0, 0.0]),
     ("linear", "binary_cross_entropy_from_logits", [1.0, 0.0, 1.0]),
     ("linear", "cross_entropy_from_logits", [0.0, 1.0, 0.0])],
)  # fmt: skip
@pytest.mark.parametrize("seed", range(5))
def test_output_and_loss_together_give_the_difference_at_the_pre_activation(output, loss, wanted, seed):
    generator = Random(seed)
    a = [ad.Value(generator.uniform(-2.0, 2.0)) for _ in wanted]
    outs = nn.ACTIVATIONS[output].of(a)
    nn.LOSSES[loss](outs, wanted).backward()
    ends = {"binary_cross_entropy_from_logits": "logistic", "cross_entropy_from_logits": "softmax"}
    y = nn.ACTIVATIONS[ends.get(loss, output)].of([ai.data for ai in a])
    for ai, yi, di in zip(a, y, wanted, strict=True):
        # Some ten products and quotients of numbers up to 1/y, and each y is above 0.004 here: of what
        # cancels in (d/y)·y·(1 - y) - …, the largest is 1. Sixteen units.
        assert abs(ai.grad - (yi - di)) <= 16 * UNIT * max(1.0, abs(yi - di))


# ── refusals ────────────────────────────────────────────────────────────────────────────────────

KINDS = ("any", "probability", "distribution")
REFUSED = {"any": (), "probability": ("any",), "distribution": ("any", "probability"),
           "logits": ("probability", "distribution")}  # fmt: skip


@pytest.mark.parametrize("name", nn.LOSSES)
def test_an_impossible_pairing_is_refused_with_what_to_use_instead(name):
    loss = nn.LOSSES[name]
    for kind in KINDS:
        if kind not in REFUSED[loss.takes]:
            check_pairing(loss, kind)
            continue
        with pytest.raises(ValueError) as error:
            check_pairing(loss, kind)
        assert str(error.value).startswith(f"{name} takes ")
        assert f"or use {loss.instead}" in str(error.value) and loss.instead in nn.LOSSES


@pytest.mark.parametrize("name", nn.LOSSES)
def test_a_pairing_is_refused_before_anything_is_learned(name):
    loss = nn.LOSSES[name]
    wanted = {"sign": [1.0, -1.0], "any": [0.5, 0.5]}.get(loss.wanted, [0.0, 1.0])
    for output, activation in nn.ACTIVATIONS.items():
        model = nn.MLP([1, 2], output=output, generator=Random(0))
        before = [p.data for p in model.parameters()]
        fitted = {"loss": name, "optimiser": nn.SGD(0.1), "steps": 1}
        if activation.outputs in REFUSED[loss.takes]:
            with pytest.raises(ValueError, match=f"^{name} takes .*or use "):
                nn.fit(model, [[1.0]], [wanted], **fitted)
            assert [p.data for p in model.parameters()] == before
        else:
            assert nn.fit(model, [[1.0]], [wanted], **fitted).steps == 1


@pytest.mark.parametrize("name", nn.LOSSES)
def test_another_count_of_outputs_is_refused(name):
    with pytest.raises(ValueError, match=f"^{name}: 2 outputs, but 3 wanted numbers$"):
        nn.LOSSES[name]([0.5, 0.5], [0.0, 1.0, 0.0])


WRONG = {
    "any": [],
    "probability": [([0.0, 1.5], "d[1] is 1.5, not between 0 and 1"), ([-1.0, 1.0], "d[0] is -1, not ")],
    "distribution": [
        ([1.0, 1.0], "add up to 2, not 1: a class is given one-hot, such as [0, 1, 0]"),
        ([0.0, 0.0], "add up to 0, not 1"), ([2.0, -1.0], "d[0] is 2, not between 0 and 1"),
        ([1.0], "one output cannot tell classes apart"),
    ],
    "sign": [([0.0, 1.0], "d[0] is 0; the classes are -1 and 1"), ([0.5, 1.0], "d[0] is 0.5; ")],
}  # fmt: skip


@pytest.mark.parametrize("name", nn.LOSSES)
def test_wanted_numbers_that_cannot_be_are_refused(name):
    loss = nn.LOSSES[name]
    for d, message in WRONG[loss.wanted]:
        with pytest.raises(ValueError) as error:
            loss([0.5] * len(d), d)
        assert str(error.value).startswith(f"{name}: ") and message in str(error.value)


PROBABILITIES = [name for name, loss in nn.LOSSES.items() if loss.takes in KINDS[1:]]


@pytest.mark.parametrize("name", PROBABILITIES)
def test_outputs_that_are_no_probabilities_are_refused_with_what_to_use(name):
    for y in (1.5, -0.5):
        with pytest.raises(ValueError, match=f"^{name} takes probabilities, output 1 is ") as error:
            nn.LOSSES[name]([0.5, ad.Value(y)], [0.0, 1.0])
        assert str(error.value).endswith(f"or use {nn.LOSSES[name].instead}")


@pytest.mark.parametrize("name", PROBABILITIES)
def test_a_nan_is_no_range_that_is_wrong_so_it_goes_on(name):
    assert math.isnan(nn.LOSSES[name]([0.5, ad.Value(math.nan)], [0.0, 1.0]).data)


def test_numbers_and_lists_of_one_are_the_same():
    assert nn.binary_cross_entropy(0.25, 1) == nn.binary_cross_entropy([0.25], [1]) == -math.log(0.25)
