"""Soft k-means against a slow reference, its hard limit against scikit-learn, and its safety at zero distance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from avlearn.clustering import soft_kmeans
from avlearn.clustering.soft import distances, farthest_picks, strided_picks


def reference(x: np.ndarray, k: int, iterations: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    n = len(x)
    c = np.array([x[j * (n // k)] for j in range(k)])
    for _ in range(iterations):
        s = np.zeros((k, n))
        for i in range(n):
            d = np.array([np.sqrt(max(((x[i] - c[j]) ** 2).sum(), 1e-10)) for j in range(k)])
            s[:, i] = np.exp(-sharpness * (d - d.min()))
            s[:, i] /= s[:, i].sum()
        c = np.array([sum(s[j, i] * x[i] for i in range(n)) / s[j].sum() for j in range(k)])
    return c, s


@pytest.mark.parametrize("sharpness", [1.0, 30.0])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_equals_slow_reference(k, sharpness):
    x = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    centres, assignments = soft_kmeans(x, k, iterations=4, sharpness=sharpness)
    for row in range(2):
        expected = reference(x[row].numpy(), k, 4, sharpness)
        np.testing.assert_allclose(centres[row], expected[0], rtol=1e-4, atol=1e-5)  # 1e-6 of the old centre stays
        np.testing.assert_allclose(assignments[row], expected[1], rtol=1e-4, atol=1e-5)


def test_sharp_limit_is_kmeans():
    generator = torch.Generator().manual_seed(0)
    x = torch.cat([torch.randn(20, 2, generator=generator) + 6 * i for i in range(3)]).double()
    picks = strided_picks(x[None], 3)[0]
    centres, _ = soft_kmeans(x[None], 3, iterations=20, sharpness=1e4)
    expected = KMeans(3, init=x[picks].numpy(), n_init=1, max_iter=20).fit(x.numpy())
    np.testing.assert_allclose(centres[0], expected.cluster_centers_, rtol=1e-4)


def test_one_cluster_is_the_mean():
    x = torch.randn(2, 9, 3)
    centres, assignments = soft_kmeans(x, 1, iterations=2, sharpness=30.0)
    torch.testing.assert_close(centres[:, 0], x.mean(1))
    torch.testing.assert_close(assignments, torch.ones(2, 1, 9))


def test_dead_cluster_stays_and_gradients_are_finite():
    x = torch.zeros(1, 6, 3, requires_grad=True)
    centres, _ = soft_kmeans(x, 2, iterations=4, sharpness=30.0)
    centres.sum().backward()
    assert torch.isfinite(centres).all()
    assert torch.isfinite(x.grad).all()


def test_farthest_picks_reach_every_blob_in_any_order():
    generator = torch.Generator().manual_seed(0)
    blobs = torch.arange(4).repeat_interleave(10)
    order = torch.randperm(40, generator=generator)
    x = (torch.randn(40, 2, generator=generator) + 50 * blobs[:, None])[order]
    assert set(blobs[order][farthest_picks(x[None], 4)[0]].tolist()) == {0, 1, 2, 3}
    strided = blobs.sort().values[strided_picks(x[None], 4)[0]]
    assert strided.tolist() == [0, 1, 2, 3]


def test_distances_are_euclidean():
    c, x = torch.randn(2, 3, 5, dtype=torch.float64), torch.randn(2, 7, 5, dtype=torch.float64)
    torch.testing.assert_close(distances(c, x), torch.cdist(c, x))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"num_clusters": 0}, "num_clusters is 0"),
        ({"num_clusters": 7}, "give 1 to 6"),
        ({"iterations": 0}, "iterations is 0"),
        ({"sharpness": -1.0}, "sharpness is -1.0"),
        ({"start": "random"}, "start is 'random'"),
    ],
)
def test_refuses_nonsense(arguments, said):
    settings = {"num_clusters": 2, "iterations": 4, "sharpness": 30.0, **arguments}
    # The shape checker that runs under tests would object to an unknown start first
    with pytest.raises(ValueError, match=said):
        soft_kmeans.__wrapped__(torch.randn(1, 6, 2), settings.pop("num_clusters"), **settings)
