"""Lloyd's k-means on more rows than fit in memory, on a CPU, a GPU, or a group of processes: XDC's pseudo-labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from .exact_sums import ClusterSums, objective
from .feature_rows import FeatureRows, Features, open_rows
from .kmeans_starts import KMeansStart, start_centroids
from .nearest import NearestCentroids
from .process_group import Group, Ranks


@dataclass(frozen=True, eq=False, kw_only=True)
class KMeans:
    """What `kmeans` found."""

    centroids: Float[Tensor, "K D"]
    """float32, the same bits in all processes."""
    labels: Int[Tensor, " n"]
    """Cluster of each row of this process, by `centroids`. No cluster is empty in all processes."""
    history: list[float]
    """Objective, the sum of the squared distances of all rows of all processes to their centroids: at the start, after
    each iteration, and last with `centroids` and `labels`. It never rises."""


def kmeans(
    features: Features,
    num_clusters: int,
    *,
    start: KMeansStart | Float[Tensor, "K D"] = "k-means++",
    restarts: int = 1,
    iterations: int = 20,
    tolerance: float = 0.0,
    chunk: int | None = None,
    seed: int = 0,
    group: Group = None,
    device: torch.device | str | None = None,
) -> KMeans:
    """k-means by Lloyd's iteration (Least squares quantization in PCM, 1982): nearest centroids, then means.

    All arithmetic is in float32 on centred rows, and the sums of the clusters are exact, so they depend neither on
    `chunk` nor on how rows are dealt to processes, and results can only differ where a row lies between two centroids
    to within rounding. Beyond the labels and some 30 bytes a row, memory is a few times a chunk, and at the start 64
    rows for each cluster.

    A cluster that loses all its rows takes the row that lies farthest from its own centroid, in any process; several
    take the farthest ones in turn, the first of equals first, as scikit-learn does. If that happens in the last
    iteration, others follow until no cluster is empty.

    Args:
        features: (n, d), this process's rows, finite; bf16 and fp16 become float32 chunk by chunk. A process of a
            group may have none.
        num_clusters: K, 1 to the number of distinct rows.
        start: see `KMeansStart`, or centroids.
        restarts: runs from different starts, of which the one with the lowest objective is given.
        iterations: times that centroids become means, at least 1; fewer if no row changes its cluster. DeepCluster
            takes 20.
        tolerance: ends earlier once an iteration lowers the objective by less than this share of it.
        chunk: rows at a time; by default what fills 2 MiB on a CPU, 256 on a GPU.
        seed: of the draws of the start.
        group: processes that share the rows, or "world" for all; every one has to call. Only sums travel.
        device: where to compute; by default where the features lie.

    Returns:
        Centroids and labels on `device`, and the history; see `KMeans`.

    Raises:
        ValueError: features that are no floating matrix, no cluster, restart, iteration or chunk, a negative tolerance,
            an unknown start, several restarts from given centroids, or a group without torch.distributed; and, in all
            processes alike, a row that isn't finite in any of them, values that float32 can't square, different numbers
            of columns, fewer rows or distinct rows than clusters, or given centroids of another shape.

    Example:
        >>> found = kmeans(torch.tensor([[0.0], [1.0], [10.0], [11.0]]), 2)
        >>> found.centroids.flatten().sort().values, found.history[-1]
        (tensor([ 0.5000, 10.5000]), 1.0)
    """
    _check(num_clusters, start, restarts, iterations, tolerance)
    raw = open_rows(features, chunk=chunk, device=None if device is None else torch.device(device), width=num_clusters)
    ranks = Ranks(group, raw.device)
    count = raw.check_shares(ranks)
    _check_count(count, raw, num_clusters, start)
    rows, largest = raw.centred(ranks)
    _check_size(largest)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(restarts):
        if isinstance(start, Tensor):
            first = (start.to(rows.device, rows.centre.dtype) - rows.centre).float()
        else:
            first = start_centroids(start, rows, num_clusters, ranks=ranks, rng=rng)
        sums = ClusterSums(num_clusters, rows.dim, count=count, largest=largest, device=rows.device)
        lloyd = _Lloyd(rows, ranks.first(first), sums, ranks)
        lloyd.run(iterations, tolerance)
        found.append(lloyd.result())
    return min(found, key=lambda result: result.history[-1])


class _Lloyd:
    """One run from one start. All processes of a group hold the same centroids and the sums of their own rows."""

    def __init__(self, rows: FeatureRows, start: Tensor, sums: ClusterSums, ranks: Ranks) -> None:
        self.rows, self.centroids, self.sums, self.ranks = rows, start, sums, ranks
        self.nearest = NearestCentroids(rows, len(start))
        self.history: list[float] = []

    def run(self, iterations: int, tolerance: float) -> None:
        while True:
            changed = self._assign()
            empty = self._empty()
            if empty:
                self._refill(empty)
            elif not changed or len(self.history) > iterations or self._settled(tolerance):
                return
            self._to_means()

    def result(self) -> KMeans:
        centroids = (self.centroids + self.rows.centre).float()
        return KMeans(centroids=centroids, labels=self.nearest.labels, history=self.history)

    def _assign(self) -> int:
        changed = self.nearest.assign(self.centroids, self.sums)
        self.total, self.count = self.ranks.sum(self.sums.total), self.ranks.sum(self.sums.count)
        squares = float(self.ranks.sum(self.sums.squares))
        self.history.append(objective(squares, self.total, self.count, self.centroids))
        return int(self.ranks.sum(torch.tensor(changed)))

    def _settled(self, tolerance: float) -> bool:
        return len(self.history) > 1 and self.history[-2] - self.history[-1] < tolerance * self.history[-2]

    def _empty(self) -> list[int]:
        return self.count.eq(0).nonzero()[:, 0].tolist()

    def _to_means(self) -> None:
        self.total, self.count = self.ranks.sum(self.sums.total), self.ranks.sum(self.sums.count)
        means = (self.total / self.count[:, None]).float()
        # A cluster of rows that all went to empty ones stays, and is filled next time
        self.centroids = torch.where(self.count[:, None] > 0, means, self.centroids)

    def _refill(self, empty: list[int]) -> None:
        distances, places = self._farthest(len(empty))
        order = distances.flatten().sort(descending=True, stable=True).indices[: len(empty)]
        for label, at in zip(empty, order.tolist(), strict=True):
            rank, place = divmod(at, len(empty))
            if not distances[rank, place] > 0:
                raise ValueError(
                    f"the features have only {len(self.count) - len(empty)} distinct rows, or a few more that float32 "
                    f"can't tell apart, but num_clusters is {len(self.count)}; ask for fewer, or find out why features "
                    "are the same"
                )
            if rank == self.ranks.rank:
                self.nearest.place(int(places[rank, place]), label, self.sums)

    def _farthest(self, count: int) -> tuple[Tensor, Tensor]:
        # Of each process its own farthest rows: squared distances, -1 where it has too few, and indices
        squares = self.nearest.squared_distances(self.centroids)
        blur = 2.0**-21 * self.nearest.squares.sqrt() + 4 * self.sums.step * self.rows.dim**0.5
        distances, order = squares.where(squares > blur.square(), 0).sort(descending=True, stable=True)
        most = torch.full((count,), -1.0, device=distances.device)
        places = torch.zeros(count, dtype=torch.int64, device=distances.device)
        most[: len(distances)], places[: len(order)] = distances[:count], order[:count]
        return self.ranks.gather(most), self.ranks.gather(places)


def _check(num_clusters: int, start: str | Tensor, restarts: int, iterations: int, tolerance: float) -> None:
    for name, value in (("num_clusters", num_clusters), ("restarts", restarts), ("iterations", iterations)):
        if value < 1:
            raise ValueError(f"{name} is {value}; give at least 1")
    if not tolerance >= 0:
        raise ValueError(f"tolerance is {tolerance}; give 0 or a small share of the objective, such as 1e-4")
    if not isinstance(start, Tensor) and start not in get_args(KMeansStart):
        raise ValueError(f"start is {start!r}; choose one of {', '.join(get_args(KMeansStart))}, or give centroids")
    if isinstance(start, Tensor) and restarts > 1:
        raise ValueError(f"restarts is {restarts}, but from given centroids all would be the same; give 1")


def _check_count(count: int, rows: FeatureRows, num_clusters: int, start: str | Tensor) -> None:
    if num_clusters > count:
        raise ValueError(f"num_clusters is {num_clusters}; give 1 to {count}, the number of rows")
    if isinstance(start, Tensor):
        if tuple(start.shape) != (num_clusters, rows.dim):
            raise ValueError(f"start is {tuple(start.shape)}; give {(num_clusters, rows.dim)}, a row for each cluster")
        if not torch.isfinite(start).all():
            raise ValueError("start is not finite; give centroids near the rows")


def _check_size(largest: float) -> None:
    if largest and not 1e-15 < largest < 1e15:
        raise ValueError(f"features reach {largest:.1e} from their mean, too far off for float32 squares; scale them")
