"""Videos with sound, written so that a browser plays them, or without loss."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import librosa
import numpy as np
import torch
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8
from torch import Tensor

from avlearn.data.drafts import draft

_DENOMINATOR = 10_000
"""Frame rates become fractions with at most this denominator: 29.97 is 2997/100, 30 000/1001 is itself."""
_BT709 = 1
"""Number of the colour space of ITU-R BT.709 in video streams."""


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a kind of file stores pictures and sound."""

    video_codec: str
    pixel_format: str
    audio_codec: str
    codec_options: Mapping[str, str] = field(default_factory=dict)
    """What the video codec is told, in ffmpeg's words."""
    container_options: Mapping[str, str] = field(default_factory=dict)
    """What the container is told, in ffmpeg's words."""
    even: bool = False
    """Whether height and width must be even."""
    sample_rates: tuple[int, ...] = ()
    """Rates that the sound codec knows; empty if it takes all usual ones. Other sounds are resampled to the last."""


ENCODINGS: Mapping[str, Encoding] = {
    ".mp4": Encoding(
        video_codec="libx264",
        pixel_format="yuv420p",
        audio_codec="aac",
        codec_options={"crf": "18", "preset": "fast"},
        container_options={"movflags": "+faststart"},
        even=True,
        sample_rates=(8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    ),
    ".webm": Encoding(
        video_codec="libvpx-vp9",
        pixel_format="yuv420p",
        audio_codec="libopus",
        codec_options={"crf": "24", "b": "0", "cpu-used": "4"},
        even=True,
        sample_rates=(8000, 12_000, 16_000, 24_000, 48_000),
    ),
    ".mkv": Encoding(video_codec="ffv1", pixel_format="bgr0", audio_codec="pcm_f32le"),
}
"""Encoding by the suffix of the file: `.mp4` (H.264 and AAC) and `.webm` (VP9 and Opus) for browsers, `.mkv` (FFV1 and
32-bit samples) without any loss."""


def write_video(
    path: Path | str,
    frames: UInt8[Tensor, "3 T H W"],
    waveform: Float[Tensor, " S"] | None = None,
    *,
    frame_rate: float | int,
    sample_rate: int | None = None,
) -> None:
    """A video file of these pictures and this sound, which begin together.

    The suffix chooses the encoding, see `ENCODINGS`. The file appears under its name when it is whole; a file that had
    the name before is replaced then.

    Args:
        path: ends in `.mp4`, `.webm` or `.mkv`.
        frames: RGB, 0 to 255.
        waveform: mono, in [-1, 1]; None writes a video without sound.
        frame_rate: pictures a second.
        sample_rate: Hz of the waveform.

    Raises:
        ValueError: another suffix, no pictures, a size that the codec can't store, sound that is empty, not finite or
            beyond [-1, 1], or rates that make no sense.
        OSError: the file can't be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "noise.mp4"
        ...     write_video(path, torch.zeros(3, 4, 32, 32, dtype=torch.uint8), frame_rate=8)
        ...     path.stat().st_size > 0
        True
    """
    path = Path(path)
    encoding = _encoding(path)
    _check_pictures(path, frames, float(frame_rate), even=encoding.even)
    sound = None if waveform is None else _sound(waveform, sample_rate, encoding)
    with (
        draft(path) as place,
        av.open(f"file:{place}", mode="w", container_options=dict(encoding.container_options)) as container,
    ):
        rate = Fraction(frame_rate).limit_denominator(_DENOMINATOR)
        pictures = _Pictures(_video_stream(container, encoding, frames, rate), frames.detach().cpu(), rate)
        heard = None if sound is None else _Sound(_audio_stream(container, encoding, sound[1]), *sound)
        _mux(container, pictures, heard)


@dataclass(frozen=True)
class _Pictures:
    stream: VideoStream
    frames: UInt8[Tensor, "3 T H W"]
    rate: Fraction

    @property
    def duration(self) -> float:
        return float(self.frames.shape[1] / self.rate)

    def packets(self, begin: int, end: int) -> Iterator[Packet[Any]]:
        """The pictures that begin in this span, in seconds."""
        first, stop = (min(self.frames.shape[1], math.ceil(time * self.rate)) for time in (begin, end))
        for k in range(first, stop):
            picture = VideoFrame.from_ndarray(self.frames[:, k].permute(1, 2, 0).contiguous().numpy(), format="rgb24")
            picture = picture.reformat(
                format=self.stream.pix_fmt,
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=_range_of(self.stream),
                interpolation=Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND,
            )
            picture.pts, picture.time_base = k, 1 / self.rate
            yield from self.stream.encode(picture)


@dataclass(frozen=True)
class _Sound:
    stream: AudioStream
    waveform: Float[np.ndarray, " S"]
    rate: int

    @property
    def duration(self) -> float:
        return len(self.waveform) / self.rate

    def packets(self, begin: int, end: int) -> Iterator[Packet[Any]]:
        """The samples of this span, in seconds."""
        first, stop = (min(len(self.waveform), round(time * self.rate)) for time in (begin, end))
        if stop > first:
            block = AudioFrame.from_ndarray(self.waveform[None, first:stop], format="flt", layout="mono")
            block.sample_rate, block.pts, block.time_base = self.rate, first, Fraction(1, self.rate)
            yield from self.stream.encode(block)


def _mux(container: OutputContainer, pictures: _Pictures, sound: _Sound | None) -> None:
    """Second by second, so that a player finds pictures and sound of the same time beside each other."""
    parts = [part for part in (pictures, sound) if part is not None]
    for second in range(math.ceil(max(part.duration for part in parts))):
        for part in parts:
            container.mux(list(part.packets(second, second + 1)))
    for part in parts:
        container.mux(part.stream.encode(None))


def _video_stream(
    container: OutputContainer, encoding: Encoding, frames: UInt8[Tensor, "3 T H W"], rate: Fraction
) -> VideoStream:
    stream = container.add_stream(encoding.video_codec, rate=rate, options=dict(encoding.codec_options))
    assert isinstance(stream, VideoStream)
    stream.height, stream.width = frames.shape[2:]
    stream.pix_fmt = encoding.pixel_format
    if encoding.pixel_format.startswith("yuv"):
        stream.colorspace = stream.color_primaries = stream.color_trc = _BT709
        stream.color_range = ColorRange.MPEG
    return stream


def _range_of(stream: VideoStream) -> ColorRange:
    return ColorRange.MPEG if (stream.pix_fmt or "").startswith("yuv") else ColorRange.JPEG


def _audio_stream(container: OutputContainer, encoding: Encoding, rate: int) -> AudioStream:
    stream = container.add_stream(encoding.audio_codec, rate=rate, layout="mono")
    assert isinstance(stream, AudioStream)
    return stream


def _encoding(path: Path) -> Encoding:
    if path.suffix.lower() not in ENCODINGS:
        raise ValueError(f"{path.name} ends in {path.suffix or 'nothing'}; name it {', '.join(ENCODINGS)}")
    return ENCODINGS[path.suffix.lower()]


def _check_pictures(path: Path, frames: UInt8[Tensor, "3 T H W"], frame_rate: float, *, even: bool) -> None:
    if frames.dtype != torch.uint8 or frames.ndim != 4 or frames.shape[0] != 3 or 0 in frames.shape:
        raise ValueError(f"frames are {frames.dtype} {tuple(frames.shape)}; give uint8 (3, T, H, W), none of them 0")
    if even and (frames.shape[2] % 2 or frames.shape[3] % 2):
        raise ValueError(
            f"pictures are {frames.shape[2]} x {frames.shape[3]}, but {path.suffix} stores even sizes only; cut off a "
            "line, or write an .mkv"
        )
    if not (math.isfinite(frame_rate) and frame_rate > 0):
        raise ValueError(f"frame_rate is {frame_rate}; give pictures a second, more than 0")


def _sound(
    waveform: Float[Tensor, " S"], sample_rate: int | None, encoding: Encoding
) -> tuple[Float[np.ndarray, " samples"], int]:
    """The sound at a rate that the codec knows, and that rate."""
    if sample_rate is None or sample_rate < 1:
        raise ValueError(f"sample_rate is {sample_rate}; give the waveform's, in Hz")
    samples = waveform.detach().cpu().float().numpy()
    if samples.ndim != 1 or len(samples) == 0 or not np.isfinite(samples).all() or np.abs(samples).max() > 1:
        raise ValueError(
            f"the waveform has shape {samples.shape} and must be mono with at least one sample, finite and in [-1, 1]"
        )
    if not encoding.sample_rates or sample_rate in encoding.sample_rates:
        return samples, sample_rate
    rate = encoding.sample_rates[-1]
    return np.clip(librosa.resample(samples, orig_sr=sample_rate, target_sr=rate), -1, 1), rate
