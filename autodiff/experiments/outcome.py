"""What an experiment hands back: lines to print, figures to check, a picture, a model."""

from typing import NamedTuple

from autodiff.experiments.pictures import Picture
from autodiff.nn import History, Module


class Settings(NamedTuple):
    """What an experiment can be told."""

    seed: int = 0
    steps: int | None = None  # None: the experiment's own number
    compiled: bool | None = None
    progress: bool = False


class Outcome(NamedTuple):
    """What came out of an experiment."""

    lines: list[str]
    figures: dict[str, float]
    picture: Picture
    model: Module | None = None


def finished(history: History) -> History:
    """Return the history of one of several trainings; Ctrl-C in it ends them all."""
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    return history


def shares(right: int, count: int) -> str:
    """Return an accuracy as text.

    >>> shares(123, 150)
    '82.0% (123 of 150)'
    """
    return f"{100 * right / count:.1f}% ({right} of {count})"
