"""Data of one's own, opened by what lies there: a folder of videos, a list of clips, shards, or a collage's banks."""

from __future__ import annotations

from pathlib import Path

from avlearn.data.clip_list import ClipList
from avlearn.data.collage import Collage
from avlearn.data.dataset import ClipFormat, ClipSource, VideoClips
from avlearn.data.pictures import PictureBank
from avlearn.data.recordings import RecordingBank
from avlearn.data.resampled import Resampled
from avlearn.data.shard_places import is_shards
from avlearn.data.shards import ShardedClips
from avlearn.data.subset import Subset
from avlearn.types import SceneSource

PICTURES, SOUNDS = "pictures", "sounds"
"""Folders of a collage, each with a folder for every class."""


def open_data(where: Path | str, format: ClipFormat) -> ClipSource:
    """Clips from wherever they are.

    Args:
        where: a folder with videos anywhere below it, cut into clips side by side; or a csv file that lists clips, as
            `ClipList` reads it; or shards, in a folder or at an address, as `ShardedClips` finds them.
        format: the form that the model takes; a recipe has it as `clip_format`.

    Raises:
        ValueError: nothing of that kind is there, or there are no clips in it.

    Example:
        >>> from avlearn.data import WorldSettings
        >>> open_data("nowhere.csv", ClipFormat.of(WorldSettings()))
        Traceback (most recent call last):
        ValueError: nowhere.csv is neither a folder nor a file; give a folder of videos, or a csv file that lists clips
    """
    if is_shards(where):
        return ShardedClips(where, format)
    path = Path(where)
    if path.is_dir():
        return VideoClips(ClipList.of_folder(path, seconds=format.seconds), format)
    if not path.is_file():
        raise ValueError(f"{where} is neither a folder nor a file; give a folder of videos, or a csv file that lists "
                         "clips")  # fmt: skip
    if path.suffix.lower() != ".csv":
        raise ValueError(f"{where} is no csv file; give one that lists clips, or a folder of videos")
    return VideoClips(ClipList.read(path), format)


def is_collage(where: Path | str) -> bool:
    """Whether a folder has the pictures and the sounds of a collage."""
    return all((Path(where) / name).is_dir() for name in (PICTURES, SOUNDS))


def read_collage(folder: Path | str, *, sample_rate: int) -> tuple[PictureBank, RecordingBank]:
    """The pictures of `folder/pictures/CLASS/` and the sounds of `folder/sounds/CLASS/`, to make a `Collage` of.

    Args:
        folder: for which `is_collage` holds.
        sample_rate: Hz of the recordings.

    Raises:
        ValueError: no classes, or files that can't be read.
    """
    pictures = PictureBank.from_folder(Path(folder) / PICTURES)
    return pictures, RecordingBank.from_folder(Path(folder) / SOUNDS, sample_rate=sample_rate)


def describe_data(scenes: SceneSource) -> dict[str, str | int] | None:
    """What tells data from other data, to be kept with a run; None of scenes that a seed makes from nothing.

    Example:
        >>> from avlearn.data import World, WorldSettings
        >>> describe_data(World(WorldSettings(), seed=0)) is None
        True
    """
    while isinstance(scenes, Resampled | Subset):
        scenes = scenes.scenes
    if isinstance(scenes, ClipSource):
        return {"clips": len(scenes), "fingerprint": scenes.fingerprint}
    return {"fingerprint": scenes.fingerprint} if isinstance(scenes, Collage) else None
