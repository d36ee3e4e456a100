"""What an experiment ends in: decision boundaries, or curves of the cost, as an image file."""

import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from autodiff.files import write_whole

FORMATS = ("png", "svg", "pdf")
MARKERS = "os^Dv*"
GRID = 200  # points of the plane along each axis
LISTED = 12  # classes that a legend has room for


class NoPlotError(RuntimeError):
    """Matplotlib is not there."""


class Boundaries(NamedTuple):
    """Which class a model gives to every point of a plane, and the samples with their own classes."""

    title: str
    axes: tuple[str, str]
    points: Sequence[Sequence[float]]
    classes: Sequence[int]
    names: Sequence[str]
    decide: Callable[[Any], Any]  # from points, an array of shape (n, 2), to n classes

    def on(self, plot: Any) -> None:
        """Draw it."""
        import numpy as np

        points, classes = np.array(self.points, dtype=float), np.array(self.classes)
        low, high = points.min(axis=0), points.max(axis=0)
        low, high = low - 0.1 * (high - low), high + 0.1 * (high - low)
        across, up = np.meshgrid(*(np.linspace(low[i], high[i], GRID) for i in range(2)))
        decided = self.decide(np.column_stack([across.ravel(), up.ravel()])).reshape(across.shape)
        levels = np.arange(len(self.names) + 1) - 0.5
        plot.contourf(across, up, decided, levels=levels, alpha=0.3, cmap="viridis")
        plot.contour(across, up, decided, levels=levels[1:-1], colors="black", linewidths=0.8)
        colours = (np.arange(len(self.names)) + 0.5) / len(self.names)
        drawn = []
        for number in range(len(self.names)):
            of_class = points[classes == number]
            drawn.append(plot.scatter(
                of_class[:, 0], of_class[:, 1], s=24, edgecolors="black", linewidths=0.5,
                marker=MARKERS[number % len(MARKERS)], color=_colour(colours[number]),
            ))  # fmt: skip
        across_name, up_name = map(_plain, self.axes)
        plot.set(title=_plain(self.title), xlabel=across_name, ylabel=up_name)
        if len(drawn) <= LISTED:
            plot.legend(drawn, [_plain(name) for name in self.names])


class Curves(NamedTuple):
    """Numbers over the steps of a training, or along something else: one curve for each name."""

    title: str
    axis: str
    curves: Mapping[str, Sequence[float]]
    every: float = 1  # from one number to the next
    logarithmic: bool = False
    along: str = "step"
    first: float = 0

    def on(self, plot: Any) -> None:
        """Draw it."""
        for (name, numbers), style in zip(self.curves.items(), ("-", "--", ":", "-.") * 9, strict=False):
            at = [self.first + self.every * i for i in range(len(numbers))]
            plot.plot(at, numbers, style, label=name)
        if self.logarithmic:
            plot.set_yscale("log")
        plot.set(title=_plain(self.title), xlabel=self.along, ylabel=self.axis)
        plot.legend()


Picture = Boundaries | Curves


def _colour(share: float) -> Any:
    from matplotlib import colormaps

    return colormaps["viridis"](share)


def checked_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a picture to come.

    Raises:
        ValueError: when its ending is of no format, or its folder is missing.
    """
    target = Path(path)
    if target.is_dir():
        raise ValueError(f"{target} is a folder: a picture is a file")
    if target.suffix.lower().lstrip(".") not in FORMATS:
        raise ValueError(f"{target.name}: a picture ends in {', '.join(f'.{x}' for x in FORMATS)}")
    return checked_folder(target)


def checked_folder(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file to come; raises ``ValueError`` when its folder is missing."""
    target = Path(path)
    if not target.parent.is_dir():
        raise ValueError(f"{target}: the folder {target.parent} is missing")
    return target


def save(picture: Picture, path: str | os.PathLike[str]) -> Path:
    """Write a picture to a file, whole or not at all; return its path.

    Raises:
        NoPlotError: when Matplotlib is not installed.
    """
    target = checked_path(path)
    write_whole(target, rendered(picture, target))
    return target


def rendered(picture: Picture, target: Path) -> bytes:
    """Return the file that is to be written to ``target``.

    Raises:
        NoPlotError: when Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NoPlotError(
            f"{target}: a picture needs Matplotlib: pip install 'autodiff[plot]'"
        ) from None
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    picture.on(figure.add_subplot())
    content = io.BytesIO()
    figure.savefig(content, format=target.suffix.lower().lstrip("."), dpi=150)
    return content.getvalue()


def _plain(text: str) -> str:
    """Return a user's own word so that nothing in it is read as mathematics."""
    return text.replace("$", r"\$")
