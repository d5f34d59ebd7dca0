"""The batch of each step, as a pure function of the seed and the step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from avlearn.training.pool import ScenePool
from avlearn.training.prefetch import available_workers, prefetched
from avlearn.training.randomness import derived_seed
from avlearn.training.settings import TrainSettings
from avlearn.types import AVBatch, SceneSource

ORDER, FLIPS, STEP = 1, 2, 3
"""Keys of the streams of random numbers that one seed gives."""


class StepBatches:
    """`batches(step)` is what one process trains on in that step; it depends on nothing that happened before.

    With a pool every epoch goes through all of its scenes once, in an order of its own; the rest that doesn't fill a
    batch is left out. Without a pool each step has scenes that no step had before.

    Args:
        scenes: where scenes come from.
        settings: batch size, pool, flips and seed.
        rank: number of this process.
        world_size: number of processes; each takes its share of every step's batch.

    Raises:
        ValueError: the batch can't be shared equally.
    """

    def __init__(self, scenes: SceneSource, settings: TrainSettings, *, rank: int = 0, world_size: int = 1) -> None:
        if settings.batch_size % world_size:
            raise ValueError(f"a batch of {settings.batch_size} can't be shared by {world_size} processes; "
                             f"make batch_size a multiple of {world_size}")  # fmt: skip
        share = settings.batch_size // world_size
        self.rows = slice(rank * share, (rank + 1) * share)
        self.settings = settings
        self.pool = None if settings.pool is None else min(settings.pool, settings.steps * settings.batch_size)
        self.scenes = scenes

    def __call__(self, step: int) -> AVBatch:
        """This process's share of the batch of a step, counted from 0."""
        settings = self.settings
        indices = step_indices(step, batch_size=settings.batch_size, pool=self.pool, seed=settings.seed)
        batch = self._source.batch(indices[self.rows].tolist(), truth=False).without_truth()
        if not settings.flip:
            return batch
        return flip_pictures(batch, step_flips(step, batch_size=settings.batch_size, seed=settings.seed)[self.rows])

    @cached_property
    def _source(self) -> SceneSource:
        # Made when the first batch is asked for: a run that is finished or can't start needs no pool
        return self.scenes if self.pool is None else ScenePool(self.scenes, self.pool)

    def onward(self, first: int) -> Iterator[AVBatch]:
        """The batches of all steps from this one to the last; fresh scenes are made ahead by worker processes."""
        workers = available_workers() if self.pool is None else 0
        return prefetched(self, range(first, self.settings.steps), workers=workers)


def step_indices(step: int, *, batch_size: int, pool: int | None, seed: int) -> Int[Tensor, " B"]:
    """Numbers of the scenes of a step.

    Args:
        step: counted from 0.
        batch_size: scenes of a step.
        pool: number of scenes to draw from; None for fresh ones in each step.
        seed: of the order.

    Example:
        >>> step_indices(3, batch_size=4, pool=None, seed=0)
        tensor([12, 13, 14, 15])
    """
    if pool is None:
        return torch.arange(step * batch_size, (step + 1) * batch_size)
    epoch, turn = divmod(step, pool // batch_size)
    generator = torch.Generator().manual_seed(derived_seed(seed, ORDER, epoch))
    return torch.randperm(pool, generator=generator)[turn * batch_size : (turn + 1) * batch_size]


def step_flips(step: int, *, batch_size: int, seed: int) -> Bool[Tensor, " B"]:
    """Which pictures of a step are mirrored: each with a chance of one half."""
    generator = torch.Generator().manual_seed(derived_seed(seed, FLIPS, step))
    return torch.rand(batch_size, generator=generator) < 0.5


def flip_pictures(batch: AVBatch, flips: Bool[Tensor, " B"]) -> AVBatch:
    """The batch with some of its pictures mirrored from left to right; the sound stays."""
    mirrored = flips.nonzero().squeeze(1)
    return replace(batch, frames=batch.frames.index_copy(0, mirrored, batch.frames.index_select(0, mirrored).flip(-1)))
