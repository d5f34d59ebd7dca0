import json

import pytest
import torch

from avlearn.data import World, WorldSettings
from avlearn.tasks.deep_clustering import evaluate

CLIPS = WorldSettings(size=16, frames=3, seconds=0.3, silent=(0, 0))


class Knowing:
    """Its audio features name the class, read in the truth by the number of the clip; those of the video are noise."""

    def __init__(self, worlds):
        self.worlds = worlds

    def embed(self, batch):
        for world in self.worlds:
            made = world.batch(batch.index)
            if torch.equal(made.waveform, batch.waveform):
                classes = made.truth.classes[:, 0]
                noise = torch.Generator().manual_seed(0)
                return {"audio": torch.eye(16)[classes], "video": torch.rand(len(batch), 4, generator=noise)}
        raise AssertionError("clips of another world")


class Stuck:
    def embed(self, batch):
        return {"audio": batch.index.float()[:, None]}


@pytest.fixture(scope="module")
def worlds():
    return World(CLIPS, seed=1), World(CLIPS, seed=3)


@pytest.fixture(scope="module")
def report(worlds):
    test, train = worlds
    return evaluate(Knowing(worlds), test, train_clips=train, count=60, train_count=120, others={"stuck": Stuck()})


def test_features_that_know_the_class_score_fully(report):
    audio = report["models"]["model"]["audio"]
    assert audio["classification"]["accuracy"] == 1.0
    assert audio["clusters"]["nmi"] > 0.9
    assert audio["clusters"]["purity"] > 0.8


def test_features_that_know_nothing_are_near_chance(report):
    video = report["models"]["model"]["video"]
    assert video["classification"]["accuracy"] < 0.3
    assert video["clusters"]["nmi"] < video["clusters"]["chance"]["nmi"] + 0.15
    low, high = video["classification"]["intervals"]["accuracy"]
    assert low <= video["classification"]["accuracy"] <= high


def test_record_is_json_with_what_was_asked_for(report):
    assert json.loads(json.dumps(report)) == report
    assert (report["clips"], report["train_clips"]) == (60, 120)
    assert report["models"].keys() == {"model", "stuck"}
    assert 0 < report["chance"]["accuracy"] < 0.4


def test_models_see_no_truth_and_get_their_mode_back(worlds):
    class Watching(torch.nn.Module):
        def embed(self, batch):
            assert batch.truth is None
            assert not self.training
            return {"audio": batch.waveform[:, :3]}

    model = Watching().train()
    evaluate(model, worlds[0], train_clips=worlds[1], count=20, train_count=40)
    assert model.training


def test_refuses_unusable_settings(worlds):
    with pytest.raises(ValueError, match="count is 0"):
        evaluate(Stuck(), worlds[0], train_clips=worlds[1], count=0)
    with pytest.raises(ValueError, match='others has a model named "model"'):
        evaluate(Stuck(), worlds[0], train_clips=worlds[1], count=5, others={"model": Stuck()})
