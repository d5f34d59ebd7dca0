"""The upper bound learns from labels, says so, and explains itself exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn.data import DIFFICULTIES, Subset, World
from avlearn.models import Supervised, SupervisedConfig
from avlearn.training import TrainSettings, fit

SMALL = replace(DIFFICULTIES["multi"], size=32, seconds=0.5)


@pytest.fixture(scope="module")
def world():
    return World(SMALL, seed=0)


@pytest.fixture(scope="module")
def batch(world):
    return world.batch(range(6), truth=False)


@pytest.fixture
def model(world):
    torch.manual_seed(0)
    model = Supervised(SupervisedConfig(image_size=32))
    model.learn_from(world)
    return model


def heard_classes(truth, row):
    return {int(c) for c, sounds in zip(truth.classes[row], truth.sounds[row], strict=True) if sounds}


def test_step_is_the_cross_entropy_of_the_classes_heard(world, batch, model):
    truth = world.batch(range(6)).truth
    model.eval()
    output = model.step(batch)
    total = 0.0
    for log_odds in model.matcher.log_odds(*model.encode(batch)):
        for row in range(6):
            for label, value in enumerate(log_odds[row].detach().double()):
                right = torch.sigmoid(value if label in heard_classes(truth, row) else -value)
                total -= float(right.log()) / (2 * log_odds.numel())
    assert float(output.loss.detach()) == pytest.approx(total, rel=1e-5)
    rate = sum(len(heard_classes(truth, row)) for row in range(6)) / (6 * 12)
    assert output.logs["chance/accuracy"] == pytest.approx(rate)
    assert 0 <= output.logs["image/accuracy"] <= 1


def test_chance_loss_is_that_of_always_saying_the_rate(batch, model):
    logs = model.step(batch).logs
    rate = torch.tensor(logs["chance/accuracy"]).double()
    expected = -(rate * rate.log() + (1 - rate) * (1 - rate).log())
    assert logs["chance/loss"] == pytest.approx(float(expected), rel=1e-5)


def test_a_step_reaches_encoders_and_both_heads(batch, model):
    model.train().step(batch).loss.backward()
    without = {name for name, p in model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())}
    assert not {name for name in without if "encoder" in name or "head" in name}


def test_similarity_is_the_mean_log_odds_of_what_is_heard(batch, model):
    image, audio = model.eval().encode(batch)
    seen, heard = (x.detach().double() for x in model.matcher.log_odds(image, audio))
    found = model.match(image, audio).detach()
    for v in range(6):
        for a in range(6):
            weights = torch.sigmoid(heard[a])
            assert float(found[v, a]) == pytest.approx(float((weights * seen[v]).sum() / weights.sum()), abs=1e-5)


def test_attention_sums_to_the_score_exactly(batch, model):
    image, audio = model.eval().encode(batch)
    maps = model.explain(image, audio)
    assert torch.allclose(maps.score, model.match(image, audio).diagonal(), atol=1e-5)
    assert torch.allclose(maps.attention.sum((1, 2)), maps.score, atol=1e-6)
    assert maps.similarity.min() >= 0
    assert maps.similarity.max() <= 1


def test_fit_still_gives_no_truth(world, model):
    seen = []
    step = model.step
    model.step = lambda batch: seen.append(batch.truth) or step(batch)
    fit(model, world, TrainSettings(steps=3, batch_size=4, pool=8), device="cpu")
    assert len(seen) == 3
    assert seen == [None] * 3


def test_labels_are_asked_for_once(batch):
    class Counting(World):
        asked = 0

        def batch(self, indices, *, truth=True):
            type(self).asked += truth
            return super().batch(indices, truth=truth)

    model = Supervised(SupervisedConfig(image_size=32))
    model.learn_from(Counting(SMALL, seed=0))
    losses = [model.eval().step(batch[rows]).loss for rows in (slice(0, 4), slice(0, 4), slice(2, 6))]
    assert Counting.asked == 2
    assert torch.equal(losses[0], losses[1])


def test_without_labels_it_refuses_to_learn(batch):
    with pytest.raises(ValueError, match="call learn_from"):
        Supervised(SupervisedConfig(image_size=32)).step(batch)


def test_labels_of_other_scenes_are_refused(world, batch, model):
    model.learn_from(Subset(world, [5, 4, 3, 2, 1, 0]))
    with pytest.raises(ValueError, match="scene 0 under this number"):
        model.step(batch)


def test_too_few_classes_are_refused(world, batch):
    model = Supervised(SupervisedConfig(image_size=32, num_classes=2))
    model.learn_from(world)
    with pytest.raises(ValueError, match="more num_classes"):
        model.step(batch)
    with pytest.raises(ValueError, match="num_classes is 1"):
        SupervisedConfig(num_classes=1)
