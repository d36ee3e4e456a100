"""``autodiff exercises``: sheets, keys and notebooks of exercises."""

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
        print("\n".join(f"{name:12}  {kind.summary}" for name, kind in KINDS.items()))
        return 0
    chosen = _chosen(options.kinds, options.count, options.seed, options.difficulty)
    if options.output is None:
        print(sheet(chosen), end="")
    key_path = Path(options.key) if options.key else None
    output = Path(options.output) if options.output else None
    if output and output.suffix.lower() not in _ENDINGS:
        raise Mistake(f"{output.name}: exercises end in {' or '.join(_ENDINGS)}")
    if key_path and key_path.suffix.lower() != ".md":
        raise Mistake(f"{key_path.name}: a key ends in .md")
    if key_path and output and key_path.resolve() == output.resolve():
        raise Mistake("the exercises and their key are two files: give them two names")
    if output:
        text = notebook(chosen) if output.suffix.lower() == ".ipynb" else sheet(chosen)
        write_whole(output, text.encode())
        print(f"wrote {output}")
    if key_path:
        write_whole(key_path, key(chosen).encode())
        print(f"wrote {key_path}")
    return 0


def _chosen(kinds: str, count: int, seed: int, difficulty: int) -> list[Exercise]:
    names = [name.strip() for name in kinds.split(",") if name.strip()] or [*KINDS]
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
    parser.add_argument("--kinds", default="", help="which, with commas between (all)")
    parser.add_argument("--count", type=int, default=1, help="of each kind (1)")
    parser.add_argument("--seed", type=int, default=0, help="of the first (0)")
    parser.add_argument("--difficulty", type=int, choices=(1, 2, 3), default=1)
    parser.add_argument("-o", "--output", metavar="FILE", help="a .md or .ipynb file")
    parser.add_argument("--key", metavar="FILE", help="a .md file for the answers")
    return parser
