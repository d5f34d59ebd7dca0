"""Finding things of one kind by things of another, from the similarities (Q, G) of all queries with all candidates.

Equal similarities are ranked at random, and every measure is its exact mean over these orders. So a matrix of zeros
scores precisely what chance does: that is where the chance levels of the retrieval task come from.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor


def partner_ranks(similarity: Float[Tensor, "N N"]) -> Float64[Tensor, " N"]:
    """Mean rank of each query's own partner, 1 at best. Query i belongs to candidate i.

    Args:
        similarity: of every query (row) with every candidate (column), any scale, finite.

    Raises:
        ValueError: no queries, or similarities that are not finite.

    Example:
        >>> partner_ranks(torch.tensor([[0.9, 0.1], [0.5, 0.5]]))
        tensor([1.0000, 1.5000], dtype=torch.float64)
    """
    above, equal = _above_and_equal(similarity)
    return above + 1 + equal / 2


def recall_at(similarity: Float[Tensor, "N N"], count: int) -> Float64[Tensor, " N"]:
    """Chance that each query's own partner is among the first `count` candidates; the mean is R@count.

    Args:
        similarity: see `partner_ranks`.
        count: candidates looked at, at least 1.

    Raises:
        ValueError: as `partner_ranks`, or a count below 1.

    Example:
        >>> recall_at(torch.tensor([[0.9, 0.1], [0.5, 0.5]]), 1)
        tensor([1.0000, 0.5000], dtype=torch.float64)
    """
    if count < 1:
        raise ValueError(f"count is {count}; look at 1 candidate at least")
    above, equal = _above_and_equal(similarity)
    return ((count - above) / (equal + 1)).clamp(0, 1)


def average_precisions(similarity: Float[Tensor, "Q G"], relevant: Bool[Tensor, "Q G"]) -> Float64[Tensor, " Q"]:
    """Average precision of each query: the mean, over its relevant candidates, of the precision down to their place.

    The mean over queries is mAP. With equal similarities it is the exact mean over their orders (McSherry & Najork,
    2008), not what scikit-learn gives, which counts all equal candidates as found at once.

    Args:
        similarity: any scale, finite.
        relevant: which candidates are right, at least one for each query.

    Raises:
        ValueError: no queries, similarities that are not finite, or a query without a relevant candidate.

    Example:
        >>> average_precisions(torch.tensor([[0.9, 0.8, 0.7]]), torch.tensor([[True, False, True]]))
        tensor([0.8333], dtype=torch.float64)
    """
    _check(similarity)
    wanted = relevant.sum(1)
    if not wanted.all():
        raise ValueError(f"query {int(wanted.eq(0).nonzero()[0])} has no relevant candidate; leave it out")
    ranked, order = similarity.sort(dim=1, descending=True)
    right = relevant.gather(1, order).double()
    first, last = _ends_of_runs(ranked)
    found = torch.cat([right.new_zeros(len(right), 1), right.cumsum(1)], dim=1)
    before = found.gather(1, first)
    within, length = found.gather(1, last + 1) - before, (last - first + 1).double()
    place = torch.arange(ranked.shape[1], device=ranked.device)
    # At one place of a run: the chance that it is right, times the right ones expected down to it if it is
    others = (place - first) * (within - 1) / (length - 1).clamp_min(1)
    return (within / length * (before + 1 + others) / (place + 1)).sum(1) / wanted


def weighted_median(values: Float64[Tensor, " N"], weights: Float64[Tensor, "R N"]) -> Float64[Tensor, " R"]:
    """Median of values that count several times or not at all, for several weightings; mean of the middle two.

    Args:
        values: at least one.
        weights: whole numbers; how often each value counts. Each row has a positive sum.

    Example:
        >>> weighted_median(torch.tensor([1.0, 2.0, 9.0]).double(), torch.tensor([[1, 1, 1], [1, 0, 1]]).double())
        tensor([2., 5.], dtype=torch.float64)
    """
    ranked, order = values.sort()
    total = weights[:, order].cumsum(1)
    half = total[:, -1:] / 2
    low, high = torch.searchsorted(total, half), torch.searchsorted(total, half, right=True)
    return (ranked[low] + ranked[high.clamp(max=len(ranked) - 1)])[:, 0] / 2


def _above_and_equal(similarity: Tensor) -> tuple[Tensor, Tensor]:
    # How many candidates are more similar than the partner, and how many others just as much
    _check(similarity)
    own = similarity.diagonal()[:, None]
    return (similarity > own).sum(1).double(), (similarity == own).sum(1).double() - 1


def _ends_of_runs(ranked: Tensor) -> tuple[Tensor, Tensor]:
    # First and last place of the run of equal values that each place lies in
    place = torch.arange(ranked.shape[1], device=ranked.device).expand_as(ranked)
    new = torch.ones_like(ranked, dtype=torch.bool)
    new[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    first = torch.where(new, place, 0).cummax(1).values
    ends = torch.cat([new[:, 1:], new[:, :1]], dim=1)
    last = torch.where(ends, place, place.shape[1]).flip(1).cummin(1).values.flip(1)
    return first, last


def _check(similarity: Tensor) -> None:
    if not similarity.numel():
        raise ValueError(f"similarity is {tuple(similarity.shape)}; give at least one query and one candidate")
    if not torch.isfinite(similarity).all():
        row = int((~torch.isfinite(similarity)).nonzero()[0, 0])
        raise ValueError(f"similarity of query {row} is not finite; find out what made it before scoring")
