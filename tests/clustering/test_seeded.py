"""Sound-seeded co-clustering: all-pairs routing against one pair at a time, and what its parts promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.clustering import SeededMatcher, squash
from avlearn.clustering.cocluster import EPS, vectors


def reference(matcher: SeededMatcher, image: torch.Tensor, audio: torch.Tensor) -> float:
    """Score of one picture and one sound, cluster by cluster."""
    weight = matcher.weight.detach().double().numpy()
    u, a = (squash(vectors(x[None]).double())[0].numpy() for x in (image, audio))
    seeds, masses = _listen(a, weight, matcher.sharpness, matcher.iterations)
    logits = np.array([[seeds[j] @ (weight[j].T @ u[i]) for i in range(len(u))] for j in range(len(weight))])
    logits = np.vstack([logits, np.full((1, len(u)), matcher.null_logit.item())])
    s = np.exp(matcher.sharpness * logits)
    s /= s.sum(0)
    score = 0.0
    for j in range(len(weight)):
        centre = sum(s[j, i] * (weight[j].T @ u[i]) for i in range(len(u)))
        # A cluster that gets next to nothing has no direction, so its cosine fades to zero
        score += masses[j] * centre @ seeds[j] / np.sqrt(centre @ centre + EPS)
    return float(score)


def _listen(a: np.ndarray, weight: np.ndarray, sharpness: float, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    projected = np.einsum("nc,kcd->knd", a, weight)
    s = np.full(projected.shape[:2], 1 / len(weight))
    for _ in range(iterations - 1):
        centres = np.einsum("kn,knd->kd", s, projected)
        b = np.einsum("kd,knd->kn", centres / np.linalg.norm(centres, axis=1, keepdims=True), projected)
        s = np.exp(sharpness * b)
        s /= s.sum(0)
    centres = np.einsum("kn,knd->kd", s, projected)
    return centres / np.linalg.norm(centres, axis=1, keepdims=True), s.mean(1)


@pytest.mark.parametrize("num_clusters", [1, 3])
def test_all_pairs_equal_the_slow_reference(num_clusters):
    torch.manual_seed(0)
    matcher = SeededMatcher(8, num_clusters=num_clusters, dim=4).double()
    image, audio = torch.randn(3, 8, 2, 3).double(), torch.randn(4, 8, 2, 2).double()
    similarity = matcher(image, audio)
    expected = [[reference(matcher, v, a) for a in audio] for v in image]
    np.testing.assert_allclose(similarity.detach(), expected, rtol=1e-9)
    assert similarity.abs().max() <= 1 + 1e-5


def test_attention_sums_to_the_score():
    matcher = SeededMatcher(8, num_clusters=3, dim=4)
    image, audio = torch.randn(4, 8, 3, 3), torch.randn(4, 8, 2, 5)
    maps = matcher.explain(image, audio)
    torch.testing.assert_close(maps.attention.sum((1, 2)), maps.score)
    torch.testing.assert_close(maps.score, matcher(image, audio).diagonal(), rtol=1e-4, atol=1e-5)
    assert maps.clusters.shape == (4, 4, 3, 3)
    torch.testing.assert_close(maps.clusters.sum(1), torch.ones(4, 3, 3))


def test_a_strong_null_cluster_takes_everything():
    matcher = SeededMatcher(8, num_clusters=3, dim=4, null_logit=100.0)
    maps = matcher.explain(torch.randn(2, 8, 3, 3), torch.randn(2, 8, 2, 5))
    torch.testing.assert_close(maps.clusters[:, -1], torch.ones(2, 3, 3))


def test_no_share_is_negative_where_the_null_cluster_gets_nothing():
    torch.manual_seed(0)
    matcher = SeededMatcher(8, num_clusters=3, dim=4, null_logit=-10.0)
    maps = matcher.explain(torch.randn(8, 8, 12, 12), torch.randn(8, 8, 4, 4))
    assert maps.clusters.min() >= 0


def test_zero_features_give_finite_gradients():
    matcher = SeededMatcher(8, num_clusters=3, dim=4)
    image, audio = torch.zeros(2, 8, 3, 3, requires_grad=True), torch.zeros(2, 8, 2, 2, requires_grad=True)
    matcher(image, audio).sum().backward()
    assert all(torch.isfinite(t.grad).all() for t in (image, audio, *matcher.parameters()))


def test_autocast_keeps_the_routing_in_float32():
    torch.manual_seed(0)
    matcher, image, audio = SeededMatcher(8), torch.randn(2, 8, 3, 3), torch.randn(2, 8, 2, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(matcher(image, audio), matcher.float()(image, audio))


def test_refuses_no_cluster():
    with pytest.raises(ValueError, match="num_clusters is 0"):
        SeededMatcher(8, num_clusters=0)
