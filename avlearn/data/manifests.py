"""What a labelled data set holds, read from its own lists, and what of it is missing on this disk.

A `Manifest` names every clip with its classes, the recording it was cut from and the official splits. It reads lists
and file names, never media. `avlearn.data.unpacked` makes one from the folder that a data set has when it is unpacked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, Literal

from avlearn.data.listing import are_files

Kind = Literal["sound", "picture", "video"]
"""What the files of a data set are."""

NAMED = 5
"""Missing files that a report names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledClip:
    """One file of a data set, or a piece of one.

    Raises:
        ValueError: a piece that begins before its file, or has no length.
    """

    name: str
    """As the lists of the data set write it."""
    path: Path
    """Where it lies, if it is there."""
    labels: tuple[int, ...] = ()
    """Numbers of its classes; mostly one, several where several things are seen or heard, none where nobody told."""
    group: str
    """The recording it was cut from, or its own name: clips of one recording must not be on both sides of a split."""
    unsure: tuple[int, ...] = ()
    """Classes in which the clip counts neither as right nor as wrong, such as the `difficult` ones of VOC."""
    start: float = 0.0
    """Where the clip begins in its file, in seconds."""
    duration: float | None = None
    """Seconds from there on; None up to the end of the file."""
    sound: Path | None = None
    """Where its sound lies, if that is a file of its own, as beside a picture."""

    def __post_init__(self) -> None:
        if not 0 <= self.start < inf or not (self.duration is None or 0 < self.duration < inf):
            raise ValueError(
                f"{self.name} begins at {self.start} s and lasts {self.duration} s; give a start of at least 0 and a "
                "length above 0, or None for the rest of the file"
            )


@dataclass(frozen=True, kw_only=True)
class Split:
    """Which clips to learn from and which to test on."""

    name: str
    """Such as `fold 1`."""
    train: tuple[int, ...]
    """Numbers of clips in the manifest."""
    test: tuple[int, ...]
    """The same; none of them in `train`."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A labelled data set with its official splits.

    Raises:
        ValueError: no clips, a class number out of range, or a clip that is both trained and tested on.
    """

    name: str
    """As `avlearn evaluate` knows it."""
    kind: Kind
    """What its files are."""
    classes: tuple[str, ...]
    """Name of each class number."""
    clips: tuple[LabelledClip, ...]
    """All that the lists name, whether there or not."""
    splits: tuple[Split, ...]
    """The official ones."""
    remedy: str
    """What to download, and where it belongs."""
    expected: int | None = None
    """Clips of the whole data set, where its authors say so and no list names them all."""

    def __post_init__(self) -> None:
        if not self.clips:
            raise ValueError(f"{self.name} has no clips; {self.remedy}")
        for clip in self.clips:
            for label in (*clip.labels, *clip.unsure):
                if not 0 <= label < len(self.classes):
                    raise ValueError(f"{clip.name} has the class {label}, but there are {len(self.classes)} classes")
        for split in self.splits:
            if both := set(split.train) & set(split.test):
                name = self.clips[min(both)].name
                raise ValueError(f"{split.name} of {self.name} trains and tests on {name}; repair its lists")

    def __len__(self) -> int:
        return len(self.clips)

    def there(self) -> list[bool]:
        """Whether the files of each clip are there; every folder is listed once."""
        pictures = are_files(clip.path for clip in self.clips)
        if all(clip.sound is None for clip in self.clips):
            return pictures
        sounds = are_files(clip.sound or clip.path for clip in self.clips)
        return [seen and heard for seen, heard in zip(pictures, sounds, strict=True)]

    def missing(self) -> list[str]:
        """Names of the clips whose files aren't there."""
        return [clip.name for clip, there in zip(self.clips, self.there(), strict=True) if not there]

    def present(self) -> Manifest:
        """The same with only those clips whose files are there.

        Raises:
            ValueError: none is there.
        """
        return self.only([row for row, there in enumerate(self.there()) if there])

    def only(self, rows: Sequence[int]) -> Manifest:
        """The same with these clips, in this order, in the splits that they were in.

        Raises:
            ValueError: no rows.
        """
        if not rows:
            raise ValueError(f"none of the {len(self)} files of {self.name} is there, such as {self.clips[0].path}; "
                             f"{self.remedy}")  # fmt: skip
        number = {row: new for new, row in enumerate(rows)}
        splits = tuple(
            Split(name=split.name, train=_renumbered(split.train, number), test=_renumbered(split.test, number))
            for split in self.splits
        )
        return replace(self, clips=tuple(self.clips[row] for row in rows), splits=splits)


def report_missing(manifest: Manifest) -> dict[str, Any]:
    """What of a data set is there, and what to do about the rest.

    Returns:
        `data_set`; `listed`, clips that its lists name; `present`; `missing`, their number, `missing_by_class`, and
        `first_missing`, some of their names; `expected`, clips of the whole data set where that is known; `remedy`,
        which is None if nothing is missing.
    """
    missing = [clip for clip, there in zip(manifest.clips, manifest.there(), strict=True) if not there]
    short = manifest.expected is not None and len(manifest) < manifest.expected
    classes = Counter(manifest.classes[label] for clip in missing for label in clip.labels)
    return {
        "data_set": manifest.name,
        "listed": len(manifest),
        "present": len(manifest) - len(missing),
        "missing": len(missing),
        "missing_by_class": dict(sorted(classes.items())),
        "first_missing": sorted(clip.name for clip in missing)[:NAMED],
        "expected": manifest.expected,
        "remedy": manifest.remedy if missing or short else None,
    }


def folds(numbers: Sequence[int]) -> tuple[Split, ...]:
    """A split for each fold, which tests on it and trains on all others.

    Args:
        numbers: fold of each clip.

    Raises:
        ValueError: fewer than two folds.

    Example:
        >>> folds([1, 2, 1])[0]
        Split(name='fold 1', train=(1,), test=(0, 2))
    """
    found = sorted(set(numbers))
    if len(found) < 2:
        raise ValueError(f"all {len(numbers)} clips are in fold {found}; there must be at least two folds")
    return tuple(
        Split(
            name=f"fold {fold}",
            train=tuple(row for row, number in enumerate(numbers) if number != fold),
            test=tuple(row for row, number in enumerate(numbers) if number == fold),
        )
        for fold in found
    )


def official(parts: Sequence[str]) -> tuple[Split, ...]:
    """The one split of a data set whose lists say of each clip whether to learn from it or to test on it.

    Args:
        parts: of each clip `train`, `test`, or anything else where it is neither.

    Returns:
        None where all clips are neither.

    Example:
        >>> official(["train", "test", "", "train"])
        (Split(name='official', train=(0, 3), test=(1,)),)
    """
    train, test = (tuple(row for row, part in enumerate(parts) if part == name) for name in ("train", "test"))
    return (Split(name="official", train=train, test=test),) if train or test else ()


def root_of(folder: Path | str, marker: str, *nested: str, remedy: str) -> Path:
    """The folder in which a file or folder of this name lies: the given one, or one of its usual sub-folders.

    Raises:
        ValueError: it lies in none of them.
    """
    places = [Path(folder), *(Path(folder) / name for name in nested)]
    for place in places:
        if (place / marker).exists():
            return place
    raise ValueError(f"{marker} lies neither in {' nor in '.join(str(place) for place in places)}; {remedy}")


def read_lines(path: Path, *, remedy: str) -> list[str]:
    """The lines of a list that aren't empty.

    Raises:
        ValueError: there is no such file.
    """
    if not path.is_file():
        raise ValueError(f"the list {path} is missing; {remedy}")
    return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]


def _renumbered(rows: tuple[int, ...], number: dict[int, int]) -> tuple[int, ...]:
    return tuple(number[row] for row in rows if row in number)
