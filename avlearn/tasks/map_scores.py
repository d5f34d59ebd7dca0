"""Scores of many heat maps, and what they come to over all scenes, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from avlearn.metrics.bootstrap import interval
from avlearn.metrics.localization import (
    Threshold,
    consensus_iou,
    iou_at_true_area,
    object_heat,
    pair_wins,
    pointing,
    source_hits,
    success_areas,
)
from avlearn.metrics.ranking import weighted_roc_auc

ROWS_AT_ONCE = 256
"""Rows of `score_random_object` that are in memory together."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Hunt:
    """What heat maps should find: a row for each picture and query."""

    scene: Int[Tensor, " R"]
    """Number of the row's scene."""
    masks: Bool[Tensor, "R M H W"]
    """The pixels of each slot."""
    target: Bool[Tensor, "R M"]
    """Slots that are to be found; at least one in each row, with pixels."""
    other: Bool[Tensor, "R M"]
    """Slots that can be seen and are not to be found."""

    def __getitem__(self, rows: Int[Tensor, " r"] | Bool[Tensor, " R"]) -> Hunt:
        """The hunt of these rows."""
        return Hunt(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def __len__(self) -> int:
        return len(self.scene)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        height, width = self.masks.shape[-2:]
        return height, width

    @property
    def seen(self) -> Bool[Tensor, "R M"]:
        """Slots that can be seen."""
        return self.target | self.other

    @cached_property
    def reference(self) -> Bool[Tensor, "R H W"]:
        """The pixels of all that is to be found."""
        return (self.masks & self.target[..., None, None]).any(1)


@dataclass(frozen=True, eq=False, kw_only=True)
class MapScores:
    """Scores of heat maps, a row for each."""

    scene: Int[Tensor, " R"]
    """Number of the row's scene; scenes, not rows, are drawn anew for the intervals."""
    weight: Float64[Tensor, " R"]
    """How much the row counts."""
    pointing: Float64[Tensor, " R"]
    """Share of the highest pixels that lie on a target."""
    iou: Float64[Tensor, " R"]
    """Intersection over union under the threshold rule."""
    true_area_iou: Float64[Tensor, " R"]
    """Intersection over union with as many of the highest pixels as the targets have."""
    heat: Float64[Tensor, "R M"]
    """Mean heat of each slot."""
    target: Bool[Tensor, "R M"]
    """Slots that were to be found."""
    other: Bool[Tensor, "R M"]
    """Slots that could be seen and were not to be found."""


def score_maps(heat_map: Float[Tensor, "#R H W"], hunt: Hunt, *, threshold: Threshold) -> MapScores:
    """Scores of one heat map for each row of the hunt, or of one map for all of them.

    Raises:
        ValueError: as `avlearn.metrics.localization.consensus_iou`.
    """
    reference = hunt.reference
    return MapScores(
        scene=hunt.scene,
        weight=torch.ones(len(hunt), dtype=torch.float64),
        pointing=pointing(heat_map, reference),
        iou=consensus_iou(heat_map, reference, threshold=threshold),
        true_area_iou=iou_at_true_area(heat_map, reference),
        heat=object_heat(heat_map, hunt.masks),
        target=hunt.target,
        other=hunt.other,
    )


def score_random_object(hunt: Hunt, *, threshold: Threshold) -> MapScores:
    """What knowing all objects and choosing one at random scores: one row for each choice, weighted by its chance."""
    parts = []
    for chosen in hunt.seen.nonzero().split(ROWS_AT_ONCE):
        row, slot = chosen.unbind(1)
        scores = score_maps(hunt.masks[row, slot].float(), hunt[row], threshold=threshold)
        parts.append(replace(scores, weight=1 / hunt.seen[row].sum(1).double()))
    return join(parts)


def join(parts: Sequence[MapScores]) -> MapScores:
    """The rows of all parts."""
    names = [field.name for field in fields(MapScores)]
    return MapScores(**{name: torch.cat([getattr(part, name) for part in parts]) for name in names})


def summarize(scores: MapScores, draws: Float64[Tensor, "Q S"]) -> dict[str, Any]:
    """All measures over all scenes, as plain numbers.

    Args:
        scores: of at least one map.
        draws: how often each scene counts; the first row gives the numbers, the further ones the 95 % intervals.

    Returns:
        A number for each name, None where it can't be asked (nothing is silent, say); and `intervals`, a pair for each
        name, where there are draws for them.

    Example:
        >>> hunt = Hunt(
        ...     scene=torch.tensor([0]),
        ...     masks=torch.tensor([[[[True, False]], [[False, True]]]]),
        ...     target=torch.tensor([[True, False]]),
        ...     other=torch.tensor([[False, True]]),
        ... )
        >>> scores = score_maps(torch.tensor([[[0.9, 0.1]]]), hunt, threshold="max_half")
        >>> summary = summarize(scores, torch.ones(1, 1, dtype=torch.float64))
        >>> summary["pointing"], summary["sounding_silent_auc"]
        (1.0, 1.0)
    """
    rows = draws[:, scores.scene] * scores.weight
    estimates = {"pointing": _ratio(rows, scores.pointing), "sounding_silent_auc": _pooled_auc(scores, rows)}
    estimates |= {name: _ratio(rows, *parts) for name, parts in _parts(scores).items()}
    summary: dict[str, Any] = {name: _number(estimate[0]) for name, estimate in estimates.items()}
    if len(draws) > 1:
        summary["intervals"] = {name: interval(estimate[1:]) for name, estimate in estimates.items()}
    return summary


def _parts(scores: MapScores) -> dict[str, tuple[Tensor, ...]]:
    # What each row adds to a measure and, unless all rows count alike, to what the measure is divided by
    return {
        "pair_accuracy": pair_wins(scores.heat, scores.target, scores.other),
        "recall": source_hits(scores.heat, scores.target, scores.other),
        "iou_at_true_area": (scores.true_area_iou,),
        "mean_iou": (scores.iou,),
        "success_at_0.3": (scores.iou.ge(0.3).double(),),
        "ciou_at_0.5": (scores.iou.ge(0.5).double(),),
        "success_auc": (success_areas(scores.iou),),
    }


def _ratio(rows: Tensor, amount: Tensor, total: Tensor | None = None) -> Tensor:
    return (rows @ amount) / (rows.sum(1) if total is None else rows @ total)


def _pooled_auc(scores: MapScores, rows: Tensor) -> Tensor:
    seen = scores.target | scores.other
    return weighted_roc_auc(scores.heat[seen], scores.target[seen], rows[:, seen.nonzero()[:, 0]])


def _number(value: Tensor) -> float | None:
    return None if value.isnan() else float(value)
