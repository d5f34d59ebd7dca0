"""The query that knows the class: looked up by number, from scenes with one source only."""

from __future__ import annotations

import pytest
import torch

from avlearn.data import DIFFICULTIES, World
from avlearn.models import Separator, SeparatorConfig
from avlearn.models.known_class import KnownClass


def test_gives_the_class_of_each_scene():
    world = World(DIFFICULTIES["big"], seed=0)
    query, batch = KnownClass.of_scenes(world, 5, number=16, chunk=2), world.batch([4, 1])
    truth = batch.truth
    expected = truth.classes[truth.sounds]
    assert torch.equal(query(batch.without_truth()).argmax(1), expected)
    assert torch.equal(query.of_classes(expected[:, None]).sum(-1), torch.ones(2, 1))


def test_trains_a_separator_and_is_saved_with_it():
    world = World(DIFFICULTIES["big"], seed=0)
    query = KnownClass.of_scenes(world, 4, number=16)
    separator = Separator(SeparatorConfig(levels=2, width=2), query).train()
    assert torch.isfinite(separator.step(world.batch(range(4), truth=False)).loss)
    assert torch.equal(separator.state_dict()["query.classes"], query.classes)


def test_refuses_classes_that_are_none_and_scenes_of_several_sources():
    with pytest.raises(ValueError, match="got 1 classes for numbers 0 to 2"):
        KnownClass(torch.tensor([3]), number=3)
    with pytest.raises(ValueError, match="exactly one source each"):
        KnownClass.of_scenes(World(DIFFICULTIES["multi"], seed=0), 2, number=16)
