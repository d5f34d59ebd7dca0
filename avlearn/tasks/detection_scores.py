"""Thresholds for the detection of sounding objects, and what they come to over all scenes, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Bool, Float64, Int
from torch import Tensor

from avlearn.metrics.bootstrap import interval
from avlearn.metrics.detection import best_threshold, class_aware_iou, detections, kept_silent, mean_average_precision
from avlearn.metrics.localization import source_hits, success_areas
from avlearn.metrics.ranking import weighted_average_precision, weighted_recall_at_precision, weighted_roc_auc
from avlearn.tasks.map_scores import Hunt
from avlearn.tasks.object_maps import ObjectMaps

LEVELS = 32
"""Pixel thresholds that are tried."""
PRECISION = 0.85
"""What `recall_at_precision_0.85` asks for."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The thresholds of one readout, the same for all scenes."""

    object: float
    """An object sounds if its mean heat reaches it."""
    pixel: float
    """A pixel sounds if its heat reaches it."""


FLAT = Cut(object=0.5, pixel=0.5)
"""For maps of zeros and ones."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DetectionScores:
    """What one readout found, a row for each scene."""

    scene: Int[Tensor, " R"]
    """Number of the scene."""
    heat: Float64[Tensor, "R M"]
    """Mean heat of each object."""
    target: Bool[Tensor, "R M"]
    """Objects that sound."""
    other: Bool[Tensor, "R M"]
    """Objects that are silent."""
    classes: Int[Tensor, "R M"]
    """Class of each object."""
    detected: Float64[Tensor, " R"]
    """Objects that reach the threshold."""
    hits: Float64[Tensor, " R"]
    """Objects that reach it and sound."""
    sources: Float64[Tensor, " R"]
    """Objects that sound."""
    iou: Float64[Tensor, " R"]
    """Class-aware intersection over union; 0 where nothing sounds."""
    kept: Float64[Tensor, " R"]
    """Pixels of silent objects below the threshold."""
    silent: Float64[Tensor, " R"]
    """Pixels of silent objects."""

    def __len__(self) -> int:
        return len(self.scene)

    def __getitem__(self, rows: Bool[Tensor, " R"]) -> DetectionScores:
        """The scores of these rows."""
        return DetectionScores(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @classmethod
    def join(cls, parts: Sequence[DetectionScores]) -> DetectionScores:
        """The rows of all parts."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: torch.cat([getattr(part, name) for part in parts]) for name in names})


def choose_cut(seen: Sequence[tuple[Hunt, ObjectMaps]]) -> Cut:
    """The thresholds that are best on these scenes: highest balanced accuracy, highest mean class-aware IoU.

    The pixel thresholds tried are quantiles of the heat of the sources' own pixels.

    Raises:
        ValueError: no source, or no silent object, can be seen in any scene.
    """
    heat, target, other = (
        torch.cat(parts) for parts in zip(*((shown.heat, hunt.target, hunt.other) for hunt, shown in seen), strict=True)
    )
    threshold = float(best_threshold(heat, target, other))
    inside = torch.cat([_source_pixels(hunt, shown) for hunt, shown in seen]).sort().values
    levels = inside[torch.linspace(0, len(inside) - 1, LEVELS).long()].unique().tolist()
    return Cut(object=threshold, pixel=max(levels, key=lambda level: _mean_iou(seen, level)))


def score_objects(shown: ObjectMaps, hunt: Hunt, classes: Int[Tensor, "R M"], cut: Cut) -> DetectionScores:
    """What a readout found in some scenes under the thresholds.

    Args:
        shown: of each scene.
        hunt: the objects of each scene; scenes need not have any.
        classes: of the objects.
        cut: the thresholds.
    """
    hits, detected, sources = detections(shown.heat, hunt.target, hunt.other, threshold=cut.object)
    iou, _ = class_aware_iou(shown.maps, hunt.masks, hunt.target, threshold=cut.pixel)
    kept, silent = kept_silent(shown.maps, hunt.masks, hunt.other, threshold=cut.pixel)
    return DetectionScores(
        scene=hunt.scene,
        heat=shown.heat,
        target=hunt.target,
        other=hunt.other,
        classes=classes,
        detected=detected,
        hits=hits,
        sources=sources,
        iou=iou,
        kept=kept,
        silent=silent,
    )


def summarize_objects(scores: DetectionScores, draws: Float64[Tensor, "Q S"]) -> dict[str, Any]:
    """All measures over all scenes, as plain numbers; see `avlearn.tasks.detect.evaluate`.

    Args:
        scores: of at least one scene.
        draws: how often each scene counts; the first row gives the numbers, the further ones the 95 % intervals.

    Returns:
        A number for each name, None where it can't be asked (nothing sounds, say); and `intervals`, a pair for each
        name, where there are draws for them.
    """
    rows = draws[:, scores.scene]
    estimates = {name: rows @ part / (rows @ whole) for name, (part, whole) in _ratios(scores).items()}
    estimates["balanced_accuracy"] = (estimates["recall"] + estimates["kept_objects"]) / 2
    estimates |= _rankings(scores, rows)
    summary: dict[str, Any] = {name: _number(estimate[0]) for name, estimate in estimates.items()}
    if len(draws) > 1:
        summary["intervals"] = {name: interval(estimate[1:]) for name, estimate in estimates.items()}
    return summary


def _ratios(scores: DetectionScores) -> dict[str, tuple[Tensor, Tensor]]:
    # What each scene adds above and below the line
    asked, silent, alarms = scores.sources.clamp(max=1), scores.other.sum(1).double(), scores.detected - scores.hits
    return {
        "precision": (scores.hits, scores.detected),
        "recall": (scores.hits, scores.sources),
        "kept_objects": (silent - alarms, silent),
        "f_measure": (2 * scores.hits, scores.detected + scores.sources),
        "detected_per_scene": (scores.detected, torch.ones_like(scores.detected)),
        "recall_at_n": source_hits(scores.heat, scores.target, scores.other),
        "mean_ciou": (scores.iou, asked),
        "ciou_at_0.3": (scores.iou.ge(0.3).double() * asked, asked),
        "ciou_auc": (success_areas(scores.iou) * asked, asked),
        "nsa": (scores.kept, scores.silent),
    }


def _rankings(scores: DetectionScores, rows: Float64[Tensor, "Q R"]) -> dict[str, Tensor]:
    seen = scores.target | scores.other
    heat, sounds, weights = scores.heat[seen], scores.target[seen], rows[:, seen.nonzero()[:, 0]]
    return {
        "sounding_silent_auc": weighted_roc_auc(heat, sounds, weights),
        "average_precision": weighted_average_precision(heat, sounds, weights),
        f"recall_at_precision_{PRECISION}": weighted_recall_at_precision(heat, sounds, weights, precision=PRECISION),
        "mean_average_precision": mean_average_precision(heat, sounds, scores.classes[seen], weights),
    }


def _source_pixels(hunt: Hunt, shown: ObjectMaps) -> Tensor:
    inside = hunt.masks & hunt.target[..., None, None]
    return shown.maps.expand(hunt.masks.shape)[inside]


def _mean_iou(seen: Sequence[tuple[Hunt, ObjectMaps]], threshold: float) -> float:
    found = [class_aware_iou(shown.maps, hunt.masks, hunt.target, threshold=threshold) for hunt, shown in seen]
    return float(sum(iou.sum() for iou, _ in found) / sum(asked.sum() for _, asked in found))


def _number(value: Tensor) -> float | None:
    return None if value.isnan() else float(value)
