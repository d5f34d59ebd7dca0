"""Soft-clustering detectors: against loops over pairs, invariances, and what silence and flat ground do."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from avlearn.clustering import DetectorMatcher, soft_kmeans
from avlearn.clustering.cocluster import vectors


@pytest.fixture
def features():
    torch.manual_seed(0)
    return torch.randn(3, 8, 3, 4), torch.randn(3, 8, 2, 5)


def slow_contents(x, clusters):
    """Centres and masses of one scene's vectors, N x C."""
    _, s = soft_kmeans(F.normalize(x, dim=-1)[None], clusters, iterations=4, sharpness=10.0, start="farthest")
    centres, masses = [], []
    for share in s[0]:
        total = sum(weight * vector for weight, vector in zip(share, x, strict=True))
        centres.append(total / total.norm())
        masses.append(sum(w * v.norm() for w, v in zip(share, x, strict=True)) / x.norm(dim=-1).sum())
    return centres, masses


@pytest.mark.parametrize("audio_clusters", [1, 3])
def test_similarity_sums_nearest_cosines_by_mass(features, audio_clusters):
    image, audio = features
    matcher = DetectorMatcher(8, image_clusters=4, audio_clusters=audio_clusters)
    for linear in (matcher.image_linear, matcher.audio_linear):
        torch.nn.init.normal_(linear.weight, std=0.5)
    similarity = matcher(image, audio)
    for v in range(3):
        for a in range(3):
            seen, _ = slow_contents(matcher.image_linear(vectors(image)[v]), 4)
            heard, masses = slow_contents(matcher.audio_linear(vectors(audio)[a]), audio_clusters)
            expected = sum(m * max(s @ h for s in seen) for h, m in zip(heard, masses, strict=True))
            torch.testing.assert_close(similarity[v, a], expected, rtol=1e-4, atol=1e-5)


def test_maps_agree_with_the_similarity(features):
    image, audio = features
    matcher = DetectorMatcher(8, image_clusters=4, audio_clusters=3)
    maps = matcher.explain(image, audio)
    torch.testing.assert_close(maps.score, matcher(image, audio).diagonal(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(maps.clusters.sum(1), torch.ones(3, 3, 4))
    torch.testing.assert_close(maps.sound_clusters.sum(1), torch.ones(3, 2, 5))
    torch.testing.assert_close(maps.attention, matcher.pairs(image, audio).heat.sum(1))
    assert maps.similarity.abs().max() <= 1 + 1e-5


def test_only_directions_and_relative_lengths_count(features):
    image, audio = features
    matcher = DetectorMatcher(8, image_clusters=4, audio_clusters=3)
    torch.testing.assert_close(matcher(image, audio), matcher(50 * image, 0.01 * audio), rtol=1e-3, atol=1e-4)


def test_one_visual_cluster_for_each_position_is_dense_matching(features):
    # The limit: contents are the positions themselves, and each sound finds its best position
    image, audio = features
    matcher = DetectorMatcher(8, image_clusters=12, audio_clusters=10, sharpness=2000.0)
    a = vectors(audio)
    cosines = torch.einsum("vnc,amc->vnam", F.normalize(vectors(image), dim=-1), F.normalize(a, dim=-1)).amax(1)
    weights = a.norm(dim=-1) / a.norm(dim=-1).sum(1, keepdim=True)
    torch.testing.assert_close(matcher(image, audio), (cosines * weights).sum(-1), rtol=1e-4, atol=1e-4)


def test_quiet_cells_weigh_little(features):
    _, audio = features
    matcher = DetectorMatcher(8, image_clusters=4, audio_clusters=2)
    loud = audio.clone()
    loud[:, :, :, :3] = 0.001 * F.normalize(audio[:, :, :, :3], dim=1)
    loud[:, :, :, 3:] = torch.eye(8)[0].view(8, 1, 1)
    contents = matcher.hear(loud)
    heaviest = contents.mass.argmax(1)
    assert (contents.centres[torch.arange(3), heaviest, 0] > 0.99).all()
    assert (contents.mass.amax(1) > 0.99).all()


def test_silence_has_finite_gradients_and_no_mass():
    matcher = DetectorMatcher(8, image_clusters=4, audio_clusters=3)
    image, audio = torch.zeros(2, 8, 3, 3, requires_grad=True), torch.zeros(2, 8, 2, 2, requires_grad=True)
    similarity = matcher(image, audio)
    similarity.sum().backward()
    assert similarity.abs().max() == 0
    assert all(torch.isfinite(t.grad).all() for t in (image, audio, *matcher.parameters()))
    assert matcher.pairs(image, audio).count().tolist() == [0, 0]


def test_clusters_that_collapse_into_one_make_one_pair_and_can_still_learn(features):
    alike = torch.randn(2, 8, 1, 1).expand(2, 8, 3, 3).clone().requires_grad_()
    matcher = DetectorMatcher(8, image_clusters=4, audio_clusters=3)
    similarity = matcher(alike, alike)
    similarity.sum().backward()
    torch.testing.assert_close(similarity.diagonal(), torch.ones(2))
    assert all(torch.isfinite(t.grad).all() for t in (alike, *matcher.parameters()))
    pairs = matcher.pairs(alike, alike)
    assert pairs.count().tolist() == [1, 1]
    torch.testing.assert_close(pairs.heat.sum(1).std((1, 2)), torch.zeros(2))


def test_more_clusters_than_positions(features):
    image, audio = features
    with pytest.raises(ValueError, match="num_clusters is 13; give 1 to 12, the number of vectors"):
        DetectorMatcher(8, image_clusters=13, audio_clusters=3)(image, audio)
