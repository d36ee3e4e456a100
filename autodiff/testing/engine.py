"""Checking the engine's own derivatives of a function, in each mode."""

import functools
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from autodiff.errors import RecordingError
from autodiff.paths import symbols_of
from autodiff.testing import directions, properties
from autodiff.testing.blame import first_wrong, line_of
from autodiff.testing.budget import BudgetSpentError
from autodiff.testing.comparing import compared, precision_of
from autodiff.testing.derivatives import MODES
from autodiff.testing.directions import Direction
from autodiff.testing.doubts import is_function, settled
from autodiff.testing.findings import Findings
from autodiff.testing.finite_differences import finite_difference
from autodiff.testing.graph_reference import (
    LARGEST_GRAPH,
    GraphReference,
    graph_reference,
)
from autodiff.testing.kinks import compared_at_kink, kinks_of
from autodiff.testing.recorded import Recorded
from autodiff.testing.reference import KinkError
from autodiff.testing.report import Reference
from autodiff.testing.rounding import path_sizes, rounding_inside
from autodiff.testing.second_order import second_order
from autodiff.testing.subject import Subject
from autodiff.testing.sums import dot
from autodiff.testing.watch import Watch

_MOST_SHOWN = 12  # of many derivatives that do not pass
_ROUNDING = 2.0**-50  # of each product along a path
_CONDITIONING = 4.0  # times what rounding of the values is seen to do: it is one draw
_MOST_SECOND = 3_000  # nodes: differences of gradients, and replays of them, would take too long
_MOST_FORWARD = 200  # numbers: forward mode takes a sweep for each


class Asked(NamedTuple):
    """What is to be checked."""

    order: int
    modes: Sequence[str]
    accuracy: float
    generator: Random


def check_engine(
    subject: Subject, graph: Recorded, watch: Watch, asked: Asked, findings: Findings
) -> None:
    """Add to ``findings`` what is found of the derivatives of one run on Values.

    Arguments:
        subject: the function.
        graph: of that run.
        watch: what was told of it.
        asked: what is to be checked.
        findings: so far.
    """
    _EngineCheck(subject, graph, watch, asked, findings).run()


class _EngineCheck:
    """One graph, its derivatives in each mode, and what they are compared with."""

    def __init__(
        self, subject: Subject, graph: Recorded, watch: Watch, asked: Asked, findings: Findings
    ) -> None:
        self.subject, self.graph, self.watch, self.asked = subject, graph, watch, asked
        self.findings = findings
        self.kinks = kinks_of(graph.nodes, symbols_of(graph.nodes), watch)
        self._sizes = path_sizes(graph.nodes, graph.seeds())
        self._rounding = rounding_inside(graph.nodes, graph.seeds())

    def run(self) -> None:
        """Compare everything; what needs no further call of the function comes first."""
        got = self._in_each_mode()
        reference = None
        if not self.kinks:
            try:
                reference, notes = graph_reference(self.graph, self.subject.labels)
                self.findings.notes += notes
            except KinkError as error:
                self.kinks.append(f"{error} that its row does not declare")
        self._blame()
        try:
            self._compare(got, reference)
        finally:
            self._conclude()
        self.findings.properties += properties.sweeps(self.subject, self.asked.generator)
        if self.asked.order == 2:
            self._second(reference)

    def _in_each_mode(self) -> dict[str, list[float]]:
        found = {}
        for mode in self.asked.modes:
            if mode == "forward" and len(self.subject.numbers) > _MOST_FORWARD:
                self.findings.notes.append("forward mode: not run, it takes a sweep for each number")
                continue
            try:
                found[mode] = MODES[mode](self.subject, self.graph.weights)
            except RecordingError as error:
                told = f"{mode}: not checked, the function cannot be recorded: {error}"
                self.findings.notes.append(told)
        return found

    def _blame(self) -> None:
        """Look for the first wrong operation, also where the sums agree by chance."""
        found = first_wrong(self.graph.outs) if len(self.graph.nodes) <= LARGEST_GRAPH else None
        if found is None:
            return
        place, self.findings.wrong = found
        line = line_of(self.subject, place)
        self.findings.wrong = self.findings.wrong._replace(line=line)

    def _conclude(self) -> None:
        """Add what the first wrong operation says, where no derivative of the function does."""
        wrong = self.findings.wrong
        if wrong is not None and wrong.is_noise:
            self.findings.notes.append(f"{wrong.operation} loses digits here: see above")
        elif wrong is not None and not self.findings.any_failed:
            told = f"every operation is right: {wrong.operation} is not"
            self.findings.add(told, "FAIL", wrong.mistake)

    # ── first derivatives ───────────────────────────────────────────────────────────────────────────

    def _compare(self, got: dict[str, list[float]], reference: GraphReference | None) -> None:
        """Compare along some directions, and of many numbers all with the reference alone."""
        subject, findings = self.subject, self.findings
        slopes = next(iter(got.values()), [0.0] * len(subject.numbers))
        findings.notes += directions.chosen_note(len(slopes))
        for direction in directions.directions(
            subject.name, subject.labels, subject.sizes, slopes, self.asked.generator
        ):
            mine = {mode: dot(own, direction.steps) for mode, own in got.items()}
            if self.kinks:
                moved, start, _ = subject.along(direction.steps, self.graph.weights, slopes)
                scale = max(map(abs, slopes))
                one = compared_at_kink(direction.label, mine, moved, start, self.kinks, scale=scale)
                findings.comparisons.append(one)
            else:
                self._compare_along(direction, mine, slopes, reference)
        if self.kinks and all(one.verdict == "PASS" for one in findings.comparisons):
            told = f"{self.kinks[0]}; smooth along each number alone"
            findings.add("at a kink", "INCONCLUSIVE", told)
        if reference and len(slopes) > directions.MOST_COORDINATES:
            self._compare_all(got, reference)

    def _compare_along(
        self,
        direction: Direction,
        mine: dict[str, float],
        slopes: Sequence[float],
        reference: GraphReference | None,
    ) -> None:
        """Compare with the reference and with finite differences along a direction."""
        subject, graph, accuracy = self.subject, self.graph, self.asked.accuracy
        label, steps = direction
        value = dot(graph.weights, [out.data for out in graph.outs])
        precision = precision_of(slopes, steps, subject.sizes, value, accuracy)
        moved, start, noise = subject.along(steps, graph.weights, slopes)
        size = abs(start) or 1.0
        found = [reference.along(steps)] if reference else []
        try:
            noise += self._rounding + accuracy * abs(value)
            estimate = finite_difference(moved, start, noise, size)
        except BudgetSpentError:
            if found:
                self.findings.comparisons.append(compared(label, mine, found, precision))
            raise
        # What is compared is a sum that rounds: it may be off by as much as that.
        terms = dot([self._sizes.get(x, 0.0) for x in graph.inputs], [abs(d) for d in steps])
        error = estimate.error + _ROUNDING * terms
        if reference:
            error += _CONDITIONING * dot(reference.conditioning, [abs(d) for d in steps])
        found.append(Reference("finite differences", estimate.value, error))
        one = compared(label, mine, found, precision)
        if self.findings.wrong is None:
            same = functools.partial(is_function, graph, moved, start, steps, size)
            one = settled(one, precision, same, self.watch)
        self.findings.comparisons.append(one)

    def _compare_all(self, got: dict[str, list[float]], reference: GraphReference) -> None:
        """Compare every single derivative of many with the reference, and keep what does not pass."""
        findings, count = self.findings, len(self.subject.numbers)
        known = {one.label for one in findings.comparisons}
        kept = []
        for i, label in enumerate(self.subject.labels):
            mine = {mode: own[i] for mode, own in got.items()}
            exact = Reference(reference.source, reference.gradient[i], reference.errors[i])
            one = compared(directions.label_of(self.subject.name, label), mine, [exact])
            if one.verdict != "PASS" and one.label not in known:
                kept.append(one)
        findings.comparisons += kept[:_MOST_SHOWN]
        if len(kept) > _MOST_SHOWN:
            more = f"{len(kept) - _MOST_SHOWN:,} further derivatives are wrong, or left open"
            findings.notes.append(more)
        if not kept:
            findings.add(f"all {count:,} derivatives are those of {reference.source}", "PASS")

    # ── second derivatives ──────────────────────────────────────────────────────────────────────────

    def _second(self, reference: GraphReference | None) -> None:
        findings, subject, generator = self.findings, self.subject, self.asked.generator
        left_open = any(one.verdict == "INCONCLUSIVE" for one in findings.comparisons)
        left_open |= bool(self.watch.hidden or self.watch.read)
        if left_open or self.kinks or (reference and reference.is_ill_conditioned):
            why = "at a kink" if self.kinks else "where the first are left open, or ill-conditioned"
            findings.notes.append(f"second derivatives: not checked {why}")
            return
        if len(self.graph.nodes) > _MOST_SECOND:
            findings.notes.append(f"second derivatives: not checked for {len(self.graph.nodes):,} nodes")
            return
        findings.properties.append(properties.symmetric_hessian(subject, self.graph, generator))
        along = directions.second_directions(subject.labels, subject.sizes, generator)
        findings.comparisons += second_order(subject, self.graph, along)
