"""What parts of the library need of each other: who fulfils which protocol."""

from __future__ import annotations

import pytest

from avlearn import scenes, types
from avlearn.data import World, WorldSettings
from avlearn.encoders.small import small_image
from avlearn.models import CAVL, DCC, CAVLConfig, DCCConfig


@pytest.mark.parametrize("name", ["AVBatch", "Flaw", "Scene", "Truth"])
def test_records_of_scenes_are_at_hand(name):
    assert getattr(types, name) is getattr(scenes, name)


@pytest.mark.parametrize("model", [DCC(DCCConfig()), CAVL(CAVLConfig())], ids=["dcc", "cavl"])
def test_models_of_pairs_do_what_the_tasks_ask(model):
    for need in (types.Method, types.Localizer, types.Matching):
        assert isinstance(model, need)
    assert isinstance(model, types.SourceFinder) == isinstance(model, CAVL)


def test_a_world_is_a_source_without_an_end():
    world = World(WorldSettings(), seed=0)
    assert isinstance(world, types.SceneSource)
    assert not isinstance(world, types.Ordered)


def test_an_encoder_tells_its_channels_and_its_stride():
    assert isinstance(small_image(), types.Encoder)
    assert not isinstance(DCC(DCCConfig()), types.Encoder)
