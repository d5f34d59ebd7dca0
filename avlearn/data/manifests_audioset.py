"""AudioSet: sounds of 527 classes in clips of 10 s of YouTube videos, several in each."""

from __future__ import annotations

from pathlib import Path

from avlearn.data.csv_rows import Row, read_rows
from avlearn.data.listing import Listing
from avlearn.data.manifests import LabelledClip, Manifest, official
from avlearn.data.youtube_files import clips_among

REMEDY = (
    "download balanced_train_segments.csv, unbalanced_train_segments.csv or eval_segments.csv, and "
    "class_labels_indices.csv, of https://research.google.com/audioset/download.html there"
)
SEGMENTS = {
    "balanced_train_segments.csv": "train",
    "unbalanced_train_segments.csv": "train",
    "eval_segments.csv": "test",
}
"""Lists of clips, any of which may be absent."""
CLASSES = "class_labels_indices.csv"
COLUMNS = ("YTID", "start_seconds", "end_seconds", "positive_labels")
"""Of those lists, which have comments in place of a head."""


def audioset(folder: Path | str) -> Manifest:
    """AudioSet (Gemmeke et al., ICASSP 2017): learn from the training lists, test on the evaluation list.

    Args:
        folder: holds, anywhere below it, `class_labels_indices.csv`, one or more of the three lists of segments, and
            the clips as videos or, without any videos, as sounds. No names of files are official: see
            `avlearn.data.youtube_files` for those that are known.

    Raises:
        ValueError: a list is missing, or a row of one makes no sense.
    """
    folder = Path(folder)
    files = Listing.below(folder)
    index, lists = files.first(CLASSES), {path: SEGMENTS[path.name] for path in files.named(*SEGMENTS)}
    if index is None or not lists:
        wanted = CLASSES if index is None else " or ".join(SEGMENTS)
        raise ValueError(f"{wanted} is nowhere below {folder}; {REMEDY}")
    names = {row.text("mid"): row.text("display_name") for row in read_rows(index, ("index", "mid", "display_name"))}
    numbers = {machine_id: number for number, machine_id in enumerate(names)}
    rows = {
        _name(row): (row, part) for path, part in lists.items() for row in read_rows(path, COLUMNS, head=False)
    }  # a folder may hold a list twice
    kind, clips = clips_among(files)
    return Manifest(
        name="audioset",
        kind=kind,
        classes=tuple(names.values()),
        clips=tuple(
            LabelledClip(
                name=name,
                path=clips.find(row.values["YTID"], row.number("start_seconds")) or folder / f"{name}.mp4",
                labels=_labels(row, numbers),
                group=row.values["YTID"],
            )
            for name, (row, _) in rows.items()
        ),
        splits=official([part for _, part in rows.values()]),
        remedy=REMEDY,
    )


def _name(row: Row) -> str:
    return f"{row.text('YTID')}_{row.number('start_seconds'):g}_{row.number('end_seconds'):g}"


def _labels(row: Row, numbers: dict[str, int]) -> tuple[int, ...]:
    found = row.text("positive_labels").split(",")
    strange = [label for label in found if label not in numbers]
    if strange:
        raise row.problem(f"has the label {strange[0]}, which {CLASSES} doesn't; {REMEDY}")
    return tuple(sorted(numbers[label] for label in found))
