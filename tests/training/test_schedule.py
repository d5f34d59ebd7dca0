"""Rates of every step: those of torch, known values, and cycles that start anew."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from avlearn.training import TrainSettings
from avlearn.training.schedule import one_cycle, pace


def rates_of_torch(steps, highest, rise):
    optimizer = torch.optim.AdamW(nn.Linear(1, 1).parameters(), lr=highest)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=highest, total_steps=steps, pct_start=rise * (1 + 1e-9)
    )
    found = []
    for step in range(steps):
        found.append((schedule.get_last_lr()[0], optimizer.param_groups[0]["betas"][0]))
        if step < steps - 1:
            optimizer.step()
            schedule.step()
    return found


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 97])
@pytest.mark.parametrize("rise", [0.1, 0.3, 0.5])
def test_every_step_equals_torch(steps, rise):
    found = [one_cycle(step, steps=steps, highest=2e-3, rise=rise) for step in range(steps)]
    assert found == rates_of_torch(steps, 2e-3, rise)  # to the last bit, so that old runs repeat


def test_known_values():
    found = [one_cycle(step, steps=11, highest=1.0, rise=6 / 11) for step in (0, 5, 10)]
    assert [value.learning_rate for value in found] == pytest.approx([1 / 25, 1, 1 / 25e4], rel=1e-6)
    assert [value.momentum for value in found] == pytest.approx([0.95, 0.85, 0.95], rel=1e-6)


def test_a_cycle_counts_its_own_steps():
    settings = TrainSettings(steps=100, learning_rate=0.5, rise=0.2)
    late = [pace(step, range(60, 100), settings) for step in range(60, 100)]
    assert late == [one_cycle(step, steps=40, highest=0.5, rise=0.2) for step in range(40)]


def test_a_constant_rate():
    settings = TrainSettings(steps=100, learning_rate=0.5, schedule="constant")
    assert {pace(step, range(60, 100), settings) for step in range(60, 100)} == {(0.5, 0.9)}
