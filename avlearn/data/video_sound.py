"""The sound of a video, or of any media file, exact to a millisecond."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import librosa
import numpy as np
import torch
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from jaxtyping import Bool, Float
from torch import Tensor

from avlearn.data.media import MediaError, MediaFile, Remark, audio_track, track_start
from avlearn.data.spans import SeekMissedError, Span, Track, read_span

_MARGIN = 0.05
"""Seconds around the span that are read too, so that resampling has no edge inside it."""
_BREAK = 0.015
"""Time stamps that jump by more seconds than this tell of a gap; less is the rounding of the container."""
_VORBIS_BREAK = 0.04
"""The same for Vorbis, whose short blocks WebM dates up to 20 ms too early."""
_EDGE = 0.05
"""Sound that lacks for less than this, in seconds, is nothing to speak of: codecs begin and end with such gaps."""
LOUDEST = 16.0
"""What a damaged block may hold at most, full scale 1; lossy codecs decode to a little more than 1."""
SILENCE = 2.0**-15
"""Sound without a larger sample than this, the step of 16 bit, is digital silence."""


@dataclass(frozen=True, eq=False, kw_only=True)
class VideoSound:
    """Sound of a video."""

    waveform: Float[Tensor, " S"]
    """Mono, in [-1, 1]."""
    sample_rate: int
    """Hz."""
    remarks: tuple[Remark, ...]
    """What to know of it; empty if all is well."""


def read_sound(path: MediaFile, *, start: float | int, duration: float | int, sample_rate: int) -> VideoSound:
    """The sound of a span: the mean of all channels, at the wanted rate.

    Full scale of every sample format is 1. Samples beyond it, which lossy codecs can decode to, are clipped. Where the
    track has no sound there are zeros, with a remark.

    Args:
        path: of a video or sound file, or its content as `MediaBytes`.
        start: in seconds from the first moment of the file.
        duration: in seconds; there are `round(duration * sample_rate)` samples.
        sample_rate: Hz that is wanted.

    Raises:
        ValueError: an argument that makes no sense.
        FileNotFoundError: no such file.
        MediaError: no media file, no sound in the span, or damaged before its end.

    Example:
        >>> read_sound("missing.mp4", start=0, duration=1, sample_rate=16_000)
        Traceback (most recent call last):
        FileNotFoundError: missing.mp4 is no file; give the path of a video
    """
    span = Span(start=float(start), duration=float(duration))
    span.count(sample_rate, of="sample")

    def collect(container: InputContainer, first: float, sought: bool) -> tuple[list[Track], Callable[[], VideoSound]]:
        track = SoundTrack.of(container, first, span=span, sample_rate=sample_rate, sought=sought)
        return [track], track.result

    return read_span(path, span, collect)


@dataclass(eq=False)
class Stretch:
    """Sound without a gap: its blocks, and when it begins by the time stamp of each of them."""

    blocks: list[Float[np.ndarray, " samples"]] = field(default_factory=list)
    begins: list[float] = field(default_factory=list)
    samples: int = 0

    def add(self, block: Float[np.ndarray, " samples"], begin: float) -> None:
        """The next block, which dates the stretch's beginning at this many samples."""
        self.blocks.append(block)
        self.begins.append(begin)
        self.samples += len(block)

    @property
    def begin(self) -> int:
        """Number of its first sample: what its blocks say in the middle, as single time stamps are rounded."""
        return round(float(np.median(self.begins)))


@dataclass(eq=False, kw_only=True)
class SoundTrack:
    """Takes the packets of a track of sound until it has the span."""

    stream: AudioStream
    first: float
    """Time stamp of the file's first moment."""
    span: Span
    sample_rate: int
    sought: bool
    _rate: int = 0
    """Hz of what is decoded."""
    _channels_peak: float = 0.0
    _stretches: list[Stretch] = field(default_factory=list)
    _begin: float | None = None
    _end: float = 0.0
    """Where the track begins and, as far as it was read, ends: in seconds."""

    @classmethod
    def of(cls, container: InputContainer, first: float, *, span: Span, sample_rate: int, sought: bool) -> SoundTrack:
        """The first track of sound of a file.

        Raises:
            MediaError: it has none.
        """
        stream = audio_track(container)
        if stream is None:
            raise MediaError("the file has no sound in a known codec; read_frames reads its pictures")
        return cls(stream=stream, first=first, span=span, sample_rate=sample_rate, sought=sought)

    @property
    def done(self) -> bool:
        """Whether the sound reaches the end of the span."""
        return self._end >= self.span.end + _MARGIN

    def feed(self, packet: Packet[Any]) -> None:
        """Take the next packet; one without data ends the track."""
        for frame in self.stream.decode(packet):
            if not self.done and frame.samples:
                self._hear(frame)

    def result(self) -> VideoSound:
        """The sound of the span at the wanted rate.

        Raises:
            MediaError: the track has no sound there.
        """
        if self._begin is None:
            raise MediaError("not a single sample of its sound can be decoded; the file is damaged")
        sound, heard = self._laid_out()
        if not heard.any():
            raise MediaError(f"no sound in {self.span}: it runs from {self._begin:.3f} to {self._end:.3f} s")
        waveform = self._resampled(sound)
        return VideoSound(
            waveform=torch.from_numpy(waveform),
            sample_rate=self.sample_rate,
            remarks=(*self._gaps(heard), *self._silence(waveform)),
        )

    def _hear(self, frame: AudioFrame) -> None:
        if self._rate not in (0, frame.sample_rate):
            raise MediaError(f"its sound changes from {self._rate} to {frame.sample_rate} Hz at {self._end:.3f} s")
        self._rate = frame.sample_rate
        time = self._time(frame)
        if self._begin is None:
            self._check_seek(time)
            self._begin = time
        self._end = time + frame.samples / self._rate
        if self._end > self.span.start - _MARGIN:
            self._keep(frame, time)

    def _time(self, frame: AudioFrame) -> float:
        if frame.pts is not None and frame.time_base is not None:
            return frame.pts * frame.time_base.numerator / frame.time_base.denominator - self.first
        if self._begin is None and self.sought:
            raise SeekMissedError
        return self._end

    def _check_seek(self, time: float) -> None:
        """After a seek, the sound must begin early enough for its codec to be sure of itself."""
        start = track_start(self.stream)
        whole = start is not None and time <= start - self.first + _EDGE
        if self.sought and not whole and time > self.span.start - 2 * _MARGIN:
            raise SeekMissedError

    def _keep(self, frame: AudioFrame, time: float) -> None:
        channels = channels_of(frame)
        if len(channels) > 1 and self._channels_peak <= SILENCE:
            inside = channels[:, self._after(time, self.span.start) : self._after(time, self.span.end)]
            self._channels_peak = float(np.abs(inside).max(initial=0))
        begin = time * self._rate
        latest = self._stretches[-1] if self._stretches else None
        if (
            latest is None
            or abs(begin - latest.samples - latest.begins[0]) > longest_rounding(self.stream) * self._rate
        ):
            latest = Stretch()
            self._stretches.append(latest)
        latest.add(mono(channels), begin - latest.samples)

    def _after(self, time: float, moment: float) -> int:
        """Samples from one time to another, 0 if that is earlier."""
        return max(0, round((moment - time) * self._rate))

    def _laid_out(self) -> tuple[Float[np.ndarray, " samples"], Bool[np.ndarray, " inside"]]:
        """The span with its margins at the track's own rate, and which samples of the span alone have sound."""
        origin = self._origin
        sound = np.zeros(round((self.span.duration + 2 * _MARGIN) * self._rate) + 1, np.float32)
        filled = np.zeros(len(sound), bool)
        for stretch in self._stretches:
            samples = np.clip(np.nan_to_num(np.concatenate(stretch.blocks)), -LOUDEST, LOUDEST)
            begin = stretch.begin - origin
            inside = slice(max(0, begin), max(0, min(len(sound), begin + len(samples))))
            if inside.stop > inside.start:
                sound[inside] = samples[inside.start - begin : inside.stop - begin]
                filled[inside] = True
        begin = round(self.span.start * self._rate) - origin
        return sound, filled[begin : begin + max(1, round(self.span.duration * self._rate))]

    @property
    def _origin(self) -> int:
        """Number of the first sample with margin, at the track's own rate."""
        return round((self.span.start - _MARGIN) * self._rate)

    def _resampled(self, sound: Float[np.ndarray, " samples"]) -> Float[np.ndarray, " S"]:
        samples = self.span.count(self.sample_rate, of="sample")
        begin = round((self.span.start - self._origin / self._rate) * self.sample_rate)
        if self._rate != self.sample_rate:
            sound = librosa.resample(sound, orig_sr=self._rate, target_sr=self.sample_rate)
        waveform = np.zeros(samples, np.float32)
        part = sound[begin : begin + samples]
        waveform[: len(part)] = np.clip(part, -1, 1)
        return waveform

    def _gaps(self, heard: Bool[np.ndarray, " inside"]) -> tuple[Remark, ...]:
        missing = np.flatnonzero(~heard)
        if len(missing) <= _EDGE * self._rate:
            return ()
        seconds, first = len(missing) / self._rate, self.span.start + missing[0] / self._rate
        text = f"{seconds:.3f} s of {self.span}, from {first:.3f} s on, have no sound and are silent here"
        return (Remark(kind="sound_missing", text=text),)

    def _silence(self, waveform: Float[np.ndarray, " S"]) -> tuple[Remark, ...]:
        if np.abs(waveform).max() > SILENCE:
            return ()
        text = "the sound is digital silence"
        if self._channels_peak > SILENCE:
            text = "the sound is silent: its channels cancel each other"
        return (Remark(kind="silent", text=text),)


def longest_rounding(stream: AudioStream) -> float:
    """Seconds by which time stamps of a track may jump before they tell of a gap."""
    return _VORBIS_BREAK if stream.codec_context.name == "vorbis" else _BREAK


def mono(channels: Float[np.ndarray, "channels samples"]) -> Float[np.ndarray, " samples"]:
    """The mean of all channels, as `librosa.to_mono` has it.

    Example:
        >>> mono(np.array([[1.0, 0.5], [0.0, 0.5]])).tolist()
        [0.5, 0.5]
    """
    return channels[0] if len(channels) == 1 else channels.mean(axis=0, dtype=np.float32)


def channels_of(frame: AudioFrame) -> Float[np.ndarray, "channels samples"]:
    """The samples of a block, full scale 1, whatever the format and the order in which they were stored."""
    samples = frame.to_ndarray()
    if frame.format.is_packed:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype.kind == "f":
        return np.asarray(samples, np.float32)
    middle = 128 if samples.dtype == np.uint8 else 0
    full_scale = 2.0 ** (8 * samples.dtype.itemsize - 1)
    return np.asarray((samples - np.float64(middle)) / full_scale, np.float32)
