"""The records that every part of avlearn passes to every other part.

Legend of the axis letters used in names and shapes all over the library:

`B` batch, `M` slots for the sources of a scene, `T` time steps (frames of a clip), `C` channels, `H W` height and
width, `F` mel bands, `N` positions of a feature map (flattened), `D` embedding, `K` clusters, `S` samples of a
waveform. Lower-case `h w` are the height and width of a picture's feature map, `t f` time and pitch of a sound's. Where
all pictures meet all sounds, `V` counts pictures and `A` sounds; where sounds have clusters of their own, `L` of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntFlag
from typing import Any, Protocol, TypeVar, runtime_checkable

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
    """Sum of the `Flaw`s of each scene; None of scenes that are made, which have none."""
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


@dataclass(frozen=True, eq=False, kw_only=True)
class StepOutput:
    """What a method returns for one batch."""

    loss: Float[Tensor, ""]
    """Scalar to minimise, with its graph."""
    logs: Mapping[str, float | Tensor]
    """Detached scalars under stable names: `loss`, `chance/loss`, `pairs/accuracy`, `chance/accuracy`, ..."""


@dataclass(frozen=True, eq=False, kw_only=True)
class HeatMaps:
    """Where a model sees the source of a sound. Maps have the size of the image encoder's feature map, (h, w)."""

    similarity: Float[Tensor, "B h w"]
    """Cosine between what is seen at a position and what is heard, in [-1, 1]."""
    attention: Float[Tensor, "B h w"]
    """The model's own weighted map: what each position adds to the score."""
    clusters: Float[Tensor, "B K h w"]
    """Share of each position that belongs to each cluster; one cluster holds all for a model without clusters."""
    score: Float[Tensor, " B"]
    """How well picture and sound go together; the model's own scale."""
    sound_clusters: Float[Tensor, "B L t f"] | None = None
    """Share of each cell of the sound's feature map that belongs to each of its clusters; None without clusters."""


@runtime_checkable
class SceneSource(Protocol):
    """Anything that makes scenes by number, such as a `World` or a `Collage`."""

    def batch(self, indices: Sequence[int], *, truth: bool = ...) -> AVBatch:
        """The scenes of these numbers, the same in every thread and process; without truth for training."""
        ...


@runtime_checkable
class Ordered(Protocol):
    """A source with an end whose scenes come faster in some orders than in others, as from files of many scenes."""

    def order(self, generator: torch.Generator) -> Int[Tensor, " N"]:
        """All of its numbers once each, in a random order for one epoch that follows from the generator alone."""
        ...


@runtime_checkable
class Method(Protocol):
    """What the training loop needs of a model: one step, and nothing about devices or optimisers."""

    def step(self, batch: AVBatch) -> StepOutput:
        """Loss and logs of one batch."""
        ...


@runtime_checkable
class Clustered(Protocol):
    """A model whose numbers of clusters may change while it trains, as the stages of a curriculum ask."""

    def set_clusters(self, *, image: int | None = ..., audio: int | None = ...) -> None:
        """Use so many visual clusters, and so many of the sound, from now on; None leaves a number as it is."""
        ...


@runtime_checkable
class Localizer(Protocol):
    """What the localization task needs of a model."""

    def localize(self, batch: AVBatch) -> HeatMaps:
        """Heat maps of the picture `frames[i]` for the sound `waveform[i]`, for every row."""
        ...


@runtime_checkable
class Sources(Protocol):
    """Sources that a model finds in some scenes, in slots."""

    @property
    def heat(self) -> Float[Tensor, "B P h w"]:
        """Where each source is seen; 0 in slots that are left over."""
        ...


@runtime_checkable
class SourceFinder(Localizer, Protocol):
    """A localizer that can also tell the sources of a scene apart."""

    def pairs(self, batch: AVBatch) -> Sources:
        """The sources of each scene, from its picture and the mixture."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """What classification and clustering of scenes need of a model: its features."""

    def encode(self, batch: AVBatch) -> tuple[Float[Tensor, "B C h w"], Float[Tensor, "B D t f"]]:
        """Feature maps of the pictures and of the sounds."""
        ...


@runtime_checkable
class Matching(Embedder, Protocol):
    """What retrieval needs besides: comparing features that were kept."""

    def match(self, image: Float[Tensor, "V C h w"], audio: Float[Tensor, "A D t f"]) -> Float[Tensor, "V A"]:
        """How well each picture goes with each sound; the model's own scale."""
        ...

    def explain(self, image: Float[Tensor, "B C h w"], audio: Float[Tensor, "B D t f"]) -> HeatMaps:
        """Heat maps and clusters of picture i for sound i."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """(B, C, ...) -> (B, out_dim, *positions)."""

    out_dim: int
    """Channels of the feature map."""
    stride: int
    """Input pixels (or spectrogram cells) per position, along each axis."""

    def __call__(self, x: Float[Tensor, "B C *positions"]) -> Float[Tensor, "B D *coarse"]:
        """Feature map of a batch."""
        ...


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
