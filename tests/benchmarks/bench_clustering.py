"""Forward and backward of the clusterings and the max-margin loss, against straightforward references."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.benchmark import Timer

from avlearn.clustering import CoClustering, soft_kmeans
from avlearn.losses import max_margin

BATCH, POSITIONS, CHANNELS = 64, 196, 512


def benchmarks() -> Iterator[dict[str, Any]]:
    """Batch 64, 196 vectors of 512 channels, as Simplified_DMC has them."""
    x = torch.randn(BATCH, POSITIONS, CHANNELS)
    layer = CoClustering(CHANNELS)
    yield _compare("co-clustering", lambda: layer(x.requires_grad_())[0].square().sum(), lambda: _routing(layer, x))
    yield _compare(
        "soft k-means", lambda: _ours_soft(x.requires_grad_()), lambda: _broadcast_kmeans(x.requires_grad_())
    )
    similarity = torch.randn(BATCH, BATCH, requires_grad=True)
    yield _compare(
        "max-margin, all negatives",
        lambda: max_margin(similarity, margin=1.0, negatives="all"),
        lambda: _pairwise_margin(similarity),
    )


def _routing(layer: CoClustering, x: Tensor) -> Tensor:
    # The published algorithm line by line: every vector is projected into every space
    u_hat = torch.einsum("bnc,kcd->bknd", _squash(x.requires_grad_()), layer.weight)
    b = torch.zeros_like(u_hat[..., 0])
    for t in range(layer.iterations):
        s = torch.softmax(layer.sharpness * b, dim=1)
        c = (s[..., None] * u_hat).sum(2)
        if t < layer.iterations - 1:
            unit = c / c.norm(dim=-1, keepdim=True)
            b = (unit[:, :, None] * u_hat).sum(-1)
    return _squash(c).square().sum()


def _squash(x: Tensor) -> Tensor:
    norm = x.norm(dim=-1, keepdim=True)
    return torch.tanh(10 * norm) * x / norm


def _ours_soft(x: Tensor) -> Tensor:
    return soft_kmeans(x, 5, iterations=4, sharpness=30.0)[0].square().sum()


def _broadcast_kmeans(x: Tensor) -> Tensor:
    c = x[:, :: POSITIONS // 5][:, :5]
    for _ in range(4):
        d = ((x[:, None] - c[:, :, None]) ** 2).sum(-1).clamp_min(1e-10).sqrt()
        s = torch.softmax(-30.0 * d, dim=1)
        c = (s[..., None] * x[:, None]).sum(2) / s.sum(2)[..., None]
    return c.square().sum()


def _pairwise_margin(similarity: Tensor) -> Tensor:
    terms = [
        torch.relu(1.0 + similarity[i, j] - similarity[i, i]) + torch.relu(1.0 + similarity[j, i] - similarity[i, i])
        for i in range(BATCH)
        for j in range(BATCH)
        if i != j
    ]
    return torch.stack(terms).mean() / 2


def _compare(name: str, ours: Callable[[], Tensor], peer: Callable[[], Tensor]) -> dict[str, Any]:
    torch.testing.assert_close(ours(), peer(), rtol=1e-3, atol=1e-4)
    seconds = [
        Timer("f().backward()", globals={"f": f}, num_threads=torch.get_num_threads()).blocked_autorange(min_run_time=1)
        for f in (ours, peer, ours, peer)
    ]
    mine, theirs = min(seconds[0].median, seconds[2].median), min(seconds[1].median, seconds[3].median)
    return {"name": name, "ours": mine, "peer": theirs, "ratio": theirs / mine, "unit": "s forward and backward"}
