"""Scores of flat maps, which are 1 inside a region and 0 outside it, on many references by one matrix product."""

from __future__ import annotations

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from avlearn.metrics.localization import Threshold


def flat_ious(
    regions: Float[Tensor, "R H W"], references: Float[Tensor, "B H W"], *, threshold: Threshold
) -> Float64[Tensor, "B R"]:
    """What `consensus_iou` gives for every region on every reference.

    A rule with a threshold selects the region. A rule that ranks pixels takes as many as it is asked for out of the
    region, or all of the region and the rest out of what lies around it.

    Args:
        regions: maps of zeros and ones, none empty.
        references: g in [0, 1], none empty.
        threshold: see `avlearn.metrics.localization.Threshold`.
    """
    region, g = regions.flatten(1).double(), references.flatten(1).double()
    free = (g == 0).double()
    inner, outer = _weights(region.sum(1), (1 - free).sum(1, keepdim=True), region.shape[1], threshold)
    hits, misses = g @ region.T, free @ region.T
    weight, free_area = g.sum(1, keepdim=True), free.sum(1, keepdim=True)
    selected = inner * hits + outer * (weight - hits)
    wrong = inner * misses + outer * (free_area - misses)
    return selected / (weight + wrong)


def _weights(area: Tensor, wanted: Tensor, pixels: int, threshold: Threshold) -> tuple[Tensor, Tensor]:
    # Of pixels inside and around the region
    if threshold not in ("top_half", "true_area"):
        return torch.ones_like(area), torch.zeros_like(area)
    count = torch.full_like(wanted, pixels // 2) if threshold == "top_half" else wanted
    around = (pixels - area).clamp_min(1)
    return (count / area).clamp(max=1), ((count - area) / around).clamp(min=0)
