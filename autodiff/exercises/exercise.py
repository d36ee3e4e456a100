"""What an exercise is: a prompt, blanks to fill, and how each is judged.

blank    one thing that is asked for, with a label, its points, and its judge
share    the part of a blank's points that an answer earns, from 0 to 1
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from autodiff.lesson.answers import verdict
from autodiff.lesson.steps import Step

Answers = Mapping[str, Any]


class Judged(NamedTuple):
    """What an answer earns of a blank's points, and why; never what the right answer is."""

    share: float
    says: str


class Blank(NamedTuple):
    """One thing that is asked for."""

    label: str
    answer: str  # for the key; "" where the exercise's explanation says it
    judge: Callable[[Any, Answers], Judged]  # of its own answer, and all answers
    points: int = 1


class Remark(NamedTuple):
    """What is said to one answer."""

    label: str
    earned: float
    points: int
    says: str


@dataclass(frozen=True, repr=False)
class Grade:
    """The points that answers earn, and a reason for each that they do not."""

    remarks: tuple[Remark, ...]

    @property
    def points(self) -> float:
        """The points that were earned."""
        return sum(remark.earned for remark in self.remarks)

    @property
    def of(self) -> int:
        """The points there are."""
        return sum(remark.points for remark in self.remarks)

    def __repr__(self) -> str:
        lost = [remark for remark in self.remarks if remark.earned < remark.points]
        lines = [f"{self.points:.3g} of {self.of} point{'s' if self.of != 1 else ''}"]
        lines += [f"  {one.label}: {one.earned:.3g} of {one.points}. {one.says}" for one in lost]
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class Exercise:
    """An exercise: the same kind, seed and difficulty give the same one everywhere.

    ``starter`` is the Python that a notebook offers to be completed; it binds ``answers``.
    """

    kind: str
    seed: int
    difficulty: int
    title: str
    prompt: str  # Markdown
    blanks: tuple[Blank, ...]
    starter: str
    explanation: str = ""  # for the key, beside the answers

    def __repr__(self) -> str:
        return f"{self.title}\n\n{self.prompt}"

    def _repr_markdown_(self) -> str:
        return f"**{self.title}**\n\n{self.prompt}"

    def grade(self, answers: Any) -> Grade:
        """Return the points of ``answers``: one for each label; a single blank takes the bare answer.

        Raises:
            ValueError: for a label that no blank has.
        """
        given: dict[str, Any]
        if isinstance(answers, Mapping):
            given = {str(label).strip(): answer for label, answer in answers.items()}
        elif len(self.blanks) == 1 or self.kind == "engine":
            given = {blank.label: answers for blank in self.blanks}
        else:
            raise ValueError(
                f"{len(self.blanks)} answers are asked for, as a dict with the keys {self._labels()}"
            )
        for label in given.keys() - {blank.label for blank in self.blanks}:
            raise ValueError(f"no blank is called {label!r}: there is {self._labels()}")
        return Grade(tuple(_remark(blank, given) for blank in self.blanks))

    def _labels(self) -> str:
        return ", ".join(blank.label for blank in self.blanks)


def _remark(blank: Blank, given: Answers) -> Remark:
    answer = given.get(blank.label)
    if answer is None or answer is ... or answer == "":
        return Remark(blank.label, 0.0, blank.points, "There is no answer yet.")
    share, says = blank.judge(answer, given)
    return Remark(blank.label, share * blank.points, blank.points, says)


def judged_number(step: Step, answer: Any) -> Judged:
    """Return what an answer to a step of a lesson earns; too few digits are half of it."""
    found = verdict(step, answer if isinstance(answer, str) else repr(answer))
    if found.right:
        return Judged(1.0, found.says)
    return Judged(0.5 if found.slip == "rounded" else 0.0, found.says)


def starter_of(blanks: tuple[Blank, ...]) -> str:
    """Return the Python in which a student fills the blanks, one line each."""
    return "answers = {\n" + "".join(f"    {blank.label!r}: ...,\n" for blank in blanks) + "}"
