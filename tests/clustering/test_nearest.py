"""Bounds never hide a nearer centroid, and spare distances where centroids hardly move."""

from __future__ import annotations

import pytest
import torch

from avlearn.clustering.exact_sums import ClusterSums
from avlearn.clustering.feature_rows import FeatureRows, open_rows
from avlearn.clustering.nearest import NearestCentroids


def prepared(x: torch.Tensor, clusters: int) -> tuple[NearestCentroids, ClusterSums]:
    rows = open_rows(x, chunk=50, device=None, width=clusters)
    sums = ClusterSums(clusters, x.shape[1], count=len(x), largest=float(x.abs().max()), device=torch.device("cpu"))
    return NearestCentroids(rows, clusters), sums


@pytest.mark.parametrize("step", [0.0, 0.01, 0.3, 3.0])
@pytest.mark.parametrize("clusters", [1, 2, 9])
def test_labels_and_sums_are_right_however_centroids_move(clusters, step):
    generator = torch.Generator().manual_seed(0)
    x, centroids = torch.randn(400, 6, generator=generator), torch.randn(clusters, 6, generator=generator)
    nearest, sums = prepared(x, clusters)
    before = torch.full((400,), -1)
    for _ in range(12):
        changed = nearest.assign(centroids, sums)
        expected = torch.cdist(x.double(), centroids.double()).argmin(1)
        assert torch.equal(nearest.labels, expected)
        assert changed == int((expected != before).sum())
        total = torch.zeros(clusters, 6, dtype=torch.float64).index_add_(0, expected, x.double())
        torch.testing.assert_close(sums.total, total, rtol=0, atol=1e-9)
        assert torch.equal(sums.count, expected.bincount(minlength=clusters))
        before, centroids = expected.clone(), centroids + step * torch.randn(clusters, 6, generator=generator)


def test_rows_of_settled_clusters_are_not_read_again(monkeypatch):
    x = torch.randn(400, 6, generator=torch.Generator().manual_seed(0)) + 30 * torch.eye(6)[torch.arange(400) % 6]
    nearest, sums = prepared(x, 6)
    nearest.assign(30 * torch.eye(6), sums)
    monkeypatch.setattr(FeatureRows, "read", lambda *_: pytest.fail("read again"))
    assert nearest.assign(30 * torch.eye(6) + 0.1, sums) == 0


def test_of_equal_centroids_the_first_is_taken_and_a_placed_row_comes_back():
    x = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    centroids = torch.tensor([[1.0, 2.0], [1.0, 2.0], [3.0, 5.0]])
    nearest, sums = prepared(x, 3)
    nearest.assign(centroids, sums)
    assert nearest.labels.tolist() == [0, 2]
    nearest.place(0, 1, sums)
    assert sums.count.tolist() == [0, 1, 1]
    assert nearest.assign(centroids, sums) == 1
    assert nearest.labels.tolist() == [0, 2]


def test_squared_distances_of_equal_vectors_are_zero():
    x = torch.randn(100, 6, generator=torch.Generator().manual_seed(0))
    nearest, sums = prepared(x, 100)
    nearest.assign(x, sums)
    assert not nearest.squared_distances(x).any()
