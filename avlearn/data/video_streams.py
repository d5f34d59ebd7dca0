"""Pictures and sound of a whole video one after the other, so that its length costs no memory."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8

from avlearn.data.media import MediaError, audio_track, first_moment, open_media, reason, video_track
from avlearn.data.spans import check_rate
from avlearn.data.video_frames import ROUNDING, Upright, check_size, shown_for
from avlearn.data.video_sound import LOUDEST, channels_of, longest_rounding, mono

_LAYOUTS = {1: "mono", 2: "stereo"}
_LONGEST_GAP = 3600.0
"""Seconds of silence between two blocks of sound beyond which a time stamp is taken as damaged."""


def stream_frames(
    path: Path | str, *, frame_rate: float | int, size: int | tuple[int, int] | None = None
) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """The pictures that a player shows at the times `k / frame_rate`, from the first moment to the end.

    They are those of `read_frames`, but none of them is kept.

    Args:
        path: of a video file.
        frame_rate: pictures a second that are wanted.
        size: see `read_frames`.

    Raises:
        ValueError: an argument that makes no sense.
        FileNotFoundError: no such file.
        MediaError: no media file, without pictures, or damaged before its end.

    Example:
        >>> import tempfile, torch
        >>> from avlearn.data import write_video
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "grey.mkv"
        ...     write_video(path, torch.full((3, 20, 48, 64), 99, dtype=torch.uint8), frame_rate=10)
        ...     [picture.shape for picture in stream_frames(path, frame_rate=1)]
        [(48, 64, 3), (48, 64, 3)]
    """
    check_size(size)
    check_rate(frame_rate, of="frame")
    with _reading(path) as container:
        stream = video_track(container)
        if stream is None:
            raise MediaError("the file has no pictures in a known codec")
        upright, number = Upright(stream, size=size), 0
        shown: UInt8[np.ndarray, "H W 3"] | None = None
        for frame, until in _timed(container, stream):
            while number / frame_rate + ROUNDING < until:
                shown = upright(frame) if shown is None else shown
                yield shown
                number += 1
            shown = None
        if not number:
            raise MediaError("not a single picture can be decoded; the file is damaged")


def stream_sound(
    path: Path | str, *, sample_rate: int, channels: int = 1
) -> Iterator[Float[np.ndarray, "{channels} samples"]]:
    """The sound of a file from its first moment to its end, in blocks of any lengths.

    Full scale is 1; what lossy codecs decode to beyond it is clipped. Where the track has a gap there are zeros.

    Args:
        path: of a video or sound file.
        sample_rate: Hz that is wanted.
        channels: 1 gives the mean of all channels; 2 gives those of a stereo track, and else the mean twice.

    Raises:
        ValueError: an argument that makes no sense.
        FileNotFoundError: no such file.
        MediaError: no media file, without sound, or damaged before its end.

    Example:
        >>> import tempfile, torch
        >>> from avlearn.data import write_video
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path, black = Path(folder) / "a.mkv", torch.zeros(3, 20, 48, 64, dtype=torch.uint8)
        ...     write_video(path, black, torch.ones(16_000), frame_rate=10, sample_rate=16_000)
        ...     sum(block.shape[1] for block in stream_sound(path, sample_rate=8000))
        8000
    """
    if channels not in _LAYOUTS:
        raise ValueError(f"channels is {channels}; give 1 or 2")
    check_rate(sample_rate, of="sample")
    with _reading(path) as container:
        stream = audio_track(container)
        if stream is None:
            raise MediaError("the file has no sound in a known codec")
        resampler = _Resampler(sample_rate, channels)
        for block, rate in _gapless(container, stream, channels):
            yield from resampler.feed(block, rate)
        yield from resampler.end()


@contextmanager
def _reading(path: Path | str) -> Iterator[InputContainer]:
    """An open file, whose errors name it."""
    with open_media(path) as container:
        try:
            yield container
        except MediaError as error:
            raise MediaError(f"{path}: {error}") from error
        except (av.FFmpegError, MemoryError) as error:
            raise MediaError(f"{path}: the file is damaged before its end ({reason(error)})") from error


def _timed(container: InputContainer, stream: VideoStream) -> Iterator[tuple[VideoFrame, float]]:
    """Each picture, and until when it is shown; the first one is from the beginning."""
    first, since, latest = first_moment(container), 0.0, None
    for frame in container.decode(stream):
        if frame.is_corrupt:
            raise MediaError(f"a picture after {since:.3f} s is damaged")
        if latest is None:
            begin = 0.0
        elif frame.pts is not None and frame.time_base is not None:
            begin = max(since, frame.pts * frame.time_base.numerator / frame.time_base.denominator - first)
        else:
            begin = since + shown_for(stream, latest)
        if latest is not None:
            yield latest, begin
        latest, since = frame, begin
    if latest is not None:
        yield latest, since + max(shown_for(stream, latest), 2 * ROUNDING)


def _gapless(
    container: InputContainer, stream: AudioStream, channels: int
) -> Iterator[tuple[Float[np.ndarray, "{channels} samples"], int]]:
    """The blocks of a track, and its rate, with zeros where none are."""
    first, written, rate = first_moment(container), 0, 0
    for frame in container.decode(stream):
        if rate not in (0, frame.sample_rate):
            raise MediaError(f"its sound changes from {rate} to {frame.sample_rate} Hz")
        rate, begun = frame.sample_rate, written > 0
        block = _mixed(channels_of(frame), channels)
        if frame.pts is not None and frame.time_base is not None:
            begin = frame.pts * frame.time_base.numerator / frame.time_base.denominator - first
            gap = round(begin * rate) - written
            if gap > _LONGEST_GAP * rate:
                raise MediaError(f"its sound jumps to {begin:.0f} s, which is too far")
            if not begun or abs(gap) > longest_rounding(stream) * rate:
                for silent in _pieces(gap, rate):
                    yield np.zeros((channels, silent), np.float32), rate
                written += max(gap, 0)
                block = block[:, max(-gap, 0) :]
        if block.shape[1]:
            yield block, rate
            written += block.shape[1]


def _pieces(samples: int, longest: int) -> list[int]:
    return [min(longest, samples - start) for start in range(0, samples, longest)]


def _mixed(sound: Float[np.ndarray, "all samples"], channels: int) -> Float[np.ndarray, "{channels} samples"]:
    sound = np.clip(np.nan_to_num(sound), -LOUDEST, LOUDEST)
    return sound if len(sound) == channels == 2 else np.repeat(mono(sound)[None], channels, axis=0)


class _Resampler:
    """Blocks at one rate from blocks at another, without seams."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate, self._layout = sample_rate, _LAYOUTS[channels]
        self._resampler: AudioResampler | None = None

    def feed(self, block: Float[np.ndarray, "channels samples"], rate: int) -> Iterator[Float[np.ndarray, "C S"]]:
        """What the next block adds."""
        if rate == self._rate:
            yield np.clip(block, -1, 1)
            return
        if self._resampler is None:
            self._resampler = AudioResampler(format="fltp", layout=self._layout, rate=self._rate)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=self._layout)
        frame.sample_rate = rate
        yield from self._clipped(frame)

    def end(self) -> Iterator[Float[np.ndarray, "C S"]]:
        """What is left in it."""
        if self._resampler is not None:
            yield from self._clipped(None)

    def _clipped(self, frame: AudioFrame | None) -> Iterator[Float[np.ndarray, "C S"]]:
        assert self._resampler is not None
        for resampled in self._resampler.resample(frame):
            yield np.clip(resampled.to_ndarray(), -1, 1)
