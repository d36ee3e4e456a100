"""The parent's side: a process for each engine, checked first, then timed in turns on one core.

Every round gives each engine one turn, so that whatever else the machine does in between falls on all of
them alike, and figures of one round can be divided by each other.
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from statistics import median
from typing import Any, NamedTuple

from autodiff.bench.engines import ENGINES
from autodiff.bench.reference import Reference, disagreement
from autodiff.bench.workloads import Outcome

SLOW = 2.0  # a step of so many seconds is timed in the first SLOW_ROUNDS rounds only
SLOW_ROUNDS = 3

# One thread for whatever library an engine brings, said before it is loaded.
_ONE_THREAD = {
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
    ),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}


class Task(NamedTuple):
    """A workload for an engine; ``size`` where the workload has one."""

    engine: str
    workload: str
    size: int | None = None


class Timing(NamedTuple):
    """What one task took, a median for each round; or why there is none."""

    task: Task
    seconds: tuple[float, ...] = ()
    note: str = ""
    wrong: bool = False  # its outcome is not the expected one, or it is ours and fails


def timings(
    tasks: Sequence[Task],
    reference: Callable[[Task], Reference],
    rounds: int,
    seconds: float,
    progress: Callable[[str], None],
) -> list[Timing]:
    """Return how long a step of each task takes, every round filling ``seconds`` of each engine.

    Nothing is timed before all outcomes have been compared with ``reference``.
    """
    with one_core(), contextlib.ExitStack() as ending:
        results: dict[Task, Timing] = {}
        running: dict[Task, tuple[_Process, int]] = {}
        for task in tasks:
            progress(f"{ENGINES[task.engine].title}: {task.workload}")
            worker = ending.enter_context(_worker(task))
            if isinstance(worker, str):
                results[task] = Timing(task, note=worker)
                continue
            first = worker.answer()
            results[task] = _checked(task, first, reference)
            if not results[task].note:
                running[task] = worker, first["per"]
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            for task, (worker, per) in list(running.items()):
                so_far = results[task].seconds
                if number >= SLOW_ROUNDS and so_far and so_far[0] * per > SLOW:
                    continue
                answer = worker.answer(seconds)
                if "times" in answer:
                    results[task] = Timing(task, (*so_far, median(answer["times"]) / per))
                else:
                    results[task] = _failed(task, answer)
                    del running[task]
    return list(results.values())


def figure(task: Task, all_cores: bool = False) -> float | str:
    """Return the one number that a fresh process of the engine finds, or why there is none."""
    with contextlib.nullcontext() if all_cores else one_core(), _worker(task) as worker:
        if isinstance(worker, str):
            return worker
        answer = worker.answer()
        number: float | None = answer.get("figure")
        return f"fails: {answer['failed']}" if number is None else number


def _checked(task: Task, first: dict[str, Any], reference: Callable[[Task], Reference]) -> Timing:
    if "outcome" not in first:
        return _failed(task, first)
    place = disagreement(Outcome(*first["outcome"]), reference(task))
    if not place:
        return Timing(task)
    return Timing(task, note=f"not timed, its result is wrong: {place}", wrong=True)


def _failed(task: Task, answer: dict[str, Any]) -> Timing:
    own = not ENGINES[task.engine].install  # that a peer cannot do something is no mistake of ours
    return Timing(task, note=f"fails: {answer['failed']}", wrong=own)


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and those it starts, on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def environment(engine: str) -> dict[str, str]:
    """Return the environment of the engine's process.

    Python may keep its bytecode: an installer has made it for the peers, a first import does for us.
    """
    dropped = ("AUTODIFF_PURE", "PYTHONDONTWRITEBYTECODE")
    chosen = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**chosen, **_ONE_THREAD, **ENGINES[engine].environment}


def python(code: str) -> list[str]:
    """Return the command line of a Python that finds the same modules as this one, and runs ``code``."""
    return [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"]


@cache
def missing(engine: str) -> str:
    """Return why an engine is not there, and how to install it; or ""."""
    if importlib.util.find_spec(ENGINES[engine].needs.partition(".")[0]) is None:
        return f"not installed: pip install {ENGINES[engine].install}"
    if ENGINES[engine].native:  # asked in a process of its own: here the other core may be running
        code = "import autodiff; sys.exit(not getattr(autodiff, '__native__', False))"
        if subprocess.run(python(code), env=environment(engine)).returncode:
            return "not built"
    return ""


class _Process:
    """A running worker."""

    def __init__(self, process: "subprocess.Popen[str]", errors: Any) -> None:
        self._process = process
        self._errors = errors

    def answer(self, seconds: float | None = None) -> dict[str, Any]:
        """Return the worker's next answer: its first, or to the seconds it is to fill."""
        assert self._process.stdin is not None and self._process.stdout is not None
        line = ""
        with contextlib.suppress(BrokenPipeError):
            if seconds is not None:
                self._process.stdin.write(f"{seconds}\n")
                self._process.stdin.flush()
            line = self._process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        status = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return {"failed": f"ended with status {status}" + (f": {said[-1]}" if said else "")}


@contextlib.contextmanager
def _worker(task: Task) -> Iterator[_Process | str]:
    """Yield the running worker of a task, or why there is none."""
    absent = missing(task.engine)
    if absent:
        yield absent
        return
    code = f"from autodiff.bench.worker import main; main(*{tuple(task)!r})"
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            python(code), env=environment(task.engine), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors, text=True,
        ) as process,
    ):  # fmt: skip
        try:
            yield _Process(process, errors)
        finally:
            process.kill()  # idle or stuck: it has nothing to lose
