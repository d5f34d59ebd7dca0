"""The shipped models: small, undamaged, and as good on scenes nobody has seen as their cards say."""

from __future__ import annotations

import shutil

import pytest
import torch

from avlearn import load, recipes, separator_recipe
from avlearn.data import DIFFICULTIES, World
from avlearn.models import Separator
from avlearn.pretrained import SHIPPED_FOLDER, load_deep_clustering, load_localizer, load_separator, shipped
from avlearn.tasks import localize, separate
from avlearn.training import read_card

SCENES = 256
STANDARD_ERRORS = 4
LOCALIZERS = [name for name in shipped() if read_card(SHIPPED_FOLDER / name).model != Separator.__name__]


def test_they_are_small():
    assert sum(file.stat().st_size for file in SHIPPED_FOLDER.rglob("*.safetensors")) < 5_000_000


def test_dcc_is_the_best_of_the_co_clusterings():
    names = ("dcc", "dcc_published", "simplified_dcc")
    scores = {name: read_card(SHIPPED_FOLDER / name).metrics["attention pointing"] for name in names}
    assert scores["dcc"] == max(scores.values())


@pytest.mark.parametrize("name", LOCALIZERS)
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


def test_the_pairs_of_cavl_are_its_sources_each_in_its_own_place():
    batch = World(DIFFICULTIES["multi"], seed=recipes.test_seed(8)).batch(range(SCENES // 4))
    with torch.no_grad():
        heat = load("cavl").pairs(batch.without_truth()).heat
    truth = batch.truth
    own, on_it = _pairs_on_sources(heat, truth.masks[:, :, 0], truth.sounding)
    others, beside = _pairs_on_sources(heat.roll(1, 0), truth.masks[:, :, 0], truth.sounding)
    assert own > 0.85 > 0.6 > others
    assert on_it > 0.75 > 0.3 > beside


def _pairs_on_sources(heat, masks, sounding):
    """Share of scenes whose sources are hottest in different pairs, and share of a source's pair that lies on it."""
    inside = torch.einsum(
        "bphw,bmhw->bmp", heat, torch.nn.functional.interpolate(masks.float(), heat.shape[2:], mode="area")
    )
    best = inside.argmax(2)
    share = inside.amax(2) / heat.sum((2, 3)).gather(1, best).clamp(min=1e-9)
    apart = [len(pairs[on].unique()) == int(on.sum()) for pairs, on in zip(best, sounding, strict=True)]
    return sum(apart) / len(apart), float(share[sounding].mean())


def test_the_separator_is_as_good_on_other_fresh_scenes():
    card = read_card(SHIPPED_FOLDER / "separator")
    recipe = separator_recipe.get(card.profile)
    scenes = recipe.fresh_scenes(card.seed + 1), recipe.fresh_scenes_of_several(card.seed + 1)
    found = separate.evaluate(load_separator("separator"), *scenes, count=24, filters=False)
    for kind, table in (("mixed", found["mixed"]["2"]), ("several", found["several"])):
        gain = table["queries"]["point"]["si_sdr_gain"]
        low, high = table["queries"]["point"]["intervals"]["si_sdr_gain"]
        assert gain == pytest.approx(card.metrics[f"{kind} point si_sdr_gain"], abs=high - low)
        assert gain > table["controls"]["shuffled_query"]["si_sdr_gain"] + 5


def test_each_kind_of_model_is_loaded_as_what_it_is():
    with pytest.raises(ValueError, match="'separator' holds a Separator; give one of a DCC or CAVL"):
        load_localizer("separator")
    with pytest.raises(ValueError, match="'dcc' holds a DCC; give one that `avlearn train separator` wrote"):
        load_separator("dcc")
    with pytest.raises(ValueError, match="'cavl' holds a CAVL; give one that `avlearn train xdc` wrote"):
        load_deep_clustering("cavl")
    assert isinstance(load_separator("separator"), Separator)


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
