"""``autodiff exercises``: sheets, keys and notebooks of exercises."""

import sys
from collections.abc import Sequence
from pathlib import Path

from autodiff.exercises.exercise import Exercise
from autodiff.exercises.kinds import KINDS, exercise
from autodiff.exercises.sheets import key, notebook, sheet
from autodiff.files import write_whole
from autodiff.words import Mistake, Parser

MOST = 200  # exercises on one sheet
_ENDINGS = (".md", ".ipynb")


def exercises(words: Sequence[str]) -> int:
    """Return the exit status 0, after writing or printing exercises.

    Raises:
        Mistake, ValueError: for what the user can put right; OSError for a file that cannot be written.
    """
    options = _parser().parse_args(words)
    if options.list:
        if options.output is not None or options.key is not None:
            raise Mistake("--list stands alone: it prints the kinds of exercises")
        print("\n".join(f"{name:12}  {kind.summary}" for name, kind in KINDS.items()))
        return 0
    chosen = _chosen(options.kinds, options.count, options.seed, options.difficulty)
    output = _path(options.output, _ENDINGS, "exercises") if options.output is not None else None
    key_path = _path(options.key, (".md",), "a key") if options.key is not None else None
    if key_path and output and key_path.resolve() == output.resolve():
        raise Mistake("the exercises and their key are two files: give them two names")
    if output is None:
        print(sheet(chosen), end="")
    else:
        text = notebook(chosen) if output.suffix.lower() == ".ipynb" else sheet(chosen)
        write_whole(output, text.encode())
        print(f"wrote {output}")
    if key_path:
        write_whole(key_path, key(chosen).encode())
        print(f"wrote {key_path}", file=sys.stderr if output is None else sys.stdout)
    return 0


def _path(name: str, endings: Sequence[str], what: str) -> Path:
    """Return the path of a file to come; nothing is written before all of them are right."""
    path = Path(name)
    if path.suffix.lower() not in endings:
        raise Mistake(f"{name!r}: the name of {what} ends in {' or '.join(endings)}")
    if not path.parent.is_dir():
        raise Mistake(f"{name}: the folder {path.parent} is missing")
    return path


def _chosen(kinds: Sequence[str], count: int, seed: int, difficulty: int) -> list[Exercise]:
    names = [name.strip() for one in kinds for name in one.split(",")] or [*KINDS]
    if not 1 <= count <= MOST:
        raise Mistake(f"--count is a number from 1 to {MOST}, not {count}")
    return [exercise(name, seed=seed + i, difficulty=difficulty) for i in range(count) for name in names]


def _parser() -> Parser:
    parser = Parser(
        prog="autodiff exercises",
        description="Write exercises for a course; the same seed gives the same exercises.",
        epilog="example: autodiff exercises --kinds table,order --seed 7 -o sheet.ipynb --key key.md",
    )
    parser.add_argument("--list", action="store_true", help="list the kinds of exercises")
    parser.add_argument("--kinds", action="append", default=[], help="which, with commas between (all)")
    parser.add_argument("--count", type=int, default=1, help="of each kind (1)")
    parser.add_argument("--seed", type=int, default=0, help="of the first (0)")
    parser.add_argument("--difficulty", type=int, choices=(1, 2, 3), default=1)
    parser.add_argument("-o", "--output", metavar="FILE", help="a .md or .ipynb file")
    parser.add_argument("--key", metavar="FILE", help="a .md file for the answers")
    return parser
