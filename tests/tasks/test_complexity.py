"""Estimates of the number of sources: from a model, from nothing, and how well they rank scenes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import torch

from avlearn.data import World, WorldSettings
from avlearn.metrics.ranking import rank_correlation
from avlearn.models import CAVL, DCC, CAVLConfig, DCCConfig
from avlearn.tasks.complexity import COMBINED, combine, estimate, evaluate, model_estimates, plain_estimates
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


def test_only_cavl_has_pairs():
    batch = WORLD.batch(range(5), truth=False)
    assert "pairs" not in model_estimates(a_model(), batch)
    torch.manual_seed(0)
    model = CAVL(CAVLConfig(image_clusters=6, audio_clusters=3)).eval()
    pairs = model_estimates(model, batch)["pairs"]
    masses = model.pairs(batch).mass.detach().double().numpy()
    slow = [np.exp(scipy.stats.entropy(mass)) if mass.any() else 1.0 for mass in masses]
    np.testing.assert_allclose(pairs.detach(), slow, rtol=1e-4)


def test_estimates_make_a_curriculum_and_need_no_truth():
    found = estimate(a_model(), Unseen(), count=COUNT, batch_size=4)
    assert {len(values) for values in found.values()} == {COUNT}
    assert found.keys() >= {"things", "cells", "combined"}
    assert not any(values.requires_grad for values in found.values())
    curriculum = paced(WORLD, found["sound_residual"])
    assert len(curriculum.stages[0].scenes) == 3


def test_only_the_pair_loss_depends_on_the_batch():
    model = a_model()
    single, together = (estimate(model, WORLD, count=6, batch_size=size) for size in (2, 6))
    for name in single.keys() - {"pair_loss", "combined"}:
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
    own = estimate(model, WORLD, count=COUNT, batch_size=5)
    for name in ("peaks", "things", "combined"):
        expected = rank_correlation(own[name].double(), sources.double())
        assert report["estimates"][name]["rank_correlation"] == pytest.approx(float(expected))
    low, high = report["baselines"]["bands"]["interval"]
    assert -1 <= low <= report["baselines"]["bands"]["rank_correlation"] <= high <= 1
    assert json.loads(json.dumps(report))["task"] == "complexity"
    assert report == evaluate(model, WORLD, count=COUNT, batch_size=5, resamples=20)


def told(monkeypatch, answers):
    """The report, if these were the answers of what needs no model."""

    def plain(batch):
        return {"cells": torch.rand(len(batch))} | {name: answer(batch) for name, answer in answers.items()}

    monkeypatch.setattr("avlearn.tasks.complexity.plain_estimates", plain)
    return evaluate(a_model(), WORLD, count=30, resamples=2)["baselines"]


def test_who_counts_things_is_told_from_who_counts_sources(monkeypatch):
    found = told(
        monkeypatch,
        {
            "things": lambda batch: batch.truth.visible.sum(1).float(),
            "sources": lambda batch: batch.truth.complexity.float(),
            "same": lambda batch: torch.ones(len(batch)),
        },
    )
    assert found["things"]["rank_correlation"] > 0.5
    assert found["things"]["among_equally_many_things"] is None  # the same for all of them
    assert found["sources"]["rank_correlation"] == pytest.approx(1)
    assert found["sources"]["among_equally_many_things"] == pytest.approx(1)
    assert found["same"] == {"rank_correlation": None, "interval": None, "among_equally_many_things": None}


def test_the_combination_is_the_mean_rank():
    found = {name: torch.rand(7, generator=torch.Generator().manual_seed(n)) for n, name in enumerate(COMBINED)}
    expected = [sum(scipy.stats.rankdata(values.numpy())[i] for values in found.values()) / 4 for i in range(7)]
    torch.testing.assert_close(combine(found), torch.tensor(expected, dtype=torch.float64))
    assert torch.equal(combine(found), combine({name: values.exp() for name, values in found.items()}))


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
