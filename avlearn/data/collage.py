"""Collages: real pictures on a textured ground, real recordings in one mixture, as scenes with every truth known.

What is real are pictures and sounds; who meets whom, and where, is drawn as in the embedded world.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from avlearn.data.assembly import Rendering, assemble, blank_canvas, develop, frame_times, whole_number
from avlearn.data.mixing import mix
from avlearn.data.pictures import PictureBank, cut_out, paste
from avlearn.data.recordings import RecordingBank, excerpt
from avlearn.data.settings import WorldSettings
from avlearn.data.staging import Kinds, draw_stage, drift, scene_generator
from avlearn.types import AVBatch, Scene

_DRAWS = 6


class Collage:
    """An endless row of scenes from a bank of pictures and a bank of recordings, with the interface of `World`.

    Classes are matched by name. One that both banks have can be seen and heard; one that only the pictures have is
    always silent; one that only the recordings have is always off-screen. Give disjoint banks to train and to test.
    In a clip all things drift slowly: motion tells nothing about who sounds.

    Args:
        settings: what scenes are like.
        pictures: what is seen.
        recordings: what is heard; resampled once to the rate of the settings.
        seed: which collage of that kind, 0 or more.

    Raises:
        ValueError: the banks share no class, or have too few classes for the settings.

    >>> rng = np.random.default_rng(0)
    >>> names = ("dog", "cat")
    >>> images = rng.integers(0, 255, (4, 32, 32, 3), dtype=np.uint8)
    >>> pictures = PictureBank(images=images, labels=np.array([0, 0, 1, 1]), class_names=names)
    >>> recordings = RecordingBank(
    ...     waveforms=(rng.standard_normal(9000).astype(np.float32),) * 2,
    ...     labels=np.array([0, 1]), class_names=names, sample_rate=16_000,
    ... )
    >>> Collage(WorldSettings(), pictures, recordings, seed=0).batch([3, 4]).frames.shape
    torch.Size([2, 3, 1, 96, 96])
    """

    def __init__(
        self, settings: WorldSettings, pictures: PictureBank, recordings: RecordingBank, seed: int = 0
    ) -> None:
        self.settings = settings
        self.seed = whole_number(seed, "seed")
        self._pictures, self._recordings = pictures, recordings.resampled(settings.sample_rate)
        seen, heard = _present(pictures), _present(recordings)
        both = [name for name in seen if name in heard]
        self._names = (*both, *[n for n in seen if n not in both], *[n for n in heard if n not in both])
        self._kinds = Kinds(
            sounding=tuple(range(len(both))),
            mute=tuple(range(len(both), len(seen))),
            unseen=tuple(range(len(seen), len(self._names))),
        )
        _check_classes(settings, self._kinds)
        self._picture_rows = [_rows(pictures, name) for name in self._names]
        self._recording_rows = [_rows(recordings, name) for name in self._names]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that `Truth.classes` counts."""
        return self._names

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same pictures and the same recordings under the same names."""
        digest = hashlib.sha256(repr((self._pictures.class_names, self._recordings.class_names)).encode())
        banks = (self._pictures.images, self._pictures.labels, *self._recordings.waveforms, self._recordings.labels)
        for part in banks:
            digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()[:16]

    def __getitem__(self, index: int) -> Scene:
        """One scene with its truth.

        Raises:
            ValueError: the index is negative or no whole number.
        """
        return self.batch([index]).scene(0)

    def batch(self, indices: Sequence[int] | Tensor, *, truth: bool = True) -> AVBatch:
        """The scenes of these indices; see `World.batch`.

        Raises:
            ValueError: no indices, or one that is negative or no whole number.
        """
        return assemble(self._render, indices, settings=self.settings, truth=truth)

    def _render(self, index: int) -> Rendering:
        settings = self.settings
        generator = scene_generator(seed=self.seed, index=index)
        stage = draw_stage(settings, self._kinds, generator)
        canvas, owner = blank_canvas(stage.background, settings=settings)
        time = frame_times(stage.moment, settings=settings)
        sounds: list[NDArray[np.floating] | None] = []
        draws = generator.random((len(stage.roles), _DRAWS))
        for slot, (role, spot, row) in enumerate(zip(stage.roles, stage.spots, draws, strict=True)):
            if role.seen:
                paste(
                    canvas,
                    owner,
                    cut_out(self._pictures.images[_pick(self._picture_rows[role.label], row[0])], row[1:3]),
                    radius=spot.radius,
                    centre=spot.centre,
                    pose=drift(spot.drift, time),
                    turn=float(np.deg2rad(settings.tilt * (2 * row[3] - 1))),
                    slot=slot,
                )
            sounds.append(self._play(role.label, row[4:]) if role.heard else None)
        mixture = mix(sounds, [spot.level for spot in stage.spots], stage.acoustics, settings=settings)
        labels = tuple(role.label for role in stage.roles)
        return Rendering(frames=develop(canvas), owner=owner, mixture=mixture, labels=labels)

    def _play(self, label: int, draws: NDArray[np.floating]) -> NDArray[np.floating]:
        take = _pick(self._recording_rows[label], draws[0])
        return excerpt(self._recordings.waveforms[take], float(draws[1]), samples=self.settings.samples)


def _present(bank: PictureBank | RecordingBank) -> list[str]:
    """Names of the classes that the bank has items of."""
    return [bank.class_names[label] for label in np.unique(bank.labels).tolist()]


def _rows(bank: PictureBank | RecordingBank, name: str) -> NDArray[np.integer]:
    return np.flatnonzero(np.array(bank.class_names)[bank.labels] == name)


def _pick(rows: NDArray[np.integer], draw: float) -> int:
    return int(rows[int(draw * len(rows))])


def _check_classes(settings: WorldSettings, kinds: Kinds) -> None:
    need = settings.sources[1] + settings.silent[1] + settings.offscreen[1]
    if len(kinds.sounding) < need:
        raise ValueError(
            f"{len(kinds.sounding)} classes have pictures and recordings, a scene may need {need} different ones; "
            "add classes of the same name to both banks, or allow fewer things"
        )
