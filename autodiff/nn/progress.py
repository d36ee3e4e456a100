"""How far a training is: a bar on a terminal, a line now and then elsewhere, on standard error."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[int, float], None]
"""Told after every step: how many were taken, and the cost before the last."""

LINES = 10  # so many lines in all where there is no terminal
REFRESHED = 200  # so many changes of the bar


@contextmanager
def reporting(steps: int, shown: bool) -> Iterator[Report]:
    """Return a context with what the steps are told to."""
    if not shown or sys.stderr is None:
        yield lambda step, cost: None
    elif sys.stderr.isatty():
        with _bar(steps) as report:
            yield report
    else:
        yield _lines(steps)


def _lines(steps: int) -> Report:
    every = max(steps // LINES, 1)

    def report(step: int, cost: float) -> None:
        if step % every == 0 or step == 1:
            with contextlib.suppress(OSError):  # whoever listens, or not: the training goes on
                print(f"step {step:,} of {steps:,}: cost {cost:.6g}", file=sys.stderr, flush=True)

    return report


@contextmanager
def _bar(steps: int) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    every = max(steps // REFRESHED, 1)
    columns = (
        BarColumn(), TextColumn("step {task.completed:,} of {task.total:,}"),
        TextColumn("cost {task.fields[cost]:.6g}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=steps, cost=float("nan"))

        def report(step: int, cost: float) -> None:
            if step % every == 0 or step == steps:
                progress.update(task, completed=step, cost=cost)

        yield report
