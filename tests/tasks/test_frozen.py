from __future__ import annotations

import pytest
import torch
from torch import nn

from avlearn.tasks.frozen import RESAMPLES, check_settings, device_of, draws_of, evaluation_mode, numbered


def test_each_part_gets_its_own_mode_back_also_after_an_error():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2))
    model.train()
    model[1].eval()
    with evaluation_mode(model):
        assert not any(part.training for part in model.modules())
        assert torch.is_inference_mode_enabled()
    assert [part.training for part in model.modules()] == [True, True, False]
    with pytest.raises(InterruptedError), evaluation_mode(model):
        raise InterruptedError
    assert [part.training for part in model.modules()] == [True, True, False]
    assert not torch.is_inference_mode_enabled()


def test_device_is_that_of_the_parameters():
    assert device_of(nn.Linear(1, 1, device="meta")) == torch.device("meta")
    assert device_of(nn.ReLU()) == device_of(object()) == torch.device("cpu")


@pytest.mark.parametrize(("count", "size"), [(1, 4), (8, 4), (9, 4), (21, 8)])
def test_batches_hold_every_number_once(count, size):
    batches = list(numbered(count, size))
    assert [number for batch in batches for number in batch] == list(range(count))
    assert max(map(len, batches)) <= size
    assert max(map(len, batches)) - min(map(len, batches)) <= 1


def test_first_row_of_the_draws_counts_every_scene_once():
    draws = draws_of(6, torch.Generator().manual_seed(0))
    assert draws.shape == (RESAMPLES + 1, 6)
    assert (draws[0] == 1).all()
    assert (draws.sum(1) == 6).all()


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="train_count is 0"):
        check_settings(count=3, train_count=0, seed=0)
    with pytest.raises(ValueError, match="seed is -1"):
        check_settings(count=3, seed=-1)
    check_settings(count=1, seed=0)
