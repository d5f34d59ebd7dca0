"""Mixtures with known parts: they sum, they belong to their pictures, and what can't be asked is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn.data import DIFFICULTIES, World
from avlearn.tasks.mixtures import blocks, mixed_scenes, scenes_of_several

SINGLE, SEVERAL = World(DIFFICULTIES["big_test"], seed=1), World(DIFFICULTIES["multi"], seed=1)


@pytest.mark.parametrize("sources", [2, 3])
def test_scenes_are_mixed_in_order_and_each_keeps_its_picture(sources):
    mixtures, skipped = mixed_scenes(SINGLE, count=5, sources=sources, batch_size=4)
    batch = SINGLE.batch(range(5 * sources))
    assert (len(mixtures), skipped, mixtures.each) == (5, 0, sources)
    torch.testing.assert_close(mixtures.parts.flatten(0, 1), batch.waveform / sources)
    torch.testing.assert_close(mixtures.waveform, mixtures.parts.sum(1))
    assert torch.equal(mixtures.pictures.frames, batch.frames)
    assert torch.equal(mixtures.pictures.waveform, mixtures.waveform.repeat_interleave(sources, 0))
    assert mixtures.pictures.truth is None


def test_scenes_of_several_are_sorted_by_their_number_of_sources():
    found, skipped = scenes_of_several(SEVERAL, count=12, batch_size=5)
    numbers = SEVERAL.batch(range(12)).truth.sounding.sum(1)
    assert {number: len(some) for number, some in found.items()} == {
        number: int((numbers == number).sum()) for number in (2, 3)
    }
    assert skipped == 0
    for number, some in found.items():
        assert (some.each, some.parts.shape[1]) == (1, number)
        torch.testing.assert_close(some.parts.sum(1), some.waveform, atol=1e-6, rtol=0)


def test_points_and_boxes_are_those_of_the_source():
    mixtures, _ = mixed_scenes(SINGLE, count=4, sources=2, batch_size=64)
    truth = SINGLE.batch(range(8)).truth
    slot = truth.sounding.int().argmax(1)
    mask = truth.masks[torch.arange(8), slot, 0]
    for row, (x, y) in enumerate(mixtures.points.flatten(0, 1).tolist()):
        down, across = mask[row].nonzero(as_tuple=True)
        assert x == pytest.approx((float(across.double().mean()) + 0.5) / 96, abs=1e-5)
        assert y == pytest.approx((float(down.double().mean()) + 0.5) / 96, abs=1e-5)
    assert torch.equal(mixtures.boxes.flatten(0, 1), truth.boxes[torch.arange(8), slot, 0])
    assert torch.equal(mixtures.classes.flatten(), truth.classes[torch.arange(8), slot])


def test_a_block_takes_the_pictures_of_its_mixtures():
    mixtures, _ = mixed_scenes(SINGLE, count=5, sources=2, batch_size=64)
    parts = list(blocks(mixtures, 2))
    assert [len(part) for part in parts] == [2, 2, 1]
    assert torch.equal(torch.cat([part.pictures.index for part in parts]), mixtures.pictures.index)
    assert parts[1].by_picture(parts[1].points).shape == (4, 1, 2)


class Quiet:
    """Scenes of which the third is silent."""

    def batch(self, indices, *, truth=True):
        batch = SINGLE.batch(indices, truth=truth)
        heard = (torch.tensor(list(indices)) != 2).float()
        return replace(batch, waveform=batch.waveform * heard[:, None])


def test_mixtures_with_a_silent_part_are_skipped_and_counted():
    mixtures, skipped = mixed_scenes(Quiet(), count=4, sources=2, batch_size=64)
    assert (len(mixtures), skipped) == (3, 1)
    assert mixtures.pictures.index.tolist() == [0, 1, 4, 5, 6, 7]


def test_single_sources_are_no_scenes_of_several_and_the_other_way_round():
    with pytest.raises(ValueError, match="none of 3 scenes has two things"):
        scenes_of_several(SINGLE, count=3, batch_size=64)
    with pytest.raises(ValueError, match="none of 3 mixtures of 2 scenes has one source"):
        mixed_scenes(SEVERAL, count=3, sources=2, batch_size=64)
