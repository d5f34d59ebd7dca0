"""Every start picks rows; k-means++ and farthest reach every blob; k-means++ draws by the squared distance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.clustering.feature_rows import open_rows
from avlearn.clustering.kmeans_starts import POOL, _Pool, start_centroids
from avlearn.clustering.process_group import Ranks

ALONE = Ranks(None, torch.device("cpu"))


def start_of(x: torch.Tensor, clusters: int, start: str, seed: int = 0) -> torch.Tensor:
    rows = open_rows(x, chunk=None, device=None, width=clusters)
    return start_centroids(start, rows, clusters, ranks=ALONE, rng=np.random.default_rng(seed))


def pool_of(x: torch.Tensor) -> _Pool:
    rows = open_rows(x, chunk=None, device=None, width=1)
    return _Pool(rows, torch.arange(len(x)), torch.tensor([len(x)]), ALONE)


@pytest.mark.parametrize("n", [40, 2000])
@pytest.mark.parametrize("start", ["k-means++", "farthest", "random"])
def test_picks_different_rows_of_the_features(start, n):
    x = torch.randn(n, 3, generator=torch.Generator().manual_seed(0))
    picks = start_of(x, 12, start)
    found = (picks[:, None] == x).all(-1).nonzero()[:, 1]
    assert len(found.unique()) == 12
    assert n < POOL * 12 or found.max() >= POOL * 12  # not only the first ones


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("start", ["k-means++", "farthest"])
def test_reaches_every_blob(start, seed):
    generator = torch.Generator().manual_seed(seed)
    blobs = torch.randint(8, (400,), generator=generator)
    x = torch.randn(400, 2, generator=generator) + 100 * torch.eye(8, 2)[blobs] + 70 * blobs[:, None]
    picks = start_of(x, 8, start, seed)
    assert blobs[torch.cdist(picks, x).argmin(1)].unique().numel() == 8


def test_draws_by_weight_and_never_what_has_none():
    pool = pool_of(torch.zeros(4, 1))
    drawn = pool.draw(torch.tensor([0.0, 1.0, 0.0, 3.0]), 20_000, np.random.default_rng(0)).bincount(minlength=4)
    assert drawn[[0, 2]].tolist() == [0, 0]
    assert drawn[3] / 20_000 == pytest.approx(0.75, abs=0.02)
    assert len(pool.draw(torch.zeros(4), 400, np.random.default_rng(0)).unique()) == 4


def test_farthest_starts_from_the_mean_and_takes_the_first_of_equals():
    assert start_of(torch.tensor([[0.0], [5.0], [-4.0], [-5.0], [0.1]]), 3, "farthest").flatten().tolist() == [5, -5, 0]


def test_seed_decides():
    x = torch.randn(300, 3)
    assert torch.equal(start_of(x, 5, "k-means++", 1), start_of(x, 5, "k-means++", 1))
    assert not torch.equal(start_of(x, 5, "k-means++", 1), start_of(x, 5, "k-means++", 2))
