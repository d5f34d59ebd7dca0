"""The nearest centroid of every row, with as few distances as can be: Lloyd's assignment with Hamerly's bounds."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .exact_sums import ClusterSums
from .feature_rows import FeatureRows

_LOOSE = 1 + 2**-20
"""Bounds are widened by this factor whenever they are moved, so that rounding can't make them false."""


class NearestCentroids:
    """Labels of the rows, kept up to date while the centroids move.

    Each row knows how far its own centroid is at most and any other at least. When centroids move, the bounds move
    with them, and only rows whose bounds cross are compared with all centroids again (Hamerly, Making k-means even
    faster, 2010). Where float32 could err about whether a row should change its cluster, float64 decides; so no row
    goes back and forth by rounding, and the objective can't rise.

    Args:
        rows: of this process, centred.
        num_clusters: K.
    """

    def __init__(self, rows: FeatureRows, num_clusters: int) -> None:
        self.rows, self.num_clusters = rows, num_clusters
        self.labels = torch.full((len(rows),), -1, device=rows.device)
        self.squares = torch.zeros(len(rows), device=rows.device)
        self._upper = torch.full((len(rows),), torch.inf, device=rows.device)
        self._lower = torch.zeros(len(rows), device=rows.device)
        self._last: Tensor | None = None

    def assign(self, centroids: Tensor, sums: ClusterSums) -> int:
        """Gives every row the nearest of (K, D) centroids and keeps `sums` in step. Returns how many rows changed."""
        self._move_bounds(centroids)
        self._last = centroids
        half_squares = centroids.square().sum(1) / 2
        apart = _half_way_to_next(centroids)
        changed = 0
        for rows in self.rows.chunks():
            crossed = self._crossed(rows, apart)
            if crossed is None:
                changed += self._compare(self.rows.read(rows), rows, centroids, half_squares, sums)
            elif len(crossed):
                x = self.rows.read(rows).index_select(0, crossed)
                changed += self._compare(x, crossed + rows.start, centroids, half_squares, sums)
        return changed

    def place(self, row: int, label: int, sums: ClusterSums) -> None:
        """Moves one row to a cluster by decree; it's compared with all centroids next time."""
        index = torch.tensor([row], device=self.labels.device)
        new = torch.full_like(index, label)
        sums.move(self.rows.pick(index), self.labels[index], new)
        self.labels[index] = new
        self._upper[index] = torch.inf

    def squared_distances(self, centroids: Tensor) -> Tensor:
        """(rows,) squared distance of every row to its own centroid, by differences: exact zeros for equal vectors."""
        chunks = [(self.rows.read(rows) - centroids[self.labels[rows]]).square().sum(1) for rows in self.rows.chunks()]
        return torch.cat(chunks) if chunks else self.squares

    def _move_bounds(self, centroids: Tensor) -> None:
        if self._last is None:
            return
        shift = (centroids.double() - self._last.double()).norm(dim=1)
        largest = shift.max()
        # A row's others move at most as far as the one that moves most, its own left out
        others = shift.masked_fill(shift == largest, 0).max() if (shift == largest).sum() == 1 else largest
        furthest = torch.where(shift == largest, others, largest)
        self._upper = (self._upper + shift.float()[self.labels]) * _LOOSE
        self._lower = (self._lower - furthest.float()[self.labels] * _LOOSE).clamp_min(0) / _LOOSE

    def _crossed(self, rows: slice, apart: Tensor) -> Tensor | None:
        # Rows of the chunk that have to be compared with all centroids, or None if it's hardly worth picking them
        labels = self.labels[rows]
        if not len(labels) or labels[0] < 0:
            return None
        enough = torch.maximum(self._lower[rows], apart[labels])
        crossed = (self._upper[rows] >= enough).nonzero()[:, 0]
        return crossed if len(crossed) < 0.8 * len(labels) else None

    def _compare(
        self, x: Tensor, rows: slice | Tensor, centroids: Tensor, half_squares: Tensor, sums: ClusterSums
    ) -> int:
        old = self.labels[rows]
        first = bool(old[0] < 0)  # then all are
        if first:
            self.squares[rows] = torch.linalg.vector_norm(x, dim=1).square()
        scores = torch.addmm(half_squares, x, centroids.mT, beta=-1)  # |x|^2 / 2 - |x - c|^2 / 2
        best, new = scores.max(1)
        error = _errors(self.squares[rows], half_squares, x.shape[1])
        if not first:
            gain = best - scores.gather(1, old[:, None])[:, 0]
            close = ((new != old) & (gain <= 2 * error)).nonzero()[:, 0]
            new[close] = _nearer(x[close], centroids, new[close], old[close])
        self._set_bounds(rows, scores, new, error)
        changed = _count(x, None if first else old, new, sums)
        self.labels[rows] = new
        return changed

    def _set_bounds(self, rows: slice | Tensor, scores: Tensor, labels: Tensor, error: Tensor) -> None:
        squares = self.squares[rows]
        own = scores.gather(1, labels[:, None])[:, 0]
        other = scores.scatter_(1, labels[:, None], -torch.inf).amax(1)
        self._upper[rows] = (squares - 2 * (own - error)).clamp_min(0).sqrt() * _LOOSE
        self._lower[rows] = (squares - 2 * (other + error)).clamp_min(0).sqrt() / _LOOSE


def _count(x: Tensor, old: Tensor | None, new: Tensor, sums: ClusterSums) -> int:
    if old is None:
        sums.add(x, new)
        return len(x)
    moved = (old != new).nonzero()[:, 0]
    if len(moved):
        sums.move(x[moved], old[moved], new[moved])
    return len(moved)


def _half_way_to_next(centroids: Tensor) -> Tensor:
    # Closer than this, a row can have no nearer centroid than its own (triangle inequality)
    c = centroids.double()
    squares = c.square().sum(1)
    apart = (squares[:, None] + squares - 2 * c @ c.mT).fill_diagonal_(torch.inf).clamp_min(0).amin(1).sqrt()
    slack = 1e-7 * squares.max().sqrt()
    return ((apart / 2 - slack) / _LOOSE).clamp_min(0).float()


def _nearer(x: Tensor, centroids: Tensor, new: Tensor, old: Tensor) -> Tensor:
    # By differences in float64, for the few rows whose scores lie within rounding
    distances = [(x.double() - centroids[labels].double()).square().sum(1) for labels in (new, old)]
    closer = (distances[0] < distances[1]) | ((distances[0] == distances[1]) & (new < old))
    return torch.where(closer, new, old)


def _errors(squares: Tensor, half_squares: Tensor, dim: int) -> Tensor:
    # Of the scores of each row, in float32: products of vectors err by about sqrt(dim) steps of their lengths' product.
    # 8 times that is never seen, and more than dim steps there can't be.
    steps = min(dim + 2.0, 8 * math.sqrt(dim)) * 2.0**-24
    longest = (2 * half_squares.max()).sqrt()
    return steps * (squares.sqrt() + longest).square()
