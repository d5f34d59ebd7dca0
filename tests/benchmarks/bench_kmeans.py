"""k-means against faiss and scikit-learn from equal starts, and how its cost grows: processor or wall time, as chosen.

`AVL_BENCH_CLOCK=process` counts processor time of all threads, the only fair clock on a machine that others use.
`AVL_BENCH_ROWS` sets the number of rows, 200,000 by default.
"""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import faiss
import torch
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits
from torch import Tensor

from avlearn.clustering import kmeans

ROWS, DIM, CLUSTERS, ITERATIONS = int(os.environ.get("AVL_BENCH_ROWS", 200_000)), 512, 256, 20
SPREADS = {"noise": 0.0, "clustered": 0.3}
"""Deviation of the centres of the blobs, beside 1 within each."""
CLOCK = time.process_time if os.environ.get("AVL_BENCH_CLOCK") == "process" else time.perf_counter


def benchmarks() -> Iterator[dict[str, Any]]:
    """20 iterations at 200,000 x 512 and 256 clusters, then the growth with rows, clusters and columns."""
    faiss.omp_set_num_threads(torch.get_num_threads())
    with threadpool_limits(torch.get_num_threads()):
        for name, spread in SPREADS.items():
            yield from _compare(name, _rows(ROWS, DIM, spread))
        yield from _growth()


def _compare(name: str, x: Tensor) -> Iterator[dict[str, Any]]:
    # In turn, twice, so that a slow spell of the machine meets all three
    start = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(1))[:CLUSTERS]].clone()
    runs = {"ours": _ours, "faiss": _faiss, "scikit-learn": _scikit}
    seconds: dict[str, float] = dict.fromkeys(runs, math.inf)
    objectives = {}
    for _ in range(2):
        for peer, run in runs.items():
            spent, objectives[peer] = _timed(lambda run=run: run(x, start))
            seconds[peer] = min(seconds[peer], spent)
    for peer in ("faiss", "scikit-learn"):
        yield {
            "name": f"k-means of {name}, {len(x)} x {x.shape[1]}, k={CLUSTERS}, against {peer}",
            "ours": seconds["ours"],
            "peer": seconds[peer],
            "ratio": seconds[peer] / seconds["ours"],
            "unit": f"s for {ITERATIONS} iterations ({CLOCK.__name__})",
            "objective_ours_over_peer": objectives["ours"] / objectives[peer],
        }


def _growth() -> Iterator[dict[str, Any]]:
    # Exponent of the growth of the time when one size is multiplied by 8; 1 is linear
    base = {"rows": 16_000, "clusters": 64, "columns": 128}
    for name in base:
        small, large = (_spent({**base, name: base[name] * factor}) for factor in (2, 16))
        yield {
            "name": f"growth of k-means with {name}, x 8",
            "ours": large,
            "peer": 8 * small,
            "ratio": 8 * small / large,
            "unit": "s, and what linear growth would take",
            "exponent": math.log(large / small, 8),
        }


def _spent(size: dict[str, int]) -> float:
    x = _rows(size["rows"], size["columns"], 0.0)
    start = x[: size["clusters"]].clone()
    return min(_timed(lambda: _ours(x, start))[0] for _ in range(2))


def _rows(count: int, dim: int, spread: float) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    centres = spread * torch.randn(CLUSTERS, dim, generator=generator)
    return torch.randn(count, dim, generator=generator) + centres[torch.arange(count) % CLUSTERS]


def _timed(run: Callable[[], float]) -> tuple[float, float]:
    begun = CLOCK()
    objective = run()
    return CLOCK() - begun, objective


def _ours(x: Tensor, start: Tensor) -> float:
    return kmeans(x, len(start), start=start, iterations=ITERATIONS).history[-1]


def _faiss(x: Tensor, start: Tensor) -> float:
    # All rows count, as in ours; by default it draws 256 for each cluster. Its objective is that before the last means.
    model = faiss.Kmeans(
        x.shape[1], len(start), niter=ITERATIONS, max_points_per_centroid=len(x), min_points_per_centroid=1
    )
    model.train(x.numpy(), init_centroids=start.numpy())
    return float(model.index.search(x.numpy(), 1)[0].sum(dtype="float64"))


def _scikit(x: Tensor, start: Tensor) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where it converged before the last iteration
        model = KMeans(len(start), init=start.numpy(), n_init=1, max_iter=ITERATIONS, tol=0, algorithm="lloyd")
        return float(model.fit(x.numpy()).inertia_)
