"""Kinetics-400, -600 and -700: actions in clips of 10 s of YouTube videos."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from avlearn.data.csv_rows import Row, read_rows
from avlearn.data.listing import Listing
from avlearn.data.manifests import LabelledClip, Manifest, official
from avlearn.data.youtube_files import clips_among

REMEDY = (
    "download videos and lists by the scripts of https://github.com/cvdfoundation/kinetics-dataset: train/, val/ and "
    "annotations/train.csv, annotations/val.csv"
)
COLUMNS = ("youtube_id", "time_start", "time_end", "split")
"""By which a csv file is known as a list of Kinetics; `label` stands in all but some lists to test on."""


def kinetics400(folder: Path | str) -> Manifest:
    """Kinetics-400 (Kay et al., 2017): learn from `train`, test on `val`; clips of `test` are in neither.

    Args:
        folder: holds the lists, csv files anywhere below it with a head of `label,youtube_id,time_start,time_end,split`
            (`is_cc` may follow, and `label` may be absent), and the videos, named as `0347ZoDXyP0_000095_000105.mp4`,
            in folders of classes, in folders `train/`, `val/` and `test/`, or all in one. What lies below
            `replacement/` goes before a damaged video of the same name. See `avlearn.data.youtube_files` for names
            that other programs give.

    Raises:
        ValueError: no list, or a row of one that makes no sense.
    """
    return _kinetics(Path(folder), "kinetics400")


def kinetics600(folder: Path | str) -> Manifest:
    """Kinetics-600 (Carreira et al., 2018); see `kinetics400` for what the folder holds.

    Raises:
        ValueError: no list, or a row of one that makes no sense.
    """
    return _kinetics(Path(folder), "kinetics600")


def kinetics700(folder: Path | str) -> Manifest:
    """Kinetics-700 in its edition of 2019 or 2020; see `kinetics400` for what the folder holds.

    Raises:
        ValueError: no list, or a row of one that makes no sense.
    """
    return _kinetics(Path(folder), "kinetics700")


def _kinetics(folder: Path, name: str) -> Manifest:
    files = Listing.below(folder)
    lists = [Path(path) for path in files.ending({".csv"}) if _is_list(Path(path))]
    if not lists:
        raise ValueError(f"no csv file below {folder} has the columns {', '.join(COLUMNS)}; {REMEDY}")
    rows = {(row.text("youtube_id"), int(row.number("time_start"))): row for path in lists for row in _rows(path)}
    classes = tuple(sorted({label for row in rows.values() if (label := row.values.get("label"))}))
    numbers = {label: number for number, label in enumerate(classes)}
    kind, clips = clips_among(files, first="replacement")
    return Manifest(
        name=name,
        kind=kind,
        classes=classes,
        clips=tuple(
            LabelledClip(
                name=(called := f"{video}_{start:06}_{int(row.number('time_end')):06}"),
                path=clips.find(video, start) or folder / f"{called}.mp4",
                labels=tuple(numbers[label] for label in [row.values.get("label")] if label),
                group=video,
            )
            for (video, start), row in rows.items()
        ),
        splits=official([_part(row) for row in rows.values()]),
        remedy=REMEDY,
    )


def _is_list(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return set(COLUMNS) <= {name.strip().strip('"') for name in file.readline().split(",")}


def _rows(path: Path) -> Iterator[Row]:
    return read_rows(path, COLUMNS, remedy=REMEDY)


def _part(row: Row) -> str:
    # `val` in the list of one edition is `validate` in that of another
    part = row.text("split")
    if part.startswith("val"):
        return "test"
    return "train" if part == "train" else ""
