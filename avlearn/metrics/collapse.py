"""Signs of collapse: numbers that say whether assignments and features still tell things apart."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor


def assignment_entropy(assignments: Float[Tensor, "B K *positions"]) -> Float[Tensor, ""]:
    """Mean entropy of each position's assignment, divided by log K.

    1: every position belongs to all clusters alike, so clustering is average pooling. 0: hard assignments.

    Args:
        assignments: not negative, sum to 1 over K.

    Raises:
        ValueError: fewer than two clusters.

    Example:
        >>> assignment_entropy(torch.full((1, 4, 9), 0.25))
        tensor(1.)
    """
    if assignments.shape[1] < 2:
        raise ValueError(f"got {assignments.shape[1]} cluster; entropy over clusters needs at least 2")
    entropy: Tensor = torch.special.entr(assignments).sum(1).mean()
    return entropy / math.log(assignments.shape[1])


def cluster_occupancy(assignments: Float[Tensor, "B K *positions"]) -> Float[Tensor, ""]:
    """How many clusters are in use: (n - 1) / (K - 1), with n = exp(entropy of the clusters' mean shares).

    1: all clusters hold as much. 0: one cluster holds everything.

    Raises:
        ValueError: fewer than two clusters.

    Example:
        >>> cluster_occupancy(torch.eye(4)[None])
        tensor(1.)
    """
    if assignments.shape[1] < 2:
        raise ValueError(f"got {assignments.shape[1]} cluster; occupancy needs at least 2")
    share = assignments.movedim(1, -1).flatten(0, -2).mean(0)
    entropy: Tensor = torch.special.entr(share / share.sum()).sum()
    return (entropy.exp() - 1) / (len(share) - 1)


def effective_rank(features: Float[Tensor, "B C"]) -> Float[Tensor, ""]:
    """Effective rank of centred features (Roy & Vetterli, 2007): exp of the entropy of the normalised singular values.

    1: all features lie on one line. min(B - 1, C): spread over all directions alike.

    Example:
        >>> effective_rank(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
        tensor(1.)
    """
    values: Tensor = torch.linalg.svdvals(features - features.mean(0))
    total = values.sum()
    if total <= torch.finfo(values.dtype).tiny:
        return torch.ones((), dtype=values.dtype, device=values.device)
    entropy: Tensor = torch.special.entr(values / total).sum()
    return entropy.exp()
