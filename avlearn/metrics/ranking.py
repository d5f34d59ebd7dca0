"""How well one number tells two kinds of things apart, or puts things in the order of another number."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float64
from torch import Tensor


def roc_auc(scores: Float[Tensor, " N"], positive: Bool[Tensor, " N"]) -> Float64[Tensor, ""]:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting one half.

    0.5: no better than chance. Any strictly increasing change of the scores leaves it alone.

    Args:
        scores: any scale, finite.
        positive: which of them should be high.

    Raises:
        ValueError: scores that are not finite, no positives or no negatives.

    Example:
        >>> roc_auc(torch.tensor([0.9, 0.4, 0.4]), torch.tensor([True, True, False]))
        tensor(0.7500, dtype=torch.float64)
    """
    _check(scores, positive)
    return weighted_roc_auc(scores, positive, torch.ones_like(scores, dtype=torch.float64)[None])[0]


def weighted_roc_auc(
    scores: Float[Tensor, " N"], positive: Bool[Tensor, " N"], weights: Float64[Tensor, "R N"]
) -> Float64[Tensor, " R"]:
    """`roc_auc` for several weightings of the same scores at once, as a bootstrap needs.

    Args:
        scores: any scale, finite.
        positive: which of them should be high.
        weights: not negative; how much each score counts. A row in which all positives or all negatives weigh nothing
            gives nan.

    Example:
        >>> scores, positive = torch.tensor([0.9, 0.1, 0.4]), torch.tensor([True, True, False])
        >>> weighted_roc_auc(scores, positive, torch.tensor([[1.0, 1.0, 1.0], [3.0, 1.0, 1.0]]).double())
        tensor([0.5000, 0.7500], dtype=torch.float64)
    """
    values, group = torch.unique(scores, return_inverse=True)
    empty = weights.new_zeros(len(weights), len(values))
    positives = empty.index_add(1, group, weights * positive)
    negatives = empty.index_add(1, group, weights * ~positive)
    beaten = negatives.cumsum(1) - negatives / 2
    return (positives * beaten).sum(1) / (positives.sum(1) * negatives.sum(1))


def average_precision(scores: Float[Tensor, " N"], positive: Bool[Tensor, " N"]) -> Float64[Tensor, ""]:
    """Mean, over the positives, of the precision among all that score at least as much.

    Scores that tell nothing get the share of the positives. Equal scores are found at once, as in scikit-learn.

    Args:
        scores: any scale, finite.
        positive: which of them should be high.

    Raises:
        ValueError: scores that are not finite, no positives or no negatives.

    Example:
        >>> average_precision(torch.tensor([0.9, 0.4, 0.1]), torch.tensor([True, False, True]))
        tensor(0.8333, dtype=torch.float64)
    """
    _check(scores, positive)
    return weighted_average_precision(scores, positive, torch.ones_like(scores, dtype=torch.float64)[None])[0]


def weighted_average_precision(
    scores: Float[Tensor, " N"], positive: Bool[Tensor, " N"], weights: Float64[Tensor, "R N"]
) -> Float64[Tensor, " R"]:
    """`average_precision` for several weightings of the same scores at once, as a bootstrap needs.

    Args:
        scores: any scale, finite.
        positive: which of them should be high.
        weights: not negative; how much each score counts. A row in which all positives or all negatives weigh nothing
            gives nan.

    Example:
        >>> scores, positive = torch.tensor([0.9, 0.1, 0.4]), torch.tensor([True, True, False])
        >>> weighted_average_precision(scores, positive, torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0]]).double())
        tensor([0.8333, 1.0000], dtype=torch.float64)
    """
    _, positives, every = _descending(scores, positive, weights)
    found, seen = positives.cumsum(1), every.cumsum(1)
    precision = found / seen.where(seen > 0, 1.0)
    total, rest = positives.sum(1), (every - positives).sum(1)
    return ((precision * positives).sum(1) / total).where(rest > 0, torch.nan)


def precision_recall(
    scores: Float[Tensor, " N"], positive: Bool[Tensor, " N"]
) -> tuple[Float[Tensor, " V"], Float64[Tensor, " V"], Float64[Tensor, " V"]]:
    """Thresholds, from the highest score down, and precision and recall of all that reach each of them.

    Raises:
        ValueError: scores that are not finite, no positives or no negatives.

    Example:
        >>> thresholds, precision, recall = precision_recall(
        ...     torch.tensor([0.9, 0.4, 0.1]), torch.tensor([True, False, True])
        ... )
        >>> precision
        tensor([1.0000, 0.5000, 0.6667], dtype=torch.float64)
        >>> recall
        tensor([0.5000, 0.5000, 1.0000], dtype=torch.float64)
    """
    _check(scores, positive)
    values, positives, every = _descending(scores, positive, torch.ones_like(scores, dtype=torch.float64)[None])
    found = positives[0].cumsum(0)
    return values, found / every[0].cumsum(0), found / found[-1]


def weighted_recall_at_precision(
    scores: Float[Tensor, " N"], positive: Bool[Tensor, " N"], weights: Float64[Tensor, "R N"], *, precision: float
) -> Float64[Tensor, " R"]:
    """The highest recall of a threshold with at least this precision, for several weightings at once; 0 without one.

    Scores that tell nothing get 1 if the share of the positives is high enough already, and 0 if not.

    Args:
        scores: any scale, finite.
        positive: which of them should be high.
        weights: not negative; how much each score counts. A row in which all positives or all negatives weigh nothing
            gives nan.
        precision: share in (0, 1].

    Raises:
        ValueError: precision outside (0, 1].

    Example:
        >>> scores, positive = torch.tensor([0.9, 0.4, 0.1]), torch.tensor([True, False, True])
        >>> weighted_recall_at_precision(scores, positive, torch.ones(1, 3).double(), precision=0.6)
        tensor([1.], dtype=torch.float64)
    """
    if not 0 < precision <= 1:
        raise ValueError(f"precision is {precision}; give a share in (0, 1], 0.85 for example")
    _, positives, every = _descending(scores, positive, weights)
    found, seen = positives.cumsum(1), every.cumsum(1)
    best = F.pad(found * (found >= precision * seen), (1, 0)).amax(1)
    total, rest = positives.sum(1), (every - positives).sum(1)
    return (best / total).where(rest > 0, torch.nan)


def threshold_at_recall(
    scores: Float[Tensor, " N"], positive: Bool[Tensor, " N"], *, recall: float
) -> Float[Tensor, ""]:
    """The highest threshold that at least this share of the positives reaches.

    Raises:
        ValueError: scores that are not finite, no positives, recall outside (0, 1].

    Example:
        >>> threshold_at_recall(torch.tensor([1.0, 2.0, 3.0, 9.0]), torch.tensor([True, True, True, False]), recall=0.6)
        tensor(2.)
    """
    if not 0 < recall <= 1:
        raise ValueError(f"recall is {recall}; give a share in (0, 1], 0.95 for example")
    _check_finite(scores)
    if not positive.any():
        raise ValueError("there is no positive to recall; give at least one")
    ranked = scores[positive].sort(descending=True).values
    needed = torch.arange(1, len(ranked) + 1, dtype=torch.float64, device=ranked.device) / len(ranked) >= recall
    return ranked[needed.int().argmax()]


def false_alarm_rate(
    scores: Float[Tensor, " N"], positive: Bool[Tensor, " N"], *, recall: float = 0.95
) -> Float64[Tensor, ""]:
    """Share of the negatives that reach the threshold which `recall` of the positives reach.

    0: one threshold separates both. 1: the threshold lets every negative pass.

    Raises:
        ValueError: scores that are not finite, no positives or no negatives, recall outside (0, 1].

    Example:
        >>> false_alarm_rate(torch.tensor([2.0, 3.0, 1.0, 2.5]), torch.tensor([True, True, False, False]))
        tensor(0.5000, dtype=torch.float64)
    """
    _check(scores, positive)
    return (scores[~positive] >= threshold_at_recall(scores, positive, recall=recall)).double().mean()


def rank_correlation(estimate: Float[Tensor, " N"], reference: Float[Tensor, " N"]) -> Float64[Tensor, ""]:
    """Spearman's rank correlation: the correlation of the ranks, equal values sharing their mean rank.

    1: the same order. 0: unrelated orders. -1: the opposite order.

    Raises:
        ValueError: values that are not finite, or all equal on one side.

    Example:
        >>> rank_correlation(torch.tensor([0.1, 0.9, 5.0]), torch.tensor([1.0, 2.0, 3.0]))
        tensor(1., dtype=torch.float64)
    """
    for name, values in (("estimates", estimate), ("references", reference)):
        _check_finite(values)
        if len(values.unique()) < 2:
            raise ValueError(f"all {name} are equal; a rank correlation needs at least two different values")
    x, y = ranks(estimate), ranks(reference)
    x, y = x - x.mean(), y - y.mean()
    return (x * y).sum() / (x.square().sum() * y.square().sum()).sqrt()


def ranks(values: Float[Tensor, " N"]) -> Float64[Tensor, " N"]:
    """Rank of each value, from 1 for the lowest to N; equal values share their mean rank.

    Example:
        >>> ranks(torch.tensor([0.3, 9.0, 0.3]))
        tensor([1.5000, 3.0000, 1.5000], dtype=torch.float64)
    """
    _, group, sizes = torch.unique(values, return_inverse=True, return_counts=True)
    of_values: Tensor = (sizes.cumsum(0) - (sizes - 1) / 2).double()[group]
    return of_values


def _descending(scores: Tensor, positive: Tensor, weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # The different scores, highest first, and how many positives and how many of all have each
    values, group = torch.unique(-scores, return_inverse=True)
    empty = weights.new_zeros(len(weights), len(values))
    return -values, empty.index_add(1, group, weights * positive), empty.index_add(1, group, weights)


def _check(scores: Tensor, positive: Tensor) -> None:
    _check_finite(scores)
    count, positives = len(scores), int(positive.sum())
    if not 0 < positives < count:
        raise ValueError(f"{positives} of {count} scores are positive; ranking needs positives and negatives")


def _check_finite(scores: Tensor) -> None:
    if not torch.isfinite(scores).all():
        row = int((~torch.isfinite(scores)).nonzero()[0])
        raise ValueError(f"score {row} is {float(scores[row])}; give finite scores")
