"""Soft k-means with Euclidean distances, as in the authors' Simplified_DMC code, the only one that bears on CAVL."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor

Start = Literal["strided", "farthest"]
"""How the first centres are picked: every floor(N/K)-th vector, as released, or vectors far from each other (ours)."""


def soft_kmeans(
    x: Float[Tensor, "B N D"], num_clusters: int, *, iterations: int, sharpness: float, start: Start = "strided"
) -> tuple[Float[Tensor, "B K D"], Float[Tensor, "B K N"]]:
    """Soft k-means: s = softmax over the clusters of -sharpness |u_i - c_j|, then c_j = sum_i s_ij u_i / sum_i s_ij.

    Args:
        x: (B, N, D) vectors.
        num_clusters: K; one cluster gives the mean.
        iterations: rounds of assignment and mean; 4 in the released code.
        sharpness: beta, per unit of distance (not squared); 30 in the released code.
        start: see `Start`.

    Returns:
        Centres (B, K, D) and the assignments (B, K, N) that made them, which sum to 1 over K. A cluster that no vector
        wants stays where it was.

    Raises:
        ValueError: no cluster, more clusters than vectors, no iteration, sharpness not positive, unknown start.

    Example:
        >>> x = torch.tensor([[[0.0], [0.1], [5.0], [5.1]]])
        >>> centres, _ = soft_kmeans(x, 2, iterations=4, sharpness=30.0)
        >>> centres.flatten()
        tensor([0.0500, 5.0500])
    """
    _check(x, num_clusters, iterations, sharpness, start)
    with torch.autocast(x.device.type, enabled=False):
        x = x.to(torch.promote_types(x.dtype, torch.float32))
        picks_BK = strided_picks(x, num_clusters) if start == "strided" else farthest_picks(x, num_clusters)
        c_BKD = x.gather(1, picks_BK[..., None].expand(-1, -1, x.shape[-1]))
        for _ in range(iterations):
            s_BKN = torch.softmax(-sharpness * distances(c_BKD, x), dim=1)
            c_BKD = _means(s_BKN, x, c_BKD)
        return c_BKD, s_BKN


def distances(c_BKD: Float[Tensor, "B K D"], x_BND: Float[Tensor, "B N D"]) -> Float[Tensor, "B K N"]:
    """Euclidean distances by one matrix product, never (B, K, N, D); squares below 1e-10 are clamped, so gradients at
    zero distance are zero and not infinite.
    """
    squares_BKN = torch.baddbmm(x_BND.square().sum(-1).unsqueeze(1), c_BKD, x_BND.mT, alpha=-2)
    return (squares_BKN + c_BKD.square().sum(-1, keepdim=True)).clamp_min(1e-10).sqrt()


def strided_picks(x_BND: Float[Tensor, "B N D"], num_clusters: int) -> Int[Tensor, "B K"]:
    """Indices 0, floor(N/K), 2 floor(N/K), ..."""
    stride = x_BND.shape[1] // num_clusters
    return (torch.arange(num_clusters, device=x_BND.device) * stride).expand(len(x_BND), -1)


@torch.no_grad()
def farthest_picks(x_BND: Float[Tensor, "B N D"], num_clusters: int) -> Int[Tensor, "B K"]:
    """Greedy: first the vector farthest from the mean, then always the one farthest from all picks."""
    nearest_BN = distances(x_BND.mean(1, keepdim=True), x_BND).squeeze(1)
    picks = [nearest_BN.argmax(1)]
    nearest_BN = torch.full_like(nearest_BN, torch.inf)
    for _ in range(num_clusters - 1):
        last_B1D = x_BND.gather(1, picks[-1][:, None, None].expand(-1, 1, x_BND.shape[-1]))
        nearest_BN = torch.minimum(nearest_BN, distances(last_B1D, x_BND).squeeze(1))
        picks.append(nearest_BN.argmax(1))
    return torch.stack(picks, dim=1)


def _means(
    s_BKN: Float[Tensor, "B K N"], x_BND: Float[Tensor, "B N D"], previous_BKD: Float[Tensor, "B K D"]
) -> Float[Tensor, "B K D"]:
    weight = 1e-6  # of the previous centre: keeps dead clusters in place and the division safe
    return (s_BKN @ x_BND + weight * previous_BKD) / (s_BKN.sum(-1, keepdim=True) + weight)


def _check(x: Tensor, num_clusters: int, iterations: int, sharpness: float, start: str) -> None:
    if not 1 <= num_clusters <= x.shape[1]:
        raise ValueError(f"num_clusters is {num_clusters}; give 1 to {x.shape[1]}, the number of vectors")
    if iterations < 1:
        raise ValueError(f"iterations is {iterations}; give at least 1")
    if not sharpness > 0:
        raise ValueError(f"sharpness is {sharpness}; give a positive number, 30 as released")
    if start not in get_args(Start):
        raise ValueError(f"start is {start!r}; choose one of {', '.join(get_args(Start))}")
