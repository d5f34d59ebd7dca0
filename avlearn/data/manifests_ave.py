"""AVE: audiovisual events of 28 classes in videos of 10 s."""

from __future__ import annotations

from pathlib import Path

from avlearn.data.listing import Listing
from avlearn.data.manifests import LabelledClip, Manifest, official, read_lines, root_of
from avlearn.data.youtube_files import clips_among

REMEDY = (
    "unpack AVE_Dataset.zip of https://github.com/YapengTian/AVE-ECCV18 there: Annotations.txt, trainSet.txt, "
    "valSet.txt, testSet.txt, and the videos in AVE/"
)
FIELDS = "Category&VideoID&Quality&StartTime&EndTime"
"""Of a line; the copy of the list in the repository has no such head."""
PARTS = {"trainSet.txt": "train", "testSet.txt": "test"}


def ave(folder: Path | str) -> Manifest:
    """AVE (Tian et al., ECCV 2018): 4143 events; a clip is the whole video in which an event is seen and heard.

    Some videos have several events, and a few of those are on both sides of the official split, under other classes.

    Args:
        folder: holds `Annotations.txt`, `trainSet.txt` and `testSet.txt` (without these two there is no split) and the
            videos, named as `AVE/RUhOCu3LNXM.mp4`; or `AVE_Dataset/` with all that.

    Raises:
        ValueError: the list is missing, or a line isn't in its form.
    """
    root = root_of(folder, "Annotations.txt", "AVE_Dataset", remedy=REMEDY)
    events = _events(root / "Annotations.txt")
    parts = {event: part for name, part in PARTS.items() if (root / name).is_file() for event in _events(root / name)}
    classes = tuple(sorted({label for label, _ in events}))
    kind, clips = clips_among(Listing.below(root))
    return Manifest(
        name="ave",
        kind=kind,
        classes=classes,
        clips=tuple(
            LabelledClip(
                name=f"{label}&{video}",
                path=clips.find(video) or root / "AVE" / f"{video}.mp4",
                labels=(classes.index(label),),
                group=video,
            )
            for label, video in events
        ),
        splits=official([parts.get(event, "") for event in events]),
        remedy=REMEDY,
    )


def _events(path: Path) -> list[tuple[str, str]]:
    events = []
    for line in read_lines(path, remedy=REMEDY):
        fields = line.split("&")
        if len(fields) != 5:
            raise ValueError(f"{path} has the line {line!r}; each must be {FIELDS}")
        if line != FIELDS:
            events.append((fields[0], fields[1]))
    return list(dict.fromkeys(events))
