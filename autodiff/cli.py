"""The command line: one function for each command of ``autodiff``; without a command, the tour.

Every mistake gets one message on standard error and exit status 2, never a traceback.
"""

import argparse
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

from autodiff import value
from autodiff.errors import DomainError
from autodiff.syntax import Computed, ExpressionError, Program, compute, number_of, parse
from autodiff.value import Value

if TYPE_CHECKING:
    from autodiff.lesson import Lesson

EXAMPLE = "y1 = sin(w1*x + w0); y2 = cos(w1*x + w0)"
EXAMPLE_VALUES = {"w0": 0.5, "w1": 2.0, "x": 0.3}
EXAMPLE_PICTURE = "autodiff.svg"

_EPILOG = """examples:
  autodiff
      the lecture's example, forwards and backwards, and its picture
  autodiff explain "L = (y - w*x)**2 / 2" w=2 x=3 y=5
  autodiff explain "y = sin(w1*x + w0)" w0=0.5 w1=2 x=0.3 --mode forward --wrt w1
  autodiff explain "y = x*x + x" x=3 --paths x --why
  autodiff draw "L = (y - w*x)**2 / 2" w=2 x=3 y=5 -o graph.svg
  autodiff check "x*log(x) + y**3" x=2 y=-1
  autodiff lesson "y1 = sin(w1*x + w0)" w0=0.5 w1=2 x=0.3 -o lesson.html
  autodiff train iris

expressions are ordinary Python arithmetic; "a = ...; b = ..." names intermediates, several outputs
are allowed, and every name needs a value: name=NUMBER."""


class Mistake(Exception):
    """Something the user can put right; the message says what and how."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status of a command line: 0 done, 1 a check that did not pass, 2 a mistake."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without ā still shows the rest
    try:
        if words[:1] == ["bench"]:  # it takes no expression, and has options of its own
            from autodiff.bench.command import bench

            return bench(words[1:])
        if words[:1] == ["train"]:
            from autodiff.experiments.command import train

            return train(words[1:])
        options, rest = _parser().parse_known_args(_operands_marked(words))
        for word in rest:
            if word.startswith("-") or not options.command:
                raise Mistake(f"unknown option {_shortened(word)}: see autodiff --help")
        if options.version:
            core = "Python" if str(value.__file__).endswith(".py") else "compiled"
            print(f"autodiff {_version()} ({core} core)")
            return 0
        status = (
            _COMMANDS[options.command](options, [*options.values, *rest]) if options.command else tour()
        )
        if sys.stdout is not None:
            sys.stdout.flush()  # so that a full disk or a closed pipe is found out here
        return status
    except (Mistake, ExpressionError, DomainError, ValueError) as error:
        print(f"autodiff: {getattr(error, 'reason', error)}", file=sys.stderr)
    except OSError as error:
        if isinstance(error, BrokenPipeError):  # the reader has seen enough
            _discard_output()
            return 0
        print(f"autodiff: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        if error.filename is None:
            _discard_output()
    except (RuntimeError, ArithmeticError) as error:
        print(f"autodiff: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2


def _discard_output() -> None:
    """Send what is still to be written nowhere: Python would complain when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _operands_marked(words: Sequence[str]) -> list[str]:
    """Return the words with a space before each that starts with a minus and yet is no option.

    Options are ``-h``, ``-o FILE`` and ``--word``; ``-x*2`` is an expression.
    """
    marked = []
    for before, word in zip(["", *words], words, strict=False):
        option = word in ("-", "-h", "-o", "--") or re.fullmatch(
            r"--[a-zA-Z][\w-]*(=.*)?", word, re.DOTALL
        )
        operand = word.startswith("-") and not option and before not in ("-o", "--output", "--digits")
        marked.append(f" {word}" if operand and words[0] in _COMMANDS else word)
    return marked


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if "EXPR" in message:
            message = 'an expression is missing, such as "y = sin(w*x)" w=2 x=3'
        raise Mistake(f"{message}: see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="autodiff",
        description="Automatic differentiation, explained step by step, drawn, and checked.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(
        dest="command", metavar="explain | draw | check | lesson | step | quiz | train | bench"
    )
    explain = _command(commands, "explain", "print the computation and its derivatives step by step")
    explain.add_argument("--mode", choices=("reverse", "forward", "both"), default="reverse")
    explain.add_argument("--wrt", metavar="NAME", help="the input that forward mode follows")
    explain.add_argument("--format", choices=("text", "markdown", "latex", "json"), default="text")
    explain.add_argument("--paths", metavar="NAME", help="list the paths from an input, and their sum")
    explain.add_argument("--why", action="store_true", help="give the reason for each line")
    explain.add_argument("--why-order", action="store_true", help="show the naive order going wrong")
    explain.add_argument("--digits", type=_digits, default=4, help="decimals; 17 shows numbers in full")
    draw = _command(commands, "draw", "draw the computation graph")
    draw.add_argument("-o", "--output", required=True, metavar="FILE", help=".svg, .png, .pdf or .dot")
    draw.add_argument("--direction", choices=("LR", "TB"), default="LR")
    draw.add_argument("--highlight", metavar="NAME", help="mark the paths from an input")
    draw.add_argument("--digits", type=_digits, default=4, help="decimals; 17 shows numbers in full")
    _command(commands, "check", "compare the derivatives with finite differences")
    step = _command(commands, "step", "walk through the computation, forwards and back")
    step.add_argument("--mode", choices=("reverse", "forward"), default="reverse")
    step.add_argument("--wrt", metavar="NAME", help="the input that forward mode follows")
    lesson = _command(commands, "lesson", "write the lesson of an expression as a page")
    lesson.add_argument("-o", "--output", required=True, metavar="FILE", help="a .html file")
    lesson.add_argument("--digits", type=_digits, default=4, help="decimals; 17 shows numbers in full")
    quiz = _command(commands, "quiz", "be asked for each number, and be told which mistake it was", "?")
    quiz.add_argument(
        "--difficulty", type=int, choices=(1, 2, 3), default=1, help="of a drawn expression"
    )
    quiz.add_argument("--seed", type=int, default=None, help="of the drawn expression")
    quiz.add_argument("--mode", choices=("reverse", "forward"), default="reverse")
    commands.add_parser("train", help="train a small network and draw what it decides", add_help=False)
    commands.add_parser("bench", help="time the engine beside its peers", add_help=False)
    return parser


def _command(
    commands: "argparse._SubParsersAction[_Parser]", name: str, help: str, number: str | None = None
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=help,
        description=help,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("expression", metavar="EXPR", nargs=number, help='such as "y = sin(w*x)"')
    command.add_argument("values", metavar="name=value", nargs="*", help="a number for each name")
    return command


def _digits(word: str) -> int:
    if not word.strip().isdecimal() or int(word) > 17:
        raise argparse.ArgumentTypeError(f"{_shortened(word)} is not a whole number from 0 to 17")
    return int(word)


def _shortened(word: str) -> str:
    word = word.strip()
    return repr(word if len(word) <= 60 else f"{word[:59]}…")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("autodiff")
    except PackageNotFoundError:
        return "(not installed)"


def _values(words: Sequence[str]) -> dict[str, float]:
    """Return the numbers given as ``name=value``."""
    values: dict[str, float] = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        name = _as_python_reads(name)
        if not equals or not name.isidentifier():
            raise Mistake(f"{_shortened(word)} is not of the form name=NUMBER, such as x=2")
        if name in values:
            raise Mistake(f"{name!r} has two values: leave out one of them")
        if not text:
            raise Mistake(f"{word.strip()!r}: the number is missing, such as {name}=2")
        try:
            values[name] = number_of(text)
        except ExpressionError as error:
            raise Mistake(f"{_shortened(word)}: {error}") from None
    return values


def _as_python_reads(name: str) -> str:
    """Return the one spelling of a name that Python uses for all that look alike (PEP 3131)."""
    return unicodedata.normalize("NFKC", name)


def _computed(expression: str, words: Sequence[str]) -> tuple[Program, dict[str, float], Computed]:
    program, values = parse(expression.lstrip()), _values(words)
    computed = compute(program, values)
    for name in values.keys() - set(program.inputs):
        print(f"autodiff: note: {name} is not used in the expression", file=sys.stderr)
    return program, values, computed


def _input(computed: Computed, name: str) -> Value:
    name = _as_python_reads(name)
    if name not in computed.inputs:
        raise Mistake(f"no input is called {name!r}: there is {', '.join(computed.inputs) or 'none'}")
    return computed.inputs[name]


def _explain(options: argparse.Namespace, words: Sequence[str]) -> int:
    from autodiff import modes
    from autodiff.explain import rendered, why_order
    from autodiff.explain.document import explanation
    from autodiff.paths import paths

    _, _, computed = _computed(options.expression, words)
    if options.wrt and options.mode == "reverse":
        raise Mistake("--wrt is the input of forward mode: add --mode forward or --mode both")
    if options.format == "json" and (options.paths or options.why_order):
        raise Mistake("--paths and --why-order are text: leave out --format json")
    wrt = _input(computed, options.wrt) if options.wrt else None
    followed = _input(computed, options.paths) if options.paths else None
    with modes.strict():
        document = explanation(
            computed.outputs, mode=options.mode, wrt=wrt, inputs=list(computed.inputs.values())
        )
        parts = []
        if options.format == "json":
            parts.append("".join(f"{sweep.trace.to_json()}\n" for sweep in document.sweeps))
        else:
            parts.append(
                rendered(
                    document, options.format, digits=options.digits, why=options.why, width=_width()
                )
            )
        plain = []
        if followed is not None:
            plain += [paths(out, followed).text(options.digits) for out in computed.outputs]
        if options.why_order:
            plain += [str(why_order(out)) for out in computed.outputs]
        parts += [_VERBATIM[options.format].format(one) for one in plain]
    print("\n".join(parts), end="")
    return 0


_VERBATIM = {
    "text": "{}\n",
    "markdown": "```text\n{}\n```\n",
    "latex": "\\begin{{verbatim}}\n{}\n\\end{{verbatim}}\n",
}


def _width() -> int:
    return shutil.get_terminal_size(fallback=(120, 24)).columns


def _draw(options: argparse.Namespace, words: Sequence[str]) -> int:
    from autodiff import modes
    from autodiff.draw import draw
    from autodiff.paths import paths

    _, _, computed = _computed(options.expression, words)
    highlight = None
    with modes.strict():
        if options.highlight:
            followed = _input(computed, options.highlight)
            highlight = [paths(out, followed, most=0) for out in computed.outputs]
        if len(computed.outputs) == 1:  # of several outputs, which one's gradients would they be?
            computed.outputs[0].backward()
        drawing = draw(
            computed.outputs, direction=options.direction, highlight=highlight, digits=options.digits
        )
    print(f"wrote {drawing.save(options.output)}")
    return 0


def _check(options: argparse.Namespace, words: Sequence[str]) -> int:
    from autodiff.testing.check import check_program

    program, values, computed = _computed(options.expression, words)
    report = check_program(program, values, computed)
    print(report)
    return 0 if report.passed else 1


def _page(options: argparse.Namespace, words: Sequence[str]) -> int:
    from autodiff import modes
    from autodiff.lesson import lesson

    _, _, computed = _computed(options.expression, words)
    with modes.strict():
        page = lesson(computed.outputs, title=options.expression.strip(), digits=options.digits)
    print(f"wrote {page.save(options.output)}")
    return 0


def _lesson(expression: str, words: Sequence[str], mode: str, wrt: str | None) -> "Lesson":
    from autodiff import modes
    from autodiff.lesson import Lesson, steps_of
    from autodiff.trace import trace

    _, _, computed = _computed(expression, words)
    followed = _input(computed, wrt) if wrt else None
    with modes.strict():
        steps = steps_of(trace(computed.outputs, mode=mode, wrt=followed))  # type: ignore[arg-type]
    return Lesson(steps, computed.outputs[0], computed.inputs)


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
    from autodiff.lesson import stepping

    if options.wrt and options.mode == "reverse":
        raise Mistake("--wrt is the input of forward mode: add --mode forward")
    stepping(_lesson(options.expression, words, options.mode, options.wrt), _lines(), _say)
    return 0


def _quiz(options: argparse.Namespace, words: Sequence[str]) -> int:
    from random import Random

    from autodiff.lesson import asked, drill

    expression = options.expression
    if expression is None:
        drawn = drill(options.difficulty, Random(options.seed))
        expression, words = drawn.text, [f"{name}={value!r}" for name, value in drawn.values.items()]
    elif options.seed is not None:
        raise Mistake("--seed is for a drawn expression: leave out the expression, or the seed")
    lesson = _lesson(expression, words, options.mode, None)
    _say(f"{expression}   at {', '.join(words)}\nAnswer with a number or an expression; hint, quit.")
    asked(lesson, range(len(lesson.steps)), _lines(), _say)
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace, Sequence[str]], int]] = {
    "explain": _explain,
    "draw": _draw,
    "check": _check,
    "lesson": _page,
    "step": _step,
    "quiz": _quiz,
}


def tour() -> int:
    """Return 0, having explained and drawn the lecture's example."""
    from autodiff.draw import NoEngineError, draw
    from autodiff.explain import rendered
    from autodiff.explain.document import explanation
    from autodiff.paths import paths

    computed = compute(parse(EXAMPLE), EXAMPLE_VALUES)
    w1 = computed.inputs["w1"]
    at = ", ".join(f"{name} = {value:g}" for name, value in EXAMPLE_VALUES.items())
    print(f"{EXAMPLE}   at {at}\n")
    print(rendered(explanation(computed.outputs, mode="both", wrt=w1), "text", width=_width()))
    drawing = draw(computed.outputs, highlight=paths(computed.outputs[0], w1))
    try:
        picture = drawing.save(EXAMPLE_PICTURE)
    except NoEngineError as error:
        picture = drawing.save(EXAMPLE_PICTURE.replace(".svg", ".dot"))
        print(f"autodiff: {error}", file=sys.stderr)
    print(f"The graph, with the path from w1 to y1 marked: {picture.resolve()}")
    print('Next: autodiff explain "L = (y - w*x)**2 / 2" w=2 x=3 y=5 --why')
    return 0
