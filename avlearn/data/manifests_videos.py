"""UCF101 and HMDB51: actions in videos, with three official splits each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from avlearn.data.manifests import LabelledClip, Manifest, Split, read_lines, root_of

UCF101_REMEDY = (
    "unpack UCF101.rar (videos, into UCF-101/) and UCF101TrainTestSplits-RecognitionTask.zip (into ucfTrainTestlist/) "
    "of https://www.crcv.ucf.edu/data/UCF101.php there"
)
HMDB51_REMEDY = (
    "unpack hmdb51_org.rar (a folder for each class, into hmdb51_org/) and test_train_splits.rar (into "
    "testTrainMulti_7030_splits/) of https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database there"
)
SPLITS = (1, 2, 3)

Listing = tuple[list[str], list[str]]
"""Names to learn from and names to test on, each as class/file."""


def ucf101(folder: Path | str) -> Manifest:
    """UCF101: 13,320 videos of 101 actions (Soomro et al., 2012). A group is one of 25 recordings of each action.

    Args:
        folder: holds `UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi` and so on, and `ucfTrainTestlist/` with
            `classInd.txt`, `trainlist01.txt` to `03` and `testlist01.txt` to `03`.

    Raises:
        ValueError: a list is missing, or names a class that `classInd.txt` doesn't.
    """
    lists = root_of(folder, "ucfTrainTestlist", remedy=UCF101_REMEDY) / "ucfTrainTestlist"
    # "1 ApplyEyeMakeup"; test lists hold names only, and train lists, and some copies of test lists, the number too
    classes = tuple(line.split()[-1] for line in read_lines(lists / "classInd.txt", remedy=UCF101_REMEDY))
    splits = [
        (_names(lists / f"trainlist{number:02}.txt"), _names(lists / f"testlist{number:02}.txt")) for number in SPLITS
    ]
    videos = Path(folder) / "UCF-101"
    return _manifest("ucf101", classes, splits, videos, UCF101_REMEDY)


def hmdb51(folder: Path | str) -> Manifest:
    """HMDB51: videos of 51 actions, 70 to learn from and 30 to test on of each (Kuehne et al., ICCV 2011).

    A group is the film that a clip was cut from, as far as its name tells.

    Args:
        folder: holds `hmdb51_org/brush_hair/*.avi` and so on, and `testTrainMulti_7030_splits/` with
            `brush_hair_test_split1.txt` and so on, in which 1 is to learn from, 2 to test on and 0 neither.

    Raises:
        ValueError: a list is missing, or isn't in this form.
    """
    lists = root_of(folder, "testTrainMulti_7030_splits", remedy=HMDB51_REMEDY) / "testTrainMulti_7030_splits"
    classes = tuple(sorted({path.name.partition("_test_split")[0] for path in lists.glob("*_test_split?.txt")}))
    if not classes:
        raise ValueError(f"{lists} holds no lists as brush_hair_test_split1.txt; {HMDB51_REMEDY}")
    splits = [_hmdb_split(lists, classes, number) for number in SPLITS]
    return _manifest("hmdb51", classes, splits, Path(folder) / "hmdb51_org", HMDB51_REMEDY)


def _hmdb_split(lists: Path, classes: tuple[str, ...], number: int) -> Listing:
    train, test = list[str](), list[str]()
    for name in classes:
        path = lists / f"{name}_test_split{number}.txt"
        for line in read_lines(path, remedy=HMDB51_REMEDY):
            file, _, part = line.rpartition(" ")
            if part not in ("0", "1", "2") or not file:
                raise ValueError(f"{path} has the line {line!r}; each must be a file and 0, 1 or 2")
            if part != "0":
                (train if part == "1" else test).append(f"{name}/{file.strip()}")
    return train, test


def _manifest(name: str, classes: tuple[str, ...], splits: list[Listing], videos: Path, remedy: str) -> Manifest:
    names = sorted({file for listing in splits for part in listing for file in part})
    number = {file: row for row, file in enumerate(names)}
    known = {label: row for row, label in enumerate(classes)}
    strange = sorted({file.partition("/")[0] for file in names} - set(known))
    if strange:
        raise ValueError(f"the lists of {name} name the class {strange[0]}, which isn't among its {len(classes)}; "
                         f"{remedy}")  # fmt: skip
    clips = tuple(
        LabelledClip(name=file, path=videos / file, labels=(known[file.partition("/")[0]],), group=_source(file))
        for file in names
    )
    return Manifest(
        name=name,
        kind="video",
        classes=classes,
        clips=clips,
        splits=tuple(
            Split(name=f"split {row}", train=_numbers(train, number), test=_numbers(test, number))
            for row, (train, test) in zip(SPLITS, splits, strict=True)
        ),
        remedy=remedy,
    )


def _names(path: Path) -> list[str]:
    return [line.split()[0] for line in read_lines(path, remedy=UCF101_REMEDY)]


def _numbers(names: Iterable[str], number: dict[str, int]) -> tuple[int, ...]:
    return tuple(number[name] for name in names)


def _source(file: str) -> str:
    # v_Archery_g08_c01.avi is of recording g08; TITLE_cartwheel_f_nm_np1_le_med_2.avi is of the film TITLE
    label, _, name = file.partition("/")
    grouped = re.match(r"(v_.+_g\d+)_c\d+\.", name)
    return grouped[1] if grouped else name.rpartition(f"_{label}_")[0] or name
