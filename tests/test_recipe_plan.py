"""What runs consist of: repeatable, and never tested on what they are trained on."""

from __future__ import annotations

import torch

from avlearn import recipe_plan, recipes
from avlearn.data import ClipFormat, World
from avlearn.training import Curriculum


def test_training_and_test_worlds_never_share_a_seed():
    recipe = recipes.get("dcc")
    staged = recipes.get("cavl")
    trained = {recipe.scenes(seed).seed for seed in range(50)}
    trained |= {stage.scenes.seed for seed in range(50) for stage in staged.scenes(seed).stages}
    tested = {recipe.fresh_scenes(seed).seed for seed in range(50)}
    chosen_on = {recipe_plan.validation_seed(seed) for seed in range(50)}
    assert not trained & tested
    assert not chosen_on & (trained | tested)
    assert all(seed % 2 for seed in chosen_on)  # those to train on are even


def test_equal_seeds_build_equal_weights_and_leave_the_random_state_alone():
    recipe, state = recipes.get("dcc_seeded", "smoke"), torch.get_rng_state()
    first, second, other = recipe.build(0), recipe.build(0), recipe.build(1)
    assert torch.equal(first.matcher.weight, second.matcher.weight)
    assert not torch.equal(first.matcher.weight, other.matcher.weight)
    assert torch.equal(state, torch.get_rng_state())


def test_scenes_are_made_for_each_stage_or_once():
    made = []

    def make(settings, seed):
        made.append((settings, seed))
        return World(settings, seed=seed)

    plain, staged = recipes.get("dcc"), recipes.get("cavl")
    assert isinstance(plain.scenes(2, make), World)
    assert isinstance(staged.scenes(3, make), Curriculum)
    assert made == [(plain.world, 4), *((stage.world, 6) for stage in staged.stages)]
    assert plain.clip_format == ClipFormat.of(plain.world)
