"""What deep clustering has learnt: whether the features of its encoders tell classes apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from avlearn.tasks.features import HeardScenes, heard_scenes
from avlearn.tasks.frozen import check_settings, device_of, draws_of, evaluation_mode, numbered
from avlearn.tasks.probes import linear_probe, nearest_clusters
from avlearn.tasks.understand import accuracy, agreement
from avlearn.types import AVBatch, SceneSource


@runtime_checkable
class ClipEmbedder(Protocol):
    """What this task needs of a model: a vector of each clip from each of its encoders."""

    def embed(self, batch: AVBatch) -> Mapping[str, Float[Tensor, "B _"]]:
        """Features by the name of their encoder."""
        ...


def evaluate(
    model: ClipEmbedder,
    clips: SceneSource,
    *,
    train_clips: SceneSource,
    count: int,
    train_count: int = 1000,
    others: Mapping[str, ClipEmbedder] | None = None,
    batch_size: int = 64,
    seed: int = 0,
) -> dict[str, Any]:
    """Asks what the features of a frozen model tell of clips, beside chance and other models, as a JSON-able record.

    The class of a clip is that of its loudest source; clips in which nothing is heard are left out. The models see no
    truth, run in evaluation mode and get their mode back.

    Args:
        model: gives features (`embed`).
        clips: to test on, with their truth; others than those of the training.
        train_clips: others with the same classes, for linear probes and centres of clusters.
        count: clips to test on.
        train_count: clips to fit probes and centres on.
        others: models to compare with, by name; the same model untrained ("random") belongs beside every result, as
            features of random encoders already tell sounds apart.
        batch_size: clips at once.
        seed: of k-means, chance levels and intervals.

    Returns:
        Besides what was asked for, `clips`, `train_clips`, `classes`, `chance` (accuracy of the most frequent class),
        and `models`. For each model and each of its encoders: `classification`, the accuracy of a linear probe, and
        `clusters`, purity, NMI and matched accuracy of k-means with as many centres as classes, beside the same
        clusters on classes dealt out at random. `intervals` are 95 % bootstrap intervals over test clips.

    Raises:
        ValueError: unusable settings, another model named "model", clips without truth or without sounds, or too few
            classes or clips to fit a probe or centres.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DeepClustering, DeepClusteringConfig
        >>> test, train = (World(DIFFICULTIES["video"], seed=seed) for seed in (1, 3))
        >>> model = DeepClustering(DeepClusteringConfig())
        >>> sorted(evaluate(model, test, train_clips=train, count=8, train_count=24)["models"]["model"])
        ['audio', 'video']
    """
    check_settings(count=count, train_count=train_count, batch_size=batch_size, seed=seed)
    if others and "model" in others:
        raise ValueError('others has a model named "model", which is the one that is evaluated; choose another name')
    further = heard_scenes(train_clips, count=train_count, batch_size=batch_size)
    fresh = heard_scenes(clips, count=count, batch_size=batch_size)
    usual = further.loudest.mode().values
    return {
        "task": "deep_clustering",
        "count": count,
        "train_count": train_count,
        "batch_size": batch_size,
        "seed": seed,
        "clips": len(fresh),
        "train_clips": len(further),
        "classes": len(further.loudest.unique()),
        "chance": {"accuracy": float((fresh.loudest == usual).double().mean())},
        "models": {
            name: report(one, fresh, further, batch_size=batch_size, seed=seed)
            for name, one in {"model": model, **(others or {})}.items()
        },
    }


def report(
    model: ClipEmbedder, fresh: HeardScenes, further: HeardScenes, *, batch_size: int = 64, seed: int = 0
) -> dict[str, Any]:
    """One model's part of `evaluate`, on clips that were made before.

    Args:
        model: gives features.
        fresh: to test on.
        further: to fit probes and centres on.
        batch_size: clips at once.
        seed: as in `evaluate`.
    """
    generator = torch.Generator().manual_seed(seed)  # every model is judged by the same draws
    draws, classes = draws_of(len(fresh), generator), len(further.loudest.unique())
    learnt, asked = (_embedded(model, some, batch_size) for some in (further, fresh))
    found = {}
    for name, vectors in learnt.items():
        right = linear_probe(vectors, further.loudest, asked[name]) == fresh.loudest
        clusters = nearest_clusters(vectors, asked[name], clusters=classes, seed=seed)
        found[name] = {
            "classification": accuracy(right, draws),
            "clusters": agreement(clusters, fresh.loudest, draws, generator),
        }
    return found


def _embedded(model: ClipEmbedder, clips: HeardScenes, batch_size: int) -> dict[str, Tensor]:
    device, parts = device_of(model), []
    with evaluation_mode(model):
        for numbers in numbered(len(clips), batch_size):
            features = model.embed(clips.batch[torch.tensor(numbers)].to(device))
            parts.append({name: one.float().cpu() for name, one in features.items()})
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
