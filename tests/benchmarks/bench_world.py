"""How fast the embedded world makes scenes, against making them one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from avlearn.data import World, settings_for
from avlearn.types import AVBatch

BATCH = 64


def benchmarks() -> Iterator[dict[str, Any]]:
    """One record per kind of scene: seconds for 64 scenes with their truth, as one batch and one at a time."""
    for name, difficulty in (
        ("still scenes", "big"),
        ("still scenes, 2-3 sources", "multi"),
        ("8-frame clips", "video"),
    ):
        world = World(settings_for(difficulty), seed=0)
        batched = _best(lambda world=world: world.batch(range(BATCH), truth=False))
        knowing = _best(lambda world=world: world.batch(range(BATCH)))
        single = _best(lambda world=world: AVBatch.stack([world[index] for index in range(BATCH)]))
        yield {
            "name": f"World.batch of {BATCH} {name}",
            "ours": knowing,
            "peer": single,
            "ratio": single / knowing,
            "unit": "s",
            "scenes_per_second": BATCH / batched,
            "scenes_per_second_with_truth": BATCH / knowing,
        }


def _best(run: Callable[[], object], repeats: int = 5) -> float:
    """Shortest of a few runs in seconds, after one to warm up."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)
