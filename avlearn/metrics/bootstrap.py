"""Intervals for means and ratios, by drawing the scenes anew."""

from __future__ import annotations

import torch
from jaxtyping import Float64
from torch import Tensor


def bootstrap_weights(count: int, *, resamples: int, generator: torch.Generator) -> Float64[Tensor, "R N"]:
    """How often each of `count` scenes is drawn in each resample of `count` scenes with replacement.

    Raises:
        ValueError: no scenes or no resamples.

    Example:
        >>> bootstrap_weights(3, resamples=2, generator=torch.Generator().manual_seed(0)).sum(1)
        tensor([3., 3.], dtype=torch.float64)
    """
    if count < 1 or resamples < 1:
        raise ValueError(f"got {count} scenes and {resamples} resamples; give at least one of each")
    draws = torch.randint(count, (resamples, count), generator=generator)
    weights = torch.zeros(resamples, count, dtype=torch.float64)
    return weights.scatter_add_(1, draws, torch.ones_like(draws, dtype=torch.float64))


def interval(estimates: Float64[Tensor, " R"], *, level: float = 0.95) -> list[float] | None:
    """Low and high end of the middle `level` of the estimates: a percentile bootstrap interval.

    None where no estimate is a number.

    Raises:
        ValueError: level outside (0, 1).

    Example:
        >>> interval(torch.arange(5).double(), level=0.5)
        [1.0, 3.0]
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; give a share in (0, 1), 0.95 for example")
    numbers = estimates[~estimates.isnan()]
    if not len(numbers):
        return None
    ends: list[float] = torch.quantile(numbers, numbers.new_tensor([(1 - level) / 2, (1 + level) / 2])).tolist()
    return ends
