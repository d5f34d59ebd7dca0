"""Checks of the page "Co-clustering step by step"."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.clustering import cocluster, squash
from avlearn.clustering.soft import distances
from avlearn.exercises.feedback import compare
from avlearn.metrics import assignment_entropy


def check_squash(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(x) -> the vectors on the last axis, scaled to length tanh(10 |x|)`."""
    x = 0.1 * torch.randn(4, 5, 3)
    norm = x.norm(dim=-1, keepdim=True)
    compare(
        answer(x),
        squash(x),
        mistakes={
            "the length before squashing is multiplied by 10": torch.tanh(norm) * x / norm,
            "this squashes every number by itself; the direction must stay": torch.tanh(10 * x),
            "divide by the length, or the vector is scaled twice": torch.tanh(10 * norm) * x,
            "this only normalizes: short vectors must stay short": x / norm,
            "the length is the root of the sum of squares, not the sum of squares": torch.tanh(10 * norm**2)
            * x
            / norm**2,
            "each vector has its own length: take the norm over the last axis only": torch.tanh(10 * x.norm())
            * x
            / x.norm(),
            "this is the squash of capsule networks; DCC has a tanh": norm**2 / (1 + norm**2) * x / norm,
        },
    )


def check_soft_assignment(answer: Callable[[Tensor, Tensor, float], object]) -> None:
    """Check `answer(centres_KD, x_ND, sharpness) -> (K, N), softmax over the clusters of -sharpness |x_i - c_j|`."""
    centres, x, sharpness = torch.randn(3, 4), torch.randn(6, 4), 2.0
    gaps = distances(centres[None], x[None])[0]
    compare(
        answer(centres, x, sharpness),
        torch.softmax(-sharpness * gaps, dim=0),
        mistakes={
            "the far clusters get the large shares: mind the sign": torch.softmax(sharpness * gaps, dim=0),
            "the softmax must run over the clusters, so that the shares of each vector sum to one": torch.softmax(
                -sharpness * gaps, dim=1
            ),
            "the distance is not squared here": torch.softmax(-sharpness * gaps**2, dim=0),
            "the sharpness is missing": torch.softmax(-gaps, dim=0),
            "clusters are the rows and vectors the columns; swap the axes": torch.softmax(-sharpness * gaps, dim=0).mT,
            "this is the hard assignment": F.one_hot(gaps.argmin(0), 3).mT.float(),
        },
    )


def check_entropy(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(s_BKN) -> mean entropy of the assignments of all vectors, divided by log K`."""
    _, s = cocluster(torch.randn(2, 7, 6), torch.randn(4, 6, 3), iterations=3)
    entropies = torch.special.entr(s)
    compare(
        answer(s),
        assignment_entropy(s),
        mistakes={
            "divide by log K, so that uniform assignments have the entropy 1": entropies.sum(1).mean(),
            "add up over the clusters before you average over the vectors": entropies.mean() / math.log(4),
            "the entropy is minus the sum of s log s": -assignment_entropy(s),
            "give one number: the mean over all vectors": entropies.sum(1) / math.log(4),
            "sum over the clusters, axis 1, not over the positions": entropies.sum(2).mean() / math.log(4),
            "divide by the logarithm of K, not by K": entropies.sum(1).mean() / 4,
            "this is the entropy of the mean assignment, which is the occupancy's business": torch.special.entr(
                s.mean((0, 2))
            ).sum()
            / math.log(4),
        },
    )
