"""Checks of the page "What the released code computes"."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from avlearn.clustering import CoClusteringMatcher
from avlearn.clustering.cocluster import project, vectors
from avlearn.exercises.feedback import compare


def check_collect(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(s_BKN, u_BKND) -> (B, K, D) centres`, each the sum of its own shares of its own vectors."""
    x_BNC, weight_KCD = torch.randn(2, 7, 5), torch.randn(4, 5, 3)
    s_BKN = torch.softmax(2 * torch.randn(2, 4, 7), dim=1)
    u_BKND = torch.einsum("bnc,kcd->bknd", x_BNC, weight_KCD)
    centres = project(s_BKN @ x_BNC, weight_KCD)
    compare(
        answer(s_BKN, u_BKND),
        centres,
        mistakes={
            "the shares have cancelled out: give the cluster axes of both tensors the same letter": u_BKND.sum(2),
            "now all clusters are one: keep their letter in the result": centres.sum(1),
            "every cluster's shares have met every cluster's vectors; one letter less": torch.einsum(
                "bkn,blnd->bkld", s_BKN, u_BKND
            ),
            "a centre of DCC is a weighted sum, not a mean": centres / s_BKN.sum(-1, keepdim=True),
            "a centre of DCC is a sum over the positions, not a mean": centres / s_BKN.shape[-1],
            "sum over the positions, the letter n": s_BKN[..., None] * u_BKND,
        },
        otherwise="multiply share by vector, cluster by cluster, and sum over the positions alone",
    )


def check_similarity(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(joined_BK2D) -> (B,) sum over the clusters of the cosine of sound and picture`."""
    matcher = CoClusteringMatcher(6, num_clusters=4, dim=5, sharpness=10.0)
    sound, picture = torch.randn(3, 6, 2, 4), torch.randn(3, 6, 4, 4)
    with torch.no_grad():
        score = matcher(picture, sound).diagonal()
        a, v = (matcher.clustering(vectors(features))[0] for features in (sound, picture))
    # Cosines ignore lengths; plain products don't
    a, v = (centres * torch.rand(3, 4, 1).add(0.5) for centres in (a, v))
    joined, cosines = torch.cat([a, v], dim=-1), F.cosine_similarity(a, v, dim=-1)
    first, last = joined.chunk(2, dim=1)
    halves = F.cosine_similarity(first, last, dim=-1)
    compare(
        answer(joined),
        score,
        mistakes={
            "this is the released split: it cuts the clusters; sound and picture lie on the last axis": halves,
            "this still cuts the clusters; sound and picture lie side by side on the last axis": halves.sum(1),
            "sum over the clusters: one number for each pair": cosines,
            "a sum over the clusters, not their mean": cosines.mean(1),
            "divide by the lengths of both centres, so that only directions count": (a * v).sum((1, 2)),
            "give each cluster a cosine of its own; this is one cosine of all numbers together": F.cosine_similarity(
                a.flatten(1), v.flatten(1), dim=-1
            ),
        },
        otherwise="cut the last axis in the middle, then sum the cosines of the clusters",
    )


def check_margin(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(right_BR, wrong_BR) -> largest margin at which at least half of all hinges rest`."""
    right, wrong = torch.rand(7, 5), 0.8 * torch.rand(7, 5) - 0.6
    lead = (right - wrong).flatten()
    compare(
        answer(right, wrong),
        lead.median(),
        mistakes={
            "a hinge rests where the right cosine leads by the margin: right minus wrong": -lead.median(),
            "with this margin no hinge of cosines ever rests: they can lead by 2 at most": torch.tensor(10.0),
            "with this margin only a perfect pair rests": torch.tensor(2.0),
            "all hinges rest at this margin; half of them would do": lead.min(),
            "only the best hinge rests at this margin": lead.max(),
            "a mean leaves open how many hinges rest; look for the value that half of the leads reach": lead.mean(),
            "each cosine has a hinge of its own; don't sum over the rows of a pair": (right - wrong).sum(1).median(),
            "each cosine has a hinge of its own; don't average over the rows of a pair": (right - wrong)
            .mean(1)
            .median(),
        },
        otherwise="sort all leads, right minus wrong, and take the value that half of them reach",
    )
