"""Features of all clips, in files that the memory maps: the data may be larger than the memory, and so may they.

Under `torchrun` every process computes, and keeps, those of its own share of the clips.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Tensor, nn

from avlearn.training.prefetch import prefetched
from avlearn.types import AVBatch, SceneSource

Rows: TypeAlias = NDArray[np.float32]
"""(n, D), here mapped from a file."""
Features: TypeAlias = Mapping[str, Rows]
"""Rows by the name of their encoder."""


@runtime_checkable
class Embedding(Protocol):
    """A model that gives every clip a vector by each of its encoders."""

    def embed(self, batch: AVBatch) -> Mapping[str, Float[Tensor, "B _"]]:
        """Features by the name of their encoder."""
        ...


def share_of(count: int, *, rank: int, world_size: int) -> range:
    """The numbers, of `count`, that one of several processes looks after: shares of equal size, but for one.

    Example:
        >>> [share_of(5, rank=rank, world_size=2) for rank in range(2)]
        [range(0, 2), range(2, 5)]
    """
    return range(rank * count // world_size, (rank + 1) * count // world_size)


def chunks(count: int, size: int) -> list[slice]:
    """The rows 0 to count - 1 in chunks.

    Example:
        >>> chunks(5, 3)
        [slice(0, 3, None), slice(3, 5, None)]
    """
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


@torch.no_grad()
def extract_features(
    model: nn.Module,
    clips: SceneSource,
    numbers: range,
    *,
    folder: Path,
    batch_size: int,
    workers: int = 0,
    device: torch.device | str = "cpu",
) -> Features:
    """Features of clips by a model in evaluation mode, written batch by batch into one file for each encoder.

    Args:
        model: with `embed(batch)`, on the device; gets its mode back.
        clips: asked without truth.
        numbers: which of them.
        folder: where the files are; whatever older ones lie there is overwritten.
        batch_size: clips at once.
        workers: processes that make the clips; 0 makes them here.
        device: of the model.

    Returns:
        By encoder, the features in the order of the numbers.

    Raises:
        ValueError: a feature is not finite; no numbers.
        OSError: the disk is full.
    """
    if not numbers:
        raise ValueError("there are no clips to look at; give at least one for each process")
    training, files = model.training, cast(dict[str, Any], {})
    model.eval()
    blocks = [numbers[start : start + batch_size] for start in range(0, len(numbers), batch_size)]
    made = prefetched(lambda block: clips.batch(blocks[block], truth=False), range(len(blocks)), workers=workers)
    for block, batch in zip(blocks, made, strict=True):
        rows = slice(block.start - numbers.start, block.stop - numbers.start)
        for name, features in cast(Embedding, model).embed(batch.to(device)).items():
            _check_finite(features, name, block)
            if name not in files:
                files[name] = feature_file(folder / f"{name}-{numbers.start}.npy", len(numbers), features.shape[1])
            files[name][rows] = features.float().cpu().numpy()
    model.train(training)
    return cast(Features, files)


def remove_features(features: Features) -> None:
    """Delete the files of features, which must not be read any more."""
    for one in features.values():
        with suppress(FileNotFoundError):
            Path(cast(Any, one).filename).unlink()


def feature_file(path: Path, count: int, size: int) -> Rows:
    """A new file of so many rows, mapped into memory; one that is there is overwritten.

    Raises:
        OSError: the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return open_memmap(path, mode="w+", dtype=np.float32, shape=(count, size))


def _check_finite(features: Tensor, name: str, numbers: range) -> None:
    finite = torch.isfinite(features).all(1)
    if not finite.all():
        clip = numbers[int((~finite).nonzero()[0])]
        raise ValueError(f"the {name} features of clip {clip} are not finite; look at this clip, or train with a lower "
                         "learning rate")  # fmt: skip
