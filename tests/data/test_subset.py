"""A subset gives the very scenes of its source, under their own numbers."""

from __future__ import annotations

import pytest
import torch

from avlearn.data import Subset, World, WorldSettings
from avlearn.types import SceneSource

WORLD = World(WorldSettings(size=16, silent=(0, 0)), seed=0)


@pytest.mark.parametrize("as_tensor", [False, True])
def test_scenes_are_those_of_the_source_in_the_given_order(as_tensor):
    chosen, places = [7, 3, 12, 3], [3, 0, 2]
    subset = Subset(WORLD, torch.tensor(chosen) if as_tensor else chosen)
    batch = subset.batch(torch.tensor(places) if as_tensor else places)
    expected = WORLD.batch([3, 7, 12])
    assert len(subset) == 4
    assert isinstance(subset, SceneSource)
    assert batch.index.tolist() == [3, 7, 12]
    assert torch.equal(batch.frames, expected.frames)
    assert torch.equal(batch.waveform, expected.waveform)
    assert torch.equal(batch.truth.classes, expected.truth.classes)


def test_training_gets_no_truth():
    assert Subset(WORLD, [1, 2]).batch([0], truth=False).truth is None


def test_subsets_nest():
    assert Subset(Subset(WORLD, [5, 6, 7]), [2, 0]).batch([0, 1]).index.tolist() == [7, 5]


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([], "a subset of no scenes is empty; give at least one index"),
        ([3, -1], "index is -1; use a whole number, 0 or more"),
        (torch.zeros(0, dtype=torch.long), "a subset of no scenes is empty"),
    ],
)
def test_refuses_nonsense(indices, message):
    with pytest.raises(ValueError, match=message):
        Subset(WORLD, indices)


def test_refuses_scenes_that_are_not_there():
    inner = Subset(WORLD, [5, 6])
    with pytest.raises(ValueError, match="the source has no scene 2; use indices from 0 to 1"):
        Subset(inner, [0, 2])
    with pytest.raises(ValueError, match="the subset has no scene 4; use indices from 0 to 1"):
        inner.batch([0, 4])
    with pytest.raises(ValueError, match="index is -1"):
        inner.batch([-1])
