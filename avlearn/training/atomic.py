"""Files that are either the old ones or the new ones, whatever happens while they are written."""

from __future__ import annotations

import os
import re
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a crash, a kill or a full disk leaves the old one as it was.

    The data goes to a second file in the same folder, is forced to the disk, and takes the name of the first in one
    indivisible step.

    Raises:
        OSError: with the errno of the system, the file, its size and the remedy in the message.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OSError(
            error.errno,
            f"could not save {path.name} ({len(data) / 1e6:.1f} MB) in {path.parent}: {error.strerror}; make room "
            "there or choose another folder. What was saved before is intact",
        ) from error


def remove_drafts(folder: Path) -> None:
    """Remove what processes that were killed while writing have left in a folder."""
    for path in folder.iterdir():
        if re.fullmatch(r"\..+\.\d+", path.name):
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # The new name is an entry of the folder, which has to reach the disk too; Windows can't open folders
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
