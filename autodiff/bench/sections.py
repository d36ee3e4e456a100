"""What is measured, section by section: which engines take part, with how much, in which unit."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import cache
from statistics import median
from typing import NamedTuple

from autodiff.bench import reference, workloads
from autodiff.bench.engines import ENGINES
from autodiff.bench.reference import Reference
from autodiff.bench.rounds import (
    Task,
    Timing,
    environment,
    figure,
    missing,
    one_core,
    python,
    timings,
)

Progress = Callable[[str], None]

WHOLE = 100_000  # steps of the lecture's descent, and nodes of the graph that is recorded


class Plan(NamedTuple):
    """How much is measured."""

    rounds: int
    seconds: float  # that each engine has for its steps in a round
    nodes: int  # of the large graphs
    sizes: tuple[int, ...]  # of the graphs whose cost must be linear
    steps: int  # of the gradient descent, whose time is stated for 100,000
    recorded: int  # nodes of the graph whose recording is timed, stated for 100,000


PLANS = {
    "quick": Plan(3, 0.02, 10_000, (10**3, 10**4, 10**5), 200, 5_000),
    "usual": Plan(7, 0.3, 10**6, (10**3, 10**4, 10**5, 10**6), WHOLE, WHOLE),
    "full": Plan(15, 0.5, 10**6, (10**3, 10**4, 10**5, 10**6, 10**7), WHOLE, WHOLE),
}


class Row(NamedTuple):
    """One line of a table: a figure for each round, in the table's unit; or a note why there is none."""

    key: str
    title: str
    figures: tuple[float, ...] = ()
    note: str = ""
    wrong: bool = False

    @property
    def median(self) -> float:
        """The median over the rounds."""
        return median(self.figures)


class Section(NamedTuple):
    """One table of the report."""

    title: str
    unit: str
    rows: tuple[Row, ...]


@cache
def reference_of(task: Task) -> Reference:
    """Return what every engine must compute for the task."""
    if task.workload.startswith("network"):
        return reference.network_reference(workloads.network())
    if task.workload.startswith("experiment"):
        return reference.experiment_reference(workloads.experiment())
    assert task.size is not None
    if task.workload == "descent":
        return reference.descent_reference(workloads.experiment(), task.size)
    if task.workload == "fan_out":
        return reference.fan_out_reference(task.size)
    return reference.chain_reference(task.size)


def _timed(tasks: list[Task], plan: Plan, progress: Progress) -> list[Timing]:
    def same_work(task: Task) -> Reference:
        size = workloads.compared(task.workload, task.size)
        return reference_of(Task("", task.workload, size))  # one for all engines

    return timings(tasks, same_work, plan.rounds, plan.seconds, progress)


def _row(timing: Timing, factor: float, key: str = "", title: str = "") -> Row:
    figures = tuple(seconds * factor for seconds in timing.seconds)
    engine = timing.task.engine
    return Row(key or engine, title or ENGINES[engine].title, figures, timing.note, timing.wrong)


def _network(plan: Plan, progress: Progress) -> Section:
    tasks = [Task(engine, "network") for engine in ENGINES]
    rows = tuple(_row(timing, 1e3) for timing in _timed(tasks, plan, progress))
    return Section(
        "D: micrograd's demo, a 2-16-16-1 ReLU network, 100 points, forward and backward",
        "ms a step",
        rows,
    )


_FUSED = 1000  # steps in one call, for the engine that compiles the loop too


def _experiment(plan: Plan, progress: Progress) -> Section:
    engines = ("pure", "native", "autograd", "torch", "numpy", "jax", "compiled")
    tasks = [*(Task(engine, "experiment") for engine in engines), Task("jax", "descent", _FUSED)]
    *alone, fused = _timed(tasks, plan, progress)
    rows = [_row(timing, 1e6) for timing in alone]
    rows.append(_row(fused, 1e6, "jax-fused", "JAX jit, the loop fused (fori_loop)"))
    return Section(
        "I: the lecture's Iris experiment, N=150, D=3, M=16, C=3, one full-batch gradient",
        "µs a step",
        tuple(rows),
    )


def _descent(plan: Plan, progress: Progress) -> Section:
    tasks = [Task(engine, "descent", plan.steps) for engine in ("numpy", "jax", "compiled")]
    rows = tuple(_row(timing, WHOLE) for timing in _timed(tasks, plan, progress))
    title = f"{WHOLE:,} steps of gradient descent on I{_sampled(plan.steps)}"
    return Section(title, "s", rows)


def _sampled(count: int) -> str:
    return "" if count == WHOLE else f", from {count:,} of them"


_SCALAR = (
    "pure",
    "native",
    "micrograd",
    "autograd-scalars",
    "torch-scalars",
    "xad",
    "casadi",
    "compiled",
)


def _nodes(engine: str, count: int) -> int:
    return count // 10 if ENGINES[engine].tenth else count


def _graphs(workload: str, title: str, plan: Plan, progress: Progress) -> Section:
    rows = []
    for timing in _timed([Task(e, workload, _nodes(e, plan.nodes)) for e in _SCALAR], plan, progress):
        size = timing.task.size or 0
        name = f"{ENGINES[timing.task.engine].title}, {size:,}"
        rows.append(_row(timing, 1e9 / size, title=name))
    return Section(
        f"{title}: build, backward, free (CasADi and compiled: built before)", "ns a node", tuple(rows)
    )


def _chain(plan: Plan, progress: Progress) -> Section:
    return _graphs("chain", "Deep chain, x·c·c·…", plan, progress)


def _fan_out(plan: Plan, progress: Progress) -> Section:
    return _graphs("fan_out", "Wide fan-out, w1·x + w2·x + … in pairs (per use of x)", plan, progress)


def _scaling(plan: Plan, progress: Progress) -> Section:
    tasks = [Task(engine, "chain", size) for engine in ("pure", "native") for size in plan.sizes]
    rows = tuple(
        _row(
            timing,
            1e9 / (timing.task.size or 0),
            f"{timing.task.engine}-{timing.task.size}",
            f"{ENGINES[timing.task.engine].title}, {timing.task.size:,} nodes",
        )
        for timing in _timed(tasks, plan, progress)
    )
    return Section("Scaling: build, backward, free", "ns a node", rows)


_MANY = 10**6  # so many nodes that what the process grows by is theirs


def _memory(plan: Plan, progress: Progress) -> Section:
    rows = []
    for engine in ("pure", "native", "micrograd", "torch-scalars", "xad", "casadi"):
        progress(f"{ENGINES[engine].title}: memory")
        found = figure(Task(engine, "memory", _nodes(engine, _MANY)))
        rows.append(_single(engine, ENGINES[engine].title, found))
    return Section("Memory of a chain's node", "bytes a node", tuple(rows))


def _threads(plan: Plan, progress: Progress) -> Section:
    counts = [1, *(n for n in (2, 4, 8) if n <= (os.cpu_count() or 1))]
    found: dict[int, list[float | str]] = {count: [] for count in counts}
    for number in range(plan.rounds):
        progress(f"threads: round {number + 1} of {plan.rounds}")
        for count in counts:
            found[count].append(figure(Task("compiled", "batch", count), all_cores=True))
    rows = []
    for count, figures in found.items():
        title = f"{ENGINES['compiled'].title}, {count} thread{'s' if count > 1 else ''}"
        failed = next((x for x in figures if isinstance(x, str)), "")
        times = () if failed else tuple(1e3 * float(x) for x in figures)
        rows.append(Row(f"threads-{count}", title, times, failed, wrong=bool(failed)))
    return Section("Threads: I with 150,000 samples, on all cores", "ms a gradient", tuple(rows))


def _single(key: str, title: str, found: float | str) -> Row:
    return Row(key, title, note=found) if isinstance(found, str) else Row(key, title, (found,))


_IMPORTS = ("pure", "native", "micrograd", "autograd", "torch", "xad", "casadi", "jax", "numpy")


def _import(plan: Plan, progress: Progress) -> Section:
    notes = {engine: missing(engine) for engine in _IMPORTS}
    there = [engine for engine in _IMPORTS if not notes[engine]]
    figures: dict[str, list[float]] = {engine: [] for engine in there}
    with one_core():
        for number in range(plan.rounds + 1):
            progress(f"import: round {number} of {plan.rounds}")
            for engine in there:
                bare = _process_time(engine, "")
                whole = _process_time(engine, f"import {ENGINES[engine].needs}")
                if number:  # the first one may have had to compile and to read from the disk
                    figures[engine].append((whole - bare) * 1e3)
    rows = [
        Row(engine, ENGINES[engine].title, tuple(figures.get(engine, ())), notes[engine])
        for engine in _IMPORTS
    ]
    return Section("Import, over bare Python", "ms", tuple(rows))


def _process_time(engine: str, code: str) -> float:
    start = time.perf_counter()
    subprocess.run(python(code), env=environment(engine), check=True)
    return time.perf_counter() - start


def _tape(plan: Plan, progress: Progress) -> Section:
    pairs = ("network", "experiment")
    tasks = [Task("compiled", name) for name in [*pairs, *(f"{pair}_value" for pair in pairs)]]
    *ratios, recording = _timed([*tasks, Task("compiled", "recording", plan.recorded)], plan, progress)
    rows = []
    for name, letter, both, alone in zip(pairs, "DI", ratios[:2], ratios[2:], strict=True):
        title = f"gradient ÷ function, workload {letter}"
        rows.append(Row(name, title, quotients(both.seconds, alone.seconds), both.note or alone.note))
    title = f"seconds from a function of {WHOLE:,} nodes to its first gradient{_sampled(plan.recorded)}"
    rows.append(_row(recording, WHOLE / plan.recorded, "recording", title))
    for workload, title in {
        "bytes_an_instruction": "bytes an instruction of the gradient program, workload D",
        "bytes_a_recorded_operation": "bytes a recorded operation, both sweeps, workload D",
    }.items():
        rows.append(_single(workload, title, figure(Task("compiled", workload))))
    return Section("Tape: what autodiff's compile makes", "see the line", tuple(rows))


def quotients(above: tuple[float, ...], below: tuple[float, ...]) -> tuple[float, ...]:
    """Return the quotients round by round: what slowed a round slowed both of its figures.

    >>> quotients((2.0, 6.0, 9.0), (1.0, 2.0))
    (2.0, 3.0)
    """
    return tuple(a / b for a, b in zip(above, below, strict=False))


SECTIONS: Mapping[str, Callable[[Plan, Progress], Section]] = {
    "D": _network,
    "I": _experiment,
    "steps": _descent,
    "chain": _chain,
    "fan-out": _fan_out,
    "scaling": _scaling,
    "threads": _threads,
    "memory": _memory,
    "import": _import,
    "tape": _tape,
}
