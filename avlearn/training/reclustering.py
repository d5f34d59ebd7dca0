"""Labels for a round: features of all clips, whitened and clustered by k-means, as one process or as several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, distributed

from avlearn.clustering import KMeans, Whitening, WhiteningSettings, kmeans
from avlearn.training.feature_files import Features, Rows, chunks, feature_file, remove_features
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
    """Clips that are whitened at once; memory grows with this, not with the data."""

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
    folder: Path,
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
        folder: for a file of whitened features, which goes at the end; memory holds chunks only.
        seed: of the starts; each set has a stream of its own.

    Returns:
        By set, the labels and the distances of all clips, in every process.

    Raises:
        ValueError: features that are all equal, or what `kmeans` refuses.
    """
    labels, distances = {}, {}
    for place, (target, names) in enumerate(label_sets.items()):
        white = _whitened([features[name] for name in names], names, settings, share, folder)
        found = kmeans(
            white,
            num_clusters,
            restarts=settings.restarts,
            iterations=settings.iterations,
            seed=derived_seed(seed, place),
            group=share.group,
            device=share.device,
        )
        own = _distances(white, found, settings.chunk)
        remove_features({target: white})
        labels[target], distances[target] = share.gathered(found.labels.long()), share.gathered(own)
    return labels, distances


def _whitened(
    features: Sequence[Rows], names: Sequence[str], settings: ClusteringSettings, share: Share, folder: Path
) -> Rows:
    # Those of several encoders side by side, in a file of their own
    for one, name in zip(features, names, strict=True):
        _check_spread(one, name, share)
    whitenings = [_fitted(one, settings, share) for one in features]
    ends = np.cumsum([0] + [one.matrix.shape[1] for one in whitenings]).tolist()
    white = feature_file(folder / f"white-{share.numbers.start}.npy", len(share.numbers), ends[-1])
    for whitening, one, first, end in zip(whitenings, features, ends[:-1], ends[1:], strict=True):
        for rows, some in whitening.chunks(one, chunk=settings.chunk):
            white[rows, first:end] = some.cpu().numpy()
    return white


def _fitted(features: Rows, settings: ClusteringSettings, share: Share) -> Whitening:
    components = min(settings.directions, features.shape[1])
    wanted = WhiteningSettings(standardise=True, components=components, unit_length=True)
    return Whitening.fit(features, wanted, chunk=settings.chunk, group=share.group, device=share.device)


def _distances(white: Rows, found: KMeans, chunk: int) -> Float[Tensor, " n"]:
    centroids, labels, parts = found.centroids.cpu(), found.labels.cpu(), []
    for rows in chunks(len(white), chunk):
        parts.append((torch.from_numpy(white[rows]) - centroids[labels[rows]]).norm(dim=1))
    return torch.cat(parts)


def _check_spread(features: Rows, name: str, share: Share) -> None:
    # Lowest and highest value of each feature, over all processes
    ends = torch.from_numpy(np.stack([-features.min(0), features.max(0)])).to(share.device)
    if share.group is not None:
        distributed.all_reduce(ends, op=distributed.ReduceOp.MAX, group=share.group)
    if float(ends.sum(0).max()) <= EQUAL * float(ends.abs().max()):
        raise ValueError(f"the {name} features of all {share.count} clips are equal, so there is nothing to cluster; "
                         "are all clips silent or frozen?")  # fmt: skip
