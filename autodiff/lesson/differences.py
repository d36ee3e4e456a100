"""How good finite differences are at each step: the error's table and picture, a kink called a kink."""

import io
import math
from collections.abc import Mapping
from typing import NamedTuple

from autodiff.graph import topological_order
from autodiff.notation import number
from autodiff.syntax import compute, evaluate, parse
from autodiff.transforms import gradients

STEPS = tuple(10.0**-power for power in range(1, 14))


class Slopes(NamedTuple):
    """What differences with one step say, over ``h``."""

    h: float
    forward: float
    backward: float
    central: float


class Figure(NamedTuple):
    """A picture (SVG, None where Matplotlib is not installed), what it shows, and its numbers."""

    svg: str | None
    caption: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Tried(NamedTuple):
    """The derivative that was tried, and what finite differences said."""

    name: str
    exact: float
    slopes: tuple[Slopes, ...]
    kink: str  # the operation that has one here, and what is agreed on; "" elsewhere


def tried(expression: str, values: Mapping[str, float], out: str, x: str) -> Tried:
    """Return what finite differences of every step say about ∂out/∂x.

    >>> found = tried("y = x*x", {"x": 3.0}, "y", "x")
    >>> round(found.slopes[0].forward, 9), round(found.slopes[0].central, 9), found.exact
    (6.1, 6.0, 6.0)
    """
    program = parse(expression)
    computed = compute(program, values)
    names = [one.name for one in computed.outputs]
    index, at = names.index(out), values[x]

    def f(moved: float) -> float:
        return evaluate(program, {**values, x: moved})[index]

    (exact,) = gradients(computed.outputs[index], [computed.inputs[x]])
    slopes = []
    for h in STEPS:
        upper, lower = at + h, at - h  # the steps that were really made
        slopes.append(Slopes(
            h,
            (f(upper) - f(at)) / (upper - at),
            (f(at) - f(lower)) / (at - lower),
            (f(upper) - f(lower)) / (upper - lower),
        ))  # fmt: skip
    kink = ""
    for node in topological_order(computed.outputs[index]):
        row = node.primitive
        if row is not None and 0.0 in row.margins([operand.data for operand in node.operands]):
            kink = f"{row.name} has a kink here; {row.convention}"
    return Tried(f"∂{out}/∂{x}", float(exact), tuple(slopes), kink)


def figure_of(expression: str, values: Mapping[str, float], out: str, x: str) -> Figure:
    """Return the error of finite differences over their step, or at a kink the slopes themselves."""
    found = tried(expression, values, out, x)
    if found.kink:
        caption = (
            f"{found.name}: a kink ({found.kink}). The slopes of both sides stay apart at every step; "
            f"the engine gives {number(found.exact)}."
        )
        columns = {
            "forward": [one.forward for one in found.slopes],
            "backward": [one.backward for one in found.slopes],
            "central": [one.central for one in found.slopes],
        }
    else:
        caption = (
            f"{found.name} = {number(found.exact, 17)}: the error of finite differences, over the step "
            "h. From the right, truncation falls with h; to the left, rounding rises."
        )
        columns = {
            "forward": [abs(one.forward - found.exact) for one in found.slopes],
            "central": [abs(one.central - found.exact) for one in found.slopes],
        }
    rows = tuple(
        (
            f"{h:.0e}",
            *(
                f"{column[i]:.2e}" if not found.kink else number(column[i])
                for column in columns.values()
            ),
        )
        for i, h in enumerate(STEPS)
    )
    what = "" if found.kink else " error"
    titles = ("step h", *(f"{name} difference{':' if what else ''}{what}" for name in columns))
    return Figure(_picture(columns, bool(found.kink)), caption, titles, rows)


def _picture(columns: Mapping[str, list[float]], kink: bool) -> str | None:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure as Plot
    except ImportError:
        return None
    # The same file every time: no date, no drawn identifiers. Text as shapes, for any machine.
    with rc_context({"svg.hashsalt": "autodiff"}):
        figure = Plot(figsize=(6.4, 3.4), layout="constrained")
        axes = figure.add_subplot()
        for (name, numbers), style in zip(columns.items(), ("o-", "s--", "^:"), strict=False):
            shown = numbers if kink else [max(one, math.ulp(1.0) / 8) for one in numbers]
            axes.plot(STEPS, shown, style, label=f"{name} difference")
        axes.set(xscale="log", xlabel="step h", ylabel="slope" if kink else "error", title="")
        if not kink:
            axes.set_yscale("log")
        figure.legend(loc="outside upper center", ncols=3)
        axes.grid(True, alpha=0.3)
        content = io.BytesIO()
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue().decode()
