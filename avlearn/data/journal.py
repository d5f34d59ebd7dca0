"""What of a long work is done already, so that an interrupted one goes on instead of beginning again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avlearn.data.drafts import draft


class Journal:
    """A text file with a line of JSON for the task and one for each finished piece of it.

    A line that a killed process left unfinished, and all after it, are cut off when the journal is opened again.

    Args:
        path: of the file; its folder must be there.
        task: what the pieces depend on. A journal of another task is begun anew.

    Raises:
        FileNotFoundError: there is no such folder.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "work.jsonl"
        ...     Journal(path, task={"seconds": 2}).add({"piece": 0})
        ...     Journal(path, task={"seconds": 2}).entries, Journal(path, task={"seconds": 3}).entries
        ([{'piece': 0}], [])
    """

    def __init__(self, path: Path, *, task: Mapping[str, Any]) -> None:
        self.path = path
        head, self.entries, length = _read(path)
        if head != task:
            self.entries = []
            with draft(path) as place:
                place.write_text(_line(task), encoding="utf-8")
        elif length < path.stat().st_size:
            os.truncate(path, length)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Note a finished piece.

        Raises:
            OSError: the disk is full.
        """
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_line(entry))
        self.entries.append(dict(entry))


def task_of(path: Path) -> dict[str, Any] | None:
    """The task of the journal in a file; None if there is none."""
    return _read(path)[0]


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"


def _read(path: Path) -> tuple[dict[str, Any] | None, list[dict[str, Any]], int]:
    """The task, the pieces, and how many bytes of the file hold them."""
    lines: list[dict[str, Any]] = []
    length = 0
    if path.is_file():
        with path.open("rb") as file:
            for line in file:
                content = _parsed(line)
                if content is None:
                    break
                lines.append(content)
                length += len(line)
    return (lines[0] if lines else None), lines[1:], length


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
