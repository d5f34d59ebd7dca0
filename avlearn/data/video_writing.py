"""Videos with sound, written so that a browser plays them, or without loss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
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
from avlearn.data.encodings import Encoding, encoding_of, stored_rate

_DENOMINATOR = 10_000
"""Frame rates become fractions with at most this denominator: 29.97 is 2997/100, 30 000/1001 is itself."""
_BT709 = 1
"""Number of the colour space of ITU-R BT.709 in video streams."""
_LAYOUTS = {1: "mono", 2: "stereo"}
"""Name of a layout by its number of channels."""


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
    encoding = encoding_of(path)
    if frames.dtype != torch.uint8 or frames.ndim != 4 or frames.shape[0] != 3 or 0 in frames.shape:
        raise ValueError(f"frames are {frames.dtype} {tuple(frames.shape)}; give uint8 (3, T, H, W), none of them 0")
    sound = None if waveform is None else _sound(waveform, sample_rate, encoding)
    pictures = (np.ascontiguousarray(picture) for picture in frames.detach().cpu().permute(1, 2, 3, 0).numpy())
    if sound is None:
        stream_video(path, pictures, frame_rate=frame_rate)
    else:
        samples, rate = sound
        blocks = (samples[None, start : start + rate] for start in range(0, len(samples), rate))
        stream_video(path, pictures, blocks, frame_rate=frame_rate, sample_rate=rate)


def stream_video(
    path: Path | str,
    pictures: Iterable[UInt8[np.ndarray, "H W 3"]],
    sound: Iterable[Float[np.ndarray, "channels samples"]] | None = None,
    *,
    frame_rate: float | int,
    sample_rate: int | None = None,
) -> None:
    """A video file of pictures and sound that come one after the other, so that its length costs no memory.

    Pictures and blocks of sound are drawn in turns, whichever lag behind. Otherwise as `write_video`, which has
    everything at hand.

    Args:
        path: ends in `.mp4`, `.webm` or `.mkv`.
        pictures: RGB, 0 to 255, all of one size.
        sound: its blocks, of any lengths: one or two channels in [-1, 1]; None writes a video without sound.
        frame_rate: pictures a second.
        sample_rate: Hz of the sound, which the codec must know; see `avlearn.data.encodings.stored_rate`.

    Raises:
        ValueError: another suffix, no pictures or no sound, pictures of another size than the first, or of one that
            the codec can't store, samples that are not finite or beyond [-1, 1], or rates that make no sense.
        OSError: the file can't be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "fading.mp4"
        ...     stream_video(path, (np.full((32, 32, 3), 9 * k, np.uint8) for k in range(20)), frame_rate=8)
        ...     path.stat().st_size > 0
        True
    """
    path = Path(path)
    encoding = encoding_of(path)
    _check_rates(float(frame_rate), sample_rate, encoding, heard=sound is not None)
    pictures, size = _first_of(pictures, f"{path.name} gets no pictures; give at least one")
    _check_size(path, size.shape, even=encoding.even)
    blocks = None if sound is None else _first_of(sound, f"the sound of {path.name} has not one block")
    with (
        draft(path) as place,
        av.open(f"file:{place}", mode="w", container_options=dict(encoding.container_options)) as container,
    ):
        rate = Fraction(frame_rate).limit_denominator(_DENOMINATOR)
        parts: list[_Pictures | _Sound] = [
            _Pictures(_video_stream(container, encoding, size.shape, rate), pictures, rate)
        ]
        if blocks is not None and sample_rate is not None:
            stream = _audio_stream(container, encoding, sample_rate, len(blocks[1]))
            parts.append(_Sound(stream, blocks[0], sample_rate))
        _mux(container, parts)


@dataclass
class _Pictures:
    stream: VideoStream
    pictures: Iterable[UInt8[np.ndarray, "H W 3"]]
    rate: Fraction
    written: float = 0.0
    """Seconds of it that were encoded."""

    def packets(self) -> Iterator[list[Packet[Any]]]:
        """What comes of each picture."""
        expected = (self.stream.height, self.stream.width, 3)
        for k, picture in enumerate(self.pictures):
            if picture.shape != expected:
                raise ValueError(f"picture {k} is {picture.shape}, the first one {expected}; give all one size")
            self.written = float((k + 1) / self.rate)
            yield self.stream.encode(self._frame(k, picture))
        yield self.stream.encode(None)

    def _frame(self, k: int, picture: UInt8[np.ndarray, "H W 3"]) -> VideoFrame:
        frame = VideoFrame.from_ndarray(picture, format="rgb24").reformat(
            format=self.stream.pix_fmt,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=_range_of(self.stream),
            interpolation=Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND,
        )
        frame.pts, frame.time_base = k, 1 / self.rate
        return frame


@dataclass
class _Sound:
    stream: AudioStream
    blocks: Iterable[Float[np.ndarray, "channels samples"]]
    rate: int
    written: float = 0.0
    """Seconds of it that were encoded."""

    def packets(self) -> Iterator[list[Packet[Any]]]:
        """What comes of each block."""
        samples = 0
        for block in self.blocks:
            frame = self._frame(block, samples)
            samples += block.shape[1]
            self.written = samples / self.rate
            yield self.stream.encode(frame)
        yield self.stream.encode(None)

    def _frame(self, block: Float[np.ndarray, "channels samples"], first: int) -> AudioFrame:
        _check_samples(block)
        # Channels take turns in packed samples
        packed = np.ascontiguousarray(block.T, np.float32).reshape(1, -1)
        frame = AudioFrame.from_ndarray(packed, format="flt", layout=_LAYOUTS[len(block)])
        frame.sample_rate, frame.pts, frame.time_base = self.rate, first, Fraction(1, self.rate)
        return frame


def _mux(container: OutputContainer, parts: Sequence[_Pictures | _Sound]) -> None:
    """In turns, so that a player finds pictures and sound of the same time beside each other."""
    running = [(part, part.packets()) for part in parts]
    while running:
        turn = min(running, key=lambda one: one[0].written)
        packets = next(turn[1], None)
        if packets is None:
            running.remove(turn)
        else:
            container.mux(packets)


def _first_of(items: Iterable[np.ndarray], problem: str) -> tuple[Iterator[np.ndarray], np.ndarray]:
    """All items again, and the first of them."""
    iterator = iter(items)
    first = next(iterator, None)
    if first is None:
        raise ValueError(problem)
    return chain([first], iterator), first


def _video_stream(
    container: OutputContainer, encoding: Encoding, shape: tuple[int, ...], rate: Fraction
) -> VideoStream:
    stream = container.add_stream(encoding.video_codec, rate=rate, options=dict(encoding.codec_options))
    assert isinstance(stream, VideoStream)
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = encoding.pixel_format
    if encoding.pixel_format.startswith("yuv"):
        stream.colorspace = stream.color_primaries = stream.color_trc = _BT709
        stream.color_range = ColorRange.MPEG
    return stream


def _range_of(stream: VideoStream) -> ColorRange:
    return ColorRange.MPEG if (stream.pix_fmt or "").startswith("yuv") else ColorRange.JPEG


def _audio_stream(container: OutputContainer, encoding: Encoding, rate: int, channels: int) -> AudioStream:
    if channels not in _LAYOUTS:
        raise ValueError(f"the sound has {channels} channels; mix it to one or two")
    stream = container.add_stream(encoding.audio_codec, rate=rate, layout=_LAYOUTS[channels])
    assert isinstance(stream, AudioStream)
    return stream


def _check_rates(frame_rate: float, sample_rate: int | None, encoding: Encoding, *, heard: bool) -> None:
    if not (math.isfinite(frame_rate) and frame_rate > 0):
        raise ValueError(f"frame_rate is {frame_rate}; give pictures a second, more than 0")
    if heard and (sample_rate is None or sample_rate < 1 or stored_rate(encoding, sample_rate) != sample_rate):
        known = f", one of {', '.join(map(str, encoding.sample_rates))}" if encoding.sample_rates else ""
        raise ValueError(f"sample_rate is {sample_rate}; give the sound's, in Hz{known}")


def _check_size(path: Path, shape: tuple[int, ...], *, even: bool) -> None:
    if len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise ValueError(f"the pictures are {shape}; give (H, W, 3), none of them 0")
    if even and (shape[0] % 2 or shape[1] % 2):
        raise ValueError(
            f"pictures are {shape[0]} x {shape[1]}, but {path.suffix} stores even sizes only; cut off a line, or write "
            "an .mkv"
        )


def _sound(
    waveform: Float[Tensor, " S"], sample_rate: int | None, encoding: Encoding
) -> tuple[Float[np.ndarray, " samples"], int]:
    """The sound at a rate that the codec knows, and that rate."""
    if sample_rate is None or sample_rate < 1:
        raise ValueError(f"sample_rate is {sample_rate}; give the waveform's, in Hz")
    samples = waveform.detach().cpu().float().numpy()
    if samples.ndim != 1 or len(samples) == 0:
        raise ValueError(f"the waveform has shape {samples.shape} and must be mono with at least one sample")
    _check_samples(samples)
    rate = stored_rate(encoding, sample_rate)
    if rate == sample_rate:
        return samples, sample_rate
    return np.clip(librosa.resample(samples, orig_sr=sample_rate, target_sr=rate), -1, 1), rate


def _check_samples(samples: Float[np.ndarray, "*channels samples"]) -> None:
    if not np.isfinite(samples).all() or np.abs(samples).max(initial=0) > 1:
        raise ValueError("the sound has samples that are not finite or not in [-1, 1]; scale it")
