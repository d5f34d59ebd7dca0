"""Flickr-SoundNet: videos of Flickr without labels, some of them with boxes around what sounds."""

from __future__ import annotations

from pathlib import Path

from avlearn.data.annotation_files import read_ids
from avlearn.data.listing import Listing
from avlearn.data.manifests import LabelledClip, Manifest, official
from avlearn.data.youtube_files import SOUNDS, VIDEOS

REMEDY = (
    "take the lists of https://github.com/stoneMo/EZ-VSL (metadata/flickr_144k.csv, metadata/flickr_10k.txt) and "
    "https://github.com/ardasnck/learning_to_localize_sound_source (test_list.txt), and ask their authors for the files"
)
TRAIN = ("flickr_144k.csv", "flickr_144k.txt", "Flickr_train_144k.txt", "flickr_10k.txt", "flickr_train_10k.txt")
"""Lists to learn from; the first that is there counts."""
TEST = ("test_list.txt", "flickr_test.csv")
"""Lists to test on; the first that is there counts."""
PICTURES = frozenset((".jpg", ".jpeg", ".png"))


def flickr_soundnet(folder: Path | str) -> Manifest:
    """Flickr-SoundNet (Aytar et al., NeurIPS 2016) with the pairs to test localization on (Senocak et al., CVPR 2018).

    `avlearn.tasks.box_files.read_box_sets` gives the boxes of the pairs. Nothing has a label.

    Args:
        folder: holds, anywhere below it, a list of `TRAIN`, one of `TEST`, or both, and either videos as
            `10000130166.mp4`, or a picture and a sound of each, as `frames/10000130166.jpg` and
            `audio/10000130166.wav`. This is the layout of the released code of EZ-VSL; how the authors of the
            data set pack their files wasn't at hand, but in which folders they lie doesn't matter.

    Raises:
        ValueError: no list.
    """
    folder = Path(folder)
    files = Listing.below(folder)
    train, test = files.first(*TRAIN), files.first(*TEST)
    if train is None and test is None:
        raise ValueError(f"none of {', '.join(TRAIN + TEST)} is below {folder}; {REMEDY}")
    parts = dict.fromkeys(read_ids(train) if train else (), "train")
    parts |= dict.fromkeys(read_ids(test) if test else (), "test")
    videos, pictures = _by_name(files.ending(VIDEOS)), _by_name(files.ending(PICTURES))
    if pictures and not videos:
        sounds = _by_name(files.ending(SOUNDS))
        clips = [_pair(folder, name, pictures, sounds) for name in parts]
    else:
        clips = [_video(folder, name, videos) for name in parts]
    return Manifest(
        name="flickr_soundnet",
        kind="picture" if pictures and not videos else "video",
        classes=(),
        clips=tuple(clips),
        splits=official(list(parts.values())),
        remedy=REMEDY,
    )


def _video(folder: Path, name: str, videos: dict[str, Path]) -> LabelledClip:
    return LabelledClip(name=name, path=videos.get(name, folder / f"{name}.mp4"), group=name)


def _pair(folder: Path, name: str, pictures: dict[str, Path], sounds: dict[str, Path]) -> LabelledClip:
    return LabelledClip(
        name=name,
        path=pictures.get(name, folder / "frames" / f"{name}.jpg"),
        sound=sounds.get(name, folder / "audio" / f"{name}.wav"),
        group=name,
    )


def _by_name(paths: list[str]) -> dict[str, Path]:
    return {path.stem: path for path in map(Path, reversed(paths))}
