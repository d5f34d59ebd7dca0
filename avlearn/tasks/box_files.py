"""The annotated boxes of Flickr-SoundNet and VGG-SS, read from the files that carry them.

Each file may lie anywhere below the folder:

- `Annotations/*.xml` or `anno/*.xml`, a file for each picture of Flickr-SoundNet, named by its id: every `bbox` holds
  one element that is passed over, and then x1, y1, x2, y2 in pixels of a 256 x 256 picture. This is what the released
  code of LVS and EZ-VSL takes from these files; the files themselves weren't at hand.
- `flickr_boxes.json` or `flickr_boxes.json.gz`: the same in one object, picture id -> list of boxes `[x1, y1, x2, y2]`,
  one or more of each annotator. It goes before the xml files.
- `flickr_test.csv` (LVS: metadata/flickr_test.csv) or `test_list.txt` (learning_to_localize_sound_source): a line for
  each test picture that begins with its id; what follows a comma or a dot is ignored.
- `vggss.json` (LVS: metadata/vggss.json): a list of objects with `file`, `class` and `bbox`, a list of boxes
  `[x1, y1, x2, y2]` as fractions of the picture, of one annotator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from avlearn.data.annotation_files import read_ids, read_json
from avlearn.metrics.localization import consensus, count_boxes

FLICKR_PIXELS = 256
"""Side of the picture that the boxes of Flickr-SoundNet were drawn on."""
XML_FOLDERS = ("Annotations", "anno")
"""Folders in which the xml files of Flickr-SoundNet lie: the first in the scripts of EZ-VSL."""


@dataclass(frozen=True, eq=False, kw_only=True)
class BoxSet:
    """The boxes of a set of pictures."""

    name: str
    """Of the set."""
    pictures: tuple[str, ...]
    """Ids; a picture has a row of boxes."""
    boxes: Float[Tensor, "N A 4"]
    """x1, y1, x2, y2 as fractions of the picture; rows are filled up with zeros."""
    given: Bool[Tensor, "N A"]
    """Which boxes are real."""
    rule: Literal["consensus", "union"]
    """How boxes make a reference: half for each annotator up to 1, as on Flickr-SoundNet; or 1 inside any box, as the
    released code of VGG-SS does."""
    missing: tuple[str, ...] = ()
    """Pictures of the published list without boxes."""

    def references(self, rows: slice, size: int) -> Float[Tensor, "n H W"]:
        """Reference maps of some pictures, `size` pixels high and wide."""
        boxes = self.boxes[rows]
        if self.rule == "consensus":
            return consensus(boxes, (size, size))
        return count_boxes(boxes, (size, size)).clamp(max=1)

    @property
    def without_area(self) -> dict[str, int]:
        """How many boxes of a picture have no area, where there are such."""
        left, top, right, bottom = self.boxes.unbind(2)
        flat = (self.given & ((right <= left) | (bottom <= top))).sum(1).tolist()
        return {picture: number for picture, number in zip(self.pictures, flat, strict=True) if number}

    def subset(self, name: str, kept: Bool[Tensor, " N"], missing: tuple[str, ...] = ()) -> BoxSet:
        """Some of the pictures, under another name."""
        pictures = tuple(picture for picture, keep in zip(self.pictures, kept.tolist(), strict=True) if keep)
        boxes, given = self.boxes[kept], self.given[kept]
        return replace(self, name=name, pictures=pictures, boxes=boxes, given=given, missing=missing)


def read_box_sets(folder: Path | str) -> list[BoxSet]:
    """All sets whose files are in the folder: `flickr_soundnet_test`, `flickr_soundnet_all`, `vggss`.

    Raises:
        ValueError: no such file in the folder, or one that isn't in its format.
    """
    folder, sets = Path(folder), []
    boxes = _find(folder, "flickr_boxes.json", "flickr_boxes.json.gz")
    listed = _find(folder, "test_list.txt", "flickr_test.csv")
    documents = [] if boxes else sorted(path for name in XML_FOLDERS for path in folder.rglob(f"{name}/*.xml"))
    if boxes or documents:
        annotated = _flickr(boxes) if boxes else _flickr_xml(documents)
        if listed:
            sets.append(_listed(annotated, read_ids(listed)))
        sets.append(annotated)
    fractions = _find(folder, "vggss.json")
    if fractions:
        sets.append(_vggss(fractions))
    if not sets:
        raise ValueError(
            f"neither Annotations/*.xml nor flickr_boxes.json(.gz) nor vggss.json lies in {folder}; give the folder of "
            "annotations"
        )
    return sets


def _flickr(path: Path) -> BoxSet:
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__}; it must be an object, picture id -> list of boxes")
    return _consensus(content, path)


def _flickr_xml(paths: list[Path]) -> BoxSet:
    return _consensus({path.stem: _xml_boxes(path) for path in paths}, paths[0].parent)


def _xml_boxes(path: Path) -> list[list[float]]:
    try:
        found = [[float(side.text or "") for side in list(box)[1:]] for box in ElementTree.parse(path).iter("bbox")]
    except (ElementTree.ParseError, ValueError) as problem:
        raise ValueError(f"{path} isn't in the form of Flickr-SoundNet; {problem}") from problem
    if not found or any(len(box) != 4 for box in found):
        raise ValueError(f"{path} must have one or more `bbox`, each an element and x1, y1, x2, y2; it has {found}")
    return found


def _consensus(lists: dict[str, Any], path: Path) -> BoxSet:
    boxes, given = _stacked(list(lists.values()), path)
    pictures = tuple(lists)
    return BoxSet(
        name="flickr_soundnet_all", pictures=pictures, boxes=boxes / FLICKR_PIXELS, given=given, rule="consensus"
    )


def _listed(annotated: BoxSet, pictures: list[str]) -> BoxSet:
    known, wanted = set(annotated.pictures), set(pictures)
    kept = torch.tensor([picture in wanted for picture in annotated.pictures])
    missing = tuple(picture for picture in pictures if picture not in known)
    return annotated.subset("flickr_soundnet_test", kept, missing)


def _vggss(path: Path) -> BoxSet:
    content = read_json(path)
    try:
        pictures, lists = tuple(row["file"] for row in content), [row["bbox"] for row in content]
    except (KeyError, TypeError) as problem:
        raise ValueError(
            f"{path} must be a list of objects with `file` and `bbox`, as released; {problem}"
        ) from problem
    # Some coordinates of the released file are hugely negative; its own code cuts them off at 0
    boxes, given = _stacked(lists, path)
    return BoxSet(name="vggss", pictures=pictures, boxes=boxes.clamp(0, 1), given=given, rule="union")


def _stacked(pictures: list[Any], path: Path) -> tuple[Tensor, Tensor]:
    try:
        flat = [torch.tensor(boxes, dtype=torch.float64).view(len(boxes), 4) for boxes in pictures]
        stacked = pad_sequence(flat, batch_first=True)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise ValueError(f"{path} must have a list of boxes [x1, y1, x2, y2] for each picture; {problem}") from problem
    number = torch.tensor([len(boxes) for boxes in pictures])
    return stacked, torch.arange(stacked.shape[1]) < number[:, None]


def _find(folder: Path, *names: str) -> Path | None:
    return next((path for name in names for path in sorted(folder.rglob(name))), None)
