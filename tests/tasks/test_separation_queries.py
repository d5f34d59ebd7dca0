"""Queries of a test: whose box a hill is on, what counts as found, and what is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from avlearn.data import DIFFICULTIES, World
from avlearn.models import Sight, VisualCentre
from avlearn.tasks.mixtures import Mixtures, mixed_scenes, scenes_of_several
from avlearn.tasks.separation_queries import ask
from avlearn.types import AVBatch, HeatMaps


class Painted(VisualCentre):
    """Sees what it was given: every position has a feature of its own."""

    def __init__(self, heat: torch.Tensor) -> None:
        nn.Module.__init__(self)
        self.heat = heat

    def look(self, batch: AVBatch) -> Sight:
        shape = len(batch), *self.heat.shape
        features = torch.eye(self.heat.numel()).reshape(-1, *self.heat.shape).expand(len(batch), -1, -1, -1)
        maps = HeatMaps(
            similarity=self.heat.expand(shape),
            attention=self.heat.expand(shape),
            clusters=torch.stack([self.heat > 1, self.heat <= 1]).float().expand(len(batch), -1, -1, -1),
            score=torch.ones(len(batch)),
        )
        return Sight(features=features, maps=maps)


@pytest.fixture
def mixtures() -> Mixtures:
    """One scene with two sources, one on the left and one on the right."""
    found, _ = scenes_of_several(World(DIFFICULTIES["multi"], seed=1), count=12, batch_size=64)
    boxes = torch.tensor([[[0.0, 0.0, 0.4, 1.0], [0.6, 0.0, 1.0, 1.0]]])
    return replace(found[2][:1], boxes=boxes, points=torch.tensor([[[0.2, 0.5], [0.8, 0.5]]]))


@pytest.mark.parametrize(
    ("row", "found", "invented"),
    [
        ([5.0, 0.0, 0.0, 0.0, 4.0], [True, True], 0),
        ([5.0, 0.0, 4.0, 0.0, 0.0], [True, False], 1),
        ([0.0, 0.0, 4.0, 0.0, 0.0], [False, False], 1),
        ([0.0, 0.0, 0.0, 0.0, 0.0], [False, False], 0),
        ([4.0, 0.0, 3.0, 0.0, 5.0], [True, True], 1),
    ],
)
def test_hills_count_for_the_source_whose_box_they_are_in(mixtures, row, found, invented):
    asked = ask(Painted(torch.tensor([row])), mixtures)
    assert asked.found[0].tolist() == found
    assert asked.invented.tolist() == [invented]
    for source, place in ((0, 0), (1, 4)):
        if found[source]:
            assert int(asked.queries["automatic"][0, source].argmax()) == place


def test_the_cluster_is_that_of_the_middle_and_others_are_told_the_place(mixtures):
    queries = ask(Painted(torch.tensor([[5.0, 0.0, 0.0, 0.0, 0.0]])), mixtures).queries
    assert queries["cluster"][0, 0].nonzero().flatten().tolist() == [0]
    assert queries["cluster"][0, 1].nonzero().flatten().tolist() == [1, 2, 3, 4]
    assert queries["point"][0].argmax(1)[0] == 0
    assert queries["box"][0, 1, :3].max() < 1e-6


def test_pictures_of_mixed_scenes_are_asked_each_about_its_own_source():
    mixtures, _ = mixed_scenes(World(DIFFICULTIES["clean"], seed=1), count=3, sources=2, batch_size=64)
    asked = ask(Painted(torch.ones(12, 12)), mixtures)
    assert asked.queries["point"].shape == (3, 2, 144)
    assert asked.found.shape == (3, 2)
    assert asked.invented.shape == (3,)
    tops = asked.queries["point"].argmax(2)
    places = (mixtures.points * 12).long()
    assert torch.equal(tops, 12 * places[..., 1] + places[..., 0])
