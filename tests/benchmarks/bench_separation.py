"""Seconds of sound separated in a second, and peak memory: a U-Net asked by visual centres against factorization."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.benchmark import Timer

from avlearn import separator_recipe
from avlearn.data import DIFFICULTIES, World
from avlearn.tasks.factorization import factorize

SCENES, FACTORS = 8, 8


def benchmarks() -> Iterator[dict[str, Any]]:
    """Scenes of two and three sources, pictures included; the peer is scikit-learn's NMF with 8 factors a source."""
    separator = separator_recipe.get("book").build(0).eval()
    batch = World(DIFFICULTIES["multi"], seed=1).batch(range(SCENES))
    points = torch.rand(SCENES, 3, 2, generator=torch.Generator().manual_seed(0))

    def ours() -> torch.Tensor:
        with torch.inference_mode():
            return separator.separate(batch.waveform, separator.query.look(batch).at(points))

    def peer() -> torch.Tensor:
        parts = batch.truth.stems[:, :3]
        return factorize(batch.waveform, parts, separator.stft, factors=FACTORS, seed=0)

    seconds = SCENES * batch.waveform.shape[1] / batch.sample_rate
    own, other = (
        Timer("f()", globals={"f": f}, num_threads=torch.get_num_threads()).blocked_autorange(min_run_time=2).median
        for f in (ours, peer)
    )
    yield {
        "name": f"separating {SCENES} s of sound, 3 queries each",
        "ours": seconds / own,
        "peer": seconds / other,
        "ratio": other / own,
        "unit": "seconds of sound per second",
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
