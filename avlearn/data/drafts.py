"""Files that programs write piece by piece, and that appear under their name only when they are whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """A second path in the same folder, with the same suffix, to write to.

    The file takes its name when the block ends, in one step. If the block fails, what was written is removed, and
    a file that had the name before is as it was.

    Raises:
        FileNotFoundError: there is no such folder.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with draft(Path(folder) / "a.txt") as place:
        ...         _ = place.write_text("whole")
        ...     [file.name for file in Path(folder).iterdir()]
        ['a.txt']
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent} is no folder; make it, or choose another one for {path.name}")
    place = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield place
        with place.open("rb") as file:
            os.fsync(file.fileno())
        place.replace(path)
    finally:
        place.unlink(missing_ok=True)
