"""What a few runs with different seeds allow to say: intervals that assume nothing but normal scatter."""

from __future__ import annotations

import math

from jaxtyping import Float64
from scipy import stats
from torch import Tensor


def mean_interval(values: Float64[Tensor, " n"], *, level: float = 0.95) -> list[float] | None:
    """Student's t interval of the mean over seeds: low and high end. None of fewer than two values.

    Of the differences between two ways to train, seed by seed, it is the interval of the paired t-test. With three
    seeds it is 2.5 standard deviations long on each side.

    Args:
        values: one per seed.
        level: confidence, in (0, 1).

    Raises:
        ValueError: level outside (0, 1), or values that are not finite.

    Example:
        >>> import torch
        >>> [round(end, 3) for end in mean_interval(torch.tensor([0.7, 0.8, 0.9]).double())]
        [0.552, 1.048]
    """
    _check(values, level)
    if len(values) < 2:
        return None
    mean = float(values.mean())
    reach = float(values.std()) / math.sqrt(len(values)) * float(stats.t.ppf((1 + level) / 2, len(values) - 1))
    return [mean - reach, mean + reach]


def spread_interval(
    values: Float64[Tensor, " n"], others: Float64[Tensor, " m"], *, level: float = 0.95
) -> list[float] | None:
    """Interval of how many times more the others scatter: their standard deviation over that of the values (F-test).

    Few seeds say little about scatter: with three on each side the ends are 39 times apart.

    Args:
        values: one per seed.
        others: one per seed.
        level: confidence, in (0, 1).

    Returns:
        Low and high end; None of fewer than two values on either side, or of values that don't scatter at all.

    Raises:
        ValueError: level outside (0, 1), or values that are not finite.

    Example:
        >>> import torch
        >>> low, high = spread_interval(torch.tensor([1.0, 2.0, 3.0]).double(), torch.tensor([1.0, 3.0, 5.0]).double())
        >>> round(low, 3), round(high, 1)
        (0.32, 12.5)
    """
    _check(values, level)
    _check(others, level)
    if min(len(values), len(others)) < 2 or not float(values.std()) > 0:
        return None
    ratio, tail = float(others.std() / values.std()), (1 - level) / 2
    high = float(stats.f.ppf(1 - tail, len(others) - 1, len(values) - 1))
    low = float(stats.f.ppf(tail, len(others) - 1, len(values) - 1))
    return [ratio / math.sqrt(high), ratio / math.sqrt(low)]


def _check(values: Tensor, level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; give a share in (0, 1), 0.95 for example")
    if not values.isfinite().all():
        raise ValueError(f"the values are {values.tolist()}; leave out runs that gave no finite number")
