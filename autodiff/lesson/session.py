"""``autodiff step`` and ``autodiff quiz``: a lesson in the terminal.

Lines are only ever appended, so that screen readers, pipes and files have the same as a terminal.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from autodiff.lesson.answers import hint, verdict
from autodiff.lesson.steps import Step
from autodiff.paths import paths
from autodiff.value import Value

HELP = """next (or Enter)   the next step            back    the step before
goto N            step number N            why     the reason for this step
paths NAME        the paths from an input  quiz    be asked for the steps to come
again             this step once more      quit    end"""

QUIZ_HELP = """a number, or an expression such as cos(1.1) or 3*2, is an answer
hint    help: the rule, then the rule with numbers, then the answer
skip    be told, and go on             quit    end"""

Say = Callable[[str], None]


class Lesson(NamedTuple):
    """What a terminal session walks through: the sweep from one output, or along one input."""

    steps: Sequence[Step]
    out: Value
    title: str
    inputs: dict[str, Value]
    digits: int = 4


def shown(lesson: Lesson, place: int) -> str:
    """Return one step on one line: its number, symbol, rule, numbers and result."""
    step = lesson.steps[place]
    symbol, *parts = step.shown(lesson.digits)
    shown = " = ".join(dict.fromkeys(part for part in parts if part))
    return f"{place + 1} of {len(lesson.steps)}, {step.sweep}:  {symbol} {shown}"


def stepping(lesson: Lesson, words: Iterator[str], say: Say) -> None:
    """Walk through a lesson as the lines of ``words`` say, until they end or one says quit."""
    place = -1
    say(f"{lesson.title}: {len(lesson.steps)} steps.")
    say("next, back, goto N, why, paths NAME, quiz, quit; help says more.")
    for line in words:
        command, _, rest = line.strip().partition(" ")
        command = command.lower()
        if command in ("quit", "q", "exit"):
            return
        if command in ("", "next", "n"):
            place = _moved(lesson, place, place + 1, say)
        elif command in ("back", "b"):
            place = _moved(lesson, place, place - 1, say)
        elif command in ("again", "a"):
            place = _moved(lesson, place, max(place, 0), say)
        elif command in ("goto", "g"):
            if not rest.strip().isdecimal():
                say(f"goto takes the number of a step, from 1 to {len(lesson.steps)}")
            else:
                place = _moved(lesson, place, int(rest) - 1, say)
        elif command == "why":
            say(lesson.steps[place].sentence if place >= 0 else "No step was made yet: next makes one.")
        elif command == "paths":
            _say_paths(lesson, rest.strip(), say)
        elif command == "quiz":
            asked(lesson, range(place + 1, len(lesson.steps)), words, say)
            return
        elif command in ("help", "?", "h"):
            say(HELP)
        else:
            say(f"{command[:40]!r} is no command here: help lists them")


def _moved(lesson: Lesson, place: int, target: int, say: Say) -> int:
    if not 0 <= target < len(lesson.steps):
        end = "first" if target < 0 else "last"
        say(
            f"that was the {end} step"
            if abs(target - place) == 1
            else f"there are {len(lesson.steps)} steps"
        )
        return place
    say(shown(lesson, target))
    return target


def _say_paths(lesson: Lesson, name: str, say: Say) -> None:
    if name not in lesson.inputs:
        say(f"paths takes an input: {', '.join(lesson.inputs) or 'there is none'}")
        return
    say(paths(lesson.out, lesson.inputs[name]).text(lesson.digits))


TRIES = 3  # wrong answers, then the right one is told


class Score(NamedTuple):
    """How a quiz went."""

    right: int  # at the first try
    asked: int


def asked(lesson: Lesson, places: Sequence[int], words: Iterator[str], say: Say) -> Score:
    """Return how often the first answer was right; what was wrong is asked once more at the end.

    A wrong answer brings a hint, by degrees; after the last try the answer is told.
    """
    to_ask = [place for place in places if lesson.steps[place].is_asked]
    first = _all_tries(lesson, to_ask, words, say)
    wrong = [place for place, tries in zip(to_ask, first, strict=False) if tries != 1]
    if wrong and len(first) == len(to_ask):
        say("Once more, what was not right at first:")
        _all_tries(lesson, wrong, words, say)
    score = Score(len(first) - len(wrong), len(first))
    say(f"{score.right} of {score.asked} right at the first try")
    return score


def _all_tries(lesson: Lesson, places: Sequence[int], words: Iterator[str], say: Say) -> list[int]:
    """Return how many answers each step took, as far as the answers went."""
    found = []
    for place in places:
        tries = _tries(lesson, place, words, say)
        if tries is None:
            break
        found.append(tries)
    return found


def _tries(lesson: Lesson, place: int, words: Iterator[str], say: Say) -> int | None:
    """Return how many answers a step took, 0 where it had to be told, None where they came to an end.

    What cannot be read as a number is no answer; who asks for a hint has answered once.
    """
    step = lesson.steps[place]
    symbol, rule, _, _ = step.shown(lesson.digits)
    asked_for = f"{symbol} {rule} =" if rule else symbol
    say(f"{place + 1} of {len(lesson.steps)}, {step.sweep}:  {asked_for} ?")
    tries = 0
    for answer in words:
        command = answer.strip().lower()
        if command in ("quit", "q", "exit"):
            return None
        if command in ("help", "h"):
            say(QUIZ_HELP)
            continue
        if command in ("skip", "s", "next") or (command in ("hint", "?") and tries >= 2):
            say(hint(step, 2))
            return 0
        if command in ("hint", "?"):
            say(hint(step, tries))
            tries += 1
            continue
        found = verdict(step, answer)
        say(found.says)
        if found.right:
            return tries + 1
        if not found.is_number:
            continue
        tries += 1
        if tries == TRIES:
            say(hint(step, 2))
            return 0
        if not found.slip:
            say(hint(step, tries - 1))
    return None
