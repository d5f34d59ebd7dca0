"""The voices of the sounding classes: what each class sounds like, and the signal in the sound that moves its picture.

A `Score` is all that is drawn for one sound. Waveform and motion are pure functions of score and time, so they agree.
"""

# mypy: disable-error-code="no-any-return"
# (numpy types the results of its functions and of indexing as Any)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from avlearn.data.oscillators import band_noise, beat, harmonics, low_noise, oscillate, sine, white_noise

Array = NDArray[np.floating]
DRAWS = 12
"""Uniform numbers that one score needs."""
PENTATONIC = 2.0 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)
ARPEGGIOS = 2.0 ** (np.array([[0, 4, 7, 12], [0, 7, 12, 7], [12, 7, 3, 0], [0, 5, 9, 12]]) / 12)


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one sound plays."""

    pitch: float
    """Hz."""
    rate: float
    """Events (or swings) per second."""
    phase: float
    """Where in its rhythm the sound is at time 0, in [0, 1)."""
    decay: float
    """Seconds."""
    timbre: tuple[float, ...]
    """Eight uniform numbers in [0, 1) that each voice reads in its own way."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """The family of sounds of one class."""

    pitch: tuple[float, float]
    """Hz, lowest and highest."""
    rate: tuple[float, float]
    """Events per second, slowest and fastest."""
    play: Callable[[Score, Array, int], Array]
    """(score, time of each sample in seconds, sample rate) -> waveform of any level."""
    control: Callable[[Score, Array], Array]
    """(score, times in seconds) -> the signal that moves the picture, about -1 to 1."""
    decay: tuple[float, float] = (1.0, 1.0)
    """Seconds, shortest and longest, for voices that ring."""

    def compose(self, draws: Float[np.ndarray, "draws"]) -> Score:
        """One member of the family, chosen by uniform numbers in [0, 1)."""
        pitch, rate, phase, decay, *timbre = draws.tolist()
        return Score(
            pitch=_between(self.pitch, pitch),
            rate=_between(self.rate, rate),
            phase=phase,
            decay=_between(self.decay, decay),
            timbre=tuple(timbre),
        )


def _between(limits: tuple[float, float], draw: float) -> float:
    low, high = limits
    return float(low * (high / low) ** draw)


def _swing(score: Score, time: Array) -> Array:
    return np.sin(2 * np.pi * (time * score.rate + score.phase))


def _swell(score: Score, time: Array) -> Array:
    return 0.5 + 0.5 * sine(time * score.rate + score.phase)


def _progress(score: Score, time: Array) -> Array:
    return beat(time, rate=score.rate, phase=score.phase)[1] * score.rate


def _swept_cycles(score: Score, time: Array, depth: float) -> Array:
    # integral of pitch * (1 + depth * sin(2 pi (rate t + phase))), shifted to stay positive
    swept = 1 - np.cos((time * (2 * np.pi * score.rate) + 2 * np.pi * score.phase).astype(np.float32))
    return score.pitch * (time + depth / (2 * np.pi * score.rate) * swept)


def _slope(count: int, steepness: float) -> Array:
    return np.arange(1, count + 1) ** -steepness


def _fiddle(score: Score, time: Array, sample_rate: int) -> Array:
    cycles = _swept_cycles(score, time, 0.02 + 0.03 * score.timbre[0])
    count = int(min(14, 0.45 * sample_rate / score.pitch))
    weights = _slope(count, 0.7 + 0.6 * score.timbre[1])
    weights[1::2] *= 0.4 + 0.6 * score.timbre[2]
    return oscillate(cycles, harmonics(weights)) * (0.8 + 0.2 * sine(time * score.rate + score.phase))


def _ghost(score: Score, time: Array, sample_rate: int) -> Array:
    weights = np.array([1, 0.25 * score.timbre[0], 0.1 * score.timbre[1]])
    return oscillate(time * score.pitch, harmonics(weights)) * (0.06 + _swell(score, time) ** 2)


def _bell(score: Score, time: Array, sample_rate: int) -> Array:
    _, since = beat(time, rate=score.rate, phase=score.phase)
    ring = np.exp(since / -score.decay)
    ratio = (1.41, 2.76, 3.5)[int(3 * score.timbre[0])]
    wobble = sine(time * (score.pitch * ratio)) * ring * (0.3 + 0.5 * score.timbre[1])
    return sine(time * score.pitch + wobble + 1) * ring * np.minimum(since * 500, 1)


def _bell_control(score: Score, time: Array) -> Array:
    number, since = beat(time, rate=score.rate, phase=score.phase)
    return (1.0 - 2.0 * (number & 1)) * np.exp(since / (-1.5 * score.decay)) * np.cos(since * (2 * np.pi * 2.5))


def _kettle(score: Score, time: Array, sample_rate: int) -> Array:
    width = score.pitch * (0.15 + 0.35 * score.timbre[0])
    noise = band_noise(time, centre=score.pitch, width=width, offset=score.timbre[1], sample_rate=sample_rate)
    return noise * (0.2 + _swell(score, time))


def _clicker(score: Score, time: Array, sample_rate: int) -> Array:
    number, since = beat(time, rate=score.rate, phase=score.phase)
    accents = np.array([1, 0.6 + 0.4 * score.timbre[0], 0.8, 0.5 + 0.5 * score.timbre[1]], np.float32)
    snap = np.exp(since / -score.decay) * accents[number & 3]
    grain = white_noise(len(time), offset=score.timbre[2]) * (0.3 * score.timbre[3])
    return snap * (sine(since * score.pitch) + grain)


def _clicker_control(score: Score, time: Array) -> Array:
    _, since = beat(time, rate=score.rate, phase=score.phase)
    return np.exp(since * -11)


def _chirp(score: Score, time: Array, octaves: float) -> Array:
    progress = _progress(score, time).astype(np.float64)
    growth = octaves * np.log(2)
    cycles = score.pitch / score.rate * (np.exp(growth * progress) - 1) / growth
    weights = np.array([1, 0.5 * score.timbre[1], 0.3 * score.timbre[2]])
    window = np.minimum(1, 8 * np.minimum(progress, 1 - progress)).astype(np.float32)
    return oscillate(cycles, harmonics(weights)) * window


def _rocket(score: Score, time: Array, sample_rate: int) -> Array:
    return _chirp(score, time, 1.2 + score.timbre[0])


def _drop(score: Score, time: Array, sample_rate: int) -> Array:
    return _chirp(score, time, -1.2 - score.timbre[0])


def _sawtooth_control(score: Score, time: Array) -> Array:
    return 2 * _progress(score, time) - 1


def _motor(score: Score, time: Array, sample_rate: int) -> Array:
    rumble = low_noise(len(time), cutoff=150 + 150 * score.timbre[0], offset=score.timbre[1], sample_rate=sample_rate)
    hum = oscillate(time * score.pitch, harmonics(_slope(8, 0.6 + 0.6 * score.timbre[2])))
    return (0.6 * rumble + hum) * (0.15 + _swell(score, time))


def _robot_pitch(score: Score, time: Array) -> Array:
    number, _ = beat(time, rate=score.rate, phase=score.phase)
    return ARPEGGIOS[int(4 * score.timbre[0])][number & 3]


def _robot(score: Score, time: Array, sample_rate: int) -> Array:
    _, since = beat(time, rate=score.rate, phase=score.phase)
    cycles = since * (score.pitch * _robot_pitch(score, time))
    duty = 0.25 + 0.25 * score.timbre[1]
    square = np.where(cycles - np.floor(cycles) < duty, np.float32(1), np.float32(-1)) + np.float32(1 - 2 * duty)
    return square * np.minimum(1, 30 * np.minimum(since, 1 / score.rate - since))


def _robot_control(score: Score, time: Array) -> Array:
    return 2 * (_robot_pitch(score, time) - 1) - 1


def _harp(score: Score, time: Array, sample_rate: int) -> Array:
    number, since = beat(time, rate=score.rate, phase=score.phase)
    melody = PENTATONIC[(np.arange(8) * (1 + int(7 * score.timbre[0]))) % 8]
    cycles = since * (score.pitch * melody[number & 7])
    mellow = oscillate(cycles, harmonics(np.array([1, 0.5, 0.2])))
    bright = oscillate(cycles, harmonics(_slope(8, 0.4 + 0.6 * score.timbre[1])))
    ring = np.exp(since / -score.decay)
    return (mellow + bright * (ring * ring)) * ring * np.minimum(since * 400, 1)


def _harp_control(score: Score, time: Array) -> Array:
    number, since = beat(time, rate=score.rate, phase=score.phase)
    return (1.0 - 2.0 * (number & 1)) * np.exp(since / (-1.5 * score.decay)) * np.cos(since * (2 * np.pi * 4))


def _siren(score: Score, time: Array, sample_rate: int) -> Array:
    cycles = _swept_cycles(score, time, 0.3 + 0.15 * score.timbre[0])
    return oscillate(cycles, harmonics(_slope(4, 1 + score.timbre[1])))


def _bubbles(score: Score, time: Array) -> tuple[Array, Array]:
    number, since = beat(time, rate=score.rate, phase=score.phase)
    late = np.array(score.timbre[:4], np.float32) * np.float32(0.5 / score.rate)
    tone = 0.7 + 0.8 * np.array(score.timbre[3:7])
    return np.maximum(since - late[number & 3], 0), tone[number & 3]


def _fish(score: Score, time: Array, sample_rate: int) -> Array:
    since, tone = _bubbles(score, time)
    cycles = (score.pitch * tone) * since * (1 + 5 * since)
    return sine(cycles) * since * np.exp(since / -score.decay)


def _fish_control(score: Score, time: Array) -> Array:
    since, _ = _bubbles(score, time)
    return 25 * since * np.exp(1 - since * 25)


VOICES: dict[str, Voice] = {
    "fiddle": Voice(pitch=(180.0, 520.0), rate=(4.0, 7.0), play=_fiddle, control=_swing),
    "ghost": Voice(pitch=(250.0, 900.0), rate=(2.0, 6.0), play=_ghost, control=lambda s, t: 2 * _swell(s, t) - 1),
    "bell": Voice(pitch=(350.0, 1100.0), rate=(1.0, 2.0), decay=(0.15, 0.5), play=_bell, control=_bell_control),
    "kettle": Voice(pitch=(1400.0, 5000.0), rate=(1.0, 3.0), play=_kettle, control=lambda s, t: 2 * _swell(s, t) - 1),
    "clicker": Voice(
        pitch=(1000.0, 4500.0), rate=(4.0, 9.0), decay=(0.004, 0.015), play=_clicker, control=_clicker_control
    ),
    "rocket": Voice(pitch=(200.0, 600.0), rate=(1.0, 2.5), play=_rocket, control=_sawtooth_control),
    "drop": Voice(pitch=(900.0, 2800.0), rate=(1.0, 2.5), play=_drop, control=_sawtooth_control),
    "motor": Voice(pitch=(40.0, 90.0), rate=(4.0, 10.0), play=_motor, control=_swing),
    "robot": Voice(pitch=(200.0, 600.0), rate=(4.0, 8.0), play=_robot, control=_robot_control),
    "harp": Voice(pitch=(180.0, 600.0), rate=(2.0, 4.0), decay=(0.08, 0.25), play=_harp, control=_harp_control),
    "siren": Voice(pitch=(550.0, 1300.0), rate=(0.7, 1.8), play=_siren, control=_swing),
    "fish": Voice(pitch=(300.0, 900.0), rate=(5.0, 9.0), decay=(0.012, 0.03), play=_fish, control=_fish_control),
}
"""The voice of each sounding class."""
