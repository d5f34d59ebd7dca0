"""Clips of one's own videos as a source of scenes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor

from avlearn.data.assembly import whole_number
from avlearn.data.clip_list import EDGE, ClipList, ClipSpan
from avlearn.data.media import MediaError, Remark
from avlearn.data.settings import WorldSettings
from avlearn.data.spans import Span
from avlearn.data.video import Clip, read_halves
from avlearn.types import AVBatch, Flaw

TRIES = 100
"""So many clips in a row may be unreadable; more are no accident."""

_FLAWS: dict[str, Flaw] = {
    "silent": Flaw.SILENT,
    "black": Flaw.BLACK,
    "pictures_missing": Flaw.INCOMPLETE,
    "sound_missing": Flaw.INCOMPLETE,
}


@dataclass(frozen=True, kw_only=True)
class ClipFormat:
    """The form in which a model takes clips.

    Pictures stand for the middles of equal parts: of T pictures, number k is the one that is shown `(k + 0.5) /
    frame_rate` seconds after the start. A single picture is the one in the middle.

    Raises:
        ValueError: a setting makes no sense.

    Example:
        >>> ClipFormat.of(WorldSettings(seconds=2.0)).frame_rate
        0.5
    """

    frames: int
    """Pictures of a clip, T."""
    frame_rate: float | int
    """Pictures a second."""
    size: int
    """Side of the pictures in pixels: they are scaled until they cover the square, and cut on both sides."""
    seconds: float | int
    """Length of the sound."""
    sample_rate: int
    """Hz of the sound."""

    def __post_init__(self) -> None:
        for name in ("frames", "size", "sample_rate"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give at least 1")
        for name in ("frame_rate", "seconds"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; give more than 0")
        if self.frames / self.frame_rate > self.seconds * (1 + 1e-9):
            raise ValueError(f"{self.frames} pictures at {self.frame_rate:g} a second take longer than the "
                             f"{self.seconds:g} s of sound; give fewer, or a higher frame_rate")  # fmt: skip

    @classmethod
    def of(cls, settings: WorldSettings, *, sample_rate: int | None = None) -> ClipFormat:
        """The form of the scenes that a world of these settings makes, if wanted at another rate of samples."""
        return cls(
            frames=settings.frames,
            frame_rate=settings.frames_per_second,
            size=settings.size,
            seconds=settings.seconds,
            sample_rate=settings.sample_rate if sample_rate is None else sample_rate,
        )


@runtime_checkable
class ClipSource(Protocol):
    """Clips that were recorded: there is an end to them, and they can be told from others."""

    @property
    def fingerprint(self) -> str:
        """The same for the same clips in the same order."""
        ...

    def __len__(self) -> int:
        """Number of clips."""
        ...

    def batch(self, indices: Sequence[int], *, truth: bool = ...) -> AVBatch:
        """The clips of these numbers, as a `SceneSource` gives them."""
        ...


class VideoClips:
    """Clips of videos, decoded when they are asked for; a clip depends on its number alone.

    Of a piece that is longer than the format's sound, the middle is taken. A clip that can't be read, or is too short,
    is replaced by the next one that can: its row has the other one's number, and a flaw that says so.

    Args:
        spans: the clips.
        format: the form that the model takes.

    Raises:
        ValueError: no clips.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from avlearn.data import write_video
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_video(Path(folder) / "grey.mkv", torch.full((3, 30, 48, 64), 99, dtype=torch.uint8),
        ...                 torch.rand(48_000) - 0.5, frame_rate=10, sample_rate=16_000)
        ...     clips = VideoClips(ClipList.of_folder(folder, seconds=1.0), ClipFormat.of(WorldSettings(size=32)))
        ...     len(clips), clips.batch([2, 0]).frames.shape
        (3, torch.Size([2, 3, 1, 32, 32]))
    """

    def __init__(self, spans: Sequence[ClipSpan], format: ClipFormat) -> None:
        self.spans = spans if isinstance(spans, ClipList) else ClipList(spans)
        self.format = format
        if not self.spans:
            raise ValueError("there are no clips; list at least one")

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def fingerprint(self) -> str:
        """The same for the same clips in the same order; see `ClipList.fingerprint`."""
        return self.spans.fingerprint

    def batch(self, indices: Sequence[int] | Int[Tensor, " B"], *, truth: bool = False) -> AVBatch:
        """The clips of these numbers.

        Args:
            indices: from 0 to len - 1.
            truth: must be False.

        Raises:
            ValueError: no indices, one that there isn't, or the truth is asked for.
            MediaError: so many clips in a row can't be read that it is no accident.
        """
        return read_batch(indices, self._read, count=len(self), truth=truth)

    def _read(self, number: int) -> Clip:
        try:
            return read_formatted(self.spans[number], self.format)
        except FileNotFoundError as error:
            raise MediaError(str(error)) from error


def read_batch(
    indices: Sequence[int] | Int[Tensor, " B"], read: Callable[[int], Clip], *, count: int, truth: bool
) -> AVBatch:
    """The clips of these numbers, as `VideoClips` and `ShardedClips` give them.

    A clip that can't be read is replaced by the next one that can: its row has the other one's number, and a flaw that
    says so.

    Args:
        indices: from 0 to count - 1.
        read: reads the clip of a number.
        count: how many clips there are; the first one follows the last.
        truth: must be False.

    Raises:
        ValueError: no indices, one that there isn't, or the truth is asked for.
        MediaError: so many clips in a row can't be read that it is no accident.
    """
    if truth:
        raise ValueError("nobody knows the truth of videos; ask for it in a world or a collage")
    listed: Sequence[int] = indices.tolist() if isinstance(indices, Tensor) else indices
    rows = [_first_readable(_checked(index, count), read, count) for index in listed]
    batch = AVBatch.stack([clip.scene(number) for number, clip, _ in rows])
    return replace(batch, flaws=torch.tensor([flaws for *_, flaws in rows], dtype=torch.uint8))


def read_formatted(span: ClipSpan, format: ClipFormat) -> Clip:
    """The middle of a piece of a video, in the form that a model takes.

    Raises:
        FileNotFoundError: no such file.
        MediaError: the piece can't be read, or is shorter than the format's sound.
    """
    pictures, sound = halves(span, format)
    return read_halves(
        span.path,
        pictures=pictures,
        sound=sound,
        frame_rate=format.frame_rate,
        size=format.size,
        sample_rate=format.sample_rate,
    )


def halves(span: ClipSpan, format: ClipFormat) -> tuple[Span, Span]:
    """From when to when pictures and sound are taken of a piece of a video: its middle, in the format's lengths.

    Raises:
        MediaError: the piece is shorter than the format's sound.
    """
    spare = span.duration - format.seconds
    if spare < -EDGE:
        raise MediaError(f"{span.path}: the clip at {span.start:g} s lasts {span.duration:g} s, {format.seconds:g} s "
                         "are needed")  # fmt: skip
    start = span.start + max(0.0, spare) / 2
    pictures = Span(start=start + 0.5 / format.frame_rate, duration=format.frames / format.frame_rate)
    return pictures, Span(start=start, duration=format.seconds)


def flaws_of(remarks: Sequence[Remark]) -> int:
    """What remarks of `read_clip` amount to, as a sum of flaws, see `Flaw`."""
    flaws = 0
    for remark in remarks:
        flaws |= _FLAWS[remark.kind]
    return flaws


def _checked(index: int, count: int) -> int:
    number = whole_number(index, "index")
    if number >= count:
        raise ValueError(f"there is no clip {number}; use numbers from 0 to {count - 1}")
    return number


def _first_readable(number: int, read: Callable[[int], Clip], count: int) -> tuple[int, Clip, int]:
    # With its own number, and the sum of its flaws
    problems = []
    for tried in range(min(TRIES, count)):
        other = (number + tried) % count
        try:
            clip = read(other)
        except MediaError as error:
            problems.append(str(error))
        else:
            return other, clip, flaws_of(clip.remarks) | (Flaw.SKIPPED if tried else 0)
    raise MediaError(f"none of {len(problems)} clips from number {number} on can be read; {problems[0]}. "
                     "`avlearn prepare` tells which clips can be read, and lists those alone")  # fmt: skip
