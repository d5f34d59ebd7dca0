"""Intervals over seeds equal scipy's tests, and say nothing where there is nothing to say."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from avlearn.metrics.seeds import mean_interval, spread_interval


def numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_the_interval_of_a_mean_is_that_of_the_t_test():
    values = numbers(0.81, 0.86, 0.84, 0.9)
    low, high = stats.ttest_1samp(values.numpy(), 0).confidence_interval(0.9)
    assert mean_interval(values, level=0.9) == pytest.approx([low, high])


def test_of_differences_it_is_that_of_the_paired_t_test():
    a, b = numbers(0.8, 0.9, 0.85), numbers(0.7, 0.86, 0.8)
    low, high = stats.ttest_rel(a.numpy(), b.numpy()).confidence_interval()
    assert mean_interval(a - b) == pytest.approx([low, high])


def test_three_seeds_reach_two_and_a_half_deviations():
    low, high = mean_interval(numbers(-1, 0, 1))
    assert (high - low) / 2 == pytest.approx(4.3027 / math.sqrt(3), abs=1e-4)


def test_one_seed_has_no_interval():
    assert mean_interval(numbers(0.9)) is None
    assert spread_interval(numbers(0.9), numbers(0.1, 0.2)) is None
    assert spread_interval(numbers(0.9, 0.9), numbers(0.1, 0.2)) is None


def test_the_spread_covers_the_true_ratio_as_often_as_it_says():
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(800, 2, 3, dtype=torch.float64, generator=generator)
    inside = 0
    for values, others in draws:
        low, high = spread_interval(values, 2 * others)
        inside += low <= 2 <= high
    assert inside / len(draws) == pytest.approx(0.95, abs=0.02)


def test_exchanging_the_sides_inverts_the_spread():
    a, b = numbers(0.1, 0.4, 0.2), numbers(0.5, 0.9, 0.3, 0.8)
    low, high = spread_interval(a, b)
    assert spread_interval(b, a) == pytest.approx([1 / high, 1 / low])


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_is_a_share(level):
    with pytest.raises(ValueError, match=r"level is .*0\.95"):
        mean_interval(numbers(1, 2), level=level)


def test_values_are_finite():
    with pytest.raises(ValueError, match="leave out"):
        spread_interval(numbers(1, 2), numbers(1, math.nan))
