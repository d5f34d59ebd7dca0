"""The embedded audiovisual world: textured things that move and sound, with every truth known.

A scene is a pure function of settings, seed and index: no files, and the same in every process and in every batch.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avlearn.data.classes import drift, perform
from avlearn.data.ledger import EMPTY, Entry, Ledger
from avlearn.data.mixing import limit, reverberate, room_response, set_level
from avlearn.data.oscillators import low_noise
from avlearn.data.painting import paint
from avlearn.data.scenario import Actor, Scenario, draw_scenario
from avlearn.data.settings import WorldSettings
from avlearn.data.sounds import VOICES
from avlearn.data.textures import background
from avlearn.types import AVBatch, Scene


class World:
    """An endless row of scenes.

    Args:
        settings: what scenes are like.
        seed: which world of that kind, 0 or more. Train and test on different seeds.

    >>> world = World(WorldSettings(), seed=0)
    >>> world[7].frames.shape
    torch.Size([3, 1, 96, 96])
    >>> world.batch([0, 1, 7]).waveform.shape
    torch.Size([3, 16000])
    """

    def __init__(self, settings: WorldSettings, seed: int = 0) -> None:
        self.settings = settings
        self.seed = _whole_number(seed, "seed")

    def __getitem__(self, index: int) -> Scene:
        """One scene with its truth.

        Raises:
            ValueError: the index is negative or no whole number.
        """
        return self.batch([index]).scene(0)

    def batch(self, indices: Sequence[int] | Tensor, *, truth: bool = True) -> AVBatch:
        """The scenes of these indices.

        Args:
            indices: whole numbers, 0 or more, in any order.
            truth: whether to build masks and stems too. Training never needs them.

        Raises:
            ValueError: no indices, or one that is negative or no whole number.
        """
        rows = indices.tolist() if isinstance(indices, Tensor) else indices
        numbers = [_whole_number(index, "index") for index in rows]
        if not numbers:
            raise ValueError("World.batch got no indices; give at least one")
        s = self.settings
        ledger = None
        if truth:
            ledger = Ledger.blank(len(numbers), slots=s.slots, frames=s.frames, size=s.size, samples=s.samples)
        frames = np.empty((len(numbers), 3, s.frames, s.size, s.size), np.uint8)
        waveform = np.empty((len(numbers), s.samples), np.float32)
        for row, index in enumerate(numbers):
            scenario = draw_scenario(s, seed=self.seed, index=index)
            frames[row], owner = _picture(scenario, s)
            waveform[row], stems, ambience = _sound(scenario, s)
            if ledger is not None:
                entries = [Entry(label=a.label, stem=stem) for a, stem in zip(scenario.actors, stems, strict=True)]
                ledger.write(row, entries, owner, ambience)
        return AVBatch(
            frames=torch.from_numpy(frames),
            waveform=torch.from_numpy(waveform),
            sample_rate=s.sample_rate,
            frame_rate=s.frames_per_second,
            index=torch.tensor(numbers),
            truth=None if ledger is None else ledger.truth(),
        )


def _picture(scenario: Scenario, settings: WorldSettings) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """Frames (3, T, H, W), and the slot that each pixel belongs to (T, H, W)."""
    frames, size = settings.frames, settings.size
    ground = background(scenario.background, size=size, strength=settings.texture)
    canvas = np.repeat(ground[:, None], frames, axis=1)
    owner = np.full((frames, size, size), EMPTY, np.int8)
    time = _frame_times(scenario, settings)
    for slot, actor in enumerate(scenario.actors):
        if actor.look is not None:
            pose = _pose(actor, time)
            paint(canvas, actor.look, radius=actor.radius, centre=actor.centre, pose=pose, owner=owner, slot=slot)
    np.rint(canvas, out=canvas)
    return np.clip(canvas, 0, 255, out=canvas).astype(np.uint8), owner


def _frame_times(scenario: Scenario, settings: WorldSettings) -> NDArray[np.float64]:
    """Seconds at which the frames are taken; a still is taken at any moment of the sound."""
    if settings.frames == 1:
        return scenario.room[:1] * settings.seconds
    return (np.arange(settings.frames) + 0.5) / settings.frames_per_second


def _pose(actor: Actor, time: NDArray[np.float64]) -> NDArray[np.floating]:
    return drift(actor.drift, time) if actor.score is None else perform(actor.family, actor.score, time)


def _sound(
    scenario: Scenario, settings: WorldSettings
) -> tuple[NDArray[np.float32], list[NDArray[np.float32] | None], NDArray[np.float32]]:
    """The mixture, the stem of each actor (None if silent), and the background noise."""
    time = np.arange(settings.samples) / settings.sample_rate
    room = _room(scenario, settings)
    stems = [_stem(actor, time, settings, room) for actor in scenario.actors]
    heard = [stem for stem in stems if stem is not None]
    ambience = _noise(scenario, settings, sum(actor.level**2 for actor in scenario.actors if actor.score is not None))
    mixture = limit([*heard, ambience], samples=settings.samples)
    return mixture, stems, ambience


def _stem(
    actor: Actor, time: NDArray[np.float64], settings: WorldSettings, room: NDArray[np.float32] | None
) -> NDArray[np.float32] | None:
    if actor.score is None:
        return None
    dry = VOICES[actor.family.name].play(actor.score, time, settings.sample_rate)
    wet = dry if room is None else reverberate(dry, room)
    return set_level(wet, level=actor.level)


def _room(scenario: Scenario, settings: WorldSettings) -> NDArray[np.float32] | None:
    chance, length, *draws = scenario.room[1:5].tolist()
    if chance >= settings.reverberation:
        return None
    low, high = settings.reverberation_time
    return room_response(np.array(draws), seconds=low + (high - low) * length, sample_rate=settings.sample_rate)


def _noise(scenario: Scenario, settings: WorldSettings, power: float) -> NDArray[np.float32]:
    if settings.snr is None:
        return np.zeros(settings.samples, np.float32)
    ratio, colour, offset = scenario.room[5:8].tolist()
    low, high = settings.snr
    noise = low_noise(settings.samples, cutoff=200 * 2 ** (5 * colour), offset=offset, sample_rate=settings.sample_rate)
    return set_level(noise, level=(max(power, 1e-4) / 10 ** ((low + (high - low) * ratio) / 10)) ** 0.5)


def _whole_number(value: object, name: str) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ValueError(f"{name} is {value!r}; use a whole number, 0 or more") from None
    if not 0 <= number < 2**63:
        raise ValueError(f"{name} is {number}; use a whole number, 0 or more (below 2**63)")
    return number
