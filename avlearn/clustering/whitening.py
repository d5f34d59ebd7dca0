"""Features as k-means should see them: standardised, turned to their principal directions, whitened, of equal length.

DeepCluster (Caron et al., ECCV 2018) clusters PCA-whitened, L2-normalised features; without, the few directions in which
features vary most would decide all clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .feature_rows import Features
from .process_group import Group, Ranks

FLAT = 1e-6
"""A feature, or a direction, that varies less than this share of the largest one is taken for rounding."""


@dataclass(frozen=True, eq=False)
class Whitening:
    """What was learnt from some features, and is done to these or others.

    Example:
        >>> features = torch.tensor([[0.0, 5.0], [2.0, 5.0], [4.0, 9.0], [6.0, 9.0]])
        >>> Whitening.fit(features, 2)(features).norm(dim=1)
        tensor([1., 1., 1., 1.])
    """

    mean: Float[Tensor, " D"]
    """Of the features, in float64."""
    matrix: Float[Tensor, "D d"]
    """From centred features to whitened ones, in float64."""

    @classmethod
    def fit(
        cls,
        features: Features,
        directions: int,
        *,
        chunk: int = 16_384,
        group: Group = None,
        device: torch.device | str = "cpu",
    ) -> Whitening:
        """Learn it chunk by chunk, in float64: memory holds a chunk and a few (D, D) matrices.

        Args:
            features: (n, D), this process's rows, finite.
            directions: principal directions that are kept, where there are so many that vary.
            chunk: rows at a time.
            group: processes that share the rows; every one has to call, and all learn the same.
            device: where to compute; one that knows float64.

        Raises:
            ValueError: no directions or chunk, no rows in any process, or rows that are all equal.
        """
        if directions < 1 or chunk < 1:
            raise ValueError(f"directions is {directions} and chunk {chunk}; give at least 1 of each")
        ranks = Ranks(group, torch.device(device))
        count, mean = _mean(features, chunk, ranks, torch.device(device))
        covariance = torch.zeros(len(mean), len(mean), dtype=torch.float64, device=device)
        for rows in _chunks(features, chunk, mean.device):
            covariance += (rows - mean).T @ (rows - mean)
        return cls(mean, _directions(ranks.sum(covariance) / count, mean, directions))

    def __call__(self, rows: Features) -> Float[Tensor, "n d"]:
        """Whitened rows of length 1, in float32; a row that is the mean itself stays 0."""
        white = (torch.as_tensor(rows).to(self.mean) - self.mean) @ self.matrix
        return torch.nn.functional.normalize(white, dim=1).float()


def _chunks(features: Features, chunk: int, device: torch.device) -> Iterator[Tensor]:
    for start in range(0, len(features), chunk):
        yield torch.as_tensor(features[start : start + chunk]).to(device, torch.float64)


def _mean(features: Features, chunk: int, ranks: Ranks, device: torch.device) -> tuple[float, Tensor]:
    sums = torch.zeros(features.shape[1] + 1, dtype=torch.float64, device=device)
    for rows in _chunks(features, chunk, device):
        sums[:-1] += rows.sum(0)
        sums[-1] += len(rows)
    sums = ranks.sum(sums)
    if sums[-1] == 0:
        raise ValueError("there are no features to whiten; give at least one row")
    return float(sums[-1]), sums[:-1] / sums[-1]


def _directions(covariance: Tensor, mean: Tensor, most: int) -> Tensor:
    spread = covariance.diagonal().sqrt()
    varies = spread > FLAT * torch.maximum(spread.max(), mean.abs().max())
    if not varies.any():
        raise ValueError("all rows of the features are equal, so there is nothing to whiten")
    inverse = torch.where(varies, 1 / spread, torch.zeros_like(spread))
    values, vectors = torch.linalg.eigh(inverse[:, None] * covariance * inverse)
    kept = (values > FLAT * values[-1]).nonzero().squeeze(1).flip(0)[:most]
    vectors = vectors[:, kept]
    # Which way a direction points is chance, and mustn't differ between machines or numbers of processes
    longest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
    return inverse[:, None] * vectors * longest.sign() / values[kept].sqrt()
