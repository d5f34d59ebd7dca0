"""Rows of the csv files in which data sets are listed, each knowing its line, so that an error can name it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LIST_REMEDY = "take the list of the data set"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of a csv file."""

    path: Path
    """Of the file."""
    line: int
    """Where the row ends in it; the first line is 1."""
    values: dict[str, str]
    """By the names of the columns."""

    def text(self, column: str) -> str:
        """What stands in a column.

        Raises:
            ValueError: nothing does.
        """
        if not self.values.get(column):
            raise self.problem(f"has no {column}")
        return self.values[column]

    def number(self, column: str) -> float:
        """The number in a column.

        Raises:
            ValueError: there is none.
        """
        try:
            return float(self.text(column))
        except ValueError as error:
            raise self.problem(f"has the {column} {self.values.get(column, '')!r}; give a number") from error

    def problem(self, what: str) -> ValueError:
        """An error that names the line and the file."""
        return ValueError(f"line {self.line} of {self.path} {what}")


def read_rows(path: Path, columns: Sequence[str], *, head: bool = True, remedy: str = LIST_REMEDY) -> Iterator[Row]:
    r"""The rows of a csv file, without empty lines.

    Args:
        path: of the file, in UTF-8.
        columns: those that it must have. Without a head, all of them in their order.
        head: whether the first row names the columns. In a file without, lines that begin with # are comments, and
            blanks behind commas don't count.
        remedy: what to do about a file that hasn't these columns.

    Raises:
        ValueError: no such file, one that is no csv, or a column or a field is missing.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "clips.csv"
        ...     _ = path.write_text("path,start\ndog.mp4,1.5\n")
        ...     [row.number("start") for row in read_rows(path, ["path", "start"])]
        [1.5]
    """
    if not path.is_file():
        raise ValueError(f"the list {path} is missing; {remedy}")
    names: Sequence[str] = () if head else columns
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, skipinitialspace=not head)
            for fields in reader:
                if not fields or (not head and fields[0].startswith("#")):
                    continue
                if not names:
                    names = _head(path, [field.strip() for field in fields], columns, remedy)
                    continue
                row = Row(path=path, line=reader.line_num, values=dict(zip(names, fields, strict=False)))
                if len(fields) < len(names):
                    raise row.problem(f"has {len(fields)} of {len(names)} fields: {','.join(names)}")
                yield row
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no csv file in UTF-8 ({error}); {remedy}") from error
    if not names:
        _head(path, [], columns, remedy)


def span_of(row: Row) -> tuple[float, float | None]:
    """Start and length of a clip in seconds, from the columns `start` and `duration` or `end` of a row.

    Raises:
        ValueError: no number, or both `duration` and `end`.
    """
    start = row.number("start") if row.values.get("start") else 0.0
    length, end = (row.number(name) if row.values.get(name) else None for name in ("duration", "end"))
    if length is not None and end is not None:
        raise row.problem("has a duration and an end; leave one of them empty")
    return start, end - start if end is not None else length


def _head(path: Path, names: list[str], columns: Sequence[str], remedy: str) -> list[str]:
    missing = sorted(set(columns) - set(names))
    if missing:
        raise ValueError(f"{path} has no column {', '.join(missing)}; {remedy}")
    return names
