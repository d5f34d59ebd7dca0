"""Building blocks of sound: wavetables, rhythm and noise, as pure functions of time.

A table is read at a phase counted in cycles, so a sound can be evaluated at any moment on its own.
"""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

TABLE = 4096
"""Samples of one period in a wavetable; a power of two, so that wrapping is a bit mask."""
NOISE = 1 << 18
"""Samples of the noise bank that all scenes read at their own offset."""


def harmonics(weights: Float[np.ndarray, "n"]) -> Float[np.ndarray, "table"]:
    """One period of a tone whose k-th harmonic has amplitude `weights[k - 1]`."""
    spectrum = np.zeros(TABLE // 2 + 1, np.complex64)
    spectrum[1 : len(weights) + 1] = -0.5j * TABLE * np.asarray(weights, np.float32)
    return np.fft.irfft(spectrum).astype(np.float32)


def oscillate(cycles: Float[np.ndarray, "*S"], table: Float[np.ndarray, "table"]) -> Float[np.ndarray, "*S"]:
    """The table read at these phases, counted in cycles and not negative."""
    return table[(cycles * TABLE).astype(np.int64) & (TABLE - 1)]


def sine(cycles: Float[np.ndarray, "*S"]) -> Float[np.ndarray, "*S"]:
    """Pure tone at these phases, counted in cycles and not negative."""
    return oscillate(cycles, _sine_table())


def beat(
    time: Float[np.ndarray, "*S"], *, rate: float, phase: float
) -> tuple[Int[np.ndarray, "*S"], Float[np.ndarray, "*S"]]:
    """Number of the latest event of a regular rhythm and seconds since it; `phase` cycles had passed at time 0."""
    cycles = time * rate + phase
    number = np.floor(cycles)
    return number.astype(np.int64), ((cycles - number) / rate).astype(np.float32)


def white_noise(samples: int, *, offset: float) -> Float[np.ndarray, "{samples}"]:
    """White noise of unit variance; `offset` in [0, 1) chooses the stretch of the bank."""
    return _stretch(_white_bank(), samples, offset)


def band_noise(
    time: Float[np.ndarray, "S"], *, centre: float, width: float, offset: float, sample_rate: int
) -> Float[np.ndarray, "S"]:
    """Noise around `centre` Hz, about `width` Hz wide: slow noise that modulates a tone."""
    slow = low_noise(len(time), cutoff=width / 2, offset=offset, sample_rate=sample_rate)
    return slow * sine(time * centre)


def low_noise(samples: int, *, cutoff: float, offset: float, sample_rate: int) -> Float[np.ndarray, "{samples}"]:
    """Noise of unit variance below `cutoff` Hz (rounded to an octave, so that a few banks serve all scenes)."""
    octave = round(float(np.log2(cutoff / sample_rate)))
    return _stretch(_low_bank(octave), samples, offset)


def _stretch(bank: NDArray[np.float32], samples: int, offset: float) -> NDArray[np.float32]:
    start = int(offset * len(bank))
    return bank[np.arange(start, start + samples) & (NOISE - 1)]


@cache
def _sine_table() -> NDArray[np.float32]:
    return np.sin(np.arange(TABLE) * (2 * np.pi / TABLE)).astype(np.float32)


@cache
def _white_bank() -> NDArray[np.float32]:
    return np.random.Generator(np.random.Philox(1)).standard_normal(NOISE).astype(np.float32)


@cache
def _low_bank(octave: int) -> NDArray[np.float32]:
    spectrum = np.fft.rfft(_white_bank())
    frequency = np.fft.rfftfreq(NOISE)
    slow = np.fft.irfft(spectrum / (1 + (frequency / 2.0**octave) ** 4))
    return (slow / slow.std()).astype(np.float32)
