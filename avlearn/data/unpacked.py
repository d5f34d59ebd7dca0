"""Data sets by name, from the folders that they have when they are unpacked, and videos of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from avlearn.data.manifests import Manifest
from avlearn.data.manifests_audioset import audioset
from avlearn.data.manifests_ave import ave
from avlearn.data.manifests_flickr import flickr_soundnet
from avlearn.data.manifests_kinetics import kinetics400, kinetics600, kinetics700
from avlearn.data.manifests_music import music
from avlearn.data.manifests_own import csv_of_videos, folder_of_videos
from avlearn.data.manifests_pictures import voc2007
from avlearn.data.manifests_sounds import dcase2014, esc10, esc50
from avlearn.data.manifests_vggsound import vggsound, vggss
from avlearn.data.manifests_videos import hmdb51, ucf101

DATA_SETS: dict[str, Callable[[Path | str], Manifest]] = {
    "esc10": esc10,
    "esc50": esc50,
    "dcase2014": dcase2014,
    "voc2007": voc2007,
    "ucf101": ucf101,
    "hmdb51": hmdb51,
    "kinetics400": kinetics400,
    "kinetics600": kinetics600,
    "kinetics700": kinetics700,
    "audioset": audioset,
    "vggsound": vggsound,
    "vggss": vggss,
    "flickr_soundnet": flickr_soundnet,
    "music": music,
    "ave": ave,
    "folder": folder_of_videos,
    "csv": csv_of_videos,
}
"""How the manifest of each data set is made from its folder; that of `csv` from its file."""


def read_manifest(name: str, folder: Path | str) -> Manifest:
    """The manifest of a data set.

    Args:
        name: one of `DATA_SETS`.
        folder: where it is unpacked; see the function of that name for its layout. For `folder` any folder of videos,
            for `csv` the file.

    Raises:
        ValueError: no such data set or folder, or a list is missing.
    """
    if name not in DATA_SETS:
        raise ValueError(f"unknown data set {name!r}; choose one of {', '.join(DATA_SETS)}")
    if name != "csv" and not Path(folder).is_dir():
        raise ValueError(f"there is no folder {folder}; give the one where {name} is unpacked")
    return DATA_SETS[name](folder)
