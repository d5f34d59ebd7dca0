"""Where k-means starts: k-means++, vectors far from each other, vectors at random, or centroids that are given.

All processes draw the same numbers, and a drawn row travels as a sum to which only its owner adds anything but zeros.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from .feature_rows import FeatureRows
from .process_group import Ranks

KMeansStart = Literal["k-means++", "farthest", "random"]
"""k-means++: rows drawn by the square of their distance to the picks so far, each time the best of several (the greedy
variant of Arthur & Vassilvitskii, 2007). farthest: first the row farthest from the mean, then always the one farthest
from all picks (Gonzalez, 1985). random: rows drawn alike."""

POOL = 64
"""Rows for each cluster, drawn at random, among which k-means++ and farthest pick; all rows where there are fewer."""


def start_centroids(
    start: KMeansStart, rows: FeatureRows, num_clusters: int, *, ranks: Ranks, rng: np.random.Generator
) -> Tensor:
    """(K, D) first centroids, the same bits in all processes.

    Args:
        start: see `KMeansStart`.
        rows: the share of this process.
        num_clusters: K, at most the number of rows of all processes.
        ranks: the processes.
        rng: of the draws, in the same state in all processes.
    """
    counts = ranks.gather(torch.tensor(len(rows)))
    total = int(counts.sum())
    if start == "random":
        drawn = torch.from_numpy(rng.choice(total, num_clusters, replace=False))
        return _collect(rows, drawn - int(counts[: ranks.rank].sum()), ranks)
    drawn = torch.from_numpy(np.sort(rng.choice(total, min(total, POOL * num_clusters), replace=False)))
    pool = _Pool(rows, drawn, counts, ranks)
    return pool.plus_plus(num_clusters, rng) if start == "k-means++" else pool.farthest(num_clusters)


class _Pool:
    """The rows among which a start picks: this process's own, and how many the others have."""

    def __init__(self, rows: FeatureRows, drawn: Tensor, counts: Tensor, ranks: Ranks) -> None:
        before = int(counts[: ranks.rank].sum())
        own = drawn[(drawn >= before) & (drawn < before + len(rows))] - before
        self.x, self.ranks = rows.pick(own), ranks
        self.squares = self.x.square().sum(1)
        self.offset = int(ranks.gather(torch.tensor(len(own)))[: ranks.rank].sum())
        self.size = len(drawn)

    def plus_plus(self, num_clusters: int, rng: np.random.Generator) -> Tensor:
        trials = 2 + int(np.log(num_clusters))
        picks = self.rows(torch.from_numpy(rng.integers(self.size, size=1)))
        nearest = self.squared_distances(picks)[:, 0]
        while len(picks) < num_clusters:
            candidates = self.rows(self.draw(nearest, trials, rng))
            distances = torch.minimum(nearest[:, None], self.squared_distances(candidates))
            best = int(self.ranks.sum(distances.sum(0, dtype=torch.float64)).argmin())
            picks, nearest = torch.cat([picks, candidates[best : best + 1]]), distances[:, best]
        return picks

    def farthest(self, num_clusters: int) -> Tensor:
        picks = self.rows(self.most(self.squares))
        nearest = self.squared_distances(picks)[:, 0]
        while len(picks) < num_clusters:
            pick = self.rows(self.most(nearest))
            picks = torch.cat([picks, pick])
            nearest = torch.minimum(nearest, self.squared_distances(pick)[:, 0])
        return picks

    def rows(self, places: Tensor) -> Tensor:
        """(places, D), the rows at these places of the pool of all processes."""
        own = places - self.offset
        return _fill(self.x, own, self.ranks)

    def squared_distances(self, picks: Tensor) -> Tensor:
        """(rows, picks) of the own rows; those within rounding of zero are zero."""
        products = self.x @ picks.mT
        sizes = self.squares[:, None] + picks.square().sum(1)
        distances = sizes - 2 * products
        return distances.masked_fill_(distances < 1e-6 * sizes, 0)

    def draw(self, weights: Tensor, count: int, rng: np.random.Generator) -> Tensor:
        """Places drawn by the weights of their rows, or all alike where no weight is left."""
        sums = weights.double().cumsum(0)
        own = sums[-1] if len(sums) else sums.sum()
        totals = self.ranks.gather(own)
        numbers = rng.random(count)
        if not totals.sum() > 0:
            return torch.from_numpy((numbers * self.size).astype(np.int64))
        wanted = torch.from_numpy(numbers).to(sums.device) * totals.sum() - totals[: self.ranks.rank].sum()
        # Strictly right of the drawn weight, so a row of weight 0 is never drawn
        found = torch.searchsorted(sums, wanted, right=True)
        mine = (wanted >= 0) & (wanted < own)
        return self.ranks.max(torch.where(mine, found + self.offset, 0)).cpu()

    def most(self, values: Tensor) -> Tensor:
        """The place of the largest value, the first of equals."""
        place = int(values.argmax()) if len(values) else 0
        largest = values[place].double() if len(values) else torch.tensor(-1.0, dtype=torch.float64)
        found = self.ranks.gather(torch.stack([largest.cpu(), torch.tensor(place + self.offset).double()]))
        return found[found[:, 0].argmax(), 1:].long()


def _collect(rows: FeatureRows, own: Tensor, ranks: Ranks) -> Tensor:
    mine = ((own >= 0) & (own < len(rows))).nonzero()[:, 0]
    collected = torch.zeros(len(own), rows.dim, device=rows.device)
    collected[mine.to(rows.device)] = rows.pick(own[mine])
    return ranks.sum(collected)


def _fill(x: Tensor, own: Tensor, ranks: Ranks) -> Tensor:
    mine = ((own >= 0) & (own < len(x))).nonzero()[:, 0]
    collected = x.new_zeros(len(own), x.shape[1])
    collected[mine.to(x.device)] = x[own[mine].to(x.device)]
    return ranks.sum(collected)
