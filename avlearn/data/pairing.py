"""Mix and separate (Zhao et al., ECCV 2018): sounds of several scenes added up, so that the truth is known for free.

What a mixture is made of needs no label: it is the scenes' own sounds. So a model can be trained to part them from
pictures alone, and be scored on scenes that nobody annotated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from avlearn.types import AVBatch

Combine = Literal["mean", "sum"]
"""mean: divided by the number of sources, as published, so that no mixture is louder than [-1, 1] times the gain. sum:
as sounds add up in air."""


@dataclass(frozen=True, eq=False, kw_only=True)
class MixBatch:
    """Mixtures of `M` scenes each, and what they were made of."""

    waveform: Float[Tensor, "B S"]
    """The mixtures; exactly `parts.sum(1)`."""
    parts: Float[Tensor, "B M S"]
    """What each scene adds to its mixture, gain included: what has to be restored."""
    frames: UInt8[Tensor, "B M C T H W"]
    """Pictures of the scenes, which say what is asked for."""
    rows: Int[Tensor, "B M"]
    """Which row of the batch each part is, to look up its truth."""
    sample_rate: int
    """Hz of the waveforms."""
    frame_rate: float
    """Frames per second."""
    index: Int[Tensor, "B M"]
    """Number of each scene in its data set."""

    def __getitem__(self, mixtures: slice) -> MixBatch:
        """Some of the mixtures; their rows still count the scenes of the whole batch."""
        names = ("waveform", "parts", "frames", "rows", "index")
        return replace(self, **{name: getattr(self, name)[mixtures] for name in names})

    def questions(self) -> AVBatch:
        """Each picture with the mixture as its sound: B * M scenes without truth, those of a mixture in a row.

        This is all that a separator may ask a localizer about: a real mixture doesn't offer the source alone.
        """
        sources = self.parts.shape[1]
        return AVBatch(
            frames=self.frames.flatten(0, 1),
            waveform=self.waveform.repeat_interleave(sources, 0),
            sample_rate=self.sample_rate,
            frame_rate=self.frame_rate,
            index=self.index.flatten(),
        )


def mix_and_separate(
    batch: AVBatch,
    *,
    generator: torch.Generator,
    sources: int = 2,
    gains: tuple[float, float] = (0.5, 1.5),
    combine: Combine = "mean",
) -> MixBatch:
    """As many mixtures as the batch has scenes; every scene is part of `sources` of them, never twice of the same.

    Scenes are shuffled, and each is mixed with those that follow it. That a scene is silent can't be seen here without
    looking at every sample: its part is silence, which is a valid thing to learn but has no score.

    Args:
        batch: scenes of one length and sample rate; `AVBatch.stack` refuses others. One source each is best: a scene
            with several is restored as a whole.
        generator: of the order and the gains, on the CPU; equal generators give equal mixtures on every device.
        sources: scenes in a mixture.
        gains: lowest and highest factor of a part, drawn uniformly; (1, 1) for evaluation, as published.
        combine: see `Combine`.

    Raises:
        ValueError: fewer than two sources, fewer scenes than sources, unusable gains, unknown `combine`.

    Example:
        >>> from avlearn.data import World, WorldSettings
        >>> batch = World(WorldSettings(), seed=0).batch(range(4))
        >>> mixed = mix_and_separate(batch, generator=torch.Generator().manual_seed(0))
        >>> mixed.parts.shape, torch.equal(mixed.parts.sum(1), mixed.waveform)
        (torch.Size([4, 2, 16000]), True)
    """
    _check(len(batch), sources, gains, combine)
    rows = _partners(len(batch), sources, generator).to(batch.index.device)
    factors = gains[0] + (gains[1] - gains[0]) * torch.rand(rows.shape, generator=generator)
    factors = factors / (sources if combine == "mean" else 1)
    parts = batch.waveform[rows] * factors.to(batch.waveform)[..., None]
    return MixBatch(
        waveform=parts.sum(1),
        parts=parts,
        frames=batch.frames[rows],
        rows=rows,
        sample_rate=batch.sample_rate,
        frame_rate=batch.frame_rate,
        index=batch.index[rows],
    )


def _partners(scenes: int, sources: int, generator: torch.Generator) -> Int[Tensor, "B M"]:
    order = torch.randperm(scenes, generator=generator)
    return torch.stack([order.roll(-step) for step in range(sources)], 1)


def _check(scenes: int, sources: int, gains: tuple[float, float], combine: str) -> None:
    if sources < 2:
        raise ValueError(f"sources is {sources}; a mixture needs at least 2")
    if scenes < sources:
        raise ValueError(f"the batch has {scenes} scenes, too few for mixtures of {sources}; use a larger batch")
    if not 0 < gains[0] <= gains[1] < float("inf"):
        raise ValueError(f"gains are {gains}; give a lowest and a highest positive factor")
    if combine not in get_args(Combine):
        raise ValueError(f"combine is {combine!r}; choose one of {', '.join(get_args(Combine))}")
