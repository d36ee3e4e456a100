"""Strict mode, non-finite numbers, threads and interruptions."""

import _thread
import math
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autodiff as ad
from tests.tape.running import bits, same

pytestmark = pytest.mark.usefixtures("replay_kind")


def ratio(w, x):
    return ad.log(x) / w


def complaint(f, *arguments):
    """Return what strict mode says to a call."""
    with ad.strict(), pytest.raises(ad.DomainError) as caught:
        f(*arguments)
    return str(caught.value)


def test_strict_mode_says_what_eager_mode_says():
    compiled, lanes = ad.compile(ratio), ad.compile(ratio, lanes=["x"])
    for recorded in (False, True):
        if recorded:
            compiled(2.0, 3.0)
            lanes(2.0, [3.0])
        expected = complaint(lambda: ratio(ad.Value(2.0), ad.Value(-1.0)))
        assert "log(-1.0) gives nan: x > 0 is needed" in expected and "ad.log(x) / w" in expected
        assert complaint(compiled, 2.0, -1.0) == expected
        assert complaint(compiled.value_and_grad, 2.0, -1.0) == expected
        assert complaint(lanes, 2.0, [3.0, -1.0, 0.0]) == expected
        assert complaint(lanes.value_and_grad, 2.0, np.array([3.0, -1.0])) == expected
        assert "div" in complaint(compiled, 0.0, 2.0)


def test_strict_mode_checks_local_derivatives_as_eager_mode_does():
    g = ad.compile(ad.sqrt)
    assert g(0.0) == 0.0
    with ad.strict():
        assert g(0.0) == 0.0
    expected = complaint(ad.value_and_grad(lambda x: ad.sqrt(x)), 0.0)
    assert "local derivative" in expected
    ours = complaint(ad.compile(lambda x: ad.sqrt(x)).value_and_grad, 0.0)
    assert ours.split(" (")[0] == expected.split(" (")[0]


def test_strict_mode_gives_the_same_results_inside_the_domain():
    lanes = ad.compile(lambda w, x: [w * x, x], lanes=["x"])
    batch = np.array([1.0, 2.0, 3.0])
    plain = lanes(2.0, batch)
    with ad.strict():
        strict = lanes(2.0, batch)
        assert lanes(2.0, []) == [] or lanes(2.0, []) == [[], []]
    assert all(same(left, right) for left, right in zip(plain, strict, strict=True))


def test_a_function_may_be_strict_itself():
    def f(x):
        with ad.strict():
            return ad.log(x)

    g = ad.compile(f)
    assert g.value_and_grad(1.0) == (0.0, (1.0,))
    with pytest.raises(ad.DomainError, match="x > 0 is needed"):
        g(-1.0)
    assert g(1.0) == 0.0


def test_a_way_may_be_strict_alone():
    def f(x):
        if x < 0:
            with ad.strict():
                return ad.log(x + 2)
        return x

    lanes = ad.compile(f, lanes=["x"])
    assert lanes([1.0, 2.0]) == [1.0, 2.0]
    with pytest.raises(ad.DomainError):
        lanes([1.0, -1.0, -3.0])
    assert lanes([1.0, -1.0]) == [1.0, 0.0]


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan, 1e308, 5e-324, -0.0])
def test_non_finite_numbers_behave_as_in_eager_mode(x):
    def f(x):
        return x * 2 - x / (x + 1) + ad.relu(x) * ad.abs(x)

    value, gradient = ad.value_and_grad(f)(x)
    for g in (ad.compile(f), ad.compile(f)):
        g(1.0)
        ours, (slope,) = g.value_and_grad(x)
        assert bits(ours) == bits(value)
        assert same(slope, gradient)
    assert bits(ad.compile(f, lanes=["x"])([1.0, x, 2.0])) == bits([f(1.0), value, f(2.0)])


def test_warnings_of_numpy_do_not_appear():
    lanes = ad.compile(lambda x: ad.log(x) + ad.exp(x) / (x - 1) + ad.sqrt(x), lanes=["x"])
    values = lanes(np.array([-1.0, 0.0, 1.0, 1e308, math.inf]))  # warnings are errors here
    assert values.shape == (5,)


def steps(w, x):
    """A function whose way depends on the number, so that threads keep recording."""
    total = w * x
    for limit in range(20):
        if x > limit:
            total = total + ad.tanh(x) * limit * w
    return total


def test_threads_compile_and_record_at_once():
    barrier = threading.Barrier(4)
    batches = [[(i * 7 + j) % 21 - 0.5 for j in range(40)] for i in range(4)]

    def work(batch):
        barrier.wait()
        found = []
        for _ in range(5):
            found.append(ad.compile(steps, lanes=["x"]).value_and_grad(1.5, batch))
        return found

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, batches))
    for batch, results in zip(batches, found, strict=True):
        expected = ad.compile(steps, lanes=["x"]).value_and_grad(1.5, batch)
        assert all(result == expected for result in results)
    assert ad.modes.active.blocks == 0


def test_one_compiled_function_is_called_from_several_threads():
    g = ad.compile(steps, lanes=["x"])
    barrier = threading.Barrier(4)
    batches = [[(i * 5 + j * (i + 1)) % 21 - 0.5 for j in range(30)] for i in range(4)]

    def work(batch):
        barrier.wait()
        return [g.value_and_grad(1.5, batch) for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, batches))
    for batch, results in zip(batches, found, strict=True):
        values, (gradient,) = ad.compile(steps, lanes=["x"]).value_and_grad(1.5, batch)
        for ours, (slope,) in results:
            assert ours == values
            # the tapes were met in another order: 30 contributions are summed in another order
            assert slope == pytest.approx(gradient, rel=1e-14)


def test_an_eager_thread_is_not_recorded():
    started, done = threading.Event(), threading.Event()
    outer = ad.Value(3.0, name="outer")

    def f(x):
        started.set()
        assert done.wait(20)
        return x * 2

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(ad.compile(f), 1.0)
        assert started.wait(20)
        product = outer * outer
        assert product.data == 9.0 and product > 1  # neither refused nor noted
        product.backward()
        done.set()
        assert result.result() == 2.0
    assert outer.grad == 6.0


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_threads_over_lanes_change_no_bit(threads):
    batch = np.linspace(-3.0, 3.0, 20011)
    one = ad.compile(steps, lanes=["x"]).value_and_grad(1.5, batch)
    several = ad.compile(steps, lanes=["x"], threads=threads).value_and_grad(1.5, batch)
    assert bits(several[0]) == bits(one[0])
    assert several[1] == one[1]


@pytest.mark.usefixtures("user_row")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("error", [KeyboardInterrupt, KeyError])
def test_an_error_in_the_middle_of_a_replay_ends_it(threads, error):
    """A row that is not built in is called from the replay: there the error is raised, in one lane."""
    row = ad.custom_primitive("fragile", "*xs", "product(xs)", ["products_of_others(xs)"])
    evaluate = row.evaluate

    broken = [-1.0]

    def fragile(*xs):
        if xs[0] == broken[0]:
            raise error
        return evaluate(*xs)

    row.evaluate = fragile
    lanes = ad.compile(lambda w, x: row(x, w) * w, lanes=["x"], threads=threads)
    batch = np.arange(30000.0)
    expected = lanes.value_and_grad(2.0, batch)
    kept = expected[0].copy()
    for broken[0] in (20000.0, 0.0, 29999.0):
        with pytest.raises(error):
            lanes.value_and_grad(2.0, batch)
    broken[0] = -1.0
    values, gradient = lanes.value_and_grad(2.0, batch)
    assert same(expected[0], kept)
    assert same(values, kept) and gradient == expected[1]
    assert values.tolist() == [4 * x for x in batch.tolist()]


@pytest.fixture
def interruptible():
    """Let Ctrl-C raise KeyboardInterrupt: a shell has it ignored in what it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupted_call_leaves_nothing_half_written(interruptible):
    """The interruption is raised from inside the function, at a moment that does not depend on time."""
    interrupting = [True]

    def f(x):
        if x > 3 and interrupting[0]:
            _thread.interrupt_main()  # as Ctrl-C does
            for _ in range(10**6):  # the interpreter notices at the next jump
                pass
        return x * x if x > 3 else x

    g = ad.compile(f, lanes=["x"])
    assert g([1.0, 2.0]) == [1.0, 2.0]
    with pytest.raises(KeyboardInterrupt):
        g([1.0, 4.0, 5.0])
    assert ad.modes.active.blocks == 0
    interrupting[0] = False
    assert g([1.0, 4.0, 5.0]) == [1.0, 16.0, 25.0]
    assert g.stats().tapes == 2


def test_a_long_replay_can_be_interrupted(interruptible):
    """Wherever the interruption comes, it is raised, and the next call is right."""

    def f(w, x):
        for _ in range(20):
            x = ad.sin(w * x)
        return x

    g, x = ad.compile(f, lanes=["x"]), np.linspace(0, 1, 500_000)
    before = g(1.5, x[:3])

    def interrupt():
        time.sleep(0.05)
        _thread.interrupt_main()

    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        while True:
            g.value_and_grad(1.5, x)
    thread.join()
    assert ad.modes.active.blocks == 0
    assert bits(g(1.5, x[:3])) == bits(before)
