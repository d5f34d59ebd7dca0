"""How well a heat map points at what sounds. Maps are (B, H, W) at the size of the picture, scores (B,).

A heat map of batch 1 stands for all rows. Everything that ranks pixels treats equal pixels alike: where a cut falls
among them each is taken in part, so a constant map scores exactly what choosing pixels at random would select.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from avlearn.metrics.ranking import roc_auc

Threshold = Literal["max_half", "tenth_of_max", "fixed_0.1", "fixed_0.001", "top_half", "true_area"]
"""Which pixels of a heat map count as selected. Published results use different rules and can't be compared.

`max_half`: above half of the map's maximum; `tenth_of_max`: above a tenth of it. A map whose maximum is not positive
selects nothing. `fixed_0.1`, `fixed_0.001`: above that number on the map's own scale (released code used them on maps
with maximum 1). `top_half`: the higher half of the pixels. `true_area`: as many of the highest pixels as the reference
has; ours, it asks for the order alone."""

Reference = Float[Tensor, "B H W"] | Bool[Tensor, "B H W"]


def check_threshold(threshold: str) -> None:
    """Refuse a rule that isn't one.

    Raises:
        ValueError: not a `Threshold`.
    """
    if threshold not in get_args(Threshold):
        raise ValueError(f"threshold is {threshold!r}; choose one of {', '.join(get_args(Threshold))}")


def count_boxes(boxes: Float[Tensor, "B A 4"], size: tuple[int, int]) -> Float[Tensor, "B H W"]:
    """How many boxes cover each pixel.

    A box covers pixels from floor(size * x1) up to, not including, floor(size * x2), as released code draws it.

    Args:
        boxes: x1, y1, x2, y2 as fractions of the picture; parts outside it are cut off. A box without area, such as
            zeros that fill up a shorter list, covers nothing.
        size: height and width in pixels.

    Raises:
        ValueError: a coordinate that is not finite.

    Example:
        >>> count_boxes(torch.tensor([[[0.0, 0.5, 0.5, 1.0]]]), (2, 2))
        tensor([[[0., 0.],
                 [1., 0.]]])
    """
    _check_finite(boxes, "boxes")
    height, width = size
    scaled = boxes.double().clamp(0, 1) * boxes.new_tensor([width, height, width, height], dtype=torch.float64)
    left, top, right, bottom = scaled.floor()[..., None].unbind(-2)
    x, y = torch.arange(width, device=boxes.device), torch.arange(height, device=boxes.device)
    rows, columns = ((y >= top) & (y < bottom)).float(), ((x >= left) & (x < right)).float()
    return rows.mT @ columns


def consensus(boxes: Float[Tensor, "B A 4"], size: tuple[int, int]) -> Float[Tensor, "B H W"]:
    """Where annotators agree: g = min(sum over their boxes / 2, 1), so two of them suffice.

    Args:
        boxes: see `count_boxes`.
        size: height and width in pixels.

    Example:
        >>> twice_and_once = torch.tensor([[[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 1.0]]])
        >>> consensus(twice_and_once, (1, 2))
        tensor([[[1.0000, 0.5000]]])
    """
    return (count_boxes(boxes, size) / 2).clamp(max=1)


def consensus_iou(
    heat_map: Float[Tensor, "#B H W"], reference: Reference, *, threshold: Threshold
) -> Float64[Tensor, " B"]:
    """Consensus intersection over union: with A the selected pixels, sum_A g / (sum g + |A outside {g > 0}|).

    Of a reference of zeros and ones this is the usual intersection over union.

    Args:
        heat_map: any scale, finite.
        reference: g in [0, 1]; a mask counts as 0 and 1.
        threshold: see `Threshold`.

    Returns:
        In [0, 1]. "cIoU" of the literature is the share of scenes where this reaches 0.5, see `success_rate`.

    Raises:
        ValueError: a map that is not finite, another size, a reference outside [0, 1] or empty, an unknown rule.

    Example:
        >>> consensus_iou(torch.ones(1, 2, 2), torch.tensor([[[1.0, 0.5], [0.0, 0.0]]]), threshold="max_half")
        tensor([0.4286], dtype=torch.float64)
    """
    check_threshold(threshold)
    _check(heat_map, reference)
    g = reference.flatten(1).float()  # sums of zeros, halves and ones stay exact
    support = (g > 0).float()
    selected = _select(heat_map.flatten(1), support.sum(1).long(), threshold)
    outside = selected.sum(1) - _dot(selected, support)
    return _dot(selected, g).double() / (g.sum(1) + outside).double()


def iou_at_true_area(heat_map: Float[Tensor, "#B H W"], reference: Reference) -> Float64[Tensor, " B"]:
    """Intersection over union of the reference and as many of the highest pixels: no threshold to choose.

    A constant map scores p / (2 - p), where p is the reference's share of the picture.

    Raises:
        ValueError: as `consensus_iou`.

    Example:
        >>> iou_at_true_area(torch.tensor([[[3.0, 2.0, 1.0]]]), torch.tensor([[[True, False, True]]]))
        tensor([0.3333], dtype=torch.float64)
    """
    return consensus_iou(heat_map, reference, threshold="true_area")


def pointing(heat_map: Float[Tensor, "#B H W"], mask: Bool[Tensor, "B H W"]) -> Float64[Tensor, " B"]:
    """Whether the highest pixel lies in the mask; with several highest pixels, the share of them that does.

    Raises:
        ValueError: as `consensus_iou`.

    Example:
        >>> pointing(torch.tensor([[[0.1, 0.9], [0.9, 0.2]]]), torch.tensor([[[False, True], [False, False]]]))
        tensor([0.5000], dtype=torch.float64)
    """
    _check(heat_map, mask)
    heat = heat_map.flatten(1)
    highest = (heat == heat.amax(1, keepdim=True)).float()
    return _dot(highest, mask.flatten(1).float()).double() / highest.sum(1).double()


def success_rate(values: Float[Tensor, " B"], at: float) -> Float64[Tensor, ""]:
    """Share of the values that are at least `at`.

    Raises:
        ValueError: no values, or values that are not finite.

    Example:
        >>> success_rate(torch.tensor([0.2, 0.5, 0.9]), 0.5)
        tensor(0.6667, dtype=torch.float64)
    """
    return _checked_values(values).ge(at).double().mean()


def success_auc(values: Float[Tensor, " B"]) -> Float64[Tensor, ""]:
    """Area under the success rate over the thresholds 0, 0.05, ..., 1, by the trapezoid rule.

    Raises:
        ValueError: no values, or values that are not finite.

    Example:
        >>> success_auc(torch.tensor([1.0, 0.0]))
        tensor(0.5125, dtype=torch.float64)
    """
    return success_areas(_checked_values(values)).mean()


def success_areas(values: Float[Tensor, " B"]) -> Float64[Tensor, " B"]:
    """What each value adds to `success_auc`, which is their mean."""
    steps = torch.arange(21, dtype=torch.float64, device=values.device) / 20
    return torch.trapezoid((values.double()[:, None] >= steps).double(), steps, dim=1)


def object_heat(heat_map: Float[Tensor, "#B H W"], masks: Bool[Tensor, "B M H W"]) -> Float64[Tensor, "B M"]:
    """Mean heat inside the mask of each object; 0 for an empty mask.

    Raises:
        ValueError: a map that is not finite, or of another size than the masks.
    """
    _check_finite(heat_map, "heat_map")
    _check_size(heat_map, masks)
    inside = masks.flatten(2).to(heat_map.dtype)
    total = _dot(inside, heat_map.flatten(1)[:, None])
    return total.double() / inside.sum(2).double().clamp_min(1)


def sounding_silent_auc(
    heat: Float[Tensor, "B M"], sounding: Bool[Tensor, "B M"], silent: Bool[Tensor, "B M"]
) -> Float64[Tensor, ""]:
    """Chance that an object that sounds is hotter than one that is silent, over the objects of all scenes together.

    The heat is taken as it is, on one scale for all scenes. `pair_wins` compares within scenes instead.

    Args:
        heat: see `object_heat`.
        sounding: objects that are seen and heard.
        silent: objects that are seen but not heard.

    Raises:
        ValueError: nothing sounds or nothing is silent, or heat that is not finite.
    """
    seen = sounding | silent
    return roc_auc(heat[seen], sounding[seen])


def pair_wins(
    heat: Float[Tensor, "B M"], sounding: Bool[Tensor, "B M"], silent: Bool[Tensor, "B M"]
) -> tuple[Float64[Tensor, " B"], Float64[Tensor, " B"]]:
    """In how many pairs of one sounding and one silent object of a scene the sounding one is hotter, ties one half.

    Returns:
        Wins and pairs of each scene; `wins.sum() / pairs.sum()` is the pair accuracy, 0.5 at chance.
    """
    pairs = (sounding[:, :, None] & silent[:, None, :]).double()
    lead = heat.double()[:, :, None] - heat.double()[:, None, :]
    return ((lead.sign() + 1) / 2 * pairs).sum((1, 2)), pairs.sum((1, 2))


def source_hits(
    heat: Float[Tensor, "B M"], sounding: Bool[Tensor, "B M"], silent: Bool[Tensor, "B M"]
) -> tuple[Float64[Tensor, " B"], Float64[Tensor, " B"]]:
    """Of the n hottest objects of a scene in which n objects sound, how many sound; equal heat shares the places.

    Returns:
        Hits and sources of each scene, both 0 where nothing is silent and so nothing can go wrong;
        `hits.sum() / sources.sum()` is the recall of the sources.
    """
    seen = sounding | silent
    decided = (sounding.any(1) & silent.any(1)).double()
    sources = sounding.sum(1)
    taken = _top(heat.double().masked_fill(~seen, -torch.inf), sources)
    return (taken * sounding).sum(1) * decided, sources * decided


def _select(heat: Tensor, area: Tensor, threshold: Threshold) -> Tensor:
    # Weight of each pixel: 1 if selected, 0 if not, between where a cut falls among equal pixels
    if threshold == "true_area":
        return _top(heat, area)
    if threshold == "top_half":
        return _top(heat, heat.new_full((len(heat),), heat.shape[1] // 2, dtype=torch.long))
    if threshold in ("fixed_0.1", "fixed_0.001"):
        return (heat > float(threshold.removeprefix("fixed_"))).float()
    share = {"max_half": 0.5, "tenth_of_max": 0.1}[threshold]
    return (heat > share * heat.amax(1, keepdim=True)).float()


def _top(values: Tensor, count: Tensor) -> Tensor:
    cut = _kth_highest(values, count.clamp_min(1))[:, None]
    above, tied = (values > cut).float(), (values == cut).float()
    missing = count[:, None] - above.sum(1, keepdim=True)
    return above + tied * (missing / tied.sum(1, keepdim=True))


def _kth_highest(values: Tensor, count: Tensor) -> Tensor:
    if len(values) == 1:  # one map for all rows is ranked once
        return values[0].sort(descending=True).values[count - 1]
    # Selection row by row is several times faster than sorting all rows
    return torch.stack([row.kthvalue(len(row) + 1 - k).values for row, k in zip(values, count.tolist(), strict=True)])


def _dot(a: Tensor, b: Tensor) -> Tensor:
    product: Tensor = torch.linalg.vecdot(a, b)
    return product


def _check(heat_map: Tensor, reference: Tensor) -> None:
    _check_finite(heat_map, "heat_map")
    _check_size(heat_map, reference)
    highest = reference.flatten(1).float().amax(1)
    if not (highest > 0).all():
        row = int((~(highest > 0)).nonzero()[0])
        raise ValueError(f"reference {row} is empty; leave scenes out in which there is nothing to find")
    if reference.min() < 0 or highest.max() > 1:
        raise ValueError(f"reference lies in [{reference.min()}, {highest.max()}]; give a map in [0, 1] or a mask")


def _check_size(heat_map: Tensor, reference: Tensor) -> None:
    size, wanted = tuple(heat_map.shape[-2:]), tuple(reference.shape[-2:])
    if size != wanted or len(heat_map) not in (1, len(reference)):
        raise ValueError(
            f"heat_map is {tuple(heat_map.shape)}, reference {tuple(reference.shape)}; bring both to one size"
        )


def _check_finite(values: Tensor, name: str) -> None:
    if values.numel() and not torch.isfinite(torch.stack(torch.aminmax(values))).all():  # one pass, no copy
        row = int((~torch.isfinite(values)).nonzero()[0, 0])
        raise ValueError(f"{name} {row} has values that are not finite; find out what made them before scoring")


def _checked_values(values: Tensor) -> Tensor:
    if not len(values):
        raise ValueError("got no values; give the score of at least one scene")
    _check_finite(values, "values")
    return values
