"""A check ends: whatever the function does, and with what it has found by then."""

import signal
import threading
import time

import pytest

import autodiff as ad
from autodiff.testing import check_gradients


def for_ever(x):
    while True:
        pass


def asleep(x):
    time.sleep(3600.0)


def stubborn(x):
    while True:
        try:
            time.sleep(3600.0)
        except Exception:
            continue


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
@pytest.mark.parametrize("f", [for_ever, asleep, stubborn])
def test_a_function_that_never_returns_is_interrupted(f):
    before = signal.getsignal(signal.SIGALRM)
    report = check_gradients(f, 1.0, seconds=0.2)
    assert report.verdict == "INCONCLUSIVE" and "budget of 0.2 seconds is spent" in str(report)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_timer_of_the_program_s_own_is_left_alone():
    signal.setitimer(signal.ITIMER_REAL, 1000.0)
    try:
        assert check_gradients(ad.sin, 1.0)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def test_in_another_thread_no_further_call_is_made():
    found = []
    thread = threading.Thread(target=lambda: found.append(check_gradients(ad.sin, 1.0, seconds=0.0)))
    thread.start()
    thread.join()
    assert "budget of 0 seconds is spent" in str(found[0])


@pytest.fixture
def bad_sin(planted):
    return planted("bad_sin", "x", "sin(x)", "1.5 * cos(x)")


def test_what_needs_no_further_call_is_known_when_the_budget_ends(bad_sin):
    report = check_gradients(lambda x: bad_sin(x), 0.7, evaluations=30)
    assert report.verdict == "FAIL" and report.wrong.operation == "bad_sin"
    assert "budget of 30 evaluations" in str(report) and "60 digits" in str(report)


def test_a_budget_is_a_number():
    for wrong in (None, "a", -1, float("nan")):
        with pytest.raises(ValueError, match="seconds is a number from 0 up"):
            check_gradients(ad.sin, 1.0, seconds=wrong)
        with pytest.raises(ValueError, match="evaluations is a number from 0 up"):
            check_gradients(ad.sin, 1.0, evaluations=wrong)
