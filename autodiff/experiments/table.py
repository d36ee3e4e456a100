"""A user's own table: numbers in columns, and a column that says the class."""

from random import Random
from typing import Any

from autodiff import nn
from autodiff.data import Table, one_hot, split, standardised
from autodiff.experiments.outcome import Outcome, Settings, shares
from autodiff.experiments.pictures import Boundaries, Curves

UNITS = 16
STEPS = 500
RATE = 0.02
TESTED = 0.2


def experiment(table: Table, settings: Settings) -> Outcome:
    """Return what a network with one hidden layer learns of four fifths of a table, tested on the rest.

    Raises:
        ValueError: for a table with one class, a column of one number, or too few rows.
    """
    generator = Random(settings.seed)
    _, classes = one_hot(table.labels)
    if 2 * len(classes) > len(table.labels):
        raise ValueError(
            f"{table.target} has {len(classes)} different values in {len(table.labels)} rows: a class "
            "is to be learned from several rows each"
        )
    parts = split(table.rows, table.labels, test=TESTED, generator=generator)
    rows, scaling = standardised(parts.train_rows, table.features)
    Y, _ = one_hot(parts.train_labels, classes)
    model = nn.MLP([len(table.features), UNITS, len(classes)], "tanh", generator=generator)
    history = nn.fit(
        model, rows, Y, loss="cross_entropy_from_logits", optimiser=nn.Adam(RATE),
        steps=settings.steps or STEPS, compiled=settings.compiled, progress=settings.progress,
    )  # fmt: skip

    def decide(at: Any) -> Any:
        return nn.predictions(model, scaling.apply(at)).argmax(axis=1)

    def right(of: Any, labels: Any) -> int:
        return int(sum(classes[i] == label for i, label in zip(decide(of), labels, strict=True)))

    learned = right(parts.train_rows, parts.train_labels)
    tested = right(parts.test_rows, parts.test_labels)
    lines = [
        f"{len(table.rows)} rows, {len(table.features)} features, "
        f"{len(classes)} classes of {table.target}: {_listed(classes)}",
        f"network {len(table.features)}-{UNITS}-{len(classes)}, tanh, softmax and cross-entropy",
        f"{history.steps} steps: cost {history.costs[0]:.6f} -> {history.costs[-1]:.6f}",
        f"accuracy on the rows it learned from {shares(learned, len(parts.train_rows))}",
        f"accuracy on the others {shares(tested, len(parts.test_rows))}",
    ]
    figures = {"cost": history.costs[-1], "learned": learned, "tested": tested}
    if len(table.features) != 2:
        picture: Any = Curves(f"{table.target}: the cost", "cost", {"training": history.costs})
    else:
        numbers = [classes.index(label) for label in table.labels]
        across, up = table.features
        picture = Boundaries(
            f"{table.target}: what the network decides", (across, up), table.rows, numbers,
            [str(c) for c in classes], decide,
        )  # fmt: skip
    return Outcome(lines, figures, picture, model)


def _listed(classes: Any) -> str:
    """Return the classes as text, the first of many."""
    shown = [str(name) for name in classes[:10]]
    return ", ".join([*shown, "…"] if len(classes) > 10 else shown)
