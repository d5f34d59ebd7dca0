"""Scenes that are made once and then drawn again and again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol, runtime_checkable

import torch

from avlearn.types import AVBatch

CHUNK = 64
"""Scenes that one thread makes at a time."""


@runtime_checkable
@runtime_checkable
class SceneSource(Protocol):
    """Anything that makes scenes by number: the same number gives the same scene, in every thread and process."""

    def batch(self, indices: Sequence[int], *, truth: bool = ...) -> AVBatch:
        """The scenes of these numbers."""
        ...


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
        first = scenes.batch(chunks[0], truth=False).without_truth()
        self._scenes = _room_for(first, size)
        self._fill(chunks[0], first)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(lambda chunk: self._fill(chunk, scenes.batch(chunk, truth=False)), chunks[1:]))

    def __len__(self) -> int:
        return len(self._scenes)

    def batch(self, indices: Sequence[int], *, truth: bool = False) -> AVBatch:
        """The scenes of these numbers.

        Raises:
            ValueError: the truth is asked for; a pool holds none.
        """
        if truth:
            raise ValueError("a pool of scenes holds no truth; ask the source of the scenes")
        return self._scenes[torch.as_tensor(indices)]

    def _fill(self, chunk: range, made: AVBatch) -> None:
        for name in ("frames", "waveform", "index"):
            getattr(self._scenes, name)[chunk.start : chunk.stop] = getattr(made, name)


def _room_for(first: AVBatch, size: int) -> AVBatch:
    # Filled in place: joining the chunks at the end would need twice the memory
    room = {name: getattr(first, name) for name in ("frames", "waveform", "index")}
    return replace(first, **{name: value.new_empty((size, *value.shape[1:])) for name, value in room.items()})
