"""Pascal VOC 2007: pictures that show several of 20 classes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from avlearn.data.manifests import LabelledClip, Manifest, Split, read_lines, root_of

VOC2007_REMEDY = (
    "unpack VOCtrainval_06-Nov-2007.tar and VOCtest_06-Nov-2007.tar of http://host.robots.ox.ac.uk/pascal/VOC/voc2007 "
    "there: both go into VOCdevkit/VOC2007/"
)
PARTS = ("trainval", "test")
_MEANINGS = {"1": "labels", "0": "unsure", "-1": None}


def voc2007(folder: Path | str) -> Manifest:
    """Pascal VOC 2007, classification: which of 20 classes a picture shows; `difficult` ones don't count.

    Args:
        folder: holds `VOCdevkit/VOC2007/JPEGImages/*.jpg` and `VOCdevkit/VOC2007/ImageSets/Main/` with
            `aeroplane_trainval.txt`, `aeroplane_test.txt` and so on.

    Raises:
        ValueError: a list is missing or isn't in the form of the challenge.
    """
    root = root_of(folder, "ImageSets/Main", "VOCdevkit/VOC2007", "VOC2007", remedy=VOC2007_REMEDY)
    lists = root / "ImageSets" / "Main"
    classes = tuple(sorted(path.name.removesuffix("_trainval.txt") for path in lists.glob("*_trainval.txt")))
    if not classes:
        raise ValueError(f"{lists} holds no lists as aeroplane_trainval.txt; {VOC2007_REMEDY}")
    found = {part: _marks(lists, classes, part) for part in PARTS}
    pictures = [picture for part in PARTS for picture in found[part]]
    clips = tuple(_clip(root, picture, found[part][picture]) for part in PARTS for picture in found[part])
    learnt = len(found["trainval"])
    split = Split(name="official", train=tuple(range(learnt)), test=tuple(range(learnt, len(pictures))))
    return Manifest(
        name="voc2007", kind="picture", classes=classes, clips=clips, splits=(split,), remedy=VOC2007_REMEDY
    )


def _marks(lists: Path, classes: tuple[str, ...], part: str) -> dict[str, dict[str, list[int]]]:
    # Picture -> classes it shows (1) and those in which it is difficult (0)
    marks: dict[str, dict[str, list[int]]] = defaultdict(lambda: {"labels": [], "unsure": []})
    for label, name in enumerate(classes):
        path = lists / f"{name}_{part}.txt"
        for line in read_lines(path, remedy=VOC2007_REMEDY):
            picture, _, mark = line.partition(" ")
            if mark.strip() not in _MEANINGS:
                raise ValueError(f"{path} has the line {line!r}; each must be a picture and 1, 0 or -1")
            meaning = _MEANINGS[mark.strip()]
            marks[picture]  # a picture that shows none of the classes counts, too
            if meaning:
                marks[picture][meaning].append(label)
    return dict(sorted(marks.items()))


def _clip(root: Path, picture: str, marks: dict[str, list[int]]) -> LabelledClip:
    name = f"JPEGImages/{picture}.jpg"
    return LabelledClip(
        name=name, path=root / name, labels=tuple(marks["labels"]), unsure=tuple(marks["unsure"]), group=picture
    )
