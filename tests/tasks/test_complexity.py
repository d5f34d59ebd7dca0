"""Estimates of the number of sources: from a model, from nothing, and how well they rank scenes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from avlearn.data import World, WorldSettings
from avlearn.metrics.ranking import rank_correlation
from avlearn.models import DCC, DCCConfig
from avlearn.tasks.complexity import estimate, evaluate, model_estimates, plain_estimates
from avlearn.training import paced

SETTINGS = WorldSettings(sources=(1, 3), seconds=0.25)
WORLD = World(SETTINGS, seed=3)
COUNT = 10


def a_model(matcher="max", **config):
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return DCC(DCCConfig(matcher=matcher, **config)).eval()


class Unseen:
    """A source that a test of training must not ask for the truth."""

    def batch(self, indices, *, truth=True):
        assert not truth
        return WORLD.batch(indices, truth=False)


@pytest.mark.parametrize("matcher", ["max", "seeded", "simplified"])
def test_a_model_gives_one_finite_number_per_scene(matcher):
    found = model_estimates(a_model(matcher, num_clusters=3, audio_clusters=2), WORLD.batch(range(5), truth=False))
    assert ("sound_clusters" in found) == (matcher != "max")
    for values in (*found.values(), *plain_estimates(WORLD.batch(range(5), truth=False)).values()):
        assert values.shape == (5,)
        assert values.isfinite().all()


def test_estimates_make_a_curriculum_and_need_no_truth():
    found = estimate(a_model(), Unseen(), count=COUNT, batch_size=4)
    assert {len(values) for values in found.values()} == {COUNT}
    assert not any(values.requires_grad for values in found.values())
    curriculum = paced(WORLD, found["sound_residual"])
    assert len(curriculum.stages[0].scenes) == 3


def test_only_the_pair_loss_depends_on_the_batch():
    model = a_model()
    single, together = (estimate(model, WORLD, count=6, batch_size=size) for size in (2, 6))
    for name in single.keys() - {"pair_loss"}:
        # batched products add in another order
        torch.testing.assert_close(single[name], together[name], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(single["pair_loss"], together["pair_loss"])


def test_the_report_compares_with_the_true_number_of_sources():
    model = a_model()
    report = evaluate(model, WORLD, count=COUNT, batch_size=5, resamples=20)
    batch = WORLD.batch(range(COUNT))
    sources = batch.truth.complexity
    assert report["sources"] == {int(n): int((sources == n).sum()) for n in sources.unique()}
    expected = rank_correlation(plain_estimates(batch)["bands"].double(), sources.double())
    assert report["baselines"]["bands"]["rank_correlation"] == pytest.approx(float(expected))
    expected = rank_correlation(
        estimate(model, WORLD, count=COUNT, batch_size=5)["heat_peaks"].double(), sources.double()
    )
    assert report["estimates"]["heat_peaks"]["rank_correlation"] == pytest.approx(float(expected))
    low, high = report["baselines"]["bands"]["interval"]
    assert -1 <= low <= report["baselines"]["bands"]["rank_correlation"] <= high <= 1
    assert json.loads(json.dumps(report))["task"] == "complexity"
    assert report == evaluate(model, WORLD, count=COUNT, batch_size=5, resamples=20)


def test_a_constant_estimate_has_no_correlation(monkeypatch):
    monkeypatch.setattr("avlearn.tasks.complexity.plain_estimates", lambda batch: {"same": torch.ones(len(batch))})
    report = evaluate(a_model(), WORLD, count=COUNT, resamples=2)
    assert report["baselines"] == {"same": {"rank_correlation": None, "interval": None}}


def test_refuses_nonsense():
    model = a_model()
    with pytest.raises(ValueError, match="count is 0, batch_size is 64; both must be at least 1"):
        estimate(model, WORLD, count=0)
    with pytest.raises(ValueError, match="resamples is 0; give at least 1"):
        evaluate(model, WORLD, count=COUNT, resamples=0)
    with pytest.raises(
        ValueError, match=r"all scenes have 1 sources; give scenes that differ, as sources=\(1, 3\) mak"
    ):
        evaluate(model, World(replace(SETTINGS, sources=(1, 1)), seed=0), count=4)
    with pytest.raises(ValueError, match=r"the model is in training mode, .*; call eval\(\) first"):
        estimate(a_model().train(), WORLD, count=COUNT)


def test_refuses_scenes_without_truth():
    class Blind:
        def batch(self, indices, *, truth=True):
            return WORLD.batch(indices, truth=False)

    with pytest.raises(ValueError, match="the scenes have no truth to compare with; give a World or a Collage"):
        evaluate(a_model(), Blind(), count=4)
