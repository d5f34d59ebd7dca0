"""Reading a span of a file: from the seek to the last packet that it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from avlearn.data.media import MediaError, MediaFile, first_moment, open_media, reason

RUN_UP = 0.25
"""Seconds that are decoded before the span: sound codecs need some blocks before what they decode is right."""
_NEAR = 1.0
"""A span that begins this early, in seconds, is read from the file's start: a seek would gain nothing."""

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Span:
    """A piece of time, in seconds from the first moment of a file.

    Raises:
        ValueError: it begins before the file, or has no length.
    """

    start: float
    duration: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and self.start >= 0):
            raise ValueError(f"start is {self.start}; give seconds from the beginning of the file, at least 0")
        if not (math.isfinite(self.duration) and self.duration > 0):
            raise ValueError(f"duration is {self.duration}; give seconds, more than 0")

    @property
    def end(self) -> float:
        """Where it ends, in seconds."""
        return self.start + self.duration

    def count(self, rate: float | int, *, of: str) -> int:
        """How many pictures or samples it has at this rate.

        Raises:
            ValueError: the rate isn't positive, or so low that there is none.
        """
        check_rate(rate, of=of)
        number = round(self.duration * rate)
        if number < 1:
            raise ValueError(f"{self.duration} s at {of}_rate {rate} hold none; give a longer one or a higher rate")
        return number

    def __str__(self) -> str:
        return f"{self.start:.3f} to {self.end:.3f} s"


def check_rate(rate: float | int, *, of: str) -> None:
    """Refuses a rate that isn't positive.

    Raises:
        ValueError: so it is.
    """
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"{of}_rate is {rate}; give so many a second, more than 0")


class SeekMissedError(Exception):
    """A seek led behind the moment that it was to reach."""


@runtime_checkable
class Track(Protocol):
    """What takes the packets of one track until it has its span."""

    @property
    def stream(self) -> VideoStream | AudioStream:
        """The track of the file."""
        ...

    @property
    def done(self) -> bool:
        """Whether it has all that it needs."""
        ...

    def feed(self, packet: Packet[Any]) -> None:
        """Take the next packet; one without data ends the track."""
        ...


Collect: TypeAlias = Callable[[InputContainer, float, bool], tuple[Sequence[Track], Callable[[], Result]]]
"""From an open file, the time stamp of its first moment and whether it will be sought: the tracks to feed, and what
gives the result when they are fed."""


def read_span(path: MediaFile, span: Span, collect: Collect[Result]) -> Result:
    """Feed tracks until each has its span.

    The file is sought first, to the key frame before the span, and if the sound begins too late there to an earlier
    one. Where seeking leads astray, or what it finds can't be decoded, the file is read from its start.

    Args:
        path: of the file, or its content.
        span: what is needed of it.
        collect: makes the tracks to feed.

    Raises:
        FileNotFoundError: no such file.
        MediaError: the span can't be read.
    """
    for early in (0.0, RUN_UP) if span.start >= _NEAR else ():
        try:
            return _read(path, span, collect, early=early)
        except (SeekMissedError, MediaError):
            pass
    return _read(path, span, collect, early=None)


def _read(path: MediaFile, span: Span, collect: Collect[Result], *, early: float | None) -> Result:
    with open_media(path) as container:
        first = first_moment(container)
        try:
            tracks, result = collect(container, first, early is not None)
            if early is not None:
                stream = tracks[0].stream
                _seek(container, stream, first + span.start - (RUN_UP if stream.type == "audio" else early))
            _feed(container, tracks, span)
            return result()
        except MediaError as error:
            raise MediaError(f"{path}: {error}") from error


def _seek(container: InputContainer, stream: VideoStream | AudioStream, time: float) -> None:
    if stream.time_base is None:
        raise SeekMissedError
    try:
        container.seek(int(time / stream.time_base), stream=stream)
    except (av.FFmpegError, OverflowError) as error:
        raise SeekMissedError from error


def _feed(container: InputContainer, tracks: Sequence[Track], span: Span) -> None:
    by_number = {track.stream.index: track for track in tracks}
    try:
        for packet in container.demux([track.stream for track in tracks]):
            track = by_number[packet.stream.index]
            if not track.done:
                track.feed(packet)
            if all(track.done for track in tracks):
                return
    except (av.FFmpegError, OSError, MemoryError) as error:
        raise MediaError(f"the file is damaged before the end of {span} ({reason(error)})") from error
