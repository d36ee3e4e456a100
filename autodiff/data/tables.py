"""A user's own CSV file as numbers and labels; what is wrong with it is said by row and column."""

import csv
import io
import math
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

_DELIMITERS = (",", ";", "\t")  # the first wins where the header leaves it open
_QUOTED = 40  # characters of a cell or a name that a message repeats
_LISTED = 20  # column names that a message lists


class Table(NamedTuple):
    """N rows of D numbers, the D names of their columns, and the N labels of the column ``target``."""

    features: tuple[str, ...]
    rows: list[list[float]]
    labels: list[str | float]
    target: str


def read_csv(path: str | os.PathLike[str], target: str, *, target_is_number: bool = False) -> Table:
    """Return the table in the CSV file at ``path``: ``target`` as labels, the rest as numbers.

    The file is UTF-8, with or without a byte order mark. Blank lines and lines that begin with ``#`` are
    skipped; the first other line names the columns. Cells are separated by commas, semicolons or tabs,
    and may be quoted; spaces around them do not count, but none may follow a closing quotation mark.

    Args:
        path: the file.
        target: the name of the column of labels.
        target_is_number: whether labels become floats. They do if each of them is a finite number; if
            one is not, all stay text.

    Raises:
        ValueError: for a file that is no such table. The message names the file, the row (the line of
            the file where it begins, from 1) and the column.
        OSError: when the file cannot be read.

    >>> from autodiff import data
    >>> table = read_csv(data.__path__[0] + "/iris.csv", "species")
    >>> table.features
    ('sepal_length', 'sepal_width', 'petal_length', 'petal_width')
    >>> table.rows[0], table.labels[0]
    ([5.1, 3.5, 1.4, 0.2], 'setosa')
    """
    name = os.fspath(path)
    text = _text(name, Path(path).read_bytes())
    delimiter = _delimiter(name, text, target)
    records = _records(name, text, delimiter)
    line, header = next(records, (0, []))
    if not header:
        raise ValueError(f"{name} is empty: expected a row of column names and rows of numbers")
    at = _target_place(f"{name}, row {line}", header, target)
    features = header[:at] + header[at + 1 :]
    rows: list[list[float]] = []
    labels: list[str | float] = []
    for number, cells in records:
        place = f"{name}, row {number}"
        if len(cells) != len(header):
            raise ValueError(f"{place}: {_counted(len(cells))}, expected {len(header)} as in row {line}")
        for column, cell in zip(header, cells, strict=True):
            if not cell:
                raise ValueError(f"{place}, column {_quoted(column)}: the cell is empty")
        labels.append(cells.pop(at))
        rows.append([_number(f, c, place) for f, c in zip(features, cells, strict=True)])
    if not rows:
        raise ValueError(f"{name} has a header in row {line}, but no row of numbers below it")
    if target_is_number:
        labels = _numbers_if_all_are(labels)
    return Table(tuple(features), rows, labels, target)


def _text(name: str, content: bytes) -> str:
    # NUL is valid UTF-8, but no text has it: such a file is UTF-16, or no table at all.
    if (at := content.find(b"\0")) >= 0:
        raise ValueError(f"{name}, row {_line(content, at)}: a NUL byte; save the table as UTF-8 text")
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        place = f"{name}, row {_line(content, error.start)}"
        byte = f"0x{content[error.start]:02x}"
        message = f"{place}: the byte {byte} is not UTF-8; save the table as UTF-8 text"
        raise ValueError(message) from None


def _line(content: bytes, at: int) -> int:
    return len((content[:at] + b".").splitlines())  # for bytes, only \n, \r and \r\n end a line


def _records(name: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record's first line, from 1, and its cells without the spaces around them."""
    numbered = enumerate(io.StringIO(text, newline=None), 1)
    for number, line in numbered:
        if line.startswith("#") or (line.isspace() and delimiter not in line):
            continue
        # A reader for each record: inside a quoted cell, it takes the lines that follow, whether or not
        # they look like comments.
        lines = chain([line], (following for _, following in numbered))
        try:
            cells = next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True))
        except csv.Error as error:
            message = f"{name}, row {number}: a quoted cell does not end as it should ({error})"
            raise ValueError(message) from None
        yield number, [cell.strip() for cell in cells]


def _delimiter(name: str, text: str, target: str) -> str:
    """Return the delimiter that makes ``target`` a column; where several or none do, of most columns."""
    found: dict[str, tuple[bool, int]] = {}
    refused: list[ValueError] = []
    for delimiter in _DELIMITERS:
        try:
            _, header = next(_records(name, text, delimiter), (0, []))
        except ValueError as error:  # quotation marks that are in pairs with another delimiter only
            refused.append(error)
        else:
            found[delimiter] = (target in header, len(header))
    best = max(found, key=lambda delimiter: found[delimiter], default="")
    if refused and (not best or found[best] == (False, 1)):
        raise refused[0]
    return best


def _target_place(place: str, header: list[str], target: str) -> int:
    if target not in header:  # asked first: without a header, the first row's numbers may stand twice
        listed = ", ".join(map(_quoted, header[:_LISTED]))
        listed += f", … ({len(header)} in all)" if len(header) > _LISTED else ""
        has_numbers = any(_float(column) is not None for column in header)
        hint = "; the first row must name the columns" if has_numbers else ""
        raise ValueError(f"{place}: there is no column {_quoted(target)}, only {listed}{hint}")
    for i, column in enumerate(header):
        if not column:
            raise ValueError(f"{place}: column {i + 1} of {len(header)} has no name")
        if (first := header.index(column)) < i:
            raise ValueError(f"{place}: columns {first + 1} and {i + 1} both are {_quoted(column)}")
    if len(header) == 1:
        raise ValueError(f"{place}: {_quoted(target)} is the only column, expected features beside it")
    return header.index(target)


def _number(column: str, cell: str, place: str) -> float:
    number = _float(cell)
    if number is not None and math.isfinite(number):
        return number
    place = f"{place}, column {_quoted(column)}"
    if number is not None:
        raise ValueError(f"{place}: {_quoted(cell)} is not a finite number")
    comma = cell.count(",") == 1 and _float(cell.replace(",", ".")) is not None
    hint = ", write a decimal point instead of the comma" if comma else ""
    raise ValueError(f"{place}: {_quoted(cell)} is not a number{hint}")


def _numbers_if_all_are(labels: list[str | float]) -> list[str | float]:
    numbers: list[str | float] = []
    for label in labels:
        number = _float(str(label))
        if number is None or not math.isfinite(number):
            return labels
        numbers.append(number)
    return numbers


def _float(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell)  # 1_000 is a number in Python, and a name in a table
    except ValueError:
        return None


def _counted(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"


def _quoted(cell: object) -> str:
    if isinstance(cell, str) and len(cell) > _QUOTED:
        cell = cell[: _QUOTED - 1] + "…"
    return repr(cell)
