"""MUSIC: solos and duets of musical instruments on YouTube."""

from __future__ import annotations

from pathlib import Path

from avlearn.data.annotation_files import read_json
from avlearn.data.listing import Listing
from avlearn.data.manifests import LabelledClip, Manifest
from avlearn.data.youtube_files import clips_among

REMEDY = (
    "take MUSIC_solo_videos.json and MUSIC_duet_videos.json of https://github.com/roudimit/MUSIC_dataset, and name the "
    "videos by their ids, as jW_AuF6dQYY.mp4"
)
LISTS = ("MUSIC_solo_videos.json", "MUSIC_duet_videos.json", "MUSIC21_solo_videos.json")
"""Any of which may be absent; the last one belongs to the edition of 21 instruments."""


def music(folder: Path | str) -> Manifest:
    """MUSIC (Zhao et al., ECCV 2018): which instruments play; the makers published no split.

    Args:
        folder: holds, anywhere below it, one or more of `LISTS` and the videos, named by their ids, in folders of
            instruments or not; or, without any videos, their sounds.

    Raises:
        ValueError: no list, or one that isn't as released.
    """
    folder = Path(folder)
    files = Listing.below(folder)
    lists = {path.name: path for path in files.named(*LISTS)}
    if not lists:
        raise ValueError(f"none of {', '.join(LISTS)} is below {folder}; {REMEDY}")
    played: dict[str, set[str]] = {}
    for path in lists.values():
        for instruments, videos in _videos(path).items():
            for video in videos:
                # A duet is listed under both of its instruments, as "flute violin"
                played.setdefault(video, set()).update(instruments.split())
    classes = tuple(sorted({instrument for instruments in played.values() for instrument in instruments}))
    kind, clips = clips_among(files)
    return Manifest(
        name="music",
        kind=kind,
        classes=classes,
        clips=tuple(
            LabelledClip(
                name=video,
                path=clips.find(video) or folder / f"{video}.mp4",
                labels=tuple(number for number, name in enumerate(classes) if name in instruments),
                group=video,
            )
            for video, instruments in played.items()
        ),
        splits=(),
        remedy=REMEDY,
    )


def _videos(path: Path) -> dict[str, list[str]]:
    content = read_json(path)
    videos = content.get("videos") if isinstance(content, dict) else None
    if not isinstance(videos, dict) or not all(isinstance(ids, list) for ids in videos.values()):
        raise ValueError(f"{path} must be an object with `videos`: instrument -> list of ids; {REMEDY}")
    return videos
