"""The study of separators: whose eyes each seed asks by, and what it tests on."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import separation_study
from separation_study import Study

from avlearn import recipes, separator_recipe
from avlearn.data import World
from avlearn.tasks import separate


def test_every_seed_has_a_localizer_of_its_own(tmp_path):
    study = Study(out=tmp_path, localizer="runs/cavl-{seed}")
    assert [study.recipe(seed).localizer for seed in (0, 2)] == ["runs/cavl-0", "runs/cavl-2"]
    assert Study(out=tmp_path, localizer="max_pool").recipe(1).localizer == "max_pool"
    assert Study(out=tmp_path).recipe(1) == separator_recipe.get("book")


def test_digits_need_a_localizer(tmp_path):
    with pytest.raises(ValueError, match="no shipped localizer knows digits"):
        Study(out=tmp_path, digits=Path("data")).recipe(0)
    study = Study(out=tmp_path, digits=Path("data"), localizer="runs/{seed}")
    assert study.recipe(3) == separator_recipe.on_digits(separator_recipe.get("book"), localizer="runs/3")


def test_each_split_is_tested_beside_the_upper_bound(tmp_path, monkeypatch):
    recipe = separator_recipe.get("smoke", localizer="max_pool")
    short = replace(recipe, training=replace(recipe.training, steps=1, batch_size=2, pool=2))
    monkeypatch.setattr(separation_study.separator_recipe, "get", lambda profile, localizer: short)
    monkeypatch.setattr(separation_study.separate, "evaluate", partial(separate.evaluate, filters=False))
    made = []

    def make(settings, seed):
        made.append(seed)
        return World(settings, seed=seed)

    line = Study(out=tmp_path, mixtures=2).one(4, {"train": make, "test": World, "new_speaker": make})
    assert json.loads(json.dumps(line)) == line
    assert (line["seed"], line["steps"], line["digits"]) == (4, 1, False)
    assert set(made) == {8, recipes.test_seed(4)}
    assert line["test"] == line["new_speaker"]
    assert set(line["test"]["several"]["upper_bounds"]) == {
        "class_with_labels", "ideal_ratio_mask", "ideal_binary_mask"
    }  # fmt: skip
    assert (tmp_path / "separator-4" / "card.json").is_file()
