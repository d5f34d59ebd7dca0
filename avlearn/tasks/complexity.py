"""Does a trained model know how many sources a scene has? Every estimate, beside what needs no model at all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, Int
from torch import Tensor

from avlearn.metrics.bootstrap import interval
from avlearn.metrics.complexity import (
    effective_bands,
    effective_cells,
    effective_clusters,
    effective_directions,
    effective_number,
    one_centre_residual,
    pair_losses,
    peaks,
    spectral_flatness,
)
from avlearn.metrics.ranking import rank_correlation, ranks
from avlearn.metrics.trivial import edge_energy
from avlearn.models import CAVL, PairModel
from avlearn.types import AVBatch, SceneSource

Estimates = dict[str, Tensor]
"""For each name one number per scene."""

COMBINED = ("things", "peaks", "pair_loss", "cells")
"""Estimates that `combine` takes: chosen on 600 scenes of the world of seed 9001, so judge them on another world."""

WINDOW = 512
"""Samples of the windows in which the statistics of the bare sound are taken; they overlap by half."""


def model_estimates(model: PairModel, batch: AVBatch) -> Estimates:
    """What a model in eval mode makes of each scene; higher for scenes that should have more sources.

    Returns:
        - `things`: different directions of the picture's features, so silent things count too.
        - `peaks`: hills of the similarity map.
        - `heat_spread`: positions that the attention fills.
        - `pair_loss`: how hard it is to find this pair in the batch.
        - `sound_residual`, `sound_directions`: spread of the sound's feature map, see `avlearn.metrics.complexity`.
        - `sound_clusters`: clusters that the sound fills, where the model has several.
        - `pairs`: of a CAVL, matched pairs of what is seen and heard that count, by their mass.
    """
    image, audio = model.encode(batch)
    maps = model.explain(image, audio)
    estimates = {
        "things": effective_directions(F.normalize(image.float(), dim=1)),
        "peaks": peaks(maps.similarity),
        "heat_spread": effective_number(maps.attention.clamp_min(0).flatten(1)),
        "pair_loss": pair_losses(model.match(image, audio) * model.log_scale.exp()),
        "sound_residual": one_centre_residual(audio),
        "sound_directions": effective_directions(audio),
    }
    if isinstance(model, CAVL):
        estimates["pairs"] = effective_number(model.matcher.pairs(image, audio).mass)
    if maps.sound_clusters is not None and maps.sound_clusters.shape[1] > 1:
        estimates["sound_clusters"] = effective_clusters(maps.sound_clusters)
    return estimates


def plain_estimates(batch: AVBatch) -> Estimates:
    """What needs no model: `loudness`, `flatness`, `bands` and `cells` of the sound, and `edges` of the picture.

    In a world that mixes sources by adding them, loudness gives their number away. Recordings are made at any level,
    so the other numbers, which don't depend on it, are the fairer baselines.
    """
    window = torch.hann_window(WINDOW, device=batch.waveform.device)
    power = torch.stft(batch.waveform, WINDOW, window=window, return_complex=True).abs().square()
    return {
        "loudness": batch.waveform.square().mean(1).sqrt(),
        "flatness": spectral_flatness(power),
        "bands": effective_bands(power),
        "cells": effective_cells(power),
        "edges": edge_energy(batch.frames[:, :, batch.frames.shape[2] // 2]).mean((1, 2)),
    }


def combine(estimates: Estimates) -> Float64[Tensor, " N"]:
    """Mean rank of the estimates in `COMBINED`: weak guesses that err in different ways make a better one together.

    Args:
        estimates: for all scenes; ranks are those among them.
    """
    return torch.stack([ranks(estimates[name]) for name in COMBINED]).mean(0)


@torch.no_grad()
def estimate(model: PairModel, scenes: SceneSource, *, count: int, batch_size: int = 64) -> Estimates:
    """All estimates of scenes 0 to count - 1, and `combined`, to build a curriculum with `avlearn.training.paced`.

    Args:
        model: in eval mode.
        scenes: no truth is asked for.
        count: scenes to look at.
        batch_size: scenes at once; `pair_loss` depends on it.

    Raises:
        ValueError: a model in training mode, or count or batch_size below 1.
    """
    parts = [
        model_estimates(model, batch) | plain_estimates(batch)
        for batch in _batches(model, scenes, count, batch_size, truth=False)
    ]
    found = _joined(parts)
    return found | {"combined": combine(found)}


@torch.no_grad()
def evaluate(
    model: PairModel,
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
        What was asked for, `sources` (how many scenes have how many), and under `estimates` (the model's and what
        `combine` makes of them) and `baselines` (without a model) for each name:

        - `rank_correlation` with its 95 % bootstrap `interval`.
        - `among_equally_many_things`: the mean rank correlation among scenes with equally many visible things, by
          the number of these scenes. An estimate that counts things, whether they sound or not, falls to 0 here.

        None where an estimate or the number of sources is the same for all those scenes.

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
        truth.append(_true_numbers(batch))
    estimates, baselines, numbers = _joined(own), _joined(plain), _joined(truth)
    estimates["combined"] = combine(estimates | baselines)
    draws = torch.randint(count, (resamples, count), generator=torch.Generator().manual_seed(seed))
    return {
        "task": "complexity",
        "count": count,
        "batch_size": batch_size,
        "resamples": resamples,
        "seed": seed,
        "sources": _counted(numbers["sources"]),
        "estimates": {name: _compare(values, numbers, draws) for name, values in estimates.items()},
        "baselines": {name: _compare(values, numbers, draws) for name, values in baselines.items()},
    }


def _batches(model: PairModel, scenes: SceneSource, count: int, batch_size: int, *, truth: bool) -> Iterator[AVBatch]:
    if model.training:
        raise ValueError("the model is in training mode, in which a scene changes what others get; call eval() first")
    if count < 1 or batch_size < 1:
        raise ValueError(f"count is {count}, batch_size is {batch_size}; both must be at least 1")
    for numbers in torch.arange(count).tensor_split(math.ceil(count / batch_size)):
        yield scenes.batch(numbers.tolist(), truth=truth)


def _true_numbers(batch: AVBatch) -> Estimates:
    if batch.truth is None:
        raise ValueError("the scenes have no truth to compare with; give a World or a Collage")
    return {"sources": batch.truth.complexity.double(), "things": batch.truth.visible.sum(-1).double()}


def _counted(sources: Float64[Tensor, " N"]) -> dict[int, int]:
    numbers, scenes = sources.unique(return_counts=True)
    if len(numbers) < 2:
        raise ValueError(f"all scenes have {int(numbers[0])} sources; give scenes that differ, as sources=(1, 3) makes")
    return {int(number): int(count) for number, count in zip(numbers, scenes, strict=True)}


def _joined(parts: list[Estimates]) -> Estimates:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _compare(values: Float[Tensor, " N"], numbers: Estimates, draws: Int[Tensor, "R N"]) -> dict[str, Any]:
    values, sources, things = values.double().cpu(), numbers["sources"], numbers["things"]
    drawn = [_correlation(values[rows], sources[rows]) for rows in draws]
    groups = [things == number for number in things.unique()]
    within = torch.tensor([_correlation(values[group], sources[group]) for group in groups], dtype=torch.float64)
    scenes = torch.stack([group.sum() for group in groups]) * within.isfinite()
    return {
        "rank_correlation": _number(_correlation(values, sources)),
        "interval": interval(torch.tensor(drawn, dtype=torch.float64)),
        "among_equally_many_things": _number(float((scenes * within.nan_to_num()).sum() / scenes.sum())),
    }


def _correlation(values: Float64[Tensor, " N"], sources: Float64[Tensor, " N"]) -> float:
    # Of few scenes all may be alike, and have no correlation
    alike = min(len(values.unique()), len(sources.unique())) < 2
    return math.nan if alike else float(rank_correlation(values, sources))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
