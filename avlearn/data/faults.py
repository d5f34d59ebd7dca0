"""What is wrong with a video, or with clips of it; a helper process is to ask, as asking means decoding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from avlearn.data.extent import Extent, extent
from avlearn.data.media import MediaError
from avlearn.data.probe import probe
from avlearn.data.video import Clip, read_clip
from avlearn.data.video_frames import BLACK
from avlearn.data.video_sound import SILENCE

ProblemKind: TypeAlias = Literal[
    "missing", "broken", "no_pictures", "no_sound", "too_short", "incomplete", "black", "silent"
]
"""What is wrong: no such file; it can't be decoded; it has no pictures, or no sound; they last together less than a
clip; pictures or sound lack somewhere in a clip; its pictures are black; its sound is digital silence."""
Fault: TypeAlias = tuple[ProblemKind, str]
"""What is wrong, and the reason in words."""
STRETCH = 10.0
"""Seconds of neighbouring clips that are looked at in one go: each look begins at a key frame, often seconds before."""
FRAME_RATE, SIZE, SAMPLE_RATE = 4.0, 64, 16_000
"""What a clip is looked at with. Every picture is decoded, whatever the rate."""


def usable_extent(path: Path) -> Extent | Fault:
    """From when to when a file has pictures and sound, or why never.

    Raises:
        FileNotFoundError: no such file.
    """
    info = probe(path)
    if info.container and info.video is None:
        return "no_pictures", f"{path} has no pictures in a known codec"
    if info.container and info.audio is None:
        return "no_sound", f"{path} has no sound in a known codec"
    if info.problems:
        return "broken", "; ".join(info.problems)
    try:
        return extent(path)
    except MediaError as error:
        return "broken", str(error)


def stretches(starts: Sequence[float], seconds: float) -> list[list[float]]:
    """Starts of clips of this length, in order, as groups of neighbours that are looked at together.

    >>> stretches([0.0, 4.0, 8.0, 40.0], 4.0)
    [[0.0, 4.0], [8.0], [40.0]]
    """
    groups: list[list[float]] = []
    for start in starts:
        if groups and start + seconds - groups[-1][0] <= STRETCH:
            groups[-1].append(start)
        else:
            groups.append([start])
    return groups


def clip_faults(path: Path, starts: Sequence[float], seconds: float) -> list[Fault | None]:
    """What is wrong with each of some neighbouring clips; None of those that are good.

    Args:
        path: of the video.
        starts: of the clips, in seconds and in order.
        seconds: length of a clip.

    Raises:
        FileNotFoundError: no such file.
    """
    suspects = starts if len(starts) == 1 else _suspects(path, starts, seconds)
    return [_fault(path, start, seconds) if start in suspects else None for start in starts]


def _suspects(path: Path, starts: Sequence[float], seconds: float) -> Sequence[float]:
    """Those that must be looked at one by one, by a look at the whole stretch."""
    try:
        stretch = _read(path, starts[0], starts[-1] + seconds - starts[0])
    except MediaError:
        return starts
    return starts if stretch.remarks else [start for start in starts if _is_dull(stretch, start, seconds)]


def _is_dull(stretch: Clip, start: float, seconds: float) -> bool:
    begin, end = start - stretch.start, start - stretch.start + seconds
    heard = stretch.waveform[round(begin * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    seen = stretch.frames[:, math.floor(begin * stretch.frame_rate) : math.ceil(end * stretch.frame_rate)]
    return float(heard.abs().max()) <= SILENCE or int(seen.max()) <= BLACK


def _fault(path: Path, start: float, seconds: float) -> Fault | None:
    try:
        remarks = _read(path, start, seconds).remarks
    except MediaError as error:
        return "broken", str(error)
    kinds: dict[str, ProblemKind] = {"black": "black", "silent": "silent"}
    for remark in sorted(remarks, key=lambda remark: remark.kind not in kinds):
        return kinds.get(remark.kind, "incomplete"), f"{start:.3f} to {start + seconds:.3f} s: {remark.text}"
    return None


def _read(path: Path, start: float, duration: float) -> Clip:
    rate = max(FRAME_RATE, 1 / duration)
    return read_clip(path, start=start, duration=duration, frame_rate=rate, size=SIZE, sample_rate=SAMPLE_RATE)
