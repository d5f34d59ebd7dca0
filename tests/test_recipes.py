"""Recipes: complete in every profile, repeatable, and never trained on what they are tested on."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
import torch

from avlearn import load, recipes
from avlearn.data import World
from avlearn.models import Supervised
from avlearn.training import Curriculum, read_card


@pytest.mark.parametrize("name", recipes.RECIPES)
@pytest.mark.parametrize("profile", get_args(recipes.Profile))
def test_every_recipe_is_complete_in_every_profile(name, profile):
    recipe = recipes.get(name, profile)
    assert (recipe.name, recipe.profile) == (name, profile)
    assert recipe.world.size == recipe.test_world.size == recipe.model.image_size
    assert recipe.test_world.silent[0] >= 1


@pytest.mark.parametrize("profile", get_args(recipes.Profile))
def test_digits_take_twice_the_steps_of_twice_the_scenes(profile):
    recipe = recipes.get("dcc_seeded", profile)
    longer = recipes.on_digits(recipe)
    assert longer.training.steps == 2 * recipe.training.steps
    assert longer.training.batch_size == 2 * recipe.training.batch_size
    assert longer.training.pool == (None if recipe.training.pool is None else 2 * recipe.training.pool)
    assert longer.model.warm_up_steps / longer.training.steps == recipe.model.warm_up_steps / recipe.training.steps
    assert longer.world.size == longer.test_world.size == recipe.model.image_size
    assert (longer.world.silent, longer.test_world.silent) == ((0, 0), (1, 2))


@pytest.mark.parametrize("profile", get_args(recipes.Profile))
def test_cavl_goes_from_one_source_to_several(profile):
    recipe = recipes.get("cavl", profile)
    curriculum = recipe.scenes(3)
    simple, complex_ = curriculum.stages
    assert (simple.scenes.settings.sources, complex_.scenes.settings.sources) == ((1, 1), (2, 3))
    assert simple.scenes.settings.size == complex_.scenes.settings.size == recipe.model.image_size
    assert (simple.scenes.seed, complex_.scenes.seed) == (6, 6)
    assert (simple.until, complex_.restart) == (pytest.approx(2 / 3), False)


def test_any_recipe_can_be_trained_in_stages():
    plain, staged = recipes.get("frame_max"), recipes.in_stages(recipes.get("frame_max"))
    assert staged.training.steps == 1.5 * plain.training.steps
    one, several = staged.scenes(0).spans(steps=staged.training.steps)
    assert (len(one), len(several)) == (plain.training.steps, plain.training.steps / 2)


def test_stages_of_digits():
    recipe = recipes.on_digits(recipes.get("cavl", "smoke"))
    made = []
    recipe.scenes(5, lambda settings, seed: made.append((settings.sources, settings.seconds, seed)) or World(settings))
    assert made == [((1, 1), 0.5, 10), ((2, 3), 0.5, 10)]


def test_train_leaves_a_checkpoint_that_load_reads(tmp_path):
    recipe = recipes.get("dcc_seeded", "smoke")
    recipe = replace(recipe, training=replace(recipe.training, steps=2))
    model, result = recipes.train(recipe, seed=3, out=tmp_path / "run", device="cpu")
    card = read_card(tmp_path / "run")
    assert (card.recipe, card.profile, card.seed, card.step, result.steps) == ("dcc_seeded", "smoke", 3, 2, 2)
    again = load(tmp_path / "run")
    batch = recipe.fresh_scenes(0).batch(range(4))
    assert torch.equal(again.similarity(batch), model.similarity(batch))


def test_supervised_learns_from_labels_and_can_be_loaded(tmp_path):
    recipe = recipes.get("supervised", "smoke")
    recipe = replace(recipe, training=replace(recipe.training, steps=2))
    model, result = recipes.train(recipe, out=tmp_path / "run", device="cpu")
    assert isinstance(model, Supervised)
    assert result.history[-1]["chance/loss"] > 0
    batch = recipe.fresh_scenes(0).batch(range(4), truth=False)
    again = load(tmp_path / "run")
    assert torch.equal(again.similarity(batch), model.similarity(batch))
    with pytest.raises(ValueError, match="without a Curriculum"):
        recipes.train(recipe, scenes=Curriculum.of(recipe.scenes(0)))


@pytest.mark.parametrize(
    ("name", "profile", "said"), [("cavl9", "book", "choose one of dcc"), ("dcc", "fast", "smoke, book")]
)
def test_refuses_unknown_names(name, profile, said):
    with pytest.raises(ValueError, match=said):
        recipes.get(name, profile)
