"""The colour of the ground, without the things that stand on it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn.data import DIFFICULTIES, World
from avlearn.metrics.clustering import contingency, nmi
from avlearn.tasks.ground import ground_colours, ground_groups

WORLD = World(replace(DIFFICULTIES["video"], size=32, frames=2), seed=0)


def test_means_are_those_of_a_slow_loop():
    batch = WORLD.batch(range(3))
    for row, found in enumerate(ground_colours(batch)):
        things, pixels = batch.truth.masks[row], []
        for time in range(things.shape[1]):
            for y in range(32):
                for x in range(32):
                    if not any(bool(thing[time, y, x]) for thing in things):
                        pixels.append(batch.frames[row, :, time, y, x].double())
        torch.testing.assert_close(found.double(), torch.stack(pixels).mean(0), rtol=1e-5, atol=1e-3)


def test_things_dont_count():
    batch = WORLD.batch(range(4))
    things = batch.truth.masks.any(1)[:, None]
    repainted = replace(batch, frames=torch.where(things, 255 - batch.frames, batch.frames))
    assert torch.equal(ground_colours(repainted), ground_colours(batch))


def test_groups_hold_clips_of_like_ground():
    groups = ground_groups(WORLD, count=40, groups=3, batch_size=16)
    colours = ground_colours(WORLD.batch(range(40)))
    within = sum(float((colours[groups == g] - colours[groups == g].mean(0)).square().sum()) for g in range(3))
    assert groups.shape == (40,)
    assert within < 0.6 * float((colours - colours.mean(0)).square().sum())


def test_groups_are_the_same_whatever_is_computed_at_once():
    one, other = (ground_groups(WORLD, count=20, groups=2, batch_size=size) for size in (7, 20))
    assert float(nmi(contingency(one, other))) == pytest.approx(1.0)


def test_without_truth_there_is_no_ground():
    with pytest.raises(ValueError, match="truth"):
        ground_colours(WORLD.batch([0]).without_truth())
