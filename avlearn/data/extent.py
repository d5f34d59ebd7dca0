"""From when to when a video has both pictures and sound, by what it holds and not by what its header promises."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from av.packet import Packet

from avlearn.data.media import MediaError, audio_track, first_moment, open_media, video_track

_SPARSE = 2.0
"""A file is damaged if its time stamps reach over this many times what its packets last, ..."""
_SLACK = 60.0
"""... and by more than these seconds: a flipped bit may date a packet to the next millennium."""


@dataclass(frozen=True, kw_only=True)
class Extent:
    """A piece of time, in seconds from the first moment of a file."""

    start: float
    end: float


def extent(path: Path | str) -> Extent:
    """When a video has pictures and sound at the same time; start and end are equal if never.

    The packets of both tracks are read to the end of the file, or to where it is damaged, and none is decoded.

    Args:
        path: of a video file.

    Raises:
        FileNotFoundError: no such file.
        MediaError: no media file, without pictures or without sound, or with time stamps that can't be.

    Example:
        >>> import tempfile, torch
        >>> from avlearn.data import write_video
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "short_sound.mkv"
        ...     write_video(path, torch.zeros(3, 20, 32, 32, dtype=torch.uint8), torch.zeros(12_000),
        ...                 frame_rate=10, sample_rate=8000)
        ...     extent(path)
        Extent(start=0.0, end=1.5)
    """
    with open_media(path) as container:
        tracks = video_track(container), audio_track(container)
        if tracks[0] is None or tracks[1] is None:
            raise MediaError(f"{path} has no {'sound' if tracks[0] else 'pictures'} in a known codec")
        reaches = {track.index: _Reach() for track in tracks if track is not None}
        try:
            for packet in container.demux([track for track in tracks if track is not None]):
                reaches[packet.stream.index].add(packet)
        except (av.FFmpegError, OSError, MemoryError):
            pass  # what lies before the damage may be good
        first = first_moment(container)
    return _common(path, list(reaches.values()), first)


@dataclass
class _Reach:
    begin: float = field(default=float("inf"))
    end: float = field(default=float("-inf"))
    lasting: float = 0.0

    def add(self, packet: Packet[Any]) -> None:
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is None or packet.is_discard or not packet.size:
            return
        time, lasting = float(stamp * packet.time_base), float((packet.duration or 0) * packet.time_base)
        self.begin, self.end = min(self.begin, time), max(self.end, time + lasting)
        self.lasting += lasting


def _common(path: Path | str, reaches: list[_Reach], first: float) -> Extent:
    start = max(0.0, *(reach.begin - first for reach in reaches))
    end = min(reach.end - first for reach in reaches)
    if not math.isfinite(start):
        raise MediaError(f"{path} holds no pictures or no sound, whatever its header says; fetch it again")
    lasting = max(reach.lasting for reach in reaches)
    if end - start > _SPARSE * lasting + _SLACK:
        raise MediaError(f"{path} is damaged: packets of {lasting:.1f} s are dated over {end - start:.1f} s")
    return Extent(start=start, end=max(start, end))
