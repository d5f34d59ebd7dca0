"""Pictures of a video at times of one's own choice, exact to the frame."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import UInt8
from torch import Tensor

from avlearn.data.media import MediaError, MediaFile, Remark, video_track
from avlearn.data.orientation import Layout, layout_for, orientation_of
from avlearn.data.spans import SeekMissedError, Span, Track, read_span

ROUNDING = 0.001
"""Seconds by which a time stamp may be off: WebM and Matroska round them to milliseconds."""
_EDGE = 0.05
"""Pictures that lack by less than this at the ends of a track, in seconds, are nothing to speak of."""
_SCALING = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
"""Each new pixel a mean of old ones. Without the other two, ffmpeg's colours are about two levels of 255 too dark."""
_PAUSE = 0.5
"""A picture that is shown for this many seconds more than it says of itself stands where others are lost."""
BLACK = 16
"""Pictures without a brighter value than this, of 255, are black: it is black in the limited range of video."""


@dataclass(frozen=True, eq=False, kw_only=True)
class VideoFrames:
    """Pictures of a video."""

    frames: UInt8[Tensor, "3 T H W"]
    """RGB, 0 to 255."""
    frame_rate: float
    """Pictures a second."""
    remarks: tuple[Remark, ...]
    """What to know of them; empty if all is well."""


def read_frames(
    path: MediaFile,
    *,
    start: float | int,
    duration: float | int,
    frame_rate: float | int,
    size: int | tuple[int, int] | None = None,
) -> VideoFrames:
    """The pictures that a player shows at the times `start + k / frame_rate`.

    A picture is shown from its own time stamp until the next one's, so a video of another or of a varying frame rate is
    neither sped up nor slowed down. Before the first picture the first is given, after the last one the last, with a
    remark. They stand upright, with square pixels.

    Args:
        path: of a video file, or its content as `MediaBytes`.
        start: in seconds from the first moment of the file.
        duration: in seconds.
        frame_rate: pictures a second that are wanted; there are `round(duration * frame_rate)` of them.
        size: side of a square, or height and width. The picture is scaled until it covers that, and what hangs over is
            cut off on both sides. None leaves the size in which it is shown.

    Raises:
        ValueError: an argument that makes no sense.
        FileNotFoundError: no such file.
        MediaError: no media file, no pictures in the span, or damaged before its end.

    Example:
        >>> read_frames("missing.mp4", start=0, duration=1, frame_rate=8)
        Traceback (most recent call last):
        FileNotFoundError: missing.mp4 is no file; give the path of a video
    """
    span = Span(start=float(start), duration=float(duration))
    check_size(size)
    frame_rate = float(frame_rate)
    span.count(frame_rate, of="frame")

    def collect(container: InputContainer, first: float, sought: bool) -> tuple[list[Track], Callable[[], VideoFrames]]:
        track = FrameTrack.of(container, first, span=span, frame_rate=frame_rate, size=size, sought=sought)
        return [track], track.result

    return read_span(path, span, collect)


def check_size(size: int | tuple[int, int] | None) -> None:
    """Refuses a size that no picture can have.

    Raises:
        ValueError: it is less than one pixel high or wide.
    """
    if size is not None and min((size,) if isinstance(size, int) else size) < 1:
        raise ValueError(f"size is {size}; give a side of at least 1, or (height, width)")


@dataclass(eq=False, kw_only=True)
class FrameTrack:
    """Takes the packets of a track of pictures until it has one for every time."""

    stream: VideoStream
    first: float
    """Time stamp of the file's first moment."""
    times: list[float]
    """When pictures are wanted, in seconds from the first moment."""
    span: Span
    frame_rate: float
    size: int | tuple[int, int] | None
    sought: bool
    _number: int = 0
    """Pictures that are there already."""
    _latest: VideoFrame | None = None
    """The picture that is shown until the next one comes, and since when."""
    _since: float = 0.0
    _begin: float | None = None
    _pauses: list[Remark] = field(default_factory=list)
    _frames: UInt8[Tensor, "3 T H W"] | None = None
    _upright: Upright = field(init=False)

    def __post_init__(self) -> None:
        self._upright = Upright(self.stream, size=self.size)

    @classmethod
    def of(
        cls,
        container: InputContainer,
        first: float,
        *,
        span: Span,
        frame_rate: float,
        size: int | tuple[int, int] | None,
        sought: bool,
    ) -> FrameTrack:
        """The first track of pictures of a file.

        Raises:
            MediaError: it has none.
        """
        stream = video_track(container)
        if stream is None:
            raise MediaError("the file has no pictures in a known codec; read_sound reads its sound")
        times = [span.start + k / frame_rate for k in range(span.count(frame_rate, of="frame"))]
        return cls(stream=stream, first=first, times=times, span=span, frame_rate=frame_rate, size=size, sought=sought)

    @property
    def done(self) -> bool:
        """Whether there is a picture for every time."""
        return self._number == len(self.times)

    def feed(self, packet: Packet[Any]) -> None:
        """Take the next packet; one without data ends the track."""
        for frame in self.stream.decode(packet):
            if not self.done:
                self._show(frame)

    def result(self) -> VideoFrames:
        """All pictures; the last one is repeated where the track ends too early.

        Raises:
            MediaError: no picture is shown in the span.
        """
        if self._latest is None or self._begin is None:
            raise MediaError("not a single picture can be decoded; the file is damaged")
        end = self._since + shown_for(self.stream, self._latest)
        late = 0 if self.done else sum(time >= end + _EDGE for time in self.times)
        early = sum(time < self._begin - _EDGE for time in self.times)
        if early + late >= len(self.times):
            raise MediaError(f"no pictures in {self.span}: they run from {self._begin:.3f} to {end:.3f} s")
        self._fill(until=None)
        assert self._frames is not None
        return VideoFrames(
            frames=self._frames,
            frame_rate=self.frame_rate,
            remarks=(*self._pauses, *self._gaps(early, late, end), *_black(self._frames)),
        )

    def _show(self, frame: VideoFrame) -> None:
        """A new picture replaces the one that was shown, which fills the times until then."""
        time = self._time(frame)
        if self._latest is None:
            if self.sought and time > self.times[0] + ROUNDING:
                raise SeekMissedError
            self._begin = time
        else:
            self._fill(until=time)
        self._latest, self._since = frame, time

    def _time(self, frame: VideoFrame) -> float:
        if frame.pts is not None and frame.time_base is not None:
            return max(self._since, frame.pts * frame.time_base.numerator / frame.time_base.denominator - self.first)
        if self._latest is not None:
            return self._since + shown_for(self.stream, self._latest)
        if self.sought:
            raise SeekMissedError
        return 0.0

    def _fill(self, *, until: float | None) -> None:
        """The shown picture at every time that is left before this one; at all if there is none."""
        stop = self._number
        while stop < len(self.times) and (until is None or self.times[stop] + ROUNDING < until):
            stop += 1
        if stop > self._number and self._latest is not None:
            self._place(self._latest, slice(self._number, stop))
            if until is not None and until > self._since + shown_for(self.stream, self._latest) + _PAUSE:
                text = f"no pictures between {self._since:.3f} and {until:.3f} s; the one before is repeated"
                self._pauses.append(Remark(kind="pictures_missing", text=text))
        self._number = stop

    def _place(self, frame: VideoFrame, where: slice) -> None:
        if frame.is_corrupt:
            raise MediaError(f"the picture at {self._since:.3f} s is damaged")
        picture = torch.from_numpy(self._upright(frame))
        if self._frames is None:
            self._frames = torch.empty(3, len(self.times), *picture.shape[:2], dtype=torch.uint8)
        self._frames[:, where] = picture.permute(2, 0, 1)[:, None]

    def _gaps(self, early: int, late: int, end: float) -> tuple[Remark, ...]:
        places = {
            f"before the first one at {self._begin:.3f} s": early,
            f"after the last one, which ends at {end:.3f} s": late,
        }
        return tuple(
            Remark(kind="pictures_missing", text=f"{number} of {len(self.times)} pictures lie {place}; it is repeated")
            for place, number in places.items()
            if number
        )


class Upright:
    """Makes the pictures of a track upright ones of one size with square pixels.

    Args:
        stream: the track.
        size: see `read_frames`; None leaves the size of the first picture, as it is shown.
    """

    def __init__(self, stream: VideoStream, *, size: int | tuple[int, int] | None) -> None:
        self._stream, self._size = stream, size
        self._layouts: dict[tuple[int, int], Layout] = {}
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> UInt8[np.ndarray, "H W 3"]:
        """A stored picture as it is shown.

        Raises:
            MediaError: the scaled picture would be huge, or it is to be turned by less than a quarter turn.
        """
        layout = self._layout(frame)
        width, height = layout.scaled
        scaled = self._reformatter.reformat(
            frame, width=width, height=height, format="rgb24", interpolation=_SCALING, threads=1
        )
        return np.ascontiguousarray(layout.cut(_pixels(scaled)))

    def _layout(self, frame: VideoFrame) -> Layout:
        # A track may change its size; all its pictures come out like the first
        stored = (frame.width, frame.height)
        if stored not in self._layouts:
            self._layouts[stored] = layout_for(
                *stored,
                sample_aspect=self._stream.sample_aspect_ratio,
                orientation=orientation_of(frame),
                size=self._size,
            )
            self._size = self._layouts[stored].size
        return self._layouts[stored]


def shown_for(stream: VideoStream, frame: VideoFrame) -> float:
    """Seconds for which a picture is shown, as it says itself or as its track does on average; 0 if neither tells."""
    if frame.duration and frame.time_base:
        return float(frame.duration * frame.time_base)
    return float(1 / stream.guessed_rate) if stream.guessed_rate else 0.0


def _pixels(frame: VideoFrame) -> UInt8[np.ndarray, "h w 3"]:
    """A view of the picture's memory, whose rows may be longer than the picture."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : 3 * frame.width].reshape(frame.height, frame.width, 3)


def _black(frames: UInt8[Tensor, "3 T H W"]) -> tuple[Remark, ...]:
    brightest = int(frames.max())
    if brightest > BLACK:
        return ()
    return (Remark(kind="black", text=f"all pictures are black: their brightest value is {brightest} of 255"),)
