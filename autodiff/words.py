"""What the words of a command line mean: an expression, and a number for each of its names."""

import argparse
import re
import sys
import unicodedata
from collections.abc import Collection, Sequence
from typing import NoReturn

from autodiff.syntax import Computed, ExpressionError, Program, compute, number_of, parse
from autodiff.value import Value


class Mistake(Exception):
    """Something the user can put right; the message says what and how."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are mistakes."""

    def error(self, message: str) -> NoReturn:
        if "EXPR" in message:
            message = 'an expression is missing, such as "y = sin(w*x)" w=2 x=3'
        raise Mistake(f"{message}: see {self.prog} --help")


def command(
    commands: "argparse._SubParsersAction[Parser]",
    name: str,
    help: str,
    epilog: str,
    nargs: str | None = None,
) -> argparse.ArgumentParser:
    """Return a new command that takes an expression and numbers for its names."""
    added = commands.add_parser(
        name,
        help=help,
        description=help,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.add_argument("expression", metavar="EXPR", nargs=nargs, help='such as "y = sin(w*x)"')
    added.add_argument("values", metavar="name=value", nargs="*", help="a number for each name")
    return added


def parsed(
    parser: Parser, words: Sequence[str], commands: Collection[str]
) -> tuple[argparse.Namespace, list[str]]:
    """Return the options of a command line, and its words of the form ``name=value``."""
    options, rest = parser.parse_known_args(_operands_marked(words, commands))
    for word in rest:
        if word.startswith("-") or not options.command:
            raise Mistake(f"unknown option {shortened(word)}: see autodiff --help")
    return options, [*getattr(options, "values", ()), *rest]


def _operands_marked(words: Sequence[str], commands: Collection[str]) -> list[str]:
    """Return the words with a space before each that starts with a minus and yet is no option.

    Options are ``-h``, ``-o FILE`` and ``--word``; ``-x*2`` is an expression.
    """
    marked = []
    for before, word in zip(["", *words], words, strict=False):
        option = word in ("-", "-h", "-o", "--") or re.fullmatch(
            r"--[a-zA-Z][\w-]*(=.*)?", word, re.DOTALL
        )
        operand = word.startswith("-") and not option and before not in ("-o", "--output", "--digits")
        marked.append(f" {word}" if operand and words[0] in commands else word)
    return marked


def digits(word: str) -> int:
    """Return the number of decimals that a word asks for."""
    if not word.strip().isdecimal() or int(word) > 17:
        raise argparse.ArgumentTypeError(f"{shortened(word)} is not a whole number from 0 to 17")
    return int(word)


def shortened(word: str) -> str:
    """Return a word as it stands in a message."""
    word = word.strip()
    return repr(word if len(word) <= 60 else f"{word[:59]}…")


def values_of(words: Sequence[str]) -> dict[str, float]:
    """Return the numbers given as ``name=value``."""
    values: dict[str, float] = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        name = _as_python_reads(name)
        if not equals or not name.isidentifier():
            raise Mistake(f"{shortened(word)} is not of the form name=NUMBER, such as x=2")
        if name in values:
            raise Mistake(f"{name!r} has two values: leave out one of them")
        if not text:
            raise Mistake(f"{word.strip()!r}: the number is missing, such as {name}=2")
        try:
            values[name] = number_of(text)
        except ExpressionError as error:
            raise Mistake(f"{shortened(word)}: {error}") from None
    return values


def _as_python_reads(name: str) -> str:
    """Return the one spelling of a name that Python uses for all that look alike (PEP 3131)."""
    return unicodedata.normalize("NFKC", name)


def computed_from(expression: str, words: Sequence[str]) -> tuple[Program, dict[str, float], Computed]:
    """Return an expression's program, the numbers of its names, and its graph."""
    program, values = parse(expression.lstrip()), values_of(words)
    computed = compute(program, values)
    for name in values.keys() - set(program.inputs):
        print(f"autodiff: note: {name} is not used in the expression", file=sys.stderr)
    return program, values, computed


def input_of(computed: Computed, name: str) -> Value:
    """Return the input of that name."""
    name = _as_python_reads(name)
    if name not in computed.inputs:
        raise Mistake(f"no input is called {name!r}: there is {', '.join(computed.inputs) or 'none'}")
    return computed.inputs[name]
