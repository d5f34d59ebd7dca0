"""What a model understands of whole scenes: finding a sound's picture, naming the event, sorting scenes by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from avlearn.metrics.bootstrap import interval
from avlearn.metrics.clustering import chance_tables, contingency, matched_accuracy, nmi, purity
from avlearn.metrics.retrieval import average_precisions, partner_ranks, recall_at, weighted_median
from avlearn.tasks.features import SceneFeatures, all_pairs, attended, embed, heard_scenes, sound_clusters
from avlearn.tasks.frozen import RESAMPLES, check_settings, draws_of
from avlearn.tasks.probes import linear_probe, nearest_clusters
from avlearn.types import Embedder, Matching, SceneSource

SHUFFLES = 200
"""Random deals of the classes behind the chance level of a clustering."""

Vectors = Mapping[str, Tensor]
"""Name of a part of the features -> one vector for each scene."""

CLUSTERINGS = {"purity": purity, "nmi": nmi, "matched_accuracy": matched_accuracy}


def evaluate(
    model: Embedder,
    scenes: SceneSource,
    *,
    train_scenes: SceneSource,
    count: int,
    train_count: int = 1000,
    others: Mapping[str, Embedder] | None = None,
    batch_size: int = 64,
    seed: int = 0,
) -> dict[str, Any]:
    """Asks what the features of a frozen model tell of scenes, beside chance and other models, as a JSON-able record.

    The event of a scene is the class of its loudest source. Scenes in which nothing is heard are left out. One vector
    stands for a scene where one is needed: mean and maximum over the positions of the feature map. The models see no
    truth, run in evaluation mode and get their mode back.

    A thing covers a small part of a picture, so that the mean over all positions tells more of the ground. Models that
    `explain` are therefore asked a second time, for the mean over those positions that the sound points at
    (`picture_by_sound`), and, as a control, those that the sound of another scene points at (`picture_by_wrong_sound`).

    Args:
        model: gives features (`encode`). Retrieval and its own clusters need `match` and `explain` too.
        scenes: to test on, with their truth; others than those of the training.
        train_scenes: other scenes with the same classes, for linear probes and centres of clusters.
        count: scenes to test on.
        train_count: scenes to fit probes and centres on.
        others: models to compare with, by name. Two belong beside every result: the same model untrained ("random"),
            and the same encoders trained with labels for as many steps ("supervised").
        batch_size: scenes at once; pairs are compared by blocks of so many pictures and sounds.
        seed: of k-means, chance levels and intervals.

    Returns:
        Besides what was asked for, `scenes` and `train_scenes` (those with a sound), `classes` (different events among
        the latter), `chance`, `classes_known` (retrieval by one who knows the classes heard and nothing else, which is
        as far as classes lead), and `models`, with `model` and all others by name. For each:

        - `retrieval`, None for a model without `match`: `sound_from_picture` and `picture_from_sound`, all test scenes
          with all. `recall_at_1`, `recall_at_5` and `median_rank` look for the scene's own partner, `map_by_class` for
          anything in which one of the same classes is heard. Chance: all similarities equal.
        - `classification`: accuracy of a linear probe for the event, from `audio`, `picture`, `both`, and, for models
          that `explain`, `picture_by_sound` and `picture_by_wrong_sound`. What a picture alone can tell is limited
          where a silent object is of a class that could sound. Chance: the event that is most frequent in training.
        - `clusters`: how well clusters agree with events: `purity`, `nmi` and `matched_accuracy` of k-means on each of
          these vectors, with as many centres as there are classes; and, as `sound_clusters`, of the model's own
          cluster that holds most of a sound, where it has several. Each with its own `chance`, the same clusters on
          classes dealt out at random, as all three rise with the number of clusters.

        `intervals` are 95 % bootstrap intervals over test scenes (queries, in retrieval). A table that holds scenes
        twice looks purer than it is, so those of clusters are moved to have the found value as their mean.

    Raises:
        ValueError: unusable settings, another model named "model", scenes without truth or without sounds, or too few
            classes or scenes to fit a probe or centres.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DCC, DCCConfig
        >>> test, train = (World(DIFFICULTIES["big_test"], seed=seed) for seed in (1, 3))
        >>> report = evaluate(DCC(DCCConfig()), test, train_scenes=train, count=8, train_count=24)
        >>> sorted(report["models"]["model"])
        ['classification', 'clusters', 'retrieval']
    """
    check_settings(count=count, train_count=train_count, batch_size=batch_size, seed=seed)
    models = {"model": model} | _checked(others)
    further = heard_scenes(train_scenes, count=train_count, batch_size=batch_size)
    fresh = heard_scenes(scenes, count=count, batch_size=batch_size)
    reports = {}
    for name, one in models.items():
        train, test = (embed(one, heard, batch_size=batch_size) for heard in (further, fresh))
        reports[name] = _report(one, train, test, block=batch_size, seed=seed)
    return {
        "task": "understand",
        "count": count,
        "train_count": train_count,
        "batch_size": batch_size,
        "seed": seed,
        "scenes": len(test),
        "train_scenes": len(train),
        "classes": len(train.loudest.unique()),
        "resamples": RESAMPLES,
        "chance": _chance(train, test),
        "classes_known": {"retrieval": _classes_known(test)},
        "models": reports,
    }


def _report(model: Embedder, train: SceneFeatures, test: SceneFeatures, *, block: int, seed: int) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(seed)  # every model is judged by the same draws
    draws = draws_of(len(test), generator)
    learnt, asked = (_vectors(model, features, block=block) for features in (train, test))
    named = {part: linear_probe(vectors, train.loudest, asked[part]) for part, vectors in learnt.items()}
    classes = len(train.loudest.unique())
    clusters = {
        f"{part}_kmeans": nearest_clusters(vectors, asked[part], clusters=classes, seed=seed)
        for part, vectors in learnt.items()
    }
    clusters |= _own_clusters(model, test, block=block)
    return {
        "retrieval": _retrieval(model, test, draws, block=block),
        "classification": {part: accuracy(found == test.loudest, draws) for part, found in named.items()},
        "clusters": {part: agreement(found, test.loudest, draws, generator) for part, found in clusters.items()},
    }


def _retrieval(model: Embedder, test: SceneFeatures, draws: Tensor, *, block: int) -> dict[str, Any] | None:
    if not isinstance(model, Matching):
        return None
    similarity, relevant = all_pairs(model, test, block=block), _relevant(test)
    return {
        "sound_from_picture": _found(similarity, relevant, draws),
        "picture_from_sound": _found(similarity.mT, relevant, draws),
    }


def _found(
    similarity: Float[Tensor, "N N"], relevant: Bool[Tensor, "N N"], draws: Float64[Tensor, "Q N"]
) -> dict[str, Any]:
    values = {
        "recall_at_1": recall_at(similarity, 1),
        "recall_at_5": recall_at(similarity, 5),
        "map_by_class": average_precisions(similarity, relevant),
    }
    means = {name: (draws @ value) / draws.sum(1) for name, value in values.items()}
    return _numbers(means | {"median_rank": weighted_median(partner_ranks(similarity), draws)})


def _vectors(model: Embedder, features: SceneFeatures, *, block: int) -> Vectors:
    vectors: dict[str, Tensor] = features.pooled()
    if isinstance(model, Matching):
        elsewhere = replace(features, audio=features.audio.roll(1, 0))
        vectors["picture_by_sound"] = attended(model, features, block=block)
        vectors["picture_by_wrong_sound"] = attended(model, elsewhere, block=block)
    return vectors


def accuracy(right: Bool[Tensor, " N"], draws: Float64[Tensor, "Q N"]) -> dict[str, Any]:
    """Share of the scenes that were named right, with its interval; `draws` are those of `draws_of`."""
    return _numbers({"accuracy": (draws @ right.double()) / draws.sum(1)})


def _own_clusters(model: Embedder, test: SceneFeatures, *, block: int) -> dict[str, Tensor]:
    own = sound_clusters(model, test, block=block) if isinstance(model, Matching) else None
    return {} if own is None else {"sound_clusters": own}


def agreement(
    clusters: Int[Tensor, " N"],
    classes: Int[Tensor, " N"],
    draws: Float64[Tensor, "Q N"],
    generator: torch.Generator,
) -> dict[str, Any]:
    """How well clusters agree with classes, with intervals, beside chance; `draws` are those of `draws_of`."""
    tables = contingency(clusters, classes, weights=draws)
    dealt = chance_tables(clusters, classes, shuffles=SHUFFLES, generator=generator)
    estimates = {name: measure(tables) for name, measure in CLUSTERINGS.items()}
    moved = {name: torch.cat([e[:1], e[1:] + e[0] - e[1:].mean()]) for name, e in estimates.items()}
    return {
        "clusters": len(clusters.unique()),
        **_numbers(moved),
        "chance": {name: float(measure(dealt).mean()) for name, measure in CLUSTERINGS.items()},
    }


def _classes_known(test: SceneFeatures) -> dict[str, Any]:
    heard = test.heard.float()
    together = heard @ heard.mT
    shared = together / (heard.sum(1)[:, None] + heard.sum(1) - together)
    return _found(shared, _relevant(test), _once(test))


def _once(test: SceneFeatures) -> Float64[Tensor, "1 N"]:
    return torch.ones(1, len(test), dtype=torch.float64)


def _chance(train: SceneFeatures, test: SceneFeatures) -> dict[str, Any]:
    return {
        "retrieval": _found(torch.zeros(len(test), len(test)), _relevant(test), _once(test)),
        "classification": {"accuracy": float((test.loudest == train.loudest.mode().values).double().mean())},
    }


def _relevant(test: SceneFeatures) -> Bool[Tensor, "N N"]:
    heard = test.heard.float()
    return (heard @ heard.mT) > 0


def _numbers(estimates: Mapping[str, Float64[Tensor, " Q"]]) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: float(estimate[0]) for name, estimate in estimates.items()}
    if all(len(estimate) > 1 for estimate in estimates.values()):
        numbers["intervals"] = {name: interval(estimate[1:]) for name, estimate in estimates.items()}
    return numbers


def _checked(others: Mapping[str, Embedder] | None) -> dict[str, Embedder]:
    if others and "model" in others:
        raise ValueError('others has a model named "model", which is the one that is evaluated; choose another name')
    return dict(others or {})
