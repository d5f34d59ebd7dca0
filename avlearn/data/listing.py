"""Which files lie in folders: one listing of each folder, instead of a look at each of a million files."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Listing:
    """All files below a folder, as they were when it was listed.

    Links to folders are followed; hidden files and folders, whose names begin with a dot, are passed over.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     (Path(folder) / "dog").mkdir()
        ...     (Path(folder) / "dog" / "bark.MP4").touch()
        ...     files = Listing.below(folder)
        >>> [Path(path).name for path in files.ending({".mp4"})]
        ['bark.MP4']
    """

    root: Path
    """The folder."""
    paths: tuple[str, ...]
    """Of the files, each beginning with that of the folder, sorted."""

    @classmethod
    def below(cls, root: Path | str) -> Listing:
        """List a folder and all in it.

        Raises:
            OSError: no such folder, or one that may not be read.
        """
        return cls(root=Path(root), paths=tuple(sorted(_walk(os.fspath(root)))))

    def ending(self, suffixes: Collection[str]) -> list[str]:
        """Those files whose names end with one of these suffixes, such as .mp4, in small or capital letters."""
        wanted = tuple(suffixes)
        return [path for path in self.paths if path.lower().endswith(wanted)]

    def named(self, *names: str) -> list[Path]:
        """Those files that have one of these names."""
        wanted = frozenset(names)
        return [Path(path) for path in self.paths if path.rpartition(os.sep)[2] in wanted]

    def first(self, *names: str) -> Path | None:
        """A file of the first of these names that any file has; None if none has."""
        found = {path.name: path for path in reversed(self.named(*names))}
        return next((found[name] for name in names if name in found), None)


def are_files(paths: Iterable[Path | str]) -> list[bool]:
    """Whether each of these is a file.

    >>> are_files([Path(__file__), Path(__file__).with_name("nowhere.py")])
    [True, False]
    """
    listed: dict[str, frozenset[str]] = {}
    found = []
    for path in paths:
        folder, name = os.path.split(path)
        if folder not in listed:
            listed[folder] = _names(folder)
        found.append(name in listed[folder])
    return found


def _names(folder: str) -> frozenset[str]:
    try:
        with os.scandir(folder or os.curdir) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()


def _walk(folder: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    # `seen` are the real places of the folders above, so that a link to one of them doesn't go round in circles
    real = os.path.realpath(folder)
    if real in seen:
        return
    with os.scandir(folder) as entries:
        shown = [entry for entry in entries if not entry.name.startswith(".")]
    for entry in shown:
        if entry.is_dir():
            yield from _walk(entry.path, seen | {real})
        elif entry.is_file():
            yield entry.path
