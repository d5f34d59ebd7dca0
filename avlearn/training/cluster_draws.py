"""The clips of a round of deep clustering: every cluster is drawn alike, whatever its size.

Without that a few large clusters would fill all batches, and naming them whatever is seen would be good enough: the
trivial parametrisation of Caron et al. (DeepCluster, ECCV 2018, section 3.3), who draw uniformly over clusters too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Tensor

from avlearn.data.transforms import DRAWS, Augmentation, augment
from avlearn.training.randomness import derived_seed
from avlearn.types import AVBatch, SceneSource

CLIP, CHANGE = 4, 5
"""Keys of the streams of random numbers."""


class NumberedClips:
    """The clips of a source under the numbers by which they are asked for, whatever numbers the source gives them.

    Labels are kept by these numbers.

    Args:
        clips: where they come from; asked without truth.
    """

    def __init__(self, clips: SceneSource) -> None:
        self.clips = clips

    def batch(self, indices: Sequence[int], *, truth: bool = False) -> AVBatch:
        """The clips of these numbers, without truth."""
        return replace(self.clips.batch(indices, truth=False).without_truth(), index=torch.tensor(list(indices)))


class ClusterDraws:
    """An endless source of scenes. Scene i is a clip of a random cluster, changed at random; all by the number i alone.

    Where there are several sets of labels, they take turns: of two sets, even numbers are drawn uniformly over the
    clusters of the first, odd ones over those of the second. Batches keep the numbers of the clips, by which a model
    finds their labels.

    Args:
        clips: the clips, by numbers from 0.
        labels: for each set, the cluster of each clip.
        among: numbers of the clips to draw from.
        augmentation: how much they may change.
        seed: of the draws.

    Raises:
        ValueError: no labels, or no clips to draw from.

    Example:
        >>> from avlearn.data import World, WorldSettings
        >>> labels = {"video": torch.tensor([0, 0, 0, 1])}
        >>> draws = ClusterDraws(World(WorldSettings(), seed=0), labels, among=torch.arange(4), seed=0)
        >>> len(draws.batch(range(6)))
        6
    """

    def __init__(
        self,
        clips: SceneSource,
        labels: Mapping[str, Int[Tensor, " N"]],
        *,
        among: Int[Tensor, " n"],
        augmentation: Augmentation | None = None,
        seed: int,
    ) -> None:
        if not labels or not len(among):
            raise ValueError("there is nothing to draw from; give labels, and clips that have them")
        self.clips, self.seed = clips, seed
        self.augmentation = Augmentation() if augmentation is None else augmentation
        self._members = [_members(one, among) for one in labels.values()]

    def batch(self, indices: Sequence[int], *, truth: bool = False) -> AVBatch:
        """The draws of these numbers.

        Raises:
            ValueError: the truth is asked for; a changed clip has none.
        """
        if truth:
            raise ValueError("changed clips have no truth; ask the source of the clips")
        batch = self.clips.batch([self._clip(index) for index in indices], truth=False).without_truth()
        return batch if self.augmentation.idle else augment(batch, self._changes(indices), self.augmentation)

    def _clip(self, index: int) -> int:
        clusters = self._members[index % len(self._members)]
        generator = torch.Generator().manual_seed(derived_seed(self.seed, CLIP, index))
        cluster, place = torch.rand(2, generator=generator, dtype=torch.float64).tolist()
        members = clusters[int(cluster * len(clusters))]
        return int(members[int(place * len(members))])

    def _changes(self, indices: Sequence[int]) -> Tensor:
        seeds = (derived_seed(self.seed, CHANGE, index) for index in indices)
        return torch.stack([torch.rand(DRAWS, generator=torch.Generator().manual_seed(seed)) for seed in seeds])


def _members(labels: Int[Tensor, " N"], among: Int[Tensor, " n"]) -> tuple[Tensor, ...]:
    # The clips of each cluster that has any
    own = labels[among]
    order = own.argsort(stable=True)
    sizes = own.bincount()
    members: tuple[Tensor, ...] = among[order].split(sizes[sizes > 0].tolist())
    return members
