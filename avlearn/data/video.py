"""Clips of a video: pictures and sound of the same span."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer
from jaxtyping import Float, UInt8
from torch import Tensor

from avlearn.data.media import Remark
from avlearn.data.spans import Span, Track, read_span
from avlearn.data.video_frames import FrameTrack, VideoFrames, check_size
from avlearn.data.video_sound import SoundTrack, VideoSound
from avlearn.types import Scene


@dataclass(frozen=True, eq=False, kw_only=True)
class Clip:
    """A piece of a video with its sound."""

    frames: UInt8[Tensor, "3 T H W"]
    """RGB, 0 to 255."""
    waveform: Float[Tensor, " S"]
    """Mono, in [-1, 1]."""
    frame_rate: float
    """Frames per second."""
    sample_rate: int
    """Hz of the waveform."""
    start: float
    """Where it begins, in seconds from the first moment of the file."""
    remarks: tuple[Remark, ...]
    """What to know of it, such as that its sound is silent or ends too early; empty if all is well."""

    def scene(self, index: int = 0) -> Scene:
        """The clip as a row of a batch, with its number in the data set."""
        return Scene(
            frames=self.frames,
            waveform=self.waveform,
            sample_rate=self.sample_rate,
            frame_rate=self.frame_rate,
            index=index,
        )


def read_clip(
    path: Path | str,
    *,
    start: float | int,
    duration: float | int,
    frame_rate: float | int,
    size: int | tuple[int, int] | None = None,
    sample_rate: int,
) -> Clip:
    """Pictures and sound of the same span of a video, on one clock.

    The first track of pictures and the first of sound are read, each in the one pass over the file. See `read_frames`
    for which picture stands for a moment, and for the size; `read_sound` for channels, scale and rate.

    Args:
        path: of a video file.
        start: in seconds from the first moment of the file: its first picture or its first sound.
        duration: in seconds.
        frame_rate: pictures a second that are wanted; there are `round(duration * frame_rate)` of them.
        size: side of a square, or height and width; None leaves the size in which the video is shown.
        sample_rate: Hz that is wanted; there are `round(duration * sample_rate)` samples.

    Raises:
        ValueError: an argument that makes no sense.
        FileNotFoundError: no such file.
        MediaError: no media file, without pictures or without sound in the span, or damaged before its end.

    Example:
        >>> import tempfile, torch
        >>> from avlearn.data import write_video
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "grey.mkv"
        ...     write_video(path, torch.full((3, 20, 48, 64), 99, dtype=torch.uint8), torch.rand(32_000) - 0.5,
        ...                 frame_rate=10, sample_rate=16_000)
        ...     clip = read_clip(path, start=0.5, duration=1, frame_rate=5, size=32, sample_rate=8000)
        >>> clip.frames.shape, clip.waveform.shape, clip.frames.unique(), clip.remarks
        (torch.Size([3, 5, 32, 32]), torch.Size([8000]), tensor([99], dtype=torch.uint8), ())
    """
    span = Span(start=float(start), duration=float(duration))
    return read_halves(
        path, pictures=span, sound=span, frame_rate=float(frame_rate), size=size, sample_rate=sample_rate
    )


def read_halves(
    path: Path | str,
    *,
    pictures: Span,
    sound: Span,
    frame_rate: float,
    size: int | tuple[int, int] | None = None,
    sample_rate: int,
) -> Clip:
    """Pictures of one span and the sound of another, in one pass over the file; see `read_clip`.

    Args:
        path: of a video file.
        pictures: there are `round(duration * frame_rate)` of them, the first one where the span starts.
        sound: the clip begins where this span does.
        frame_rate: pictures a second.
        size: side of a square, or height and width; None leaves the size in which the video is shown.
        sample_rate: Hz that is wanted.

    Raises:
        ValueError: an argument that makes no sense.
        FileNotFoundError: no such file.
        MediaError: as `read_clip`.

    Example:
        >>> still, second = Span(start=1.5, duration=1.0), Span(start=1.0, duration=1.0)
        >>> read_halves("missing.mp4", pictures=still, sound=second, frame_rate=1.0, sample_rate=16_000)
        Traceback (most recent call last):
        FileNotFoundError: missing.mp4 is no file; give the path of a video
    """
    check_size(size)
    pictures.count(frame_rate, of="frame")
    sound.count(sample_rate, of="sample")
    start, end = min(pictures.start, sound.start), max(pictures.end, sound.end)

    def collect(
        container: InputContainer, first: float, sought: bool
    ) -> tuple[list[Track], Callable[[], tuple[VideoFrames, VideoSound]]]:
        seen = FrameTrack.of(container, first, span=pictures, frame_rate=frame_rate, size=size, sought=sought)
        heard = SoundTrack.of(container, first, span=sound, sample_rate=sample_rate, sought=sought)
        return [seen, heard], lambda: (seen.result(), heard.result())

    seen, heard = read_span(path, Span(start=start, duration=end - start), collect)
    return Clip(
        frames=seen.frames,
        waveform=heard.waveform,
        frame_rate=frame_rate,
        sample_rate=sample_rate,
        start=sound.start,
        remarks=(*seen.remarks, *heard.remarks),
    )
