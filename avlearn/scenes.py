"""Scenes, one by one and in batches: pictures with their sound, and the truth. `avlearn.types` has the axis letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntFlag
from typing import Any, TypeVar

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

R = TypeVar("R", "AVBatch", "Truth")


@dataclass(frozen=True, eq=False, kw_only=True)
class Truth:
    """All that is known of a scene because we made it. Evaluation reads it, training never does.

    A scene has `M` slots. A slot holds a source that is heard, or an object that is only seen, or nothing.
    The leading `B` is absent in the truth of a single scene.
    """

    classes: Int[Tensor, "*B M"]
    """Class of the thing in each slot; -1 where the slot is empty."""
    sounds: Bool[Tensor, "*B M"]
    """True where the slot is heard. `sounds & ~visible` is an off-screen sound, `visible & ~sounds` a silent object."""
    visible: Bool[Tensor, "*B M"]
    """True where the slot is in the picture."""
    boxes: Float[Tensor, "*B M T 4"]
    """x1, y1, x2, y2 as fractions of the picture, tight around the visible part of the mask; 0 where not visible."""
    masks: Bool[Tensor, "*B M T H W"]
    """The pixels that belong to the slot in each frame, occlusion taken into account."""
    stems: Float[Tensor, "*B M S"]
    """What each slot adds to the mixture; 0 where it is silent. `stems.sum(-2) + ambience` is the waveform."""
    ambience: Float[Tensor, "*B S"]
    """Background noise that belongs to no slot."""

    @property
    def sounding(self) -> Bool[Tensor, "*B M"]:
        """Slots that are seen and heard: what localization must find."""
        return self.sounds & self.visible

    @property
    def silent(self) -> Bool[Tensor, "*B M"]:
        """Slots that are seen but not heard: what localization must leave alone."""
        return self.visible & ~self.sounds

    @property
    def complexity(self) -> Int[Tensor, "*B"]:
        """Number of sources heard, seen or not."""
        return self.sounds.sum(-1)


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """One picture or clip with its sound: a row of an `AVBatch`."""

    frames: UInt8[Tensor, "C T H W"]
    waveform: Float[Tensor, " S"]
    sample_rate: int
    frame_rate: float
    index: int
    truth: Truth | None = None


class Flaw(IntFlag):
    """What may be wrong with a scene that was read from a file; it is trained on all the same, and counted."""

    SKIPPED = 1
    """It stands for another one, which could not be read."""
    SILENT = 2
    """Its sound is digital silence."""
    BLACK = 4
    """Its pictures are black."""
    INCOMPLETE = 8
    """Pictures or sound are missing in a part of it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class AVBatch:
    """Pictures or clips with their sound.

    Models own their normalisation and spectrograms, so data and weights can't disagree.
    """

    frames: UInt8[Tensor, "B C T H W"]
    """RGB, 0 to 255; T = 1 for a still picture."""
    waveform: Float[Tensor, "B S"]
    """Mono, in [-1, 1]."""
    sample_rate: int
    """Hz of the waveform."""
    frame_rate: float
    """Frames per second."""
    index: Int[Tensor, " B"]
    """Number of each scene in its data set."""
    flaws: UInt8[Tensor, " B"] | None = None
    """Sum of the flaws of each scene, see `Flaw`; None of scenes that are made, which have none."""
    truth: Truth | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, rows: slice | Int[Tensor, " b"]) -> AVBatch:
        """The scenes of these rows, as a smaller batch."""
        return _map_tensors(self, lambda tensor: tensor[rows])

    def to(self, device: torch.device | str) -> AVBatch:
        """The same batch on another device."""
        return _map_tensors(self, lambda tensor: tensor.to(device, non_blocking=True))

    def without_truth(self) -> AVBatch:
        """The same batch as training sees it."""
        return replace(self, truth=None)

    def scene(self, row: int) -> Scene:
        """One scene of the batch."""
        truth = None if self.truth is None else _map_tensors(self.truth, lambda tensor: tensor[row])
        return Scene(
            frames=self.frames[row],
            waveform=self.waveform[row],
            sample_rate=self.sample_rate,
            frame_rate=self.frame_rate,
            index=int(self.index[row]),
            truth=truth,
        )

    @classmethod
    def stack(cls, scenes: Sequence[Scene]) -> AVBatch:
        """Scenes of equal shapes as one batch.

        Raises:
            ValueError: no scenes, or scenes of different shape, rate or knowledge of the truth.

        Example:
            >>> from avlearn.data import World, WorldSettings
            >>> world = World(WorldSettings(), seed=0)
            >>> AVBatch.stack([world[3], world[8]]).index
            tensor([3, 8])
        """
        if not scenes:
            raise ValueError("AVBatch.stack got no scenes; give at least one")
        first = scenes[0]
        for scene in scenes[1:]:
            _check_stackable(scene, first)
        truths = [scene.truth for scene in scenes if scene.truth is not None]
        return cls(
            frames=torch.stack([scene.frames for scene in scenes]),
            waveform=torch.stack([scene.waveform for scene in scenes]),
            sample_rate=first.sample_rate,
            frame_rate=first.frame_rate,
            index=torch.tensor([scene.index for scene in scenes]),
            truth=_stack_truths(truths) if truths else None,
        )


def _map_tensors(record: R, function: Callable[[Tensor], Tensor]) -> R:
    changed: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Tensor):
            changed[field.name] = function(value)
        elif isinstance(value, Truth):
            changed[field.name] = _map_tensors(value, function)
    return replace(record, **changed)


def _check_stackable(scene: Scene, first: Scene) -> None:
    for name in ("sample_rate", "frame_rate"):
        value, expected = getattr(scene, name), getattr(first, name)
        if value != expected:
            raise ValueError(f"scene {scene.index} has {name} {value}, scene {first.index} has {expected}; resample")
    for name in ("frames", "waveform"):
        shape, wanted = tuple(getattr(scene, name).shape), tuple(getattr(first, name).shape)
        if shape != wanted:
            raise ValueError(f"scene {scene.index} has {name} {shape}, scene {first.index} has {wanted}; crop or pad")
    if (scene.truth is None) != (first.truth is None):
        raise ValueError(f"scenes {scene.index} and {first.index} must both have a truth or both have none")


def _stack_truths(truths: Sequence[Truth]) -> Truth:
    return Truth(
        **{field.name: torch.stack([getattr(truth, field.name) for truth in truths]) for field in fields(Truth)}
    )
