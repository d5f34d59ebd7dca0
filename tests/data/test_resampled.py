"""Resampled scenes: the same pictures, and parts that still sum to the mixture."""

from __future__ import annotations

import pytest
import torch

from avlearn.data import DIFFICULTIES, Resampled, World
from avlearn.types import SceneSource

WORLD = World(DIFFICULTIES["multi"], seed=0)


def test_stems_still_sum_to_the_waveform():
    batch = Resampled(WORLD, 11_025).batch([3, 5])
    assert (batch.sample_rate, batch.waveform.shape[1]) == (11_025, 11_025)
    assert batch.truth is not None
    whole = batch.truth.stems.sum(1) + batch.truth.ambience
    torch.testing.assert_close(whole, batch.waveform, rtol=0, atol=1e-5)


def test_all_else_is_that_of_the_source():
    batch, expected = Resampled(WORLD, 11_025).batch([3]), WORLD.batch([3])
    assert torch.equal(batch.frames, expected.frames)
    assert torch.equal(batch.index, expected.index)
    assert torch.equal(batch.truth.masks, expected.truth.masks)
    assert torch.equal(Resampled(WORLD, 16_000).batch([3]).waveform, expected.waveform)


def test_is_a_source_and_tells_training_no_truth():
    scenes = Resampled(WORLD, 8000)
    assert isinstance(scenes, SceneSource)
    assert scenes.batch([1], truth=False).truth is None


def test_refuses_a_rate_that_is_none():
    with pytest.raises(ValueError, match="sample_rate is 0; give a positive number"):
        Resampled(WORLD, 0)
