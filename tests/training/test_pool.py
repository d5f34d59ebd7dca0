from dataclasses import replace

import pytest
import torch

from avlearn.training import ScenePool
from avlearn.training.pool import CHUNK


def test_holds_the_scenes_of_the_source(scenes):
    pool = ScenePool(scenes, 2 * CHUNK + 3)
    indices = [5, 2 * CHUNK + 2, CHUNK, 5]
    drawn, expected = pool.batch(indices), scenes.batch(indices, truth=False)
    assert len(pool) == 2 * CHUNK + 3
    assert torch.equal(drawn.frames, expected.frames)
    assert torch.equal(drawn.waveform, expected.waveform)
    assert drawn.index.tolist() == indices
    assert (drawn.sample_rate, drawn.frame_rate) == (expected.sample_rate, expected.frame_rate)


def test_makes_each_scene_once_and_never_the_truth(scenes):
    ScenePool(scenes, CHUNK + 1).batch([0, 0, 1])
    made = [index for indices, _ in scenes.calls for index in indices]
    assert sorted(made) == list(range(CHUNK + 1))
    assert not any(truth for _, truth in scenes.calls)


def test_drops_a_truth_that_a_source_gives_anyway(scenes):
    class Telltale:
        def batch(self, indices, *, truth=True):
            return scenes.batch(indices, truth=True)

    assert ScenePool(Telltale(), 3).batch([0]).truth is None


def test_workers_make_the_same_scenes(scenes, monkeypatch):
    alone = ScenePool(scenes, 2 * CHUNK + 1).batch(range(2 * CHUNK + 1))
    monkeypatch.setattr("avlearn.training.pool.FEW", 0)
    shared = ScenePool(scenes, 2 * CHUNK + 1).batch(range(2 * CHUNK + 1))
    assert torch.equal(alone.frames, shared.frames)
    assert torch.equal(alone.waveform, shared.waveform)


def test_flaws_are_held_too(scenes):
    class Flawed:
        def batch(self, indices, *, truth=True):
            flaws = torch.tensor([index % 3 for index in indices], dtype=torch.uint8)
            return replace(scenes.batch(indices, truth=False), flaws=flaws)

    assert ScenePool(Flawed(), CHUNK + 2).batch([CHUNK + 1, 4]).flaws.tolist() == [(CHUNK + 1) % 3, 1]
    assert ScenePool(scenes, 2).batch([0]).flaws is None


def test_refuses_nonsense(scenes):
    with pytest.raises(ValueError, match="a pool of 0 scenes is empty"):
        ScenePool(scenes, 0)
    with pytest.raises(ValueError, match="holds no truth"):
        ScenePool(scenes, 2).batch([0], truth=True)
