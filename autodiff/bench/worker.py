"""The process of one engine: it prepares a workload, shows its outcome, and then steps when told to.

Spoken between the processes: one JSON object a line. First comes ``{"outcome": [value, gradient],
"per": n}``, or ``{"figure": number}``, or ``{"failed": why}``. After that each line on standard input is
a time in seconds, to be filled with steps at least once; the answer is ``{"times": [...]}``.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from autodiff.bench.engines import ENGINES
from autodiff.bench.workloads import Prepared, compared

WARM = 0.1  # a step that is longer than this needs no untimed one before it, in seconds
LONG = 1e-3  # a step that is longer than this may be interrupted by other processes, in seconds


def main(engine: str, workload: str, size: int | None) -> None:
    """Serve one engine and one workload until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what an engine prints must not be taken for an answer
    try:
        module = importlib.import_module(f"autodiff.bench.engines.{ENGINES[engine].module}")
        if workload == "memory":
            assert size is not None
            _say(answers, figure=bytes_a_node(module.grown, size))
            return
        make: Callable[..., Any] = getattr(module, workload)
        small = compared(workload, size)
        prepared = make() if small is None else make(small)
        if not isinstance(prepared, Prepared):
            _say(answers, figure=prepared)
            return
        outcome = prepared.outcome(prepared.step())
        if small != size:
            prepared = make(size)
            prepared.step()  # what is compiled at the first call is so now
    except Exception as error:  # an engine that fails is a row of the table, whatever it raises
        _say(answers, failed=f"{type(error).__name__}: {error}".splitlines()[0][:200])
        return
    _say(answers, outcome=outcome, per=prepared.per)
    for line in sys.stdin:
        _say(answers, times=times(prepared.step, float(line)))


def _say(answers: TextIO, **what: Any) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


def times(step: Callable[[], Any], seconds: float) -> list[float]:
    """Return how long each of the steps took that fill ``seconds``: one at least.

    A long step's time is what the processor spent on it, so that the machine's other work is not charged
    to it; of short ones, few are interrupted and none of them is the median, but that clock costs a
    microsecond. Freeing what a step returned belongs to the step. The garbage collector runs as it does
    for users.
    """
    wall = time.perf_counter
    spent = time.process_time
    begun, at = wall(), spent()
    step()
    took, spent_on_it = wall() - begun, spent() - at
    precise = time.get_clock_info("process_time").resolution < LONG / 1000
    clock = spent if took > LONG and precise else wall
    found = []
    if took > WARM:
        found.append(spent_on_it if clock is spent else took)
    else:
        begun = wall()
    while not found or wall() - begun < seconds:
        start = clock()
        step()
        found.append(clock() - start)
    return found


def bytes_a_node(grown: Callable[[int], Any], count: int) -> float:
    """Return how much this process grows, a node, when a graph of ``count`` nodes is built."""
    grown(1000)  # what is loaded and set up at the first use is no part of it
    before = resident()
    graph = grown(count)
    after = resident()
    del graph
    return (after - before) / count


def resident() -> int:
    """Return the memory that the process really occupies, in bytes (Linux)."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
