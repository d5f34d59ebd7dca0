"""Scenes: stacking, slicing, what the truth derives, and what doesn't fit together."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn.scenes import AVBatch, Scene, Truth


def scene(index: int, *, truth: bool = True) -> Scene:
    generator = torch.Generator().manual_seed(index)
    known = Truth(
        classes=torch.tensor([3, 7, 1, -1]),
        sounds=torch.tensor([True, False, True, False]),
        visible=torch.tensor([True, True, False, False]),
        boxes=torch.rand(4, 2, 4, generator=generator),
        masks=torch.rand(4, 2, 8, 8, generator=generator) > 0.5,
        stems=torch.rand(4, 50, generator=generator),
        ambience=torch.zeros(50),
    )
    return Scene(
        frames=torch.randint(0, 255, (3, 2, 8, 8), dtype=torch.uint8, generator=generator),
        waveform=torch.rand(50, generator=generator),
        sample_rate=50,
        frame_rate=2.0,
        index=index,
        truth=known if truth else None,
    )


def test_stacked_scenes_come_back_one_by_one():
    scenes = [scene(index) for index in (4, 2, 9)]
    batch = AVBatch.stack(scenes)
    assert len(batch) == 3
    for row, expected in enumerate(scenes):
        found = batch.scene(row)
        assert found.index == expected.index
        assert torch.equal(found.frames, expected.frames)
        assert torch.equal(found.truth.stems, expected.truth.stems)


def test_rows_are_taken_from_everything():
    part = AVBatch.stack([scene(index) for index in range(4)])[torch.tensor([3, 1])]
    assert part.index.tolist() == [3, 1]
    assert torch.equal(part.truth.masks[0], scene(3).truth.masks)


def test_truth_derives_who_is_sought_and_who_is_silent():
    truth = scene(0).truth
    assert truth.sounding.tolist() == [True, False, False, False]
    assert truth.silent.tolist() == [False, True, False, False]
    assert int(truth.complexity) == 2
    assert AVBatch.stack([scene(0), scene(1)]).truth.complexity.tolist() == [2, 2]


def test_training_sees_no_truth():
    batch = AVBatch.stack([scene(0)])
    assert batch.without_truth().truth is None
    assert batch.truth is not None


def test_to_moves_every_tensor():
    moved = AVBatch.stack([scene(0)]).to("meta")
    assert {moved.frames.device.type, moved.waveform.device.type, moved.truth.boxes.device.type} == {"meta"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sample_rate": 60}, "scene 1 has sample_rate 60, scene 0 has 50"),
        ({"waveform": torch.zeros(40)}, r"scene 1 has waveform \(40,\), scene 0 has \(50,\); crop or pad"),
        ({"truth": None}, "both have a truth or both have none"),
    ],
)
def test_scenes_that_differ_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        AVBatch.stack([scene(0), replace(scene(1), **changes)])


def test_no_scenes_are_refused():
    with pytest.raises(ValueError, match="got no scenes"):
        AVBatch.stack([])
