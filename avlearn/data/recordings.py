"""Real recordings for collages: a bank of them, and how a stretch of one fills a scene."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import soundfile
from jaxtyping import Float
from numpy.typing import NDArray

from avlearn.data.pictures import check_labels, class_files

SUFFIXES = (".wav", ".flac", ".ogg", ".npy")
"""Kinds of sound files that a folder may hold."""
_SHORT = 0.25
"""A recording shorter than this part of the scene is repeated."""
_LIVELY = 0.3
"""A stretch of a long recording is used if it has at least this part of the energy of the liveliest one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RecordingBank:
    """Mono recordings of any lengths with their classes.

    Raises:
        ValueError: no recordings, an empty one, one that is not mono or not finite, or labels that don't fit.
    """

    waveforms: tuple[NDArray[np.float32], ...]
    """Each (samples,), in [-1, 1]."""
    labels: NDArray[np.integer]
    """(n,) numbers of the classes."""
    class_names: tuple[str, ...]
    """Name of each class number."""
    sample_rate: int
    """Hz."""

    def __post_init__(self) -> None:
        if not self.waveforms:
            raise ValueError("waveforms is empty; give at least one recording")
        for number, waveform in enumerate(self.waveforms):
            if waveform.ndim != 1 or len(waveform) == 0 or not np.isfinite(waveform).all():
                raise ValueError(
                    f"recording {number} has shape {waveform.shape} or values that are not finite; "
                    "give mono recordings with at least one sample"
                )
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate is {self.sample_rate}; give Hz, more than 0")
        check_labels(self.labels, len(self.waveforms), self.class_names)

    def __len__(self) -> int:
        return len(self.waveforms)

    def take(self, rows: NDArray[np.integer] | Sequence[int]) -> RecordingBank:
        """The bank of these recordings only."""
        chosen = np.asarray(rows)
        waveforms = tuple(self.waveforms[row] for row in chosen.tolist())
        return RecordingBank(
            waveforms=waveforms, labels=self.labels[chosen], class_names=self.class_names, sample_rate=self.sample_rate
        )

    def resampled(self, sample_rate: int) -> RecordingBank:
        """The same recordings at another rate."""
        if sample_rate == self.sample_rate:
            return self
        waveforms = tuple(
            librosa.resample(waveform, orig_sr=self.sample_rate, target_sr=sample_rate) for waveform in self.waveforms
        )
        return RecordingBank(
            waveforms=waveforms, labels=self.labels, class_names=self.class_names, sample_rate=sample_rate
        )

    @classmethod
    def from_folder(cls, folder: Path, *, sample_rate: int) -> RecordingBank:
        """Recordings that lie as `folder/class/anything.wav` (or .flac, .ogg, .npy), mixed to mono and resampled.

        A .npy file holds samples that are at this rate already.

        Raises:
            ValueError: no folder, or no recordings in it.
        """
        files = class_files(folder, SUFFIXES)
        names = tuple(sorted(files))
        waveforms = tuple(read_recording(path, sample_rate=sample_rate) for name in names for path in files[name])
        labels = np.repeat(np.arange(len(names)), [len(files[name]) for name in names])
        return cls(waveforms=waveforms, labels=labels, class_names=names, sample_rate=sample_rate)


def read_recording(path: Path, *, sample_rate: int) -> Float[np.ndarray, "S"]:
    """A sound file as mono samples at this rate."""
    if path.suffix.lower() == ".npy":
        return np.asarray(np.load(path), np.float32)
    waveform, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(librosa.resample(waveform.mean(axis=1), orig_sr=rate, target_sr=sample_rate), np.float32)


def excerpt(waveform: Float[np.ndarray, "R"], draw: float, *, samples: int) -> Float[np.ndarray, "{samples}"]:
    """A stretch of this many samples from a recording of any length.

    A long recording gives one of its lively stretches; a short one is laid at a random time in silence, a very short
    one again and again at equal distances.

    Args:
        waveform: the recording.
        draw: uniform number in [0, 1) that chooses the time.
        samples: length of the stretch.
    """
    if len(waveform) >= samples:
        starts = lively_starts(waveform, samples)
        start = int(starts[int(draw * len(starts))])
        return waveform[start : start + samples]
    stretch = np.zeros(samples, np.float32)
    repeats = 1 if len(waveform) >= _SHORT * samples else max(1, samples // (2 * len(waveform)))
    period = samples // repeats
    first = int(draw * (period - len(waveform) + 1))
    for repeat in range(repeats):
        start = first + repeat * period
        stretch[start : start + len(waveform)] = waveform
    return stretch


def lively_starts(waveform: Float[np.ndarray, "R"], samples: int) -> NDArray[np.int64]:
    """First samples of the stretches, an eighth of their length apart, that are not much softer than the loudest."""
    step = max(1, samples // 8)
    starts = np.arange(0, len(waveform) - samples + 1, step)
    blocks = waveform[: len(waveform) // step * step].reshape(-1, step)
    energy = np.concatenate([[0.0], np.cumsum(np.square(blocks).sum(axis=1, dtype=np.float64))])
    inside = energy[np.arange(len(starts)) + samples // step] - energy[: len(starts)]
    return starts[inside >= _LIVELY * inside.max()]
