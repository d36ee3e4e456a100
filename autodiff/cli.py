"""The command line: one function for each command of ``autodiff``; without a command, the tour.

Every mistake gets one message on standard error and exit status 2, never a traceback.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence

from autodiff import value
from autodiff.errors import DomainError
from autodiff.syntax import ExpressionError, compute, parse
from autodiff.words import Mistake, Parser, command, computed_from, digits, input_of, parsed

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


_CHECK_EPILOG = """every mode is compared with the graph replayed with 60 digits (where mpmath is
installed) and with finite differences, whose own error estimate is the tolerance: PASS, FAIL, or
INCONCLUSIVE and why (a kink, an edge of the domain). The exit status is 0 for PASS, 1 otherwise, 2 for
what cannot be read.

examples:
  autodiff check "x*log(x) + y**3" x=2 y=-1
  autodiff check "relu(x) * y" x=0 y=2"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status of a command line: 0 done, 1 a check that did not pass, 2 a mistake."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without ā still shows the rest
    try:
        status = _done(words)
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


def _done(words: list[str]) -> int:
    """Return the exit status of what the words ask for."""
    first = words[0] if words else ""
    if first == "bench":
        from autodiff.bench.command import bench

        return bench(words[1:])
    if first == "train":
        from autodiff.experiments.command import train

        return train(words[1:])
    if first == "exercises":
        from autodiff.exercises.command import exercises

        return exercises(words[1:])
    if first in _TAUGHT:
        from autodiff.lesson.command import teach

        return teach(words)
    options, values = parsed(_parser(), words, _COMMANDS)
    if options.version:
        core = "Python" if str(value.__file__).endswith(".py") else "compiled"
        print(f"autodiff {_version()} ({core} core)")
        return 0
    return _COMMANDS[options.command](options, values) if options.command else tour()


def _discard_output() -> None:
    """Send what is still to be written nowhere: Python would complain when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> Parser:
    parser = Parser(
        prog="autodiff",
        description="Automatic differentiation, explained step by step, drawn, and checked.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(
        dest="command", metavar=" | ".join([*_COMMANDS, *_TAUGHT, "train", "bench"])
    )
    explain = command(
        commands, "explain", "print the computation and its derivatives step by step", _EPILOG
    )
    explain.add_argument("--mode", choices=("reverse", "forward", "both"), default="reverse")
    explain.add_argument("--wrt", metavar="NAME", help="the input that forward mode follows")
    explain.add_argument("--format", choices=("text", "markdown", "latex", "json"), default="text")
    explain.add_argument("--paths", metavar="NAME", help="list the paths from an input, and their sum")
    explain.add_argument("--why", action="store_true", help="give the reason for each line")
    explain.add_argument("--why-order", action="store_true", help="show the naive order going wrong")
    explain.add_argument("--digits", type=digits, default=4, help="decimals; 17 shows numbers in full")
    draw = command(commands, "draw", "draw the computation graph", _EPILOG)
    draw.add_argument("-o", "--output", required=True, metavar="FILE", help=".svg, .png, .pdf or .dot")
    draw.add_argument("--direction", choices=("LR", "TB"), default="LR")
    draw.add_argument("--highlight", metavar="NAME", help="mark the paths from an input")
    draw.add_argument("--digits", type=digits, default=4, help="decimals; 17 shows numbers in full")
    command(commands, "check", "check the derivatives against references", _CHECK_EPILOG)
    for name, help in _TAUGHT.items():
        commands.add_parser(name, help=help, add_help=False)
    commands.add_parser("train", help="train a small network and draw what it decides", add_help=False)
    commands.add_parser("bench", help="time the engine beside its peers", add_help=False)
    return parser


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("autodiff")
    except PackageNotFoundError:
        return "(not installed)"


def _explain(options: argparse.Namespace, words: Sequence[str]) -> int:
    from autodiff import modes
    from autodiff.explain import rendered, why_order
    from autodiff.explain.document import explanation
    from autodiff.paths import paths

    _, _, computed = computed_from(options.expression, words)
    if options.wrt and options.mode == "reverse":
        raise Mistake("--wrt is the input of forward mode: add --mode forward or --mode both")
    if options.format == "json" and (options.paths or options.why_order):
        raise Mistake("--paths and --why-order are text: leave out --format json")
    wrt = input_of(computed, options.wrt) if options.wrt else None
    followed = input_of(computed, options.paths) if options.paths else None
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

    _, _, computed = computed_from(options.expression, words)
    highlight = None
    with modes.strict():
        if options.highlight:
            followed = input_of(computed, options.highlight)
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

    program, values, computed = computed_from(options.expression, words)
    reports = check_program(program, values, computed)
    print("\n".join(map(str, reports)))
    return 0 if all(reports) else 1


_COMMANDS: dict[str, Callable[[argparse.Namespace, Sequence[str]], int]] = {
    "explain": _explain,
    "draw": _draw,
    "check": _check,
}
_TAUGHT = {
    "lesson": "write the lesson of an expression, or a ready one, as a page",
    "step": "walk through the computation, forwards and back",
    "quiz": "be asked for each number, and be told which mistake it was",
    "animate": "write an animation of the sweeps",
    "exercises": "write exercises for a course, and their key",
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
