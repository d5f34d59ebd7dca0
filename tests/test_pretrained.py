"""The shipped models: small, undamaged, and as good on scenes nobody has seen as their cards say."""

from __future__ import annotations

import shutil

import pytest
import torch

from avlearn import load, recipes
from avlearn.data import DIFFICULTIES, World
from avlearn.pretrained import SHIPPED_FOLDER, shipped
from avlearn.tasks import localize
from avlearn.training import read_card

SCENES = 256
STANDARD_ERRORS = 4


def test_they_are_small():
    assert sum(file.stat().st_size for file in SHIPPED_FOLDER.rglob("*.safetensors")) < 5_000_000


def test_dcc_is_the_best_of_the_co_clusterings():
    scores = {name: read_card(SHIPPED_FOLDER / name).metrics["attention pointing"] for name in shipped()}
    assert scores["dcc"] == max(scores[name] for name in ("dcc", "dcc_published", "simplified_dcc"))


@pytest.mark.parametrize("name", shipped())
def test_metrics_hold_on_other_fresh_scenes(name):
    card = read_card(SHIPPED_FOLDER / name)
    scenes = recipes.get(card.recipe, card.profile).fresh_scenes(card.seed + 1)
    found = localize.evaluate(load(name), scenes, count=SCENES)["maps"]["attention"]
    for measure in ("pointing", "sounding_silent_auc"):
        expected = card.metrics[f"attention {measure}"]
        allowed = STANDARD_ERRORS * (expected * (1 - expected) / SCENES) ** 0.5
        assert found[measure] == pytest.approx(expected, abs=allowed)
    assert card.metrics["attention pointing"] > card.metrics["shuffled_audio attention pointing"] + 0.2


@pytest.mark.parametrize(("difficulty", "share"), [("big_test", 0.7), ("multi", 0.65)])
def test_cavl_finds_a_pair_for_each_source(difficulty, share):
    batch = World(DIFFICULTIES[difficulty], seed=recipes.test_seed(7)).batch(range(SCENES))
    with torch.no_grad():
        found = load("cavl").pairs(batch.without_truth()).count()
    true = batch.truth.sounding.sum(1)
    counts = torch.bincount(true).double() / SCENES
    assert (found == true).double().mean() > max(share, float(counts.max()) * (difficulty == "multi"))


def test_a_damaged_file_is_refused(tmp_path):
    folder = tmp_path / "dcc"
    shutil.copytree(SHIPPED_FOLDER / "dcc", folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"oops")
    with pytest.raises(ValueError, match="damaged"):
        load(folder)


def test_an_unknown_name_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no checkpoint 'nowhere'; give a folder or one of cavl, dcc"):
        load("nowhere")
