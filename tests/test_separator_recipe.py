"""The separator's recipe: complete in every profile, repeatable, and loaded again from its folder alone."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
import torch

from avlearn import load, recipes, separator_recipe
from avlearn.data import World
from avlearn.models import CAVL, CAVLConfig, Separator
from avlearn.training import ModelCard, read_card, save_checkpoint


def short(**changes):
    recipe = separator_recipe.get("smoke")
    return replace(recipe, training=replace(recipe.training, steps=2), **changes)


@pytest.mark.parametrize("profile", get_args(recipes.Profile))
def test_is_complete_in_every_profile(profile):
    recipe = separator_recipe.get(profile)
    assert (recipe.name, recipe.profile) == ("separator", profile)
    assert recipe.world.sources == recipe.test_world.sources == (1, 1)
    assert recipe.test_world.silent[0] >= 1
    assert recipe.several_world.sources[0] >= 2
    assert recipe.world.size == recipe.test_world.size == recipe.several_world.size
    assert recipe.scenes(0).batch([0], truth=False).sample_rate == recipe.model.sample_rate


def test_paper_asks_for_a_localizer_of_your_own_and_takes_it(tmp_path):
    recipe = separator_recipe.get("paper")
    with pytest.raises(ValueError, match="train one, for example by `avlearn train cavl --profile paper --out RUN`"):
        recipe.build(0)
    config = recipes.get("cavl", "paper").model
    assert isinstance(config, CAVLConfig)
    assert (config.encoders, config.image_size) == ("resnet18", recipe.world.size)
    model = CAVL(config)
    save_checkpoint(tmp_path, model, ModelCard.describing(model))
    separator = separator_recipe.get("paper", localizer=tmp_path).build(0).eval()
    batch = recipe.scenes(0).batch([0], truth=False)
    assert batch.waveform.shape == (1, 65_535)
    with torch.no_grad():
        query = separator.query(batch)
        assert query.shape == (1, 512)
        assert separator.separate(batch.waveform, query[:, None]).shape == (1, 1, 65_535)


def test_worlds_to_test_on_are_none_to_train_on():
    recipe = separator_recipe.get("book")
    seeds = [source.scenes.seed for source in (recipe.fresh_scenes(4), recipe.fresh_scenes_of_several(4))]
    assert seeds == [recipes.test_seed(4)] * 2
    assert recipe.scenes(4).scenes.seed % 2 == 0


def test_equal_seeds_build_equal_weights_and_leave_the_random_state_alone():
    recipe, state = separator_recipe.get("smoke"), torch.get_rng_state()
    first, second, other = (recipe.build(seed).unet.state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not all(torch.equal(value, other[name]) for name, value in first.items())
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("profile", get_args(recipes.Profile))
def test_digits_take_twice_the_steps_and_a_localizer_of_their_own(profile, tmp_path):
    recipe = separator_recipe.get(profile)
    longer = separator_recipe.on_digits(recipe, localizer=tmp_path)
    assert longer.localizer == tmp_path
    assert longer.training.steps == 2 * recipe.training.steps
    assert longer.training.batch_size == recipe.training.batch_size
    assert longer.training.pool == (None if recipe.training.pool is None else 2 * recipe.training.pool)
    worlds = longer.world, longer.test_world, longer.several_world
    assert {(world.size, world.seconds) for world in worlds} == {(recipe.world.size, 0.5)}
    assert [(world.sources, world.silent) for world in worlds] == [((1, 1), (0, 0)), ((1, 1), (1, 2)), ((2, 3), (0, 1))]


def test_scenes_of_digits_are_made_as_asked_and_resampled():
    recipe, made = separator_recipe.on_digits(separator_recipe.get("paper"), localizer="RUN"), []

    def make(settings, seed):
        made.append((settings.sources, settings.silent, seed))
        return World(replace(settings, size=16), seed=seed)

    sources = [scenes(5, make) for scenes in (recipe.scenes, recipe.fresh_scenes, recipe.fresh_scenes_of_several)]
    assert made == [((1, 1), (0, 0), 10), ((1, 1), (1, 2), 11), ((2, 3), (0, 1), 11)]
    for scenes in sources:
        batch = scenes.batch([0])
        assert (batch.sample_rate, batch.waveform.shape[1]) == (11_025, 5512)


def test_a_localizer_of_other_pictures_is_refused_before_training(tmp_path):
    model = CAVL(CAVLConfig(image_size=64))
    save_checkpoint(tmp_path, model, ModelCard.describing(model))
    with pytest.raises(ValueError, match=r"sees pictures of 64 x 64, the scenes .* 96 x 96; train one by `avlearn"):
        separator_recipe.get("smoke", localizer=tmp_path).build(0)


@pytest.mark.parametrize("localizer", ["dcc", "max_pool"])
def test_train_leaves_a_checkpoint_that_load_reads(tmp_path, localizer):
    recipe = short(localizer=localizer)
    model, result = recipes.train(recipe, seed=3, out=tmp_path / "run", device="cpu")
    card = read_card(tmp_path / "run")
    assert (card.recipe, card.profile, card.seed, card.step, result.steps) == ("separator", "smoke", 3, 2, 2)
    again = load(tmp_path / "run")
    assert isinstance(again, Separator)
    batch = recipe.fresh_scenes(0).batch(range(2))
    queries = model.query(batch)[:, None]
    assert torch.equal(again.query(batch)[:, None], queries)
    assert torch.equal(again.separate(batch.waveform, queries), model.separate(batch.waveform, queries))


def test_refuses_what_is_no_localizer(tmp_path):
    recipes.train(short(), out=tmp_path / "run", device="cpu")
    with pytest.raises(ValueError, match="holds a Separator"):
        separator_recipe.get("smoke", localizer=tmp_path / "run").build(0)
    with pytest.raises(ValueError, match="unknown profile 'fast'"):
        separator_recipe.get("fast")
