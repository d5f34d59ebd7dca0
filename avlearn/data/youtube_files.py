"""Files of clips of YouTube videos, found by what those who downloaded them have called them.

Data sets of such clips are published as lists of video ids and seconds; the files come from many programs, and each has
names of its own. Known here, for 11 characters `ID` and a clip from second 30 to 40:

- `ID_000030_000040`: Kinetics as released; `ID_000030`: VGGSound as released;
- `ID_30_40`, `ID_30.000_40.000`, `ID_30.0-40.0`, `ID_30`: what most programs for AudioSet write;
- `ID_30000_40000`: milliseconds, as audiosetdl writes them;
- `ID` or `YID`: nothing but the id. Such a file is taken for the clip, not for the video that the clip was cut from:
  names don't tell. Whoever has whole videos lists them with `start` and `duration` in a csv, see
  `avlearn.data.manifests_own`.

In which folder a file lies doesn't matter.
"""

from __future__ import annotations

import math
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from avlearn.data.clip_list import SUFFIXES
from avlearn.data.listing import Listing
from avlearn.data.manifests import Kind

VIDEOS = SUFFIXES - {".ogg"}
"""What names of clips with pictures end with."""
SOUNDS = frozenset((".wav", ".flac", ".mp3", ".m4a", ".aac", ".opus", ".ogg"))
"""What names of clips end with of which nothing but the sound was kept."""
ID_LENGTH = 11
"""Characters of a YouTube id; these may be letters, digits, - and _."""

_TIMES = re.compile(r"_(\d+(?:\.\d+)?)(?:[_-]\d+(?:\.\d+)?)?")


class YouTubeFiles:
    """Files by the id and the second with which their names begin.

    Args:
        paths: of the files; where two would do for a clip, the first is taken.

    Example:
        >>> files = YouTubeFiles(["k/abseiling/0347ZoDXyP0_000095_000105.mp4", "k/-dnY1-yWKJo.mp4"])
        >>> files.find("0347ZoDXyP0", 95).name, files.find("0347ZoDXyP0", 96), files.find("-dnY1-yWKJo", 40).name
        ('0347ZoDXyP0_000095_000105.mp4', None, '-dnY1-yWKJo.mp4')
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._named: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self._whole: dict[str, str] = {}
        for path in paths:
            stem = path.rpartition(os.sep)[2].rpartition(".")[0]
            video, rest = stem[:ID_LENGTH], stem[ID_LENGTH:]
            if times := _TIMES.fullmatch(rest):
                self._named[video].append((float(times[1]), path))
            elif len(stem) == ID_LENGTH:
                self._whole.setdefault(video, path)
            elif len(stem) == ID_LENGTH + 1 and stem[0] == "Y":
                self._whole.setdefault(stem[1:], path)

    def find(self, video: str, start: float | int = 0.0) -> Path | None:
        """The file of the clip of a video that begins at this second; None if there is none."""
        wanted = (start, math.floor(start), round(1000 * start))
        for second, path in self._named.get(video, ()):
            if second in wanted:
                return Path(path)
        return Path(self._whole[video]) if video in self._whole else None


def clips_among(files: Listing, *, first: str = "") -> tuple[Kind, YouTubeFiles]:
    """The clips among the files of a data set: its videos, or, where it has no videos, its sounds.

    Args:
        files: all files of the data set.
        first: files in whose paths this stands go before others of the same name.
    """
    videos = files.ending(VIDEOS)
    paths = videos or files.ending(SOUNDS)
    return "video" if videos or not paths else "sound", YouTubeFiles(sorted(paths, key=lambda path: first not in path))
