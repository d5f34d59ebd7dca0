"""What is watched during training is what the evaluation says afterwards, and watching changes nothing."""

from __future__ import annotations

import pytest
import torch

from avlearn.data import DIFFICULTIES, World
from avlearn.models import CAVL, CAVLConfig
from avlearn.tasks import localize
from avlearn.tasks.watch import Watch
from avlearn.training import TrainSettings, fit


@pytest.fixture(scope="module")
def scenes():
    return World(DIFFICULTIES["multi"], seed=3)


def test_it_says_what_the_evaluation_says(scenes):
    model = CAVL(CAVLConfig()).eval()
    watch = Watch(scenes, count=12, every=5)
    watch(5, model, {})
    maps = localize.evaluate(model, scenes, count=12)["maps"]["attention"]
    assert watch.quality == [pytest.approx(maps["sounding_silent_auc"], abs=1e-9)]


def test_a_watched_run_learns_the_same(scenes):
    settings = TrainSettings(steps=4, batch_size=4, pool=8, precision="32-true", channels_last=False)
    models = []
    for watch in (None, Watch(scenes, count=6, every=2)):
        torch.manual_seed(0)
        models.append(CAVL(CAVLConfig()))
        fit(models[-1], World(DIFFICULTIES["big"], seed=0), settings, device="cpu", callback=watch)
    assert watch.steps == [2, 4]
    pairs = zip(models[0].state_dict().values(), models[1].state_dict().values(), strict=True)
    assert all(torch.equal(alone, watched) for alone, watched in pairs)


def test_the_model_keeps_its_mode(scenes):
    model = CAVL(CAVLConfig()).train()
    Watch(scenes, count=4, every=1)(1, model, {})
    assert model.training


@pytest.mark.parametrize("wrong", [{"count": 0, "every": 1}, {"count": 4, "every": 0}])
def test_it_must_look_at_something(scenes, wrong):
    with pytest.raises(ValueError, match="both must be at least 1"):
        Watch(scenes, **wrong)


def test_scenes_need_something_silent():
    watch = Watch(World(DIFFICULTIES["clean"], seed=3), count=4, every=1)
    with pytest.raises(ValueError, match="ranking needs positives and negatives"):
        watch(1, CAVL(CAVLConfig()), {})


def test_a_model_needs_heat_maps(scenes):
    with pytest.raises(ValueError, match="Linear has no method localize"):
        Watch(scenes, count=4, every=1)(1, torch.nn.Linear(1, 1), {})
