"""Rounds of deep clustering on tiny clips: what a round does, and that nothing can tell whether it was interrupted."""

import json

import pytest
import torch

from avlearn.data import Augmentation, Subset
from avlearn.metrics.clustering import contingency, nmi
from avlearn.training import (
    ClusteringSettings,
    Plateau,
    RoundsSettings,
    TrainSettings,
    load_checkpoint,
    read_rounds,
    train_rounds,
)

SETTINGS = RoundsSettings(
    rounds=3,
    clips=24,
    held_out_share=0.2,
    plateau=Plateau(every=2, patience=2, gain=0.0),
    augmentation=Augmentation(shift=0.2, delay=1.0),
    clustering=ClusteringSettings(directions=3, restarts=2, iterations=10),
)
TRAINING = TrainSettings(
    steps=6, batch_size=4, pool=None, learning_rate=0.02, log_every=2, save_every=2, precision="32-true"
)


def rounds(**changes):
    return RoundsSettings(**{**vars(SETTINGS), **changes})


def train(model, scenes, settings=SETTINGS, training=TRAINING, **options):
    return train_rounds(model, scenes, settings, training, device="cpu", **options)


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def timeless(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


def test_every_round_clusters_all_clips_and_trains(scenes, make_clusterer):
    model = make_clusterer()
    before, called = weights(model), []
    result = train(model, scenes, callback=lambda found, model: called.append(found.number))
    assert called == [1, 2, 3]
    assert [len(found.labels["video"]) for found in result.rounds] == [24, 24, 24]
    assert not same(before, weights(model))
    assert not model.training
    assert 3 <= result.steps <= 18
    assert result.seconds > 0
    assert {row["round"] for row in result.history} == {1.0, 2.0, 3.0}
    assert result.history[0]["video/entropy"] == result.rounds[0].figures["video/entropy"]
    assert "audio/nmi_to_last" in result.rounds[1].figures


def test_never_asks_for_the_truth(scenes, make_clusterer):
    train(make_clusterer(), scenes)  # the model asserts that it gets none
    train(make_clusterer(), scenes, rounds(hold=False))
    assert not any(truth for _, truth in scenes.calls)


def test_holding_clips_changes_nothing(scenes, make_clusterer):
    held, asked = make_clusterer(), make_clusterer()
    train(held, scenes)
    calls = len(scenes.calls)
    train(asked, scenes, rounds(hold=False))
    assert same(weights(held), weights(asked))
    assert calls == 1  # made once


def test_held_out_clips_are_clustered_but_never_trained_on(scenes, make_clusterer):
    seen, settings = set(), rounds(plateau=Plateau(every=100))

    class Watching(make_clusterer):
        def step(self, batch):
            seen.update(batch.index.tolist())
            return super().step(batch)

    train(Watching(), scenes, settings, TrainSettings(**{**vars(TRAINING), "steps": 40}))
    trained_on, held_out = settings.split(0)
    assert seen == set(trained_on.tolist())
    assert sorted([*trained_on.tolist(), *held_out.tolist()]) == list(range(24))
    assert len(held_out) == 5


def test_labels_of_a_round_are_clusters_of_the_features_at_its_start(scenes, make_clusterer):
    whole, first = make_clusterer(), make_clusterer()
    result = train(whole, scenes)
    train(first, scenes, rounds(rounds=1))
    # Another round from the weights after the first has the labels of the second, up to the seed of k-means
    again = train(first, scenes, rounds(rounds=1, clustering=ClusteringSettings(directions=3, restarts=20)))
    assert float(nmi(contingency(again.rounds[0].labels["audio"], result.rounds[1].labels["audio"]))) > 0.3


def test_seeds(scenes, make_clusterer):
    runs = []
    for seed in (0, 0, 1):
        model = make_clusterer()
        train(model, scenes, training=TrainSettings(**{**vars(TRAINING), "seed": seed}))
        runs.append(weights(model))
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])


def test_sources_with_other_numbers(scenes, make_clusterer):
    result = train(make_clusterer(), Subset(scenes, range(100, 124)))
    assert len(result.rounds[0].labels["video"]) == 24


def test_the_run_is_on_disk(scenes, make_clusterer, tmp_path):
    model = make_clusterer()
    result = train(model, scenes, out=tmp_path)
    kept = read_rounds(tmp_path)
    for found, read in zip(result.rounds, kept, strict=True):
        assert torch.equal(found.labels["video"], read.labels["video"])
        assert found.figures == read.figures
    loaded = make_clusterer(seed=5)
    card = load_checkpoint(tmp_path, loaded)
    assert same(weights(model), weights(loaded))
    assert (card.step, card.seed) == (result.steps, 0)
    assert card.metrics["audio/entropy"] == kept[-1].figures["audio/entropy"]
    assert not list((tmp_path / "features").iterdir())


class StoppedError(Exception):
    pass


PLACES = {
    "features": "avlearn.training.rounds.extract_features",
    "k-means": "avlearn.training.rounds.recluster",
    "clusters on disk": "avlearn.training.rounds.save_round",
    "training": "avlearn.training.loop._train",
    "checkpoint": "avlearn.training.rounds.save_checkpoint",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("after", [0, 1])
def test_an_interrupted_run_resumes_bit_for_bit(scenes, make_clusterer, tmp_path, monkeypatch, place, after):
    whole = make_clusterer()
    expected = train(whole, scenes)
    after += 4 * after * (place == "training")  # in the midst of the first round, and of the second
    module, _, name = PLACES[place].rpartition(".")
    original, calls = getattr(__import__(module, fromlist=[name]), name), []

    def stops(*arguments, **options):
        calls.append(1)
        if len(calls) > after:
            raise StoppedError
        return original(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(PLACES[place], stops)
        with pytest.raises(StoppedError):
            train(make_clusterer(), scenes, out=tmp_path)
    resumed = make_clusterer()
    found = train(resumed, scenes, out=tmp_path, resume=True)
    assert same(weights(whole), weights(resumed))
    assert timeless(found.history) == timeless(expected.history)
    for one, two in zip(found.rounds, expected.rounds, strict=True):
        assert all(torch.equal(one.labels[name], two.labels[name]) for name in one.labels)


def test_a_finished_run_goes_on_with_more_rounds(scenes, make_clusterer, tmp_path):
    whole, longer = make_clusterer(), make_clusterer()
    train(whole, scenes)
    train(make_clusterer(), scenes, rounds(rounds=2), out=tmp_path)
    train(longer, scenes, out=tmp_path, resume=True)
    assert same(weights(whole), weights(longer))


def test_refuses_to_resume_with_other_settings(scenes, make_clusterer, tmp_path):
    train(make_clusterer(), scenes, rounds(rounds=1), out=tmp_path)
    with pytest.raises(ValueError, match="holds a run already; continue it with resume=True"):
        train(make_clusterer(), scenes, out=tmp_path)
    with pytest.raises(ValueError, match=r"other settings .clips was 24, now 12.; resume it with its own settings"):
        train(make_clusterer(), scenes, rounds(clips=12), out=tmp_path, resume=True)
    with pytest.raises(ValueError, match=r"other settings .model was"):
        train(make_clusterer(num_clusters=4), scenes, out=tmp_path, resume=True)
    slower = TrainSettings(**{**vars(TRAINING), "learning_rate": 0.01})
    with pytest.raises(ValueError, match=r"learning_rate was 0.02, now 0.01"):
        train(make_clusterer(), scenes, training=slower, out=tmp_path, resume=True)
    saved = json.loads((tmp_path / "rounds.json").read_text())
    assert saved["clips"] == 24


def test_resuming_needs_a_folder(scenes, make_clusterer):
    with pytest.raises(ValueError, match="resume=True needs the folder"):
        train(make_clusterer(), scenes, resume=True)


def test_refuses_more_clusters_than_clips(scenes, make_clusterer):
    with pytest.raises(ValueError, match="24 clips can't make 25 clusters; give more clips, or fewer clusters"):
        train(make_clusterer(num_clusters=25), scenes)
    assert not scenes.calls


def test_says_so_where_all_clips_are_silent(scenes, make_clusterer):
    class Silent(type(scenes)):
        def batch(self, indices, *, truth=True):
            batch = super().batch(indices, truth=truth)
            batch.waveform.zero_()
            return batch

    with pytest.raises(ValueError, match=r"audio features of all 24 clips are equal.*silent"):
        train(make_clusterer(), Silent())


def test_some_silent_and_frozen_clips_are_clustered_like_others(scenes, make_clusterer):
    class Half(type(scenes)):
        def batch(self, indices, *, truth=True):
            batch = super().batch(indices, truth=truth)
            still = torch.tensor(list(indices)) % 2 == 0
            batch.waveform[still] = 0
            batch.frames[still] = 0
            return batch

    result = train(make_clusterer(), Half(), rounds(rounds=1))
    labels = result.rounds[0].labels
    assert len(labels["audio"][::2].unique()) == len(labels["video"][::2].unique()) == 1
