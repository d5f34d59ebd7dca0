"""VGGSound, clips of 10 s of YouTube videos whose sound is seen, and VGG-SS, those of them with boxes around it."""

from __future__ import annotations

from pathlib import Path

from avlearn.data.annotation_files import read_json
from avlearn.data.csv_rows import read_rows
from avlearn.data.listing import Listing
from avlearn.data.manifests import LabelledClip, Manifest, Split, official
from avlearn.data.youtube_files import ID_LENGTH, clips_among

VGGSOUND_REMEDY = (
    "download vggsound.csv of https://www.robots.ox.ac.uk/~vgg/data/vggsound there, and unpack the videos, named as "
    "0347ZoDXyP0_000030.mp4"
)
VGGSS_REMEDY = (
    "download metadata/vggss.json of https://github.com/hche11/Localizing-Visual-Sounds-the-Hard-Way there, and unpack "
    "the videos of VGGSound"
)
COLUMNS = ("id", "start", "label", "split")
"""Of vggsound.csv, which has no head."""


def vggsound(folder: Path | str) -> Manifest:
    """VGGSound (Chen et al., ICASSP 2020): 309 classes, one for each clip.

    Args:
        folder: holds, anywhere below it, `vggsound.csv` and the clips, named as `0347ZoDXyP0_000030.mp4`; or, without
            any videos, their sounds. See `avlearn.data.youtube_files` for other names.

    Raises:
        ValueError: the list is missing, or a row of it makes no sense.
    """
    folder = Path(folder)
    files = Listing.below(folder)
    path = files.first("vggsound.csv")
    if path is None:
        raise ValueError(f"vggsound.csv is nowhere below {folder}; {VGGSOUND_REMEDY}")
    rows = list(read_rows(path, COLUMNS, head=False, remedy=VGGSOUND_REMEDY))
    for row in rows:
        if row.values["split"] not in ("train", "test"):
            raise row.problem(f"has the split {row.values['split']!r}; it must be train or test")
    listed = [(row.text("id"), int(row.number("start")), row.text("label")) for row in rows]
    return _manifest("vggsound", folder, files, listed, official([row.values["split"] for row in rows]))


def vggss(folder: Path | str) -> Manifest:
    """VGG-SS (Chen et al., CVPR 2021): clips of VGGSound to test localization on; `read_box_sets` gives their boxes.

    Args:
        folder: holds, anywhere below it, `vggss.json` and clips of VGGSound, see `vggsound`.

    Raises:
        ValueError: the list is missing, or isn't as released.
    """
    folder = Path(folder)
    files = Listing.below(folder)
    path = files.first("vggss.json")
    if path is None:
        raise ValueError(f"vggss.json is nowhere below {folder}; {VGGSS_REMEDY}")
    listed = [_annotated(row, path) for row in _list(path)]
    return _manifest("vggss", folder, files, listed, official(["test"] * len(listed)))


def _manifest(
    name: str, folder: Path, files: Listing, listed: list[tuple[str, int, str]], splits: tuple[Split, ...]
) -> Manifest:
    classes = tuple(sorted({label for _, _, label in listed}))
    numbers = {label: number for number, label in enumerate(classes)}
    kind, clips = clips_among(files)
    return Manifest(
        name=name,
        kind=kind,
        classes=classes,
        clips=tuple(
            LabelledClip(
                name=(called := f"{video}_{start:06}"),
                path=clips.find(video, start) or folder / f"{called}.mp4",
                labels=(numbers[label],),
                group=video,
            )
            for video, start, label in listed
        ),
        splits=splits,
        remedy=VGGSOUND_REMEDY if name == "vggsound" else VGGSS_REMEDY,
    )


def _list(path: Path) -> list[object]:
    content = read_json(path)
    if not isinstance(content, list):
        raise ValueError(f"{path} holds a {type(content).__name__}; it must be a list of objects, as released")
    return content


def _annotated(row: object, path: Path) -> tuple[str, int, str]:
    try:
        file, label = row["file"], row["class"]  # type: ignore[index]
        return file[:ID_LENGTH], int(file[ID_LENGTH + 1 :]), label
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(
            f"{path} has the entry {row!r}; each needs a `file` as 0347ZoDXyP0_000030 and a `class`"
        ) from problem
