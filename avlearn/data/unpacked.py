"""Labelled data sets by name, from the folders that they have when they are unpacked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from avlearn.data.manifests import Manifest
from avlearn.data.manifests_pictures import voc2007
from avlearn.data.manifests_sounds import dcase2014, esc10, esc50
from avlearn.data.manifests_videos import hmdb51, ucf101

DATA_SETS: dict[str, Callable[[Path | str], Manifest]] = {
    "esc10": esc10,
    "esc50": esc50,
    "dcase2014": dcase2014,
    "voc2007": voc2007,
    "ucf101": ucf101,
    "hmdb51": hmdb51,
}
"""How the manifest of each data set is made from its folder."""


def read_manifest(name: str, folder: Path | str) -> Manifest:
    """The manifest of a data set.

    Args:
        name: one of `DATA_SETS`.
        folder: where it is unpacked; see the function of that name for its layout.

    Raises:
        ValueError: no such data set or folder, or a list is missing.
    """
    if name not in DATA_SETS:
        raise ValueError(f"unknown data set {name!r}; choose one of {', '.join(DATA_SETS)}")
    if not Path(folder).is_dir():
        raise ValueError(f"there is no folder {folder}; give the one where {name} is unpacked")
    return DATA_SETS[name](folder)
