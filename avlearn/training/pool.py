"""Scenes that are made once and then drawn again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from avlearn.training.prefetch import available_workers, prefetched
from avlearn.types import AVBatch, SceneSource

CHUNK = 64
"""Scenes that one worker makes at a time."""
FEW = 512
"""So many scenes are made sooner than workers have started."""


class ScenePool:
    """The scenes 0 to size - 1 of a source, held in memory without their truth.

    Args:
        scenes: where they come from.
        size: how many; a 96 x 96 picture with 1 s of sound at 16 kHz takes 92 kB.

    Raises:
        ValueError: no scenes.
    """

    def __init__(self, scenes: SceneSource, size: int) -> None:
        if size < 1:
            raise ValueError(f"a pool of {size} scenes is empty; give at least 1")
        chunks = [range(start, min(start + CHUNK, size)) for start in range(0, size, CHUNK)]
        workers = 0 if size < FEW else available_workers()
        made = prefetched(lambda number: scenes.batch(chunks[number], truth=False), range(len(chunks)), workers=workers)
        self._scenes = _joined(made, chunks)

    def __len__(self) -> int:
        return len(self._scenes)

    def batch(self, indices: Sequence[int], *, truth: bool = False) -> AVBatch:
        """The scenes of these numbers.

        Raises:
            ValueError: the truth is asked for; a pool holds none.
        """
        if truth:
            raise ValueError("a pool of scenes holds no truth; ask the source of the scenes")
        rows = torch.as_tensor(indices)
        # Copies whole rows; indexing with a tensor takes a hundred times longer for pictures in bytes
        return _with(self._scenes, {name: one.index_select(0, rows) for name, one in _tensors(self._scenes).items()})


def _joined(made: Iterable[AVBatch], chunks: list[range]) -> AVBatch:
    # Filled in place: joining the chunks at the end would need twice the memory
    room: dict[str, Tensor] = {}
    for chunk, batch in zip(chunks, made, strict=True):
        for name, values in _tensors(batch).items():
            room.setdefault(name, values.new_empty((chunks[-1].stop, *values.shape[1:])))
            room[name][chunk.start : chunk.stop] = values
    return _with(batch, room)


def _tensors(batch: AVBatch) -> dict[str, Tensor]:
    tensors = {"frames": batch.frames, "waveform": batch.waveform, "index": batch.index}
    return tensors if batch.flaws is None else {**tensors, "flaws": batch.flaws}


def _with(batch: AVBatch, tensors: dict[str, Tensor]) -> AVBatch:
    changed: dict[str, Any] = dict(tensors)
    return replace(batch, **changed)
