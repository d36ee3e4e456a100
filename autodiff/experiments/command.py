"""``autodiff train``: the lectures' experiments, and training on a user's own table."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, NoReturn

from autodiff import nn
from autodiff.data import Table, read_csv
from autodiff.experiments import curriculum, geometry, iris, layerwise, moons, pairings, sequences, table
from autodiff.experiments.outcome import Outcome, Settings
from autodiff.experiments.pictures import checked_folder, checked_path, rendered
from autodiff.files import write_whole


class Experiment(NamedTuple):
    """An experiment that the command line can name."""

    run: Callable[[Settings], Outcome]
    summary: str
    keeps: bool = True  # whether it ends with one model
    takes: tuple[str, ...] = ("seed", "steps", "eager")  # the options that make a difference


SEVERAL = ("seed", "steps")  # of experiments with several trainings

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType({
    "iris": Experiment(iris.experiment, "the lecture's network on Iris, to its own stopping rule"),
    "moons": Experiment(moons.experiment, "micrograd's demonstration: two moons, hinge loss"),
    "pairings": Experiment(pairings.experiment, "outputs and losses in pairs, slope ŷ - y", False, ()),
    "layers": Experiment(layerwise.experiment, "every gradient, and its formula", True, ("seed",)),
    "geometry": Experiment(geometry.experiment, "symmetries, a saddle, equal units", False, SEVERAL),
    "curriculum": Experiment(curriculum.experiment, "easy samples first; fine-tuning", False, SEVERAL),
    "parity": Experiment(sequences.parity, "a GRU learns whether a number of ones is odd"),
    "copy": Experiment(sequences.copying, "attention learns to look back one place"),
})  # fmt: skip
"""The experiments by name."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}: see {self.prog} --help")


def train(words: Sequence[str]) -> int:
    """Return the exit status 0, after training and writing a picture.

    Raises:
        ValueError: for a mistake on the command line or in the data; OSError, RuntimeError and
            ArithmeticError for what went wrong on the way.
    """
    options = _parser().parse_args(words)
    settings = Settings(options.seed or 0, options.steps, False if options.eager else None, True)
    own_table = options.what not in EXPERIMENTS
    name = "table" if own_table else options.what
    picture = checked_path(options.output or f"{name}.png")
    model_path = checked_folder(options.model) if options.model else None
    if model_path and not own_table and not EXPERIMENTS[options.what].keeps:
        raise ValueError(f"{options.what} does not end with one model: --model has nothing to keep")
    given = [options.what] if own_table else []
    paths = [path.resolve() for path in (picture, model_path, *map(Path, given)) if path is not None]
    if len(set(paths)) < len(paths):
        raise ValueError(
            "the table, the picture and the model are files of their own: two have one name"
        )
    if not own_table:
        _refuse_ignored(options)
    if own_table:
        outcome = table.experiment(_table(options), settings)
    elif options.target:
        raise ValueError(f"--target is for a table of your own: {options.what} has its classes")
    else:
        outcome = EXPERIMENTS[options.what].run(settings)
    print("\n".join(outcome.lines))
    content = rendered(outcome.picture, picture)  # before anything is written
    if model_path and outcome.model is not None:
        nn.save(outcome.model, model_path)
        print(f"wrote {model_path}")
    write_whole(picture, content)
    print(f"wrote {picture}")
    if sys.stdout is not None:
        sys.stdout.flush()
    return 0


def _refuse_ignored(options: argparse.Namespace) -> None:
    """Raise ``ValueError`` for an option that would make no difference."""
    given = {
        "seed": options.seed is not None,
        "steps": options.steps is not None,
        "eager": options.eager,
    }
    for name, is_given in given.items():
        if is_given and name not in EXPERIMENTS[options.what].takes:
            raise ValueError(f"--{name} makes no difference to {options.what}: leave it out")


def _table(options: argparse.Namespace) -> Table:
    if not options.what.lower().endswith((".csv", ".tsv", ".txt")):
        raise ValueError(
            f"{options.what!r}: there are {', '.join(EXPERIMENTS)}, or a table of your own, data.csv"
        )
    if not options.target:
        raise ValueError(f"{options.what}: which column is the class? add --target NAME")
    return read_csv(options.what, options.target)


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, EXPERIMENTS)) + 2
    listed = "\n".join(f"  {name:{width}}{one.summary}" for name, one in EXPERIMENTS.items())
    parser = _Parser(
        prog="autodiff train",
        description="Train a small network, print what came out, and draw it.",
        epilog=f"experiments:\n{listed}\n\nyour own table: autodiff train data.csv --target species",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", metavar="EXPERIMENT", help="a name below, or a .csv file")
    parser.add_argument("--target", metavar="NAME", help="the column of a table that says the class")
    parser.add_argument("--steps", type=_count, metavar="N", help="at most so many steps")
    parser.add_argument("--seed", type=int, help="of the random numbers, 0 unless given")
    parser.add_argument("--eager", action="store_true", help="make graphs at every step: slow")
    parser.add_argument("-o", "--output", metavar="FILE", help="the picture: .png, .svg or .pdf")
    parser.add_argument("--model", metavar="FILE", help="write the trained model there, as JSON")
    return parser


def _count(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number above 0")
    return int(word)
