"""The batch of each step, as a pure function of the seed and the step."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import replace

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from avlearn.training.curriculum import Curriculum, Stage
from avlearn.training.pool import FEW, ScenePool
from avlearn.training.prefetch import available_workers, prefetched
from avlearn.training.randomness import derived_seed
from avlearn.training.settings import TrainSettings
from avlearn.types import AVBatch, Ordered, SceneSource

ORDER, FLIPS, STEP = 1, 2, 3
"""Keys of the streams of random numbers that one seed gives."""


class StepBatches:
    """`batches(step)` is what one process trains on in that step; it depends on nothing that happened before.

    With a pool every epoch goes through all of its scenes once, in an order of its own; the rest that doesn't fill a
    batch is left out. Without a pool each step has scenes that no step had before, or, of a source that has an end, an
    epoch goes through all of them, in the order that it asks for if it is `Ordered`. Each source of a curriculum has a
    pool and epochs of its own.

    Args:
        scenes: where scenes come from.
        settings: batch size, pool, flips and seed.
        rank: number of this process.
        world_size: number of processes; each takes its share of every step's batch.

    Raises:
        ValueError: the batch can't be shared equally, a source has fewer scenes than a batch, or a stage no step.
    """

    def __init__(
        self, scenes: SceneSource | Curriculum, settings: TrainSettings, *, rank: int = 0, world_size: int = 1
    ) -> None:
        if settings.batch_size % world_size:
            raise ValueError(f"a batch of {settings.batch_size} can't be shared by {world_size} processes; "
                             f"make batch_size a multiple of {world_size}")  # fmt: skip
        share = settings.batch_size // world_size
        self.rows = slice(rank * share, (rank + 1) * share)
        self.settings = settings
        self.curriculum = Curriculum.of(scenes)
        for stage in self.curriculum.stages:
            _check_size(stage, self.size(stage), settings.batch_size)
        self._pool: tuple[SceneSource, ScenePool] | None = None
        self._epoch: tuple[SceneSource, int, Tensor] | None = None

    def __call__(self, step: int) -> AVBatch:
        """This process's share of the batch of a step, counted from 0."""
        settings = self.settings
        batch = self._source(step).batch(self.numbers(step)[self.rows].tolist(), truth=False).without_truth()
        if not settings.flip:
            return batch
        return flip_pictures(batch, step_flips(step, batch_size=settings.batch_size, seed=settings.seed)[self.rows])

    def numbers(self, step: int) -> Int[Tensor, " B"]:
        """Numbers of the whole batch's scenes in the source that the step's stage has."""
        settings, stage = self.settings, self.curriculum.stage(step, steps=self.settings.steps)
        turn, size = self.curriculum.steps_on(stage.scenes, before=step, steps=settings.steps), self.size(stage)
        if size is None:
            return step_indices(turn, batch_size=settings.batch_size, pool=None, seed=settings.seed)
        epoch, place = divmod(turn, size // settings.batch_size)
        if self._epoch is None or self._epoch[0] is not stage.scenes or self._epoch[1] != epoch:
            # Kept: in the order of millions each step takes a few
            scenes = stage.scenes if settings.pool is None else None
            self._epoch = stage.scenes, epoch, epoch_order(epoch, size, seed=settings.seed, scenes=scenes)
        return self._epoch[2][place * settings.batch_size : (place + 1) * settings.batch_size]

    def size(self, stage: Stage) -> int | None:
        """Number of scenes that a stage draws from; None for ever new ones."""
        settings, scenes = self.settings, stage.scenes
        sizes = [len(scenes)] if isinstance(scenes, Sized) else []
        if settings.pool is not None:
            drawn = self.curriculum.steps_on(scenes, before=settings.steps, steps=settings.steps) * settings.batch_size
            sizes += [settings.pool, drawn]
        return min(sizes, default=None)

    def onward(self, first: int) -> Iterator[AVBatch]:
        """The batches of all steps from this one to the last; fresh scenes are made ahead by worker processes, unless
        they are so few that the workers would start too late.
        """
        many = (self.settings.steps - first) * self.settings.batch_size >= FEW
        workers = available_workers() if many and self.settings.pool is None else 0
        return prefetched(self, range(first, self.settings.steps), workers=workers)

    def _source(self, step: int) -> SceneSource:
        # A pool is made when its first batch is asked for: a run that is finished or can't start needs none
        stage = self.curriculum.stage(step, steps=self.settings.steps)
        size = self.size(stage)
        if self.settings.pool is None or size is None or isinstance(stage.scenes, ScenePool):
            return stage.scenes
        if self._pool is None or self._pool[0] is not stage.scenes:
            self._pool = None  # makes room for the next one
            self._pool = stage.scenes, ScenePool(stage.scenes, size)
        return self._pool[1]


def step_indices(step: int, *, batch_size: int, pool: int | None, seed: int) -> Int[Tensor, " B"]:
    """Numbers of the scenes of a step.

    Args:
        step: counted from 0, among the steps with the same source.
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
    return epoch_order(epoch, pool, seed=seed)[turn * batch_size : (turn + 1) * batch_size]


def epoch_order(epoch: int, size: int, *, seed: int, scenes: SceneSource | None = None) -> Int[Tensor, " size"]:
    """Every number below `size` once, in an order of the epoch's own.

    Args:
        epoch: counted from 0.
        size: number of scenes.
        seed: of the order.
        scenes: who may ask for another order than one that is drawn evenly.

    Example:
        >>> sorted(epoch_order(2, 5, seed=0).tolist())
        [0, 1, 2, 3, 4]
    """
    generator = torch.Generator().manual_seed(derived_seed(seed, ORDER, epoch))
    return scenes.order(generator) if isinstance(scenes, Ordered) else torch.randperm(size, generator=generator)


def step_flips(step: int, *, batch_size: int, seed: int) -> Bool[Tensor, " B"]:
    """Which pictures of a step are mirrored: each with a chance of one half."""
    generator = torch.Generator().manual_seed(derived_seed(seed, FLIPS, step))
    return torch.rand(batch_size, generator=generator) < 0.5


def flip_pictures(batch: AVBatch, flips: Bool[Tensor, " B"]) -> AVBatch:
    """The batch with some of its pictures mirrored from left to right; the sound stays."""
    mirrored = flips.nonzero().squeeze(1)
    return replace(batch, frames=batch.frames.index_copy(0, mirrored, batch.frames.index_select(0, mirrored).flip(-1)))


def _check_size(stage: Stage, size: int | None, batch_size: int) -> None:
    if size is not None and size < batch_size:
        raise ValueError(f"stage {stage.name!r} has {size} scenes, which can't fill a batch of {batch_size}; "
                         "give it more scenes, or use smaller batches")  # fmt: skip
