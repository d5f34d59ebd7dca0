"""Lists of clips: pieces of videos, one a row, in memory and as csv files."""

from __future__ import annotations

import csv
import hashlib
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from avlearn.data.csv_rows import Row, read_rows, span_of
from avlearn.data.drafts import draft
from avlearn.data.listing import Listing
from avlearn.data.probe import MediaInfo, probe

SUFFIXES = frozenset((
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ogv", ".ogg", ".mpg", ".mpeg",
    ".ts", ".mts", ".m2ts", ".flv", ".wmv", ".asf", ".3gp", ".nut", ".mxf",
))  # fmt: skip
"""What names of video files end with, in small letters."""
COLUMNS = ("path", "start", "duration", "label")
"""Of a csv file; a list needs only path and duration, and may have others, which are ignored."""
REMEDY = f"let its first line be {','.join(COLUMNS)}, and give it a row for each clip"
EDGE = 0.05
"""Seconds that may be missing at the end of a video's last clip: the last picture or block of sound of a cut."""


@dataclass(frozen=True, kw_only=True)
class ClipSpan:
    """A piece of a video.

    Raises:
        ValueError: it begins before the file, or has no length.
    """

    path: Path
    """Of the video file."""
    start: float = 0.0
    """Seconds from the first moment of the file."""
    duration: float
    """Seconds."""
    label: str = ""
    """Name of its class; empty where there is none. Evaluation reads it, training without supervision never does."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and self.start >= 0):
            raise ValueError(f"start is {self.start}; give seconds from the beginning of the file, at least 0")
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise ValueError(f"duration is {self.duration}; give seconds, more than 0")


class ClipList(Sequence[ClipSpan]):
    """Clips, in an order that stays.

    Args:
        spans: the clips.
        left_out: files that have none, with the reason; see `of_folder`.

    Example:
        >>> import tempfile
        >>> clips = ClipList([ClipSpan(path=Path("dog.mp4"), duration=2.0, label="dog")])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     clips.write(Path(folder) / "clips.csv")
        ...     ClipList.read(Path(folder) / "clips.csv")[0].label
        'dog'
    """

    def __init__(self, spans: Iterable[ClipSpan], *, left_out: Iterable[tuple[Path, str]] = ()) -> None:
        self._spans, self.left_out = tuple(spans), tuple(left_out)

    def __len__(self) -> int:
        return len(self._spans)

    @overload
    def __getitem__(self, place: int) -> ClipSpan: ...

    @overload
    def __getitem__(self, place: slice) -> ClipList: ...

    def __getitem__(self, place: int | slice) -> ClipSpan | ClipList:
        """A clip, or some of them as a shorter list."""
        return ClipList(self._spans[place]) if isinstance(place, slice) else self._spans[place]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes that the clips have, sorted; empty if no clip has one."""
        return tuple(sorted({span.label for span in self._spans} - {""}))

    @property
    def fingerprint(self) -> str:
        """The same for the same clips in the same order, wherever the folder that holds them all lies."""
        root = os.path.commonpath([span.path.absolute().parent for span in self._spans]) if self._spans else "/"
        digest = hashlib.sha256()
        for span in self._spans:
            place = os.path.relpath(span.path.absolute(), root)
            digest.update(f"{Path(place).as_posix()}\0{span.start!r}\0{span.duration!r}\0{span.label}\n".encode())
        return digest.hexdigest()[:16]

    @classmethod
    def read(cls, path: Path | str) -> ClipList:
        """The list in a csv file with a head of `path`, `start`, `duration` and `label`, in any order.

        Args:
            path: of the csv file; paths in it that aren't absolute begin at its folder. `start` and `label` may be
                absent or empty, `end` may stand in the place of `duration`, and other columns are ignored.

        Raises:
            FileNotFoundError: no such file.
            ValueError: no clips, no such columns, or a row that makes no sense. That the videos are there isn't
                looked up.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"{path} is no file; give a csv file of clips")
        spans = [_span(row) for row in read_rows(path, ["path"], remedy=REMEDY)]
        if not spans:
            raise ValueError(f"{path} lists no clips; {REMEDY}")
        return cls(spans)

    def write(self, path: Path | str) -> None:
        """Write a csv file that `read` reads, in one step. Paths below its folder are written relative to it.

        Raises:
            FileNotFoundError: there is no such folder.
            OSError: the disk is full; a file that had the name before is as it was.
        """
        path = Path(path)
        folder = path.absolute().parent
        with draft(path) as place, place.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for span in self._spans:
                writer.writerow([_below(folder, span.path), repr(span.start), repr(span.duration), span.label])

    @classmethod
    def of_folder(cls, folder: Path | str, *, seconds: float | int, every: float | int | None = None) -> ClipList:
        """All clips of this length in the video files anywhere below a folder, without labels.

        Files are taken in the order of their paths, and read up to their headers. What is no usable video, or shorter
        than a clip, is in `left_out` with its reason.

        Args:
            folder: holds video files, known by their suffix; hidden files and folders are passed over.
            seconds: length of a clip.
            every: seconds from the start of a clip to that of the next one; by default clips lie side by side.

        Raises:
            ValueError: no clip at all, or a length that isn't positive.
        """
        folder, seconds, every = Path(folder), float(seconds), float(seconds if every is None else every)
        for name, value in (("seconds", seconds), ("every", every)):
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; give more than 0")
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder; give one that holds videos")
        spans: list[ClipSpan] = []
        left_out: list[tuple[Path, str]] = []
        for path in video_files(folder):
            info = probe(path)
            if problem := _unfit(info, seconds):
                left_out.append((path, problem))
            else:
                starts = _starts(_end(info), seconds, every)
                spans += [ClipSpan(path=path, start=start, duration=seconds) for start in starts]
        if not spans:
            raise ValueError(_none_found(folder, seconds, left_out))
        return cls(spans, left_out=left_out)


def video_files(folder: Path) -> list[Path]:
    """All files below a folder whose suffix is that of a video, sorted by path; hidden ones are passed over."""
    return [Path(path) for path in Listing.below(folder).ending(SUFFIXES)]


def _unfit(info: MediaInfo, seconds: float) -> str | None:
    if info.problems:
        return info.problems[0]
    end = _end(info)
    if end is not None and end + EDGE < seconds:
        return f"{info.path} lasts {end:.2f} s, a clip {seconds:g} s"
    return None


def _end(info: MediaInfo) -> float | None:
    # Where the shorter one of pictures and sound ends, if the header tells
    ends = [
        track.start + track.duration
        for track in (info.video, info.audio)
        if track and track.start is not None and track.duration is not None
    ]
    return min(ends) if ends else info.duration


def _starts(end: float | None, seconds: float, every: float) -> list[float]:
    if end is None:
        return [0.0]
    return [round(number * every, 6) for number in range(1 + int((end + EDGE - seconds) / every))]


def _none_found(folder: Path, seconds: float, left_out: list[tuple[Path, str]]) -> str:
    if not left_out:
        return f"{folder} holds no video files; give a folder that has some, such as .mp4, below it"
    path, problem = left_out[0]
    return (f"none of the {len(left_out)} video files below {folder} has a clip of {seconds:g} s; "
            f"{path.name}, for one: {problem}")  # fmt: skip


def _span(row: Row) -> ClipSpan:
    start, duration = span_of(row)
    if duration is None:
        raise row.problem("has no duration and no end; give one of them, in seconds")
    try:
        return ClipSpan(
            path=row.path.parent / row.text("path"), start=start, duration=duration, label=row.values.get("label", "")
        )
    except ValueError as error:
        raise row.problem(f"makes no sense: {error}") from error


def _below(folder: Path, path: Path) -> str:
    path = path.absolute()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
