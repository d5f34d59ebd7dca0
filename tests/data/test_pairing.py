"""Mixtures are made of what they say they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn.data import DIFFICULTIES, World
from avlearn.data.pairing import MixBatch, mix_and_separate
from avlearn.types import AVBatch

SETTINGS = replace(DIFFICULTIES["clean"], size=16, seconds=0.1)
SCENES = World(SETTINGS, seed=0)


@pytest.fixture(scope="module")
def batch() -> AVBatch:
    return SCENES.batch(range(5, 11))


def mixed(batch: AVBatch, seed: int = 0, **options) -> MixBatch:
    return mix_and_separate(batch, generator=torch.Generator().manual_seed(seed), **options)


@pytest.mark.parametrize("sources", [2, 3, 6])
@pytest.mark.parametrize("combine", ["mean", "sum"])
def test_parts_are_the_scenes_times_their_gains_and_sum_to_the_mixture(batch, sources, combine):
    mixtures = mixed(batch, sources=sources, combine=combine)
    assert torch.equal(mixtures.parts.sum(1), mixtures.waveform)
    for b in range(len(batch)):
        for m in range(sources):
            row = int(mixtures.rows[b, m])
            assert torch.equal(mixtures.frames[b, m], batch.frames[row])
            assert mixtures.index[b, m] == batch.index[row]
            sound, loudest = batch.waveform[row], int(batch.waveform[row].abs().argmax())
            factor = mixtures.parts[b, m, loudest] / sound[loudest]
            torch.testing.assert_close(mixtures.parts[b, m], sound * factor)
            assert 0.5 <= float(factor) * (sources if combine == "mean" else 1) <= 1.5


def test_every_scene_is_part_of_as_many_mixtures_as_there_are_sources(batch):
    rows = mixed(batch, sources=3).rows
    assert rows.flatten().bincount().tolist() == [3] * 6
    assert all(len(set(row)) == 3 for row in rows.tolist())
    assert rows[:, 0].sort().values.tolist() == list(range(6))


def test_without_gains_the_published_mixture_is_the_mean(batch):
    mixtures = mixed(batch, gains=(1.0, 1.0))
    torch.testing.assert_close(mixtures.waveform, batch.waveform[mixtures.rows].mean(1))


def test_gains_are_spread_over_their_range(batch):
    scenes = batch[torch.arange(120) % 6]
    many = mixed(scenes, combine="sum")
    factors = many.parts.abs().sum(-1) / scenes.waveform[many.rows].abs().sum(-1)
    assert float(factors.min()) < 0.55
    assert float(factors.max()) > 1.45
    assert float(factors.mean()) == pytest.approx(1.0, abs=0.05)


def test_mixtures_are_a_pure_function_of_the_generator(batch):
    first, again, other = mixed(batch), mixed(batch), mixed(batch, seed=1)
    assert torch.equal(first.waveform, again.waveform)
    assert torch.equal(first.rows, again.rows)
    assert not torch.equal(first.waveform, other.waveform)


def test_neither_truth_nor_the_global_generator_matter(batch):
    before = torch.get_rng_state()
    assert torch.equal(mixed(batch).waveform, mixed(batch.without_truth()).waveform)
    assert torch.equal(torch.get_rng_state(), before)


def test_questions_are_each_picture_with_the_mixture(batch):
    mixtures = mixed(batch, sources=3)
    questions = mixtures.questions()
    assert len(questions) == 18
    assert questions.truth is None
    for b in range(6):
        for m in range(3):
            assert torch.equal(questions.frames[3 * b + m], mixtures.frames[b, m])
            assert torch.equal(questions.waveform[3 * b + m], mixtures.waveform[b])
    assert questions.sample_rate == batch.sample_rate
    assert torch.equal(questions.index, mixtures.index.flatten())


def test_some_of_the_mixtures_are_those(batch):
    mixtures = mixed(batch, sources=3)
    some = mixtures[2:5]
    for name in ("waveform", "parts", "frames", "rows", "index"):
        assert torch.equal(getattr(some, name), getattr(mixtures, name)[2:5])
    assert torch.equal(batch.index[some.rows], some.index)
    assert (some.sample_rate, some.frame_rate) == (mixtures.sample_rate, mixtures.frame_rate)


def test_a_silent_scene_gives_a_silent_part(batch):
    quiet = replace(batch, waveform=batch.waveform * (torch.arange(6) != 2)[:, None])
    mixtures = mixed(quiet)
    silent = ~mixtures.parts.any(-1)
    assert torch.equal(silent, mixtures.rows == 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sources": 1}, "sources is 1; a mixture needs at least 2"),
        ({"sources": 7}, "the batch has 6 scenes, too few for mixtures of 7"),
        ({"gains": (1.5, 0.5)}, r"gains are \(1.5, 0.5\)"),
        ({"gains": (0.0, 1.0)}, "positive factor"),
    ],
)
def test_refuses_what_makes_no_mixture(batch, options, said):
    with pytest.raises(ValueError, match=said):
        mixed(batch, **options)


def test_one_scene_makes_no_mixture(batch):
    with pytest.raises(ValueError, match="the batch has 1 scenes, too few for mixtures of 2; use a larger batch"):
        mixed(batch[:1])


def test_scenes_of_different_length_or_rate_make_no_batch():
    scene = SCENES[0]
    with pytest.raises(ValueError, match=r"waveform \(1500,\), scene 0 has \(1600,\); crop or pad"):
        AVBatch.stack([scene, replace(scene, waveform=scene.waveform[:1500])])
    with pytest.raises(ValueError, match="sample_rate 8000, scene 0 has 16000; resample"):
        AVBatch.stack([scene, replace(scene, sample_rate=8000)])
