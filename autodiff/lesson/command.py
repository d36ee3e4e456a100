"""``autodiff lesson``, ``step``, ``quiz`` and ``animate``: the commands that teach."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from random import Random
from types import MappingProxyType

from autodiff import modes
from autodiff.graph import topological_order
from autodiff.lesson.animation import animation_of
from autodiff.lesson.drills import drill
from autodiff.lesson.pages import lesson
from autodiff.lesson.ready import Ready, library
from autodiff.lesson.session import Lesson, asked, stepping
from autodiff.lesson.steps import steps_of
from autodiff.lesson.sweeps import LessonTooBigError, title_of
from autodiff.paths import symbols_of
from autodiff.syntax import Computed, ExpressionError
from autodiff.trace import Trace, trace, trace_of_one
from autodiff.value import Value
from autodiff.words import Mistake, Parser, command, computed_from, digits, input_of, parsed

_EPILOG = """examples:
  autodiff lesson "y1 = sin(w1*x + w0)" w0=0.5 w1=2 x=0.3 -o lesson.html
  autodiff lesson --list
  autodiff lesson half-squared-error -o lesson.html
  autodiff step "y = x*x + x" x=3
  autodiff quiz --difficulty 2 --seed 1
  autodiff animate "y = sin(w*x)" w=2 x=0.3 -o backprop.gif

where an expression is expected, the name of a ready lesson does as well: its numbers come with it."""


def teach(words: Sequence[str]) -> int:
    """Return the exit status 0 of a command that teaches.

    Raises:
        Mistake, ValueError: for what the user can put right; OSError, RuntimeError for what went wrong.
    """
    options, values = parsed(_parser(), words, _COMMANDS)
    return _COMMANDS[options.command](options, values)


def _parser() -> Parser:
    parser = Parser(prog="autodiff")
    commands = parser.add_subparsers(dest="command")
    page = command(commands, "lesson", "write the lesson of an expression as a page", _EPILOG, "?")
    page.add_argument("-o", "--output", metavar="FILE", help="a .html file")
    page.add_argument("--list", action="store_true", help="list the ready lessons")
    page.add_argument("--digits", type=digits, default=4, help="decimals; 17 shows numbers in full")
    step = command(commands, "step", "walk through the computation, forwards and back", _EPILOG)
    quiz = command(
        commands, "quiz", "be asked for each number, and be told which mistake it was", _EPILOG, "?"
    )
    quiz.add_argument("--difficulty", type=int, choices=(1, 2, 3), help="of a drawn expression")
    quiz.add_argument("--seed", type=int, help="of the drawn expression")
    film = command(commands, "animate", "write an animation of the sweeps, a frame a step", _EPILOG)
    film.add_argument("-o", "--output", required=True, metavar="FILE", help="a .gif file, or a folder")
    film.add_argument("--frames", choices=("svg", "png"), help="write numbered pictures into the folder")
    film.add_argument("--seconds", type=float, default=1.0, help="for each step")
    film.add_argument("--digits", type=digits, default=4, help="decimals; 17 shows numbers in full")
    for one in (step, quiz, film):
        one.add_argument("--of", metavar="NAME", help="the output that reverse mode starts from")
        one.add_argument("--mode", choices=("reverse", "forward"), default="reverse")
        one.add_argument("--wrt", metavar="NAME", help="the input that forward mode follows")
    return parser


def _ready(options: argparse.Namespace, words: Sequence[str]) -> Ready | None:
    """Return the ready lesson that is named, if one is."""
    found = library().get((options.expression or "").strip())
    if found is not None and words:
        raise Mistake(f"{found.name} is a ready lesson and has its numbers: leave out {words[0]!r}")
    return found


def _computed(options: argparse.Namespace, words: Sequence[str]) -> Computed:
    ready = _ready(options, words)
    if ready:
        return ready.computed()
    near = get_close_matches(options.expression.strip(), library(), n=1, cutoff=0.8)
    try:
        return computed_from(options.expression, words)[2]
    except ExpressionError:
        if not near or words:
            raise
        raise Mistake(
            f"no ready lesson is called {options.expression.strip()!r}: did you mean {near[0]}? "
            "autodiff lesson --list names them all"
        ) from None


def _traced(options: argparse.Namespace, computed: Computed) -> tuple[Trace, Value]:
    """Return the trace that is asked for, and the output that it is about."""
    called = symbols_of(topological_order(*computed.outputs))
    by_name = {called[out]: out for out in computed.outputs}
    if options.wrt and options.mode == "reverse":
        raise Mistake("--wrt is the input of forward mode: add --mode forward")
    if options.of and options.mode == "forward":
        raise Mistake("--of is the output of reverse mode: leave it out, or --mode forward")
    if options.of and options.of not in by_name:
        raise Mistake(f"no output is called {options.of!r}: there is {', '.join(by_name)}")
    out = by_name[options.of] if options.of else computed.outputs[0]
    followed = input_of(computed, options.wrt) if options.wrt else None
    with modes.strict():
        if options.mode == "forward":
            return trace(computed.outputs, mode="forward", wrt=followed), out
        return trace_of_one(out, computed.outputs), out


def _page(options: argparse.Namespace, words: Sequence[str]) -> int:
    if options.list:
        if options.expression or options.output:
            raise Mistake("--list stands alone: it prints the names of the ready lessons")
        print(listed())
        return 0
    if not options.expression:
        raise Mistake('an expression is missing, such as "y = sin(w*x)" w=2 x=3; --list has ready ones')
    if not options.output:
        raise Mistake("-o FILE is missing: a lesson is written to a .html file")
    ready = _ready(options, words)
    try:
        if ready:
            page = ready.page(options.digits)
        else:
            outs = _computed(options, words).outputs
            with modes.strict():
                page = lesson(outs, title=options.expression.strip(), digits=options.digits)
    except LessonTooBigError as error:
        raise Mistake(f"{str(error).partition('. ')[0]}: take a part of the expression") from None
    print(f"wrote {page.save(options.output)}")
    return 0


def listed() -> str:
    """Return the names of the ready lessons, with the items of docs/lectures.md each shows."""
    lessons = library().values()
    rows = [(one.name, ", ".join(map(str, one.items)), one.title) for one in lessons]
    widths = [max(map(len, column)) for column in zip(("lesson", "items", ""), *rows, strict=True)]
    return "\n".join(
        f"{name:{widths[0]}}  {items:{widths[1]}}  {title}".rstrip()
        for name, items, title in [("lesson", "items", ""), *rows]
    )


def _lesson(options: argparse.Namespace, words: Sequence[str]) -> Lesson:
    computed = _computed(options, words)
    one, out = _traced(options, computed)
    title = title_of(one)
    if options.mode == "reverse" and len(computed.outputs) > 1:
        title += " (--of chooses another output)"
    with modes.strict():
        return Lesson(steps_of(one), out, title, computed.inputs)


def _lines() -> Iterator[str]:
    """Yield the lines of standard input; on a terminal a prompt asks for each."""
    while True:
        try:
            yield input("> " if sys.stdin is not None and sys.stdin.isatty() else "")
        except EOFError:
            return


def _say(text: str) -> None:
    print(text, flush=True)


def _step(options: argparse.Namespace, words: Sequence[str]) -> int:
    stepping(_lesson(options, words), _lines(), _say)
    return 0


def _quiz(options: argparse.Namespace, words: Sequence[str]) -> int:
    if options.expression is None:
        drawn = drill(options.difficulty or 1, Random(options.seed))
        options.expression = drawn.text
        words = [f"{name}={value!r}" for name, value in drawn.values.items()]
    elif options.seed is not None or options.difficulty is not None:
        raise Mistake("--seed and --difficulty draw an expression: leave them out, or the expression")
    found = _lesson(options, words)
    ready = library().get(options.expression.strip())
    about = ready.expression if ready else options.expression
    at = ", ".join(f"{name}={x.data:g}" for name, x in found.inputs.items())
    _say(f"{about}   at {at}\n{found.title}\nAnswer with a number or an expression; hint, skip, quit.")
    asked(found, range(len(found.steps)), _lines(), _say)
    return 0


def _animate(options: argparse.Namespace, words: Sequence[str]) -> int:
    if options.frames and options.output.lower().endswith(".gif"):
        raise Mistake(f"--frames writes into a folder, and {options.output} is the name of a GIF")
    if not options.frames and not options.output.lower().endswith(".gif"):
        raise Mistake(f"{options.output}: an animation ends in .gif; --frames png or svg makes pictures")
    computed = _computed(options, words)
    one, _ = _traced(options, computed)
    film = animation_of(one, computed.outputs, options.digits, options.seconds)
    if options.frames:
        written = film.frames(options.output, format=options.frames)
        print(f"wrote {len(written)} pictures to {options.output}")
    else:
        print(f"wrote {film.save(options.output)}, and {options.output}.txt with the same in words")
    return 0


_COMMANDS: Mapping[str, Callable[[argparse.Namespace, Sequence[str]], int]] = MappingProxyType({
    "lesson": _page,
    "step": _step,
    "quiz": _quiz,
    "animate": _animate,
})  # fmt: skip
