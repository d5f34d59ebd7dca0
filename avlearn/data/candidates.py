"""Videos that may become clips: all below a folder, those of a csv file, or those of a labelled data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from avlearn.data.manifests import Manifest
from avlearn.data.unpacked import read_manifest


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A video, or a piece of one, that nobody has examined yet; the file may be missing."""

    path: Path
    """Of the file."""
    start: float = 0.0
    """Where the piece begins, in seconds from the first moment of the file."""
    duration: float | None = None
    """How many seconds it lasts; None: to the end of the file."""
    label: str = ""
    """Name of its class; empty where there is none."""


def manifest_of(source: Path | str, data_set: str | None = None) -> Manifest:
    """What a source of videos lists.

    Args:
        source: a folder, or a csv file.
        data_set: name of the labelled data set that is unpacked in the folder, one of `DATA_SETS`. Without, all videos
            below the folder are taken, or those that the csv file lists.

    Raises:
        FileNotFoundError: neither a folder nor a file.
        ValueError: no videos in it, or lists that are missing or make no sense.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     (Path(folder) / "rex.mp4").touch()
        ...     [clip.name for clip in manifest_of(folder).clips]
        ['rex.mp4']
    """
    source = Path(source)
    if not source.exists():
        raise FileNotFoundError(f"{source} is neither a folder nor a file; give a folder of videos or a csv file")
    return read_manifest(data_set or ("folder" if source.is_dir() else "csv"), source)


def candidates_of(manifest: Manifest) -> list[Candidate]:
    """The clips that a manifest lists, missing ones among them; names of several classes are joined by semicolons.

    Raises:
        ValueError: its files are no videos.
    """
    if manifest.kind != "video":
        raise ValueError(f"{manifest.name} holds {manifest.kind}s; only videos, with pictures and sound, make clips")
    return [
        Candidate(
            path=clip.path,
            start=clip.start,
            duration=clip.duration,
            label=";".join(manifest.classes[label] for label in clip.labels),
        )
        for clip in manifest.clips
    ]
