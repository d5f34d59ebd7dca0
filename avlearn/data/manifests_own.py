"""Videos of one's own: a folder, or a csv file that lists them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from avlearn.data.clip_list import SUFFIXES
from avlearn.data.csv_rows import Row, read_rows, span_of
from avlearn.data.listing import Listing
from avlearn.data.manifests import LabelledClip, Manifest, official

FOLDER_REMEDY = "put videos there, such as .mp4, in a folder for each class, or without folders if there are no classes"
CSV_REMEDY = (
    "let its first line name the columns: path, and as you like start, duration or end (seconds), label, and split "
    "(train, val or test)"
)
PARTS = {"train": "train", "val": "test", "valid": "test", "validation": "test", "test": "test"}
"""Names of folders, and words in the column `split`, that tell which clips to learn from and which to test on."""


def folder_of_videos(folder: Path | str) -> Manifest:
    """All videos below a folder. The first folder on the way to a video is its class; those directly in it have none.

    Where all folders at the top are called `train`, `val` or `test`, they are the split, and classes lie in them.

    Args:
        folder: holds video files, known by their suffixes.

    Raises:
        ValueError: no video.
    """
    files = Listing.below(folder)
    paths = files.ending(SUFFIXES)
    if not paths:
        raise ValueError(f"{folder} holds no videos; {FOLDER_REMEDY}")
    names = [os.path.relpath(path, files.root) for path in paths]
    places = [Path(name).parts[:-1] for name in names]
    split = all(place and place[0] in PARTS for place in places)
    labels = [place[1 if split else 0 :][:1] for place in places]
    parts = [PARTS[place[0]] if split else "" for place in places]
    clips = [
        LabelledClip(name=name, path=Path(path), labels=numbers, group=name)
        for name, path, numbers in zip(names, paths, _numbers(labels), strict=True)
    ]
    return _own(files.root.resolve().name, labels, clips, parts, FOLDER_REMEDY)


def csv_of_videos(path: Path | str) -> Manifest:
    """The clips that a csv file lists.

    Args:
        path: of the file. Its columns are found by their names: `path` of the video, absolute or from the folder of the
            csv file on; `start` in seconds, 0 where it is empty; `duration` or `end` in seconds, up to the end of the
            video where both are empty; `label`; `split`, one of train, val and test. All but `path` may be absent.
            Clips of one file are of one group.

    Raises:
        ValueError: no such file, no column `path`, no rows, or a row that makes no sense, by its line.
    """
    path = Path(path)
    rows = list(read_rows(path, ["path"], remedy=CSV_REMEDY))
    if not rows:
        raise ValueError(f"{path} lists no clips; {CSV_REMEDY}")
    labels: list[tuple[str, ...]] = [(label,) if (label := row.values.get("label")) else () for row in rows]
    clips = [_clip(row, numbers) for row, numbers in zip(rows, _numbers(labels), strict=True)]
    return _own(path.stem, labels, clips, [_part(row) for row in rows], CSV_REMEDY)


def _own(
    name: str, labels: Iterable[tuple[str, ...]], clips: list[LabelledClip], parts: list[str], remedy: str
) -> Manifest:
    return Manifest(
        name=name, kind="video", classes=_classes(labels), clips=tuple(clips), splits=official(parts), remedy=remedy
    )


def _classes(labels: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in labels for name in names}))


def _numbers(labels: list[tuple[str, ...]]) -> list[tuple[int, ...]]:
    number = {name: place for place, name in enumerate(_classes(labels))}
    return [tuple(number[name] for name in names) for names in labels]


def _clip(row: Row, labels: tuple[int, ...]) -> LabelledClip:
    start, duration = span_of(row)
    try:
        return LabelledClip(
            name=row.text("path"),
            path=row.path.parent / row.text("path"),
            labels=labels,
            group=row.text("path"),
            start=start,
            duration=duration,
        )
    except ValueError as problem:
        raise row.problem(f"makes no sense: {problem}") from problem


def _part(row: Row) -> str:
    part = row.values.get("split", "")
    if part and part not in PARTS:
        raise row.problem(f"has the split {part!r}; give one of {', '.join(PARTS)}, or none")
    return PARTS.get(part, "")
