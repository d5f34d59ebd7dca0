"""Does a trained model know how many sources a scene has? Every estimate, beside what needs no model at all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from avlearn.metrics.bootstrap import interval
from avlearn.metrics.complexity import (
    effective_bands,
    effective_clusters,
    effective_directions,
    effective_number,
    one_centre_residual,
    pair_losses,
    peaks,
    spectral_flatness,
)
from avlearn.metrics.ranking import rank_correlation
from avlearn.metrics.trivial import edge_energy
from avlearn.models import DCC
from avlearn.types import AVBatch, SceneSource

Estimates = dict[str, Tensor]
"""For each name one number per scene."""

WINDOW = 512
"""Samples of the windows in which the statistics of the bare sound are taken; they overlap by half."""


def model_estimates(model: DCC, batch: AVBatch) -> Estimates:
    """What a model in eval mode makes of each scene; higher for scenes that should have more sources.

    Returns:
        `sound_clusters`: clusters that the sound fills (where the model has several). `sound_residual`,
        `sound_directions`: of the sound's feature map, see `avlearn.metrics.complexity`. `heat_spread`: positions that
        the attention fills; `heat_peaks`: its hills; `heat_directions`: directions of the picture's features where it
        is hot. `pair_loss`: how hard it is to find this pair in the batch.
    """
    image, audio = model.encode(batch)
    maps = model.matcher.explain(image, audio)
    heat = maps.attention.clamp_min(0)
    estimates = {
        "sound_residual": one_centre_residual(audio),
        "sound_directions": effective_directions(audio),
        "heat_spread": effective_number(heat.flatten(1)),
        "heat_peaks": peaks(heat),
        "heat_directions": effective_directions(image, heat),
        "pair_loss": pair_losses(model.matcher(image, audio) * model.log_scale.exp()),
    }
    if maps.sound_clusters is not None and maps.sound_clusters.shape[1] > 1:
        estimates["sound_clusters"] = effective_clusters(maps.sound_clusters)
    return estimates


def plain_estimates(batch: AVBatch) -> Estimates:
    """What needs no model: `loudness`, `flatness` and `bands` of the sound, and `edges` of the picture."""
    window = torch.hann_window(WINDOW, device=batch.waveform.device)
    power = torch.stft(batch.waveform, WINDOW, window=window, return_complex=True).abs().square()
    return {
        "loudness": batch.waveform.square().mean(1).sqrt(),
        "flatness": spectral_flatness(power),
        "bands": effective_bands(power),
        "edges": edge_energy(batch.frames[:, :, batch.frames.shape[2] // 2]).mean((1, 2)),
    }


@torch.no_grad()
def estimate(model: DCC, scenes: SceneSource, *, count: int, batch_size: int = 64) -> Estimates:
    """`model_estimates` of scenes 0 to count - 1, to build a curriculum from with `avlearn.training.paced`.

    Args:
        model: in eval mode.
        scenes: no truth is asked for.
        count: scenes to look at.
        batch_size: scenes at once; `pair_loss` depends on it.

    Raises:
        ValueError: a model in training mode, or count or batch_size below 1.
    """
    return _joined([model_estimates(model, batch) for batch in _batches(model, scenes, count, batch_size, truth=False)])


@torch.no_grad()
def evaluate(
    model: DCC,
    scenes: SceneSource,
    *,
    count: int,
    batch_size: int = 64,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Rank correlation of every estimate with the true number of sources of scenes 0 to count - 1.

    Args:
        model: in eval mode; it sees no truth.
        scenes: with their truth, and with different numbers of sources.
        count: scenes to look at.
        batch_size: scenes at once.
        resamples: draws of the scenes behind each interval.
        seed: of these draws.

    Returns:
        What was asked for, `sources` (how many scenes have how many), and under `estimates` (the model's) and
        `baselines` (without a model) for each name the `rank_correlation` and its 95 % bootstrap `interval`; None where
        an estimate is the same for all scenes.

    Raises:
        ValueError: a model in training mode, count, batch_size or resamples below 1, scenes without truth, or all with
            equally many sources.
    """
    if resamples < 1:
        raise ValueError(f"resamples is {resamples}; give at least 1")
    own, plain, truth = [], [], []
    for batch in _batches(model, scenes, count, batch_size, truth=True):
        own.append(model_estimates(model, batch.without_truth()))
        plain.append(plain_estimates(batch))
        truth.append(_true_sources(batch))
    sources = torch.cat(truth)
    draws = torch.randint(count, (resamples, count), generator=torch.Generator().manual_seed(seed))
    return {
        "task": "complexity",
        "count": count,
        "batch_size": batch_size,
        "resamples": resamples,
        "seed": seed,
        "sources": _counted(sources),
        "estimates": {name: _compare(values, sources, draws) for name, values in _joined(own).items()},
        "baselines": {name: _compare(values, sources, draws) for name, values in _joined(plain).items()},
    }


def _batches(model: DCC, scenes: SceneSource, count: int, batch_size: int, *, truth: bool) -> Iterator[AVBatch]:
    if model.training:
        raise ValueError("the model is in training mode, in which a scene changes what others get; call eval() first")
    if count < 1 or batch_size < 1:
        raise ValueError(f"count is {count}, batch_size is {batch_size}; both must be at least 1")
    for numbers in torch.arange(count).tensor_split(math.ceil(count / batch_size)):
        yield scenes.batch(numbers.tolist(), truth=truth)


def _true_sources(batch: AVBatch) -> Float64[Tensor, " B"]:
    if batch.truth is None:
        raise ValueError("the scenes have no truth to compare with; give a World or a Collage")
    return batch.truth.complexity.double()


def _counted(sources: Float64[Tensor, " N"]) -> dict[int, int]:
    numbers, scenes = sources.unique(return_counts=True)
    if len(numbers) < 2:
        raise ValueError(f"all scenes have {int(numbers[0])} sources; give scenes that differ, as sources=(1, 3) makes")
    return {int(number): int(count) for number, count in zip(numbers, scenes, strict=True)}


def _joined(parts: list[Estimates]) -> Estimates:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _compare(values: Float[Tensor, " N"], sources: Float64[Tensor, " N"], draws: Int[Tensor, "R N"]) -> dict[str, Any]:
    values = values.double().cpu()
    if len(values.unique()) < 2:
        return {"rank_correlation": None, "interval": None}
    drawn = [_correlation(values[rows], sources[rows]) for rows in draws]
    return {
        "rank_correlation": float(rank_correlation(values, sources)),
        "interval": interval(torch.tensor(drawn, dtype=torch.float64)),
    }


def _correlation(values: Float64[Tensor, " N"], sources: Float64[Tensor, " N"]) -> float:
    # A draw of few scenes may have all alike, which has no correlation
    alike = min(len(values.unique()), len(sources.unique())) < 2
    return math.nan if alike else float(rank_correlation(values, sources))
