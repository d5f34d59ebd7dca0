"""The Euclidean sibling: distances of nearest centres, maps, and its two cures."""

from __future__ import annotations

import pytest
import torch

from avlearn.clustering import SimplifiedMatcher, soft_kmeans
from avlearn.clustering.cocluster import vectors


@pytest.mark.parametrize("audio_clusters", [1, 2])
def test_similarity_is_the_distance_to_the_nearest_visual_centre(audio_clusters):
    torch.manual_seed(0)
    matcher = SimplifiedMatcher(8, image_clusters=3, audio_clusters=audio_clusters)
    image, audio = torch.randn(3, 8, 2, 3), torch.randn(4, 8, 2, 2)
    v, _ = soft_kmeans(matcher.image_linear(vectors(image)), 3, iterations=4, sharpness=30.0)
    a, _ = soft_kmeans(matcher.audio_linear(vectors(audio)), audio_clusters, iterations=4, sharpness=30.0)
    similarity = matcher(image, audio)
    for i in range(3):
        for j in range(4):
            nearest = [min((centre - seen).norm() for seen in v[i]) for centre in a[j]]
            expected = -torch.stack(nearest).square().sum().sqrt()
            torch.testing.assert_close(similarity[i, j], expected, rtol=1e-4, atol=1e-4)


def test_maps_agree_with_the_similarity():
    matcher = SimplifiedMatcher(8, image_clusters=3, audio_clusters=2, normalize=True, start="farthest", sharpness=10.0)
    image, audio = torch.randn(3, 8, 2, 3), torch.randn(3, 8, 2, 2)
    maps = matcher.explain(image, audio)
    torch.testing.assert_close(maps.score, matcher(image, audio).diagonal(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(maps.clusters.sum(1), torch.ones(3, 2, 3))
    assert maps.attention.min() >= 0
    assert maps.attention.max() <= 1 + 1e-6


def test_normalized_distances_are_at_most_two_per_sound_centre():
    matcher = SimplifiedMatcher(8, normalize=True, sharpness=10.0)
    assert matcher(100 * torch.randn(3, 8, 2, 3), 100 * torch.randn(3, 8, 2, 2)).min() >= -2


def test_zero_features_give_finite_gradients():
    matcher = SimplifiedMatcher(8)
    image, audio = torch.zeros(2, 8, 3, 3, requires_grad=True), torch.zeros(2, 8, 2, 2, requires_grad=True)
    matcher(image, audio).sum().backward()
    assert all(torch.isfinite(t.grad).all() for t in (image, audio, *matcher.parameters()))
