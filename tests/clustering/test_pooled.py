"""Pooled similarities against one pair at a time."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from avlearn.clustering import PooledMatcher


def reference(pooling: str, image: torch.Tensor, audio: torch.Tensor) -> torch.Tensor:
    positions = image.flatten(1).T
    moments = audio.mean(2).T if pooling == "frame_max" else audio.mean((1, 2))[None]
    if pooling == "average":
        return F.cosine_similarity(positions.mean(0), moments[0], dim=0)
    best = [max(F.cosine_similarity(position, moment, dim=0) for position in positions) for moment in moments]
    return torch.stack(best).mean()


@pytest.mark.parametrize("pooling", ["max", "frame_max", "average"])
def test_equals_slow_reference(pooling):
    image, audio = torch.randn(3, 8, 2, 3), torch.randn(3, 8, 4, 2)
    matcher = PooledMatcher(pooling)
    similarity = matcher(image, audio)
    expected = torch.stack([torch.stack([reference(pooling, v, a) for a in audio]) for v in image])
    torch.testing.assert_close(similarity, expected)
    torch.testing.assert_close(matcher.explain(image, audio).score, similarity.diagonal())


def test_maps_point_at_the_position_that_matches():
    image, audio = torch.randn(2, 8, 3, 3), torch.randn(2, 8, 4, 2)
    image[:, :, 1, 2] = 5 * audio.mean((2, 3))
    maps = PooledMatcher("max").explain(image, audio)
    assert maps.similarity.flatten(1).argmax(1).tolist() == [5, 5]
    assert maps.attention.flatten(1).argmax(1).tolist() == [5, 5]


def test_refuses_unknown_pooling():
    with pytest.raises(ValueError, match="pooling is 'median'"):
        PooledMatcher.__init__.__wrapped__(PooledMatcher.__new__(PooledMatcher), "median")
