"""Videos that may become clips: all below a folder, those of a csv file, or those of a labelled data set."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from avlearn.data.clip_list import video_files
from avlearn.data.manifests import Manifest


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A video, or a piece of one, that nobody has examined yet; the file may be missing.

    Raises:
        ValueError: a piece that begins before the file, or has no length.
    """

    path: Path
    """Of the file."""
    start: float = 0.0
    """Where the piece begins, in seconds from the first moment of the file."""
    duration: float | None = None
    """How many seconds it lasts; None: to the end of the file."""
    label: str = ""
    """Name of its class; empty where there is none."""

    def __post_init__(self) -> None:
        if not 0 <= self.start < math.inf or not (self.duration is None or 0 < self.duration < math.inf):
            raise ValueError(f"a piece of {self.path} begins at {self.start} s and lasts {self.duration} s; "
                             "give a start of at least 0 and a duration of more than 0")  # fmt: skip


def candidates_in(source: Path | str) -> list[Candidate]:
    """The videos of a folder or of a csv file.

    Args:
        source: a folder, whose video files at any depth are known by their suffix; or a csv file with a head that has
            `path` and may have `start`, `duration` and `label`. Paths that aren't absolute begin at the folder of the
            csv file.

    Raises:
        FileNotFoundError: neither a folder nor a file.
        ValueError: no videos in it, or a line that makes no sense.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     (Path(folder) / "rex.mp4").touch()
        ...     [candidate.path.name for candidate in candidates_in(folder)]
        ['rex.mp4']
    """
    source = Path(source)
    if source.is_dir():
        found = [Candidate(path=path) for path in video_files(source)]
    elif source.is_file():
        found = _listed(source)
    else:
        raise FileNotFoundError(f"{source} is neither a folder nor a file; give a folder of videos or a csv file")
    if not found:
        raise ValueError(f"{source} has no videos; give a folder or a csv file that has some")
    return found


def candidates_of(manifest: Manifest) -> list[Candidate]:
    """The clips of a labelled data set, missing ones among them; names of several classes are joined by semicolons.

    Raises:
        ValueError: its files are no videos.
    """
    if manifest.kind != "video":
        raise ValueError(f"{manifest.name} holds {manifest.kind}s; only videos, with pictures and sound, make clips")
    return [
        Candidate(
            path=clip.path,
            start=clip.start,
            duration=clip.duration,
            label=";".join(manifest.classes[label] for label in clip.labels),
        )
        for clip in manifest.clips
    ]


def _listed(path: Path) -> list[Candidate]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if "path" not in (reader.fieldnames or ()):
                raise ValueError(f"{path} has no column path; let its first line be path or path,start,duration,label")
            return [_candidate(row, path, reader.line_num) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no csv file in UTF-8 ({error}); save it as one") from error


def _candidate(row: dict[str, str | None], path: Path, line: int) -> Candidate:
    if not row["path"]:
        raise ValueError(f"line {line} of {path} names no file; give its path, or take the line out")
    try:
        return Candidate(
            path=path.parent / row["path"],
            start=float(row.get("start") or 0),
            duration=float(row["duration"]) if row.get("duration") else None,  # type: ignore[arg-type]
            label=row.get("label") or "",
        )
    except ValueError as error:
        raise ValueError(f"line {line} of {path}: {error}") from error
