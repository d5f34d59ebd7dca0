"""Which of the objects in a picture sound, and where, when the model hears nothing but their mixture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import torch
from jaxtyping import Float64, Int
from torch import Tensor

from avlearn.tasks.detection_scores import FLAT, Cut, DetectionScores, choose_cut, score_objects, summarize_objects
from avlearn.tasks.frozen import RESAMPLES, check_settings, draws_of, evaluation_mode, numbered
from avlearn.tasks.map_scores import Hunt
from avlearn.tasks.object_maps import ObjectMaps, all_objects, edge_maps, model_maps, random_objects
from avlearn.tasks.scene_scores import hunt_in, truth_of
from avlearn.types import Localizer, SceneSource

BASELINES = ("all_objects", "random_objects", "edge_energy")

Looked = tuple[Hunt, Int[Tensor, "R M"], dict[str, ObjectMaps]]


def evaluate(
    model: Localizer,
    scenes: SceneSource,
    *,
    validation: SceneSource,
    count: int,
    validation_count: int = 200,
    batch_size: int = 64,
    seed: int = 0,
) -> dict[str, Any]:
    """Detects the sounding objects of scenes 0 to count - 1 by one threshold for all scenes, as one JSON-able record.

    The objects and their masks are given; which of them sound, and how many, is to be found. Maps are enlarged
    bilinearly to the size of the picture; of a clip, the masks of the middle frame count. The model sees no truth, runs
    in evaluation mode and gets its mode back.

    Every scene counts. What sounds off-screen can't be detected and is no source here. A scene without a visible source
    adds its false detections; a scene without objects adds nothing.

    Args:
        model: gives heat maps.
        scenes: to test on, with their truth; others than those of the training.
        validation: further scenes, to choose thresholds on.
        count: scenes to test on.
        validation_count: scenes to choose thresholds on; 200 of 96 x 96 pixels take about 70 MB meanwhile.
        batch_size: scenes at once.
        seed: of the random objects and of the intervals.

    Returns:
        Besides what was asked for, the number of `objects` and `sources` seen, the picture's size, and:

        - `maps`: the model's `attention` and `similarity`, one map for all objects; and, where it has several clusters,
          `clusters`: the attention split by their shares, and each object shown by the part that is hottest on it.
          `sources`, the same with the maps of a model that tells sources apart.
        - `baselines`: `all_objects` and `random_objects`, which know where the objects are (the latter chooses each by
          lot, as often as objects of validation scenes sound), and `edge_energy`, treated as the model's maps are.
        - `thresholds` of each map: an `object` sounds if its mean heat reaches the one, a `pixel` if its heat reaches
          the other; those with the highest balanced accuracy and mean class-aware IoU on the validation scenes.
        - `by_sources`: for each number of visible sources, `scenes`, `maps` and `baselines`.

        The measures, None where they can't be asked, with 95 % bootstrap `intervals` over scenes:

        - `precision`, `recall`, `f_measure` of the detected objects, counted over all scenes together, and
          `detected_per_scene`; `kept_objects`, the share of the silent objects that are not detected, and
          `balanced_accuracy`, its mean with the recall: 0.5 for all that can't tell them apart. The F-measure of all
          objects is high where most sound, so read it beside that baseline.
        - without a threshold: `sounding_silent_auc` and `average_precision`, of "does this object sound" over all
          objects; `mean_average_precision`, the latter within each class that both sounds and is silent, mean over
          classes; `recall_at_precision_0.85`, the best that any threshold gives, which is 1 for all objects where so
          many of them sound; `recall_at_n`, the share of sources among the n hottest objects, told that n sound.
        - `mean_ciou`, `ciou_at_0.3`, `ciou_auc`: class-aware IoU (mean over the sources of a scene of the IoU of a
          source's map with its own mask), its mean, the share of scenes that reach 0.3 and the area under that share.
          One map for n sources can score about 1 / n; the part of a cluster can do better.
        - `nsa`: share of the pixels of silent objects that are below the threshold.

    Raises:
        ValueError: unusable settings, scenes without truth, no visible source or no silent object in the validation
            scenes, or maps that are not finite.

    Example:
        >>> from avlearn.data import DIFFICULTIES, World
        >>> from avlearn.models import DCC, DCCConfig
        >>> test, validation = (World(DIFFICULTIES["crowd"], seed=seed) for seed in (1, 3))
        >>> report = evaluate(DCC(DCCConfig()), test, validation=validation, count=8, validation_count=8)
        >>> sorted(report["maps"])
        ['attention', 'clusters', 'similarity']
    """
    check_settings(count=count, validation_count=validation_count, batch_size=batch_size, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with evaluation_mode(model):
        cuts, share = _thresholds(list(_look(model, validation, validation_count, batch_size)), validation_count)
        parts = []
        for hunt, classes, shown in _look(model, scenes, count, batch_size):
            shown |= {
                "all_objects": all_objects(hunt),
                "random_objects": random_objects(hunt, share=share, generator=generator),
            }
            parts.append({name: score_objects(maps, hunt, classes, cuts[name]) for name, maps in shown.items()})
    found = {name: DetectionScores.join([part[name] for part in parts]) for name in parts[0]}
    draws, first = draws_of(count, generator), next(iter(found.values()))
    return {
        "task": "detect",
        "count": count,
        "validation_count": validation_count,
        "batch_size": batch_size,
        "seed": seed,
        "objects": int((first.target | first.other).sum()),
        "sources": int(first.target.sum()),
        "share_sounding_in_validation": share,
        "picture_size": list(hunt.size),
        "upsampling": "bilinear",
        "resamples": RESAMPLES,
        "thresholds": {name: asdict(cuts[name]) for name in found if cuts[name] is not FLAT},
        **_summaries(found, draws),
        "by_sources": _by_sources(found, draws),
    }


def _look(model: Localizer, scenes: SceneSource, count: int, batch_size: int) -> Iterator[Looked]:
    for numbers in numbered(count, batch_size):
        batch = scenes.batch(numbers, truth=True)
        hunt = hunt_in(batch, torch.tensor(numbers))
        shown = model_maps(model, batch, hunt) | {"edge_energy": edge_maps(batch, hunt)}
        yield hunt, truth_of(batch).classes, shown


def _thresholds(seen: list[Looked], count: int) -> tuple[dict[str, Cut], float]:
    sources = sum(int(hunt.target.sum()) for hunt, _, _ in seen)
    objects = sum(int(hunt.seen.sum()) for hunt, _, _ in seen)
    for kind, number in (("visible source", sources), ("silent object", objects - sources)):
        if not number:
            raise ValueError(f"none of the {count} validation scenes has a {kind}, so no threshold can be chosen")
    cuts = {name: choose_cut([(hunt, shown[name]) for hunt, _, shown in seen]) for name in seen[0][2]}
    return cuts | {"all_objects": FLAT, "random_objects": FLAT}, sources / objects


def _by_sources(found: dict[str, DetectionScores], draws: Float64[Tensor, "Q S"]) -> dict[str, Any]:
    numbers = next(iter(found.values())).target.sum(1)
    report = {}
    for number in numbers.unique().tolist():
        rows = numbers == number
        some = {name: scores[rows] for name, scores in found.items()}
        report[str(number)] = {"scenes": int(rows.sum()), **_summaries(some, draws)}
    return report


def _summaries(found: dict[str, DetectionScores], draws: Float64[Tensor, "Q S"]) -> dict[str, Any]:
    return {
        "maps": {name: summarize_objects(found[name], draws) for name in found if name not in BASELINES},
        "baselines": {name: summarize_objects(found[name], draws[:1]) for name in BASELINES},
    }
