"""The records that every part of avlearn passes to every other part.

Legend of the axis letters used in names and shapes all over the library:

`B` batch, `M` slots for the sources of a scene, `T` time steps (frames of a clip), `C` channels, `H W` height and
width, `F` mel bands, `N` positions of a feature map (flattened), `D` embedding, `K` clusters, `S` samples of a
waveform. Lower-case `h w` are the height and width of a picture's feature map, `t f` time and pitch of a sound's. Where
all pictures meet all sounds, `V` counts pictures and `A` sounds; where sounds have clusters of their own, `L` of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from avlearn.scenes import AVBatch as AVBatch
from avlearn.scenes import Flaw as Flaw
from avlearn.scenes import Scene as Scene
from avlearn.scenes import Truth as Truth


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
