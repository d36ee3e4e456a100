"""References that disagree with each other: which of them is to be believed, and what that says."""

import math
from collections.abc import Callable, Sequence

from autodiff.testing.comparing import Precision, compared
from autodiff.testing.recorded import Recorded
from autodiff.testing.report import Comparison
from autodiff.testing.rounding import rounding_inside
from autodiff.testing.watch import Watch

_APART = 1e-3  # of a number's size: how far from the point graph and function are compared
_SAME = 1e-9  # relative: what is missing from a graph moves it by about as much as the numbers are moved


def settled(
    found: Comparison, precision: Precision, is_function: Callable[[], bool], watch: Watch
) -> Comparison:
    """Return a failed comparison as what it is, where only one of two references objects.

    Arguments:
        found: with two references: of the graph, and finite differences of the function.
        precision: that it was compared with.
        is_function: whether the graph computes what the function does, elsewhere too.
        watch: what was told of the run.
    """
    if found.verdict != "FAIL" or len(found.references) != 2:
        return found
    of_graph, differences = (
        compared(found.label, found.got, [one], precision).verdict for one in found.references
    )
    if of_graph == "FAIL" and differences != "FAIL":
        told = f"ill-conditioned here: {found.references[0].source} object, finite differences do not"
        return found._replace(verdict="INCONCLUSIVE", reason=told)
    if of_graph != "PASS" or differences != "FAIL":
        return found
    if is_function():
        return found._replace(verdict="PASS", reason="finite differences are misled here")
    deeds = [*watch.read, *watch.hidden] or ["takes numbers out of its Values"]
    told = f"the graph's derivative is right, but the graph is not the function: it {deeds[0]}"
    on_purpose = watch.hidden and not watch.read
    return found._replace(verdict="INCONCLUSIVE" if on_purpose else "FAIL", reason=told)


def is_function(
    graph: Recorded, moved: Callable[[float], float], start: float, steps: Sequence[float], size: float
) -> bool:
    """Return whether a graph gives, beside the point, too, what the function gives there.

    Arguments:
        graph: recorded at the point.
        moved: the function along a line.
        start: where on it the point is.
        steps: what a step of 1 on the line does to each number.
        size: of a step on the line that changes the numbers by as much as they are.
    """
    allowed = 4 * rounding_inside(graph.nodes, graph.seeds())
    for step in (_APART * size, -_APART * size):
        numbers = {x: x.data + step * d for x, d in zip(graph.inputs, steps, strict=True)}
        replayed, right = graph.value_at(numbers), moved(start + step)
        if not abs(replayed - right) <= allowed + _SAME * abs(right) and math.isfinite(right):
            return False
    return True
