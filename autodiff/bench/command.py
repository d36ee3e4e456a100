"""The command ``autodiff bench``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from autodiff.bench.engines import ENGINES
from autodiff.bench.sections import PLANS, SECTIONS, Section
from autodiff.files import write_whole

_DESCRIPTION = """Time autodiff's engines beside their peers, in one run on one core.

Every engine has its own process. Its results are compared first; then all of them are timed in turns,
round after round: the tables show the median over the rounds, the lowest and the highest."""

_PEERS = dict.fromkeys(engine.install for engine in ENGINES.values() if engine.install)
_EPILOG = f"""the peers: pip install {" ".join(_PEERS)}
(those that are not installed are named in the tables)"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}: see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="autodiff bench",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument(
        "--quick", action="store_const", const="quick", dest="plan", help="a look, not a figure"
    )
    amount.add_argument(
        "--full", action="store_const", const="full", dest="plan", help="more rounds, ten million nodes"
    )
    names = ", ".join(SECTIONS)
    parser.add_argument(
        "--only", type=_sections, metavar="NAMES", help=f"some of {names}, with commas between"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write every round's figures there too"
    )
    return parser


def _sections(words: str) -> list[str]:
    chosen = [word.strip() for word in words.split(",") if word.strip()]
    unknown = [word for word in chosen if word not in SECTIONS]
    if unknown or not chosen:
        wrong = f"no section is called {unknown[0]!r}" if unknown else "no section is named"
        raise argparse.ArgumentTypeError(f"{wrong}: there are {', '.join(SECTIONS)}")
    return [section for section in SECTIONS if section in chosen]


def bench(words: Sequence[str]) -> int:
    """Return 0, having printed the tables; 1 when an engine's result was wrong.

    Raises:
        ValueError: for words that are none of the options.
        OSError: when the file for the figures cannot be written.
    """
    from autodiff.bench.report import as_json, machine, table, verdict_table
    from autodiff.bench.targets import verdicts

    options = _parser().parse_args(words)
    if options.json is not None:  # now, not after the run
        if not options.json.resolve().parent.is_dir():
            raise ValueError(f"{options.json}: there is no such folder")
        if options.json.is_dir():
            raise ValueError(f"{options.json}: this is a folder")
    plan = PLANS[options.plan or "usual"]
    print(" ".join(["autodiff bench", *words]), machine(), sep="\n", end="\n\n", flush=True)
    sections: dict[str, Section] = {}
    for key in options.only or SECTIONS:
        sections[key] = SECTIONS[key](plan, _progress)
        _progress("")
        print(table(sections[key]), flush=True)
    reached = verdicts(sections)
    if reached:
        print(verdict_table(reached), end="", flush=True)
    if options.json is not None:
        write_whole(options.json, as_json(sections, reached).encode())
    return int(any(row.wrong for section in sections.values() for row in section.rows))


def _progress(doing: str) -> None:
    """Show on a terminal what is being done, in one line that the next one overwrites."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"\r\x1b[K{doing}", end="", file=sys.stderr, flush=True)
