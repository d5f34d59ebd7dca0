"""Making sounds into one waveform whose parts stay known: levels, rooms, background noise and the peak limit."""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from avlearn.data.oscillators import low_noise
from avlearn.data.settings import WorldSettings

MEAN_LEVEL = 0.07
"""Root mean square of a sound at 0 decibels."""
PEAK = 0.99
"""Largest absolute sample of a mixture."""
DRAWS = 7
"""Uniform numbers that one mixture needs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Mixture:
    """A waveform and its parts, which sum to it."""

    waveform: Float[np.ndarray, "S"]
    """In [-1, 1]."""
    stems: tuple[NDArray[np.float32] | None, ...]
    """One for each thing of the scene; None for a silent one."""
    ambience: Float[np.ndarray, "S"]
    """Background noise."""


def mix(
    sounds: Sequence[NDArray[np.floating] | None],
    levels: Sequence[float],
    draws: Float[np.ndarray, "draws"],
    *,
    settings: WorldSettings,
) -> Mixture:
    """The sounds of a scene in one room, with background noise, limited to [-1, 1] by one common factor.

    Args:
        sounds: dry waveforms of any level; None for a silent thing.
        levels: decibels of each, about `MEAN_LEVEL`.
        draws: uniform numbers in [0, 1) that choose room and noise.
        settings: how probable and how strong these are.
    """
    room = _room(draws[:4], settings)
    stems = tuple(
        None if sound is None else _stem(sound, level, room) for sound, level in zip(sounds, levels, strict=True)
    )
    heard = [stem for stem in stems if stem is not None]
    ambience = _ambience(draws[4:], heard, settings)
    waveform = limit([*heard, ambience])
    return Mixture(waveform=waveform, stems=stems, ambience=ambience)


def set_level(waveform: Float[np.ndarray, "S"], *, level: float) -> Float[np.ndarray, "S"]:
    """The waveform scaled to this root mean square; silence stays silence."""
    return np.asarray(waveform * np.float32(level / (_power(waveform) + 1e-12) ** 0.5), np.float32)


def room_response(draws: Float[np.ndarray, "2"], *, seconds: float, sample_rate: int) -> Float[np.ndarray, "R"]:
    """Impulse response of a made-up room: the direct sound, then noise that falls by 60 decibels in `seconds`.

    Args:
        draws: uniform numbers in [0, 1): which noise, and how loud against the direct sound.
        seconds: reverberation time.
        sample_rate: Hz.
    """
    length = max(2, round(seconds * sample_rate))
    noise = np.random.Generator(np.random.Philox(int(draws[0] * 2**32))).standard_normal(length, np.float32)
    tail = noise * np.exp(np.arange(length, dtype=np.float32) * np.float32(-3 * np.log(10) / length))
    tail *= np.float32((0.2 + 0.5 * draws[1]) / np.sqrt(np.square(tail).sum()))
    tail[0] = 1
    return tail


def reverberate(waveform: Float[np.ndarray, "S"], response: Float[np.ndarray, "R"]) -> Float[np.ndarray, "S"]:
    """The waveform heard in the room, cut to its own length."""
    size = 1 << (len(waveform) + len(response) - 1).bit_length()
    spectrum = np.fft.rfft(waveform, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(waveform)].astype(np.float32)


def limit(parts: Sequence[Float[np.ndarray, "S"]]) -> Float[np.ndarray, "S"]:
    """Sum of the parts; if it leaves [-1, 1], all parts are first scaled down in place by one factor."""
    mixture = _sum(parts)
    peak = float(np.abs(mixture).max())
    if peak <= PEAK:
        return mixture
    for part in parts:
        part *= np.float32(PEAK / peak)
    return _sum(parts)


def _stem(sound: NDArray[np.floating], level: float, room: NDArray[np.float32] | None) -> NDArray[np.float32]:
    heard = sound if room is None else reverberate(sound, room)
    return set_level(heard, level=MEAN_LEVEL * 10 ** (level / 20))


def _room(draws: NDArray[np.floating], settings: WorldSettings) -> NDArray[np.float32] | None:
    if draws[0] >= settings.reverberation:
        return None
    shortest, longest = settings.reverberation_time
    seconds = shortest + (longest - shortest) * float(draws[1])
    return room_response(draws[2:], seconds=seconds, sample_rate=settings.sample_rate)


def _ambience(
    draws: NDArray[np.floating], heard: Sequence[NDArray[np.float32]], settings: WorldSettings
) -> NDArray[np.float32]:
    if settings.snr is None:
        return np.zeros(settings.samples, np.float32)
    ratio, colour, offset = draws.tolist()
    low, high = settings.snr
    cutoff = 200 * 2 ** (5 * colour)
    noise = low_noise(settings.samples, cutoff=cutoff, offset=offset, sample_rate=settings.sample_rate)
    # a scene without a sound has noise as if there were one of mean level
    power = sum(_power(stem) for stem in heard) or MEAN_LEVEL**2
    return set_level(noise, level=(power / 10 ** ((low + (high - low) * ratio) / 10)) ** 0.5)


def _power(waveform: NDArray[np.floating]) -> float:
    # no dot product: BLAS may add in another order with another number of threads
    return float(np.square(waveform, dtype=np.float32).mean())


def _sum(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    total = np.zeros_like(parts[0])
    for part in parts:
        total += part
    return total
