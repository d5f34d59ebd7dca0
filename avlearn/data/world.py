"""The embedded audiovisual world: textured things that move and sound, with every truth known.

A scene is a pure function of settings, seed and index: no files, and the same in every process and in every batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avlearn.data.actors import ACTOR_DRAWS, cast, dance, play
from avlearn.data.assembly import Rendering, assemble, blank_canvas, develop, frame_times, whole_number
from avlearn.data.classes import CLASSES, SOUNDING
from avlearn.data.mixing import mix
from avlearn.data.painting import paint
from avlearn.data.settings import WorldSettings
from avlearn.data.staging import Kinds, draw_stage, drift, scene_generator
from avlearn.types import AVBatch, Scene

KINDS = Kinds(sounding=tuple(range(len(SOUNDING))), mute=tuple(range(len(SOUNDING), len(CLASSES))))
"""The parts that the classes of the embedded world can play."""


class World:
    """An endless row of scenes.

    Args:
        settings: what scenes are like.
        seed: which world of that kind, 0 or more. Train and test on different seeds.

    Raises:
        ValueError: the seed is negative or no whole number.

    >>> world = World(WorldSettings(), seed=0)
    >>> world[7].frames.shape
    torch.Size([3, 1, 96, 96])
    >>> world.batch([0, 1, 7]).waveform.shape
    torch.Size([3, 16000])
    """

    def __init__(self, settings: WorldSettings, seed: int = 0) -> None:
        self.settings = settings
        self.seed = whole_number(seed, "seed")
        self._time = np.arange(settings.samples) / settings.sample_rate

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that `Truth.classes` counts."""
        return CLASSES

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
            truth: whether to tell masks, stems and all else too. Training never needs them.

        Raises:
            ValueError: no indices, or one that is negative or no whole number.
        """
        return assemble(self._render, indices, settings=self.settings, truth=truth)

    def _render(self, index: int) -> Rendering:
        settings = self.settings
        generator = scene_generator(seed=self.seed, index=index)
        stage = draw_stage(settings, KINDS, generator)
        canvas, owner = blank_canvas(stage.background, settings=settings)
        time = frame_times(stage.moment, settings=settings)
        sounds: list[NDArray[np.floating] | None] = []
        draws = generator.random((len(stage.roles), ACTOR_DRAWS))
        for slot, (role, spot, row) in enumerate(zip(stage.roles, stage.spots, draws, strict=True)):
            actor = cast(role.label, row, tilt=settings.tilt)
            if role.seen:
                # in a still, silent things are caught in the middle of a move too, so that no pose tells who sounds
                dances = role.heard or settings.frames == 1
                pose = dance(actor, time) if dances else drift(spot.drift, time)
                paint(canvas, owner, actor.look, radius=spot.radius, centre=spot.centre, pose=pose, slot=slot)
            sounds.append(play(actor, self._time, sample_rate=settings.sample_rate) if role.heard else None)
        mixture = mix(sounds, [spot.level for spot in stage.spots], stage.acoustics, settings=settings)
        labels = tuple(role.label for role in stage.roles)
        return Rendering(frames=develop(canvas), owner=owner, mixture=mixture, labels=labels)
