from __future__ import annotations

import pytest
import torch

from avlearn.data.labelled_windows import LabelledWindows, random_window


def source(*, seed: int = 0, clips: int = 5) -> LabelledWindows:
    return LabelledWindows(lambda clip, draw: torch.tensor([float(clip), draw]), clips=clips, rate=8000.0, seed=seed)


def test_every_clip_comes_once_in_each_epoch_in_an_order_of_its_own():
    epochs = [source().batch(range(5 * epoch, 5 * epoch + 5)).index.tolist() for epoch in range(4)]
    assert all(sorted(epoch) == [0, 1, 2, 3, 4] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_a_scene_depends_on_its_number_and_the_seed_alone():
    whole = source().batch(range(10))
    again = source().batch([7, 2])
    assert torch.equal(again.waveform, whole.waveform[[7, 2]])
    assert torch.equal(whole.waveform[:, 0].long(), whole.index)
    assert len(set(whole.waveform[:, 1].tolist())) == 10
    assert not torch.equal(source(seed=1).batch(range(10)).waveform, whole.waveform)


def test_frames_are_frames():
    frames = LabelledWindows(lambda clip, draw: torch.zeros(3, 4, 8, 8, dtype=torch.uint8), clips=2, rate=10.0, seed=0)
    batch = frames.batch([0, 1])
    assert batch.frames.shape == (2, 3, 4, 8, 8)
    assert (batch.frame_rate, batch.waveform.shape) == (10.0, (2, 1))


def test_windows_lie_inside_and_reach_both_ends():
    sound = torch.arange(10.0)
    starts = {int(random_window(sound, draw / 100, samples=4)[0]) for draw in range(100)}
    assert starts == set(range(7))
    short = random_window(sound[:3] + 1, 0.999, samples=5)
    assert short.tolist() == [0.0, 0.0, 1.0, 2.0, 3.0]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="need clips"):
        source(clips=0)
    with pytest.raises(ValueError, match="hold no truth"):
        source().batch([0], truth=True)
