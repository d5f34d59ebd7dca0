"""The ground of clips: what clusters of pictures follow if nothing tells them what matters."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from avlearn.clustering import kmeans
from avlearn.tasks.frozen import numbered
from avlearn.tasks.scene_scores import truth_of
from avlearn.types import AVBatch, SceneSource


def ground_colours(batch: AVBatch) -> Float[Tensor, "B 3"]:
    """Mean red, green and blue, 0 to 255, of the pixels of each clip that belong to no thing; NaN where there are none.

    Args:
        batch: with its truth.

    Raises:
        ValueError: the truth isn't known.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> ground_colours(World(DIFFICULTIES["video"], seed=0).batch([0, 1])).shape
        torch.Size([2, 3])
    """
    ground = ~truth_of(batch).masks.any(1)  # (B, T, H, W)
    painted = batch.frames.double() * ground[:, None]
    return (painted.sum((2, 3, 4)) / ground.sum((1, 2, 3))[:, None]).float()


def ground_groups(
    clips: SceneSource, *, count: int, groups: int, batch_size: int = 64, seed: int = 0
) -> Int[Tensor, " n"]:
    """Clips 0 to count - 1, sorted by k-means into groups of like ground. Evaluation only.

    Compared with the clusters of a model, they tell whether it has learnt things or grounds.

    Args:
        clips: gives clips with their truth, in each of which some ground is seen.
        count: clips to sort.
        groups: how many.
        batch_size: clips at once.
        seed: of k-means.

    Raises:
        ValueError: unknown truth, a clip without ground, or what `kmeans` refuses.
    """
    colours = [ground_colours(clips.batch(numbers, truth=True)) for numbers in numbered(count, batch_size)]
    return kmeans(torch.cat(colours), groups, restarts=4, seed=seed).labels
