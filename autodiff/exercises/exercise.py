"""What an exercise is: a prompt, blanks to fill, and how each is judged.

blank    one thing that is asked for, with a label, its points, and its judge
share    the part of a blank's points that an answer earns, from 0 to 1
"""

import re
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
        lost = [one for one in self.remarks if one.earned < one.points or not one.points]
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
        """Return the points of ``answers``: one for each label; a single answer may stand by itself.

        Whatever the answers are, there is a grade: what cannot be read earns nothing, with the reason.
        """
        labels = ", ".join(blank.label for blank in self.blanks)
        if isinstance(answers, Mapping):
            given = {str(label).strip(): answer for label, answer in answers.items()}
        elif self.has_one_answer:
            given = {blank.label: answers for blank in self.blanks}
        else:
            given = {}
        remarks = [_remark(blank, given) for blank in self.blanks]
        if not isinstance(answers, Mapping) and not given:
            told = f"The answers are a dict with the keys {labels}."
            remarks = [remark._replace(says=told) for remark in remarks]
        strangers = given.keys() - {blank.label for blank in self.blanks}
        remarks += [
            Remark(label[:20], 0.0, 0, f"There is no such blank: there is {labels}.")
            for label in sorted(strangers)
        ]
        return Grade(tuple(remarks))

    @property
    def has_one_answer(self) -> bool:
        """Whether one answer, not a dict of them, is what is asked for."""
        return len(self.blanks) == 1 or "answers = {" not in self.starter


def _remark(blank: Blank, given: Answers) -> Remark:
    answer = given.get(blank.label)
    if answer is None or answer is ... or (isinstance(answer, str) and not answer.strip()):
        return Remark(blank.label, 0.0, blank.points, "There is no answer yet.")
    try:
        share, says = blank.judge(answer, given)
    except (TypeError, ValueError, ArithmeticError):
        share, says = 0.0, f"A {type(answer).__name__} of that kind is no answer to this."
    return Remark(blank.label, share * blank.points, blank.points, says)


def as_text(answer: Any) -> str:
    """Return an answer as it would be typed: text as it is, whatever is a number as that number.

    Raises:
        TypeError, ValueError, OverflowError: for what is neither.
    """
    return answer if isinstance(answer, str) else repr(float(answer))


def line_number(answer: Any, lines: int) -> int | None:
    """Return the number of a line that an answer names, None where it names none of them."""
    if isinstance(answer, (list, tuple)) and len(answer) == 1:
        answer = answer[0]
    found = re.fullmatch(r"\D*?(\d{1,4})(\.0?)?\s*", str(answer).strip())
    number = int(found[1]) if found else 0
    return number if 1 <= number <= lines else None


def judged_number(step: Step, answer: Any) -> Judged:
    """Return what an answer to a step of a lesson earns; too few digits are half of it."""
    found = verdict(step, as_text(answer))
    if found.right:
        return Judged(1.0, found.says)
    return Judged(0.5 if found.slip == "rounded" else 0.0, found.says)


def starter_of(blanks: tuple[Blank, ...]) -> str:
    """Return the Python in which a student fills the blanks, one line each."""
    return "answers = {\n" + "".join(f"    {blank.label!r}: ...,\n" for blank in blanks) + "}"
