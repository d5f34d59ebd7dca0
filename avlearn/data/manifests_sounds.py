"""ESC-50, ESC-10 and DCASE2014: environmental sounds and scenes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from avlearn.data.csv_rows import read_rows
from avlearn.data.manifests import LabelledClip, Manifest, Split, folds, root_of

ESC50_REMEDY = "unpack https://github.com/karolpiczak/ESC-50 there: audio/ and meta/esc50.csv"
ESC10_REMEDY = (
    "unpack https://github.com/karolpiczak/ESC-10 (folders 001 to 010 of .ogg files) or ESC-50 (audio/ and "
    "meta/esc50.csv) there"
)
DCASE_REMEDY = (
    "unpack scenes_stereo.zip (the development set) and scenes_stereo_testset.zip of the IEEE AASP challenge "
    "(archive.org, dcase2013_scene_classification and dcase2013_scene_classification_testset) there"
)

_ESC10_FILE = re.compile(r"(\d)-(\d+)-([A-Z])\.ogg$")
_DCASE_FILE = re.compile(r"([a-z]+)(\d+)\.wav$")


def esc50(folder: Path | str) -> Manifest:
    """ESC-50: 2000 sounds of 5 s in 50 classes and 5 folds (Piczak, ACM MM 2015).

    Args:
        folder: holds `audio/*.wav` and `meta/esc50.csv`, or `ESC-50-master/` with them.

    Raises:
        ValueError: the list is missing, or isn't the data set's.
    """
    root = root_of(folder, "meta/esc50.csv", "ESC-50-master", "ESC-50", remedy=ESC50_REMEDY)
    return _listed(root, _rows(root / "meta" / "esc50.csv", {"filename", "fold", "category", "src_file"}), "esc50")


def esc10(folder: Path | str) -> Manifest:
    """ESC-10: 400 of the sounds in 10 classes, from the data set's own repository or from an ESC-50.

    Args:
        folder: holds folders such as `001 - Dog bark/` with files such as `1-100032-A.ogg`, in itself or in `audio/`
            or `ESC-10-master/`; a `meta.csv` beside them with `filename`, `fold` and `class_name` lists what should be
            there. Or it holds an ESC-50.

    Raises:
        ValueError: neither is there, or a file whose name tells no fold.
    """
    folder = Path(folder)
    for place in (folder, folder / "ESC-50-master", folder / "ESC-50"):
        if (place / "meta" / "esc50.csv").is_file():
            wanted = {"filename", "fold", "category", "src_file", "esc10"}
            rows = _rows(place / "meta" / "esc50.csv", wanted)
            return _listed(place, [row for row in rows if row["esc10"].lower() == "true"], "esc10")
    if (folder / "meta.csv").is_file():
        return _own_list(folder)
    return _own_folders(folder)


def dcase2014(folder: Path | str) -> Manifest:
    """DCASE2014: scenes of 30 s in 10 classes, one set to learn from and one to test on.

    The name by which papers on audiovisual learning call the scenes of the first AASP challenge (Stowell et al., IEEE
    Trans. Multimedia 2015).

    Args:
        folder: holds `scenes_stereo/` and `scenes_stereo_testset/` with files such as `bus01.wav`.

    Raises:
        ValueError: a folder is missing, or a file whose name tells no class.
    """
    parts = {}
    for part in ("scenes_stereo", "scenes_stereo_testset"):
        root = root_of(folder, part, remedy=DCASE_REMEDY) / part
        parts[part] = sorted(path for path in root.rglob("*.wav") if not path.name.startswith("."))
        if not parts[part]:
            raise ValueError(f"{root} holds no .wav files; {DCASE_REMEDY}")
    paths = [path for found in parts.values() for path in found]
    names = [_match(_DCASE_FILE, path)[1] for path in paths]
    classes = tuple(sorted(set(names)))
    clips = tuple(
        LabelledClip(name=f"{path.parent.name}/{path.name}", path=path, labels=(classes.index(name),), group=str(path))
        for path, name in zip(paths, names, strict=True)
    )
    learnt = len(parts["scenes_stereo"])
    split = Split(name="official", train=tuple(range(learnt)), test=tuple(range(learnt, len(clips))))
    return Manifest(name="dcase2014", kind="sound", classes=classes, clips=clips, splits=(split,), remedy=DCASE_REMEDY)


def _listed(root: Path, rows: Sequence[dict[str, str]], name: str) -> Manifest:
    classes = tuple(dict.fromkeys(row["category"] for row in sorted(rows, key=lambda row: int(row["target"]))))
    clips = tuple(
        LabelledClip(
            name=row["filename"],
            path=root / "audio" / row["filename"],
            labels=(classes.index(row["category"]),),
            group=row["src_file"],
        )
        for row in rows
    )
    return _folded(name, classes, clips, [int(row["fold"]) for row in rows])


def _own_list(folder: Path) -> Manifest:
    rows = _rows(folder / "meta.csv", {"filename", "fold", "class_name", "freesound_id"})
    classes = tuple(dict.fromkeys(row["class_name"] for row in rows))
    clips = tuple(
        LabelledClip(
            name=row["filename"],
            path=folder / row["filename"],
            labels=(classes.index(row["class_name"]),),
            group=row["freesound_id"],
        )
        for row in rows
    )
    return _folded("esc10", classes, clips, [int(row["fold"]) for row in rows])


def _own_folders(folder: Path) -> Manifest:
    places = (folder, folder / "audio", folder / "ESC-10-master", folder / "ESC-10")
    found = next((sorted(place.glob("[0-9][0-9][0-9]*/*.ogg")) for place in places if any(
        place.glob("[0-9][0-9][0-9]*/*.ogg"))), [])  # fmt: skip
    if not found:
        raise ValueError(f"{folder} holds no folders of .ogg files as 001 - Dog bark; {ESC10_REMEDY}")
    matches = [_match(_ESC10_FILE, path) for path in found]
    classes = tuple(dict.fromkeys(_class_of(path.parent.name) for path in found))
    clips = tuple(
        LabelledClip(
            name=f"{path.parent.name}/{path.name}",
            path=path,
            labels=(classes.index(_class_of(path.parent.name)),),
            group=match[2],
        )
        for path, match in zip(found, matches, strict=True)
    )
    return _folded("esc10", classes, clips, [int(match[1]) for match in matches])


def _folded(name: str, classes: tuple[str, ...], clips: tuple[LabelledClip, ...], numbers: list[int]) -> Manifest:
    remedy, expected = (ESC50_REMEDY, 2000) if name == "esc50" else (ESC10_REMEDY, 400)
    return Manifest(
        name=name,
        kind="sound",
        classes=classes,
        clips=clips,
        splits=folds(numbers),
        remedy=remedy,
        expected=expected,
    )


def _class_of(folder: str) -> str:
    # 001 - Dog bark, and 001_dog_bark, are both dog_bark
    return re.sub(r"^\d+[\s_-]*", "", folder).lower().replace(" ", "_")


def _match(pattern: re.Pattern[str], path: Path) -> re.Match[str]:
    match = pattern.match(path.name)
    if match is None:
        raise ValueError(f"{path} isn't named as the files of this data set are; take it out of the folder")
    return match


def _rows(path: Path, wanted: set[str]) -> list[dict[str, str]]:
    return [row.values for row in read_rows(path, sorted(wanted))]
