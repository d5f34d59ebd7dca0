from __future__ import annotations

import pytest
import torch

from avlearn.metrics.bootstrap import bootstrap_weights, interval


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_resample_has_as_many_draws_as_scenes():
    weights = bootstrap_weights(7, resamples=50, generator=generator())
    assert weights.shape == (50, 7)
    assert (weights.sum(1) == 7).all()
    assert (weights >= 0).all()
    assert (weights == weights.round()).all()


def test_scenes_are_drawn_alike_and_with_replacement():
    weights = bootstrap_weights(20, resamples=5000, generator=generator())
    assert weights.mean(0).sub(1).abs().max() < 5 * (5000**-0.5)
    # A scene is left out of a resample with probability (1 - 1/20)^20
    assert float((weights == 0).double().mean()) == pytest.approx(0.95**20, abs=0.01)


def test_same_seed_same_draws():
    first, second, other = (bootstrap_weights(9, resamples=4, generator=generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_interval_of_a_mean_is_as_wide_as_theory_says():
    values = torch.randn(400, generator=generator(), dtype=torch.float64)
    weights = bootstrap_weights(400, resamples=4000, generator=generator(1))
    low, high = interval(weights @ values / 400)
    error = float(values.std(correction=0)) / 400**0.5
    # Each end is known to 0.04 standard errors from 4000 resamples
    assert high - low == pytest.approx(2 * 1.96 * error, abs=0.25 * error)
    assert (high + low) / 2 == pytest.approx(float(values.mean()), abs=0.15 * error)


def test_interval_leaves_out_what_is_no_number():
    assert interval(torch.tensor([1.0, torch.nan, 1.0]).double()) == [1.0, 1.0]
    assert interval(torch.tensor([torch.nan]).double()) is None


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="0 scenes and 5 resamples"):
        bootstrap_weights(0, resamples=5, generator=generator())
    with pytest.raises(ValueError, match="level is 95"):
        interval(torch.zeros(3).double(), level=95.0)
