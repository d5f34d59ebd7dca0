"""Labels for a round: features of all clips, whitened and clustered by k-means, as one process or as several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, distributed

from avlearn.clustering import Whitening, kmeans
from avlearn.training.feature_files import Features
from avlearn.training.randomness import derived_seed

EQUAL = 1e-5
"""Features whose spread is less than this share of the largest one are equal but for rounding."""


@dataclass(frozen=True, kw_only=True)
class ClusteringSettings:
    """How features become labels.

    DeepCluster takes 256 whitened directions, L2-normalised, and 20 iterations; whether XDC whitens is not public.

    Raises:
        ValueError: a setting makes no sense.
    """

    directions: int = 32
    """Principal directions of the standardised features that are kept, where there are so many."""
    restarts: int = 2
    """Starts of k-means, of which the best is kept."""
    iterations: int = 50
    """Most iterations of k-means."""
    chunk: int = 16_384
    """Clips that are clustered at once; memory grows with this, not with the data."""

    def __post_init__(self) -> None:
        for name in ("directions", "restarts", "iterations", "chunk"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give at least 1")


@dataclass(frozen=True, kw_only=True)
class Share:
    """The clips that this process has the features of, among those of all processes."""

    numbers: range
    """Of the clips."""
    count: int
    """Clips of all processes together."""
    device: torch.device
    """Where to compute."""
    group: Any = None
    """Process group; None for a single process."""

    def gathered(self, own: Tensor) -> Tensor:
        """The values of all clips, from those that each process has of its own."""
        if self.group is None:
            return own.cpu()
        whole = own.new_zeros(self.count)
        whole[self.numbers.start : self.numbers.stop] = own
        whole = whole.to(self.device)
        distributed.all_reduce(whole, group=self.group)
        return whole.cpu()


def recluster(
    features: Features,
    label_sets: Mapping[str, tuple[str, ...]],
    *,
    num_clusters: int,
    settings: ClusteringSettings,
    share: Share,
    seed: int,
) -> tuple[dict[str, Int[Tensor, " N"]], dict[str, Float[Tensor, " N"]]]:
    """Labels of all clips, and their distances from the centres.

    Each encoder's features are standardised, turned to their principal directions, whitened, and scaled to length 1; so
    that where a set takes several encoders side by side, none of them outweighs the others.

    Args:
        features: of this process's share, by encoder.
        label_sets: set -> encoders whose features are clustered.
        num_clusters: of each set.
        settings: how.
        share: which clips this process has.
        seed: of the starts; each set has a stream of its own.

    Returns:
        By set, the labels and the distances of all clips, in every process.

    Raises:
        ValueError: features that are all equal, or what `kmeans` refuses.
    """
    needed = dict.fromkeys(name for names in label_sets.values() for name in names)
    white = {name: _whitened(features[name], name, settings, share) for name in needed}
    labels, distances = {}, {}
    for place, (target, names) in enumerate(label_sets.items()):
        joined = torch.cat([white[name] for name in names], dim=1)
        found = kmeans(
            joined,
            num_clusters,
            restarts=settings.restarts,
            iterations=settings.iterations,
            chunk=settings.chunk,
            seed=derived_seed(seed, place),
            group=share.group,
        )
        own = (joined - found.centroids[found.labels]).norm(dim=1)
        labels[target], distances[target] = share.gathered(found.labels.long()), share.gathered(own.float())
    return labels, distances


def _check_spread(features: Any, name: str, share: Share) -> None:
    # Lowest and highest value of each feature, over all processes
    ends = torch.from_numpy(np.stack([-features.min(0), features.max(0)])).to(share.device)
    if share.group is not None:
        distributed.all_reduce(ends, op=distributed.ReduceOp.MAX, group=share.group)
    if float(ends.sum(0).max()) <= EQUAL * float(ends.abs().max()):
        raise ValueError(f"the {name} features of all {share.count} clips are equal, so there is nothing to cluster; are "
                         "all clips silent or frozen?")  # fmt: skip


def _whitened(features: Any, name: str, settings: ClusteringSettings, share: Share) -> Float[Tensor, "n d"]:
    _check_spread(features, name, share)
    rows = torch.from_numpy(features)
    whitening = Whitening.fit(rows, settings.directions, chunk=settings.chunk, group=share.group)
    return whitening(rows)
