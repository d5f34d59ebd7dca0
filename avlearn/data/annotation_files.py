"""The files in which the makers of data sets publish names of clips and what is in them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any


def read_json(path: Path) -> Any:
    """What a JSON file holds, which may be compressed by gzip.

    Raises:
        ValueError: it can't be read as JSON.
    """
    raw = path.read_bytes()
    try:
        return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    except (OSError, EOFError, ValueError) as problem:
        raise ValueError(f"{path} can't be read as JSON; {problem}") from problem


def read_ids(path: Path) -> list[str]:
    r"""The ids with which the lines of a list begin, each once; what follows a comma or a dot is ignored.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "list.txt"
    ...     _ = path.write_text("2432219254.png\n2542659118,202\n2766580444\n")
    ...     read_ids(path)
    ['2432219254', '2542659118', '2766580444']
    """
    lines = (line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines())
    return list(dict.fromkeys(line.partition(",")[0].partition(".")[0] for line in lines if line))
