"""Scenes that the detection task scores in a second, in batches against one by one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from avlearn.data import DIFFICULTIES, World
from avlearn.pretrained import load_localizer
from avlearn.tasks import detect

SCENES, VALIDATION = 96, 48


def benchmarks() -> Iterator[dict[str, Any]]:
    """Scenes of one to four sources, made, heard and scored, thresholds and intervals included."""
    batched, looped = _scenes_per_second(batch_size=64), _scenes_per_second(batch_size=1)
    yield {
        "name": f"detection in {SCENES} scenes, batches of 64 against single scenes",
        "ours": batched,
        "peer": looped,
        "ratio": batched / looped,
        "unit": "scenes per second",
    }


def _scenes_per_second(*, batch_size: int) -> float:
    model = load_localizer("dcc")
    test, validation = (World(DIFFICULTIES["crowd"], seed=seed) for seed in (1, 3))
    start = time.perf_counter()
    detect.evaluate(
        model, test, validation=validation, count=SCENES, validation_count=VALIDATION, batch_size=batch_size
    )
    return (SCENES + VALIDATION) / (time.perf_counter() - start)
