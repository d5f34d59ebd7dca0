"""Making sounds into one waveform whose parts stay known: levels, rooms, background noise and the peak limit."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

PEAK = 0.99
"""Largest absolute sample of a mixture."""


def set_level(waveform: Float[np.ndarray, "S"], *, level: float) -> Float[np.ndarray, "S"]:
    """The waveform scaled to this root mean square; silence stays silence."""
    # np.square(...).mean() and not a dot product: BLAS may add in another order with other thread counts
    power = float(np.square(waveform, dtype=np.float32).mean())
    return np.asarray(waveform * np.float32(level / (power + 1e-12) ** 0.5), np.float32)


def room_response(draws: Float[np.ndarray, "2"], *, seconds: float, sample_rate: int) -> Float[np.ndarray, "R"]:
    """Impulse response of a made-up room: the direct sound, then noise that falls by 60 decibels in `seconds`.

    Args:
        draws: uniform numbers in [0, 1): which noise, and how loud against the direct sound.
        seconds: reverberation time.
        sample_rate: Hz.
    """
    length = max(2, round(seconds * sample_rate))
    noise = np.random.Generator(np.random.Philox(int(draws[0] * 2**32))).standard_normal(length, np.float32)
    tail = noise * np.exp(np.arange(length, dtype=np.float32) * (-6.9 / length))
    tail *= np.float32((0.2 + 0.5 * draws[1]) / np.sqrt(np.square(tail).sum()))
    tail[0] = 1
    return tail


def reverberate(waveform: Float[np.ndarray, "S"], response: Float[np.ndarray, "R"]) -> Float[np.ndarray, "S"]:
    """The waveform heard in the room, cut to its own length."""
    size = 1 << (len(waveform) + len(response) - 1).bit_length()
    spectrum = np.fft.rfft(waveform, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(waveform)].astype(np.float32)


def limit(parts: list[NDArray[np.float32]], *, samples: int) -> Float[np.ndarray, "{samples}"]:
    """Sum of the parts; if it leaves [-1, 1], all parts are first scaled down in place by one factor."""
    mixture = _sum(parts, samples)
    peak = float(np.abs(mixture).max(initial=0))
    if peak <= PEAK:
        return mixture
    for part in parts:
        part *= np.float32(PEAK / peak)
    return _sum(parts, samples)


def _sum(parts: list[NDArray[np.float32]], samples: int) -> NDArray[np.float32]:
    total = np.zeros(samples, np.float32)
    for part in parts:
        total += part
    return total
