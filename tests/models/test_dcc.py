"""DCC: published sizes, and numbers of clusters that change."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn import recipes
from avlearn.data import DIFFICULTIES, World
from avlearn.models import DCC, DCCConfig

SMALL = replace(DIFFICULTIES["big"], size=32, seconds=0.5)


@pytest.fixture(scope="module")
def batch():
    return World(SMALL, seed=0).batch(range(6))


def build(**changes) -> DCC:
    torch.manual_seed(0)
    return DCC(DCCConfig(**{"image_size": 32, "num_clusters": 3, "sharpness": 10.0, **changes}))


def test_paper_recipe_has_the_published_sizes_and_takes_a_step():
    recipe = recipes.get("dcc", "paper")
    model = recipe.build(0).train()
    batch = World(recipe.world, seed=0).batch(range(2), truth=False)
    image, audio = model.encode(batch)
    assert (image.shape, audio.shape) == ((2, 512, 8, 8), (2, 512, 31, 4))
    clustering = model.matcher.clustering
    assert (tuple(clustering.weight.shape), clustering.iterations, clustering.sharpness) == ((10, 512, 16), 3, 1.0)
    assert (model.config.margin, model.config.objective, model.config.negatives) == (10.0, "max_margin", "one")
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.training.learning_rate)
    before = clustering.weight.detach().clone()
    model.step(batch).loss.backward()
    optimizer.step()
    assert not torch.equal(before, clustering.weight)


def test_refuses_unknown_names():
    config = object.__new__(DCCConfig)  # the type checker of the tests would object first
    object.__setattr__(config, "matcher", "nearest")
    with pytest.raises(ValueError, match="matcher is 'nearest'; choose one of co_clustering"):
        config.__post_init__()


def test_changed_clusters_equal_those_of_a_model_built_with_them(batch):
    changed, built = (build(matcher="simplified", num_clusters=k, audio_clusters=a) for k, a in ((5, 1), (3, 2)))
    changed.set_clusters(image=3)
    assert (changed.config.num_clusters, changed.config.audio_clusters) == (3, 1)
    changed.set_clusters(audio=2)
    assert changed.config == built.config
    built.load_state_dict(changed.state_dict())
    torch.testing.assert_close(changed.eval().similarity(batch), built.eval().similarity(batch))
    assert changed.localize(batch).sound_clusters.shape[1] == 2


def test_clusters_that_can_not_change():
    with pytest.raises(ValueError, match="the matcher 'seeded' can't change its number of clusters; use 'simplified'"):
        build(matcher="seeded").set_clusters(image=3)
    with pytest.raises(ValueError, match="got 0 visual clusters and 1 of the sound; give at least one of each"):
        build(matcher="simplified").set_clusters(image=0)
