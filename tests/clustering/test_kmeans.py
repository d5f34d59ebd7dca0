"""k-means against a slow reference and scikit-learn, its objective, its empty clusters, and what it refuses."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.cluster import KMeans as ScikitKMeans

from avlearn.clustering import kmeans
from avlearn.clustering.feature_rows import FeatureRows


def reference(x: np.ndarray, centroids: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray, list[float]]:
    x, c, history = x.astype(np.float64), centroids.astype(np.float64).copy(), []
    while True:
        squares = np.array([[((row - centre) ** 2).sum() for centre in c] for row in x])
        labels = squares.argmin(1)
        history.append(squares.min(1).sum())
        if len(history) > iterations:
            return c, labels, history
        c = np.array([x[labels == j].mean(0) for j in range(len(c))])


def blobs(n: int = 600, dim: int = 8, clusters: int = 6, spread: float = 2.0, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    centres = spread * torch.randn(clusters, dim, generator=generator)
    return centres[torch.arange(n) % clusters] + torch.randn(n, dim, generator=generator)


def scikit(x: torch.Tensor, start: torch.Tensor, iterations: int) -> ScikitKMeans:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of clusters that float32 rounding left out
        model = ScikitKMeans(len(start), init=start.double().numpy(), n_init=1, max_iter=iterations, tol=0)
        return model.fit(x.double().numpy())


def test_equals_slow_reference():
    x = blobs(n=90, dim=3)
    found = kmeans(x, 6, start=x[:6], iterations=4)
    centroids, labels, history = reference(x.numpy(), x[:6].numpy(), 4)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_allclose(found.centroids, centroids, rtol=1e-5, atol=1e-6)  # steps of float32
    np.testing.assert_allclose(found.history, history, rtol=1e-6)


@pytest.mark.parametrize("iterations", [1, 3, 300])
@pytest.mark.parametrize(("clusters", "spread"), [(6, 2.0), (40, 0.0), (1, 1.0)])
def test_labels_equal_scikit_learn(clusters, spread, iterations):
    x = blobs(n=1500, spread=spread) + 5
    found = kmeans(x, clusters, start=x[:clusters], iterations=iterations)
    expected = scikit(x, x[:clusters], iterations)
    np.testing.assert_array_equal(found.labels, expected.labels_)
    np.testing.assert_allclose(found.centroids, expected.cluster_centers_, rtol=1e-4, atol=1e-5)
    assert found.history[-1] == pytest.approx(expected.inertia_, rel=1e-5)


def test_empty_clusters_are_refilled_as_by_scikit_learn():
    x = blobs(n=300)
    start = torch.cat([x[:4], torch.full((3, 8), 100.0) + torch.arange(3)[:, None]])
    found, expected = kmeans(x, 7, start=start, iterations=100), scikit(x, start, 100)
    np.testing.assert_array_equal(found.labels, expected.labels_)
    assert found.labels.bincount(minlength=7).min() > 0


def test_no_cluster_is_empty_even_after_one_iteration():
    x = blobs(n=60)
    start = torch.cat([x[:2], torch.full((4, 8), 100.0)])
    found = kmeans(x, 6, start=start, iterations=1)
    assert found.labels.bincount(minlength=6).min() > 0
    np.testing.assert_array_equal(found.labels, torch.cdist(x, found.centroids).argmin(1))


@pytest.mark.parametrize("start", ["k-means++", "farthest", "random"])
def test_labels_are_nearest_and_objective_is_theirs(start):
    x = blobs()
    found = kmeans(x, 12, start=start, iterations=3)
    squares = torch.cdist(x.double(), found.centroids.double()).square()
    np.testing.assert_array_equal(found.labels, squares.argmin(1))
    assert found.history[-1] == pytest.approx(float(squares.amin(1).sum()), rel=1e-6)
    assert found.centroids.dtype == torch.float32


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    arrays(np.float32, st.tuples(st.integers(1, 24), st.integers(1, 3)), elements=st.floats(-100, 100, width=32)),
    st.integers(1, 6),
    st.sampled_from(["k-means++", "farthest", "random"]),
)
def test_objective_never_rises(x, clusters, start):
    x = x + np.linspace(0, 1, len(x), dtype=np.float32)[:, None]
    if clusters > len(np.unique(x, axis=0)):
        return
    history = np.array(kmeans(x, clusters, start=start, iterations=30).history)
    assert (np.diff(history) <= 1e-12 * len(x) * 1e4).all()  # float64, of numbers up to 100


def test_objective_falls_on_noise_and_history_has_one_entry_more():
    x = torch.randn(3000, 20, generator=torch.Generator().manual_seed(0))
    history = np.array(kmeans(x, 30, iterations=15).history)
    assert len(history) == 16
    assert (np.diff(history) < 0).all()


def test_ends_at_the_fixed_point_and_by_tolerance():
    x = blobs()
    whole = kmeans(x, 6, iterations=200).history
    assert len(whole) < 200
    assert kmeans(x, 6, iterations=500).history == whole
    short = kmeans(x, 6, iterations=200, tolerance=1e-2).history
    assert short == whole[: len(short)]
    falls = -np.diff(short) / np.array(short[:-1])
    assert (falls[:-1] >= 1e-2).all()


@pytest.mark.parametrize("chunk", [17, 100, 10_000])
@pytest.mark.parametrize("start", ["k-means++", "farthest"])
def test_chunks_leave_no_trace(chunk, start):
    x = blobs() + 3
    one, other = kmeans(x, 12, start=start), kmeans(x, 12, start=start, chunk=chunk)
    assert torch.equal(one.labels, other.labels)
    assert torch.equal(one.centroids, other.centroids)
    assert other.history == pytest.approx(one.history, rel=1e-12)


def test_order_of_rows_leaves_no_trace():
    x = blobs()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    one, other = kmeans(x, 6, start=x[:6]), kmeans(x[order], 6, start=x[:6])
    assert torch.equal(one.labels[order], other.labels)
    assert torch.equal(one.centroids, other.centroids)


def test_far_from_the_origin():
    x = blobs(spread=10.0)
    one, other = kmeans(x, 6, start=x[:6]), kmeans(x.double() + 1e6, 6, start=x[:6].double() + 1e6)
    assert torch.equal(one.labels, other.labels)
    assert other.history[-1] == pytest.approx(one.history[-1], rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_summed_in_float32(dtype):
    x = blobs(n=4000, spread=3.0).to(dtype)
    one, other = kmeans(x, 6, seed=1), kmeans(x.float(), 6, seed=1)
    assert torch.equal(one.labels, other.labels)
    assert torch.equal(one.centroids, other.centroids)


def test_memory_map(tmp_path):
    x = blobs()
    np.save(tmp_path / "features.npy", x.numpy())
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    one, other = kmeans(mapped, 6, chunk=64), kmeans(x, 6)
    assert torch.equal(one.labels, other.labels)
    assert torch.equal(one.centroids, other.centroids)


def test_no_more_than_a_chunk_is_read_at_a_time(monkeypatch):
    sizes, read = [], FeatureRows._raw
    monkeypatch.setattr(FeatureRows, "_raw", lambda self, x: sizes.append(len(x)) or read(self, x))
    kmeans(blobs(n=2000), 2, chunk=150, iterations=3)
    assert max(sizes) <= 150
    assert sum(sizes) >= 2000


def test_features_and_their_gradient_are_left_alone():
    x = blobs().requires_grad_()
    before = x.detach().clone()
    found = kmeans(x, 6)
    assert torch.equal(x, before)
    assert not found.centroids.requires_grad


def test_restarts_keep_the_best():
    x = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
    found = [kmeans(x, 20, start="random", restarts=restarts).history[-1] for restarts in (1, 2, 4, 8)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < found[0]


def test_seed_decides():
    x = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
    one, same, other = (kmeans(x, 20, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one.labels, same.labels)
    assert not torch.equal(one.labels, other.labels)


def test_as_many_clusters_as_rows():
    x = blobs(n=12)
    found = kmeans(x, 12)
    assert found.labels.unique().numel() == 12
    assert found.history[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("start", ["k-means++", "farthest", "random"])
def test_distinct_rows_decide_how_many_clusters_there_can_be(start):
    x = torch.tensor([[0.1, 0.2], [0.3, 0.5], [0.7, 0.11]]).repeat(20, 1)
    assert kmeans(x, 3, start=start).history[-1] == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="only 3 distinct rows"):
        kmeans(x, 5, start=start)
    with pytest.raises(ValueError, match="only 1 distinct rows"):
        kmeans(torch.ones(10, 3), 2, start=start)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("chunk", [None, 10])
def test_names_the_row_that_is_not_finite(bad, chunk):
    x = blobs()
    x[123, 2] = bad
    with pytest.raises(ValueError, match="row 123 of the features is not finite"):
        kmeans(x, 6, chunk=chunk)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"num_clusters": 0}, "num_clusters is 0"),
        ({"num_clusters": 7}, "give 1 to 6"),
        ({"iterations": 0}, "iterations is 0"),
        ({"restarts": 0}, "restarts is 0"),
        ({"restarts": 2, "start": torch.zeros(2, 2)}, "all would be the same"),
        ({"tolerance": -1.0}, "tolerance is -1.0"),
        ({"chunk": 0}, "chunk is 0"),
        ({"start": "first"}, "start is 'first'"),
        ({"start": torch.zeros(3, 2)}, r"start is \(3, 2\); give \(2, 2\)"),
        ({"start": torch.full((2, 2), torch.nan)}, "start is not finite"),
        ({"features": torch.zeros(6)}, r"features are \(6,\)"),
        ({"features": torch.zeros(6, 0)}, r"features are \(6, 0\)"),
        ({"features": torch.zeros(6, 2, dtype=torch.int64)}, "torch.int64; give floating"),
        ({"features": np.zeros((6, 2), int)}, "int64; give floating"),
        ({"features": 1e20 * torch.eye(6)}, "scale them"),
        ({"features": 1e-20 * torch.eye(6)}, "scale them"),
        ({"group": "world"}, "isn't initialised"),
    ],
)
def test_refuses_nonsense(arguments, said):
    given_ = {"features": torch.randn(6, 2), "num_clusters": 2, **arguments}
    # The shape checker that runs under tests would object to some of it first
    with pytest.raises(ValueError, match=said):
        kmeans.__wrapped__(given_.pop("features"), given_.pop("num_clusters"), **given_)
