"""Which of several objects sound, and where: for pictures with any number of sources, none included.

Objects are slots (B, M); a slot that is neither sounding nor silent is empty and never counts. Measures that are ratios
over all scenes come as what each scene adds above and below the line, both 0 for a scene that has nothing to ask for:
no object, nothing that sounds, or nothing that is silent. So scenes can be drawn anew, and no scene has to be left out.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from avlearn.metrics.ranking import weighted_average_precision


def class_aware_iou(
    heat_map: Float[Tensor, "B #M H W"],
    masks: Bool[Tensor, "B M H W"],
    sounding: Bool[Tensor, "B M"],
    *,
    threshold: float,
) -> tuple[Float64[Tensor, " B"], Float64[Tensor, " B"]]:
    """Intersection over union of each source's map with its own mask, mean over the sources of a scene.

    This is CIoU of the MUSIC and AudioSet protocols (github.com/DTaoo/Discriminative-Sounding-Objects-Localization);
    its tables show the share of scenes that reach 0.3, and the AUC, see `success_rate` and `success_auc`. There every
    class has a map. One map for all sources can't score 1 where there are several: the others count as wrong. Give
    things of one class as one slot.

    Args:
        heat_map: one for each slot, or one for all, finite.
        masks: the pixels of each slot; those of sources not empty.
        sounding: slots that are seen and heard.
        threshold: pixels that reach it are selected; the same for all scenes.

    Returns:
        The mean of each scene, in [0, 1], and 1 for scenes with a source; both 0 where nothing sounds.

    Raises:
        ValueError: a map that is not finite or of another size, or a source without pixels.

    Example:
        >>> masks = torch.tensor([[[[True, False, False]], [[False, True, False]]]])
        >>> class_aware_iou(masks.any(1, keepdim=True).float(), masks, torch.tensor([[True, True]]), threshold=0.5)
        (tensor([0.5000], dtype=torch.float64), tensor([1.], dtype=torch.float64))
    """
    selected, inside = _selected(heat_map, masks, threshold), masks.flatten(2).float()
    area = inside.sum(2)
    if (sounding & (area == 0)).any():
        row, slot = (sounding & (area == 0)).nonzero()[0].tolist()
        raise ValueError(f"the source in slot {slot} of scene {row} has no pixels; count it as not seen")
    overlap = torch.linalg.vecdot(selected, inside)
    iou = (overlap / (selected.sum(2) + area - overlap).clamp_min(1)).double()
    sources = sounding.sum(1).double()
    return (iou * sounding).sum(1) / sources.clamp_min(1), sources.clamp(max=1)


def kept_silent(
    heat_map: Float[Tensor, "B #M H W"], area: Bool[Tensor, "B M H W"], silent: Bool[Tensor, "B M"], *, threshold: float
) -> tuple[Float64[Tensor, " B"], Float64[Tensor, " B"]]:
    """How many pixels of silent things are kept silent: below the threshold.

    `kept.sum() / pixels.sum()` is NSA of the protocol of `class_aware_iou`. A threshold that selects nothing gets 1,
    so read both together.

    Args:
        heat_map: see `class_aware_iou`.
        area: what should stay silent for each slot: its mask, where one map serves all; with a map for each class, all
            of the map of a class that is silent.
        silent: slots that are seen but not heard.
        threshold: see `class_aware_iou`.

    Returns:
        Kept pixels and all pixels of each scene; both 0 where nothing is silent.

    Raises:
        ValueError: a map that is not finite or of another size.

    Example:
        >>> area = torch.tensor([[[[True, True, False]]]])
        >>> kept_silent(torch.tensor([[[[0.9, 0.1, 0.9]]]]), area, torch.tensor([[True]]), threshold=0.5)
        (tensor([1.], dtype=torch.float64), tensor([2.], dtype=torch.float64))
    """
    selected, inside = _selected(heat_map, area, threshold), area.flatten(2).float()
    pixels = inside.sum(2) * silent
    wrong = torch.linalg.vecdot(selected, inside) * silent
    return (pixels - wrong).sum(1).double(), pixels.sum(1).double()


def detections(
    heat: Float[Tensor, "B M"], sounding: Bool[Tensor, "B M"], silent: Bool[Tensor, "B M"], *, threshold: float
) -> tuple[Float64[Tensor, " B"], Float64[Tensor, " B"], Float64[Tensor, " B"]]:
    """Which objects reach the threshold, and how many of them sound.

    Returns:
        Hits, detections and sources of each scene. `hits.sum() / detected.sum()` is the precision,
        `hits.sum() / sources.sum()` the recall, twice the hits over the sum of both others the F-measure.

    Example:
        >>> sounding, silent = torch.tensor([[True, True, False]]), torch.tensor([[False, False, True]])
        >>> [float(count) for count in detections(torch.tensor([[3.0, 1.0, 2.0]]), sounding, silent, threshold=2.0)]
        [1.0, 2.0, 2.0]
    """
    detected = (heat >= threshold) & (sounding | silent)
    return (detected & sounding).sum(1).double(), detected.sum(1).double(), sounding.sum(1).double()


def best_threshold(
    heat: Float[Tensor, "B M"], sounding: Bool[Tensor, "B M"], silent: Bool[Tensor, "B M"]
) -> Float64[Tensor, ""]:
    """The one threshold for all scenes with the highest balanced accuracy of `detections`; choose it on other scenes.

    Balanced accuracy is the mean of two shares: sources that are detected, and silent objects that are not. The best
    F-measure would take nearly everything where most objects sound. The threshold lies halfway between the heat of two
    objects. Of several that are best, the highest; it lets at least one object pass.

    Raises:
        ValueError: nothing sounds, nothing is silent, or heat that is not finite.

    Example:
        >>> sounding, silent = torch.tensor([[True, True, False]]), torch.tensor([[False, False, True]])
        >>> best_threshold(torch.tensor([[3.0, 2.0, 1.0]]), sounding, silent)
        tensor(1.5000, dtype=torch.float64)
    """
    seen = sounding | silent
    scores, right = heat[seen].double(), sounding[seen].double()
    if not 0 < right.sum() < len(right):
        raise ValueError(f"{int(right.sum())} of {len(right)} objects sound; give scenes with sounding and silent ones")
    if not torch.isfinite(scores).all():
        raise ValueError("heat has values that are not finite; find out what made them before scoring")
    values, group = torch.unique(scores, return_inverse=True)
    hits, alarms = (values.new_zeros(len(values)).index_add(0, group, kind) for kind in (right, 1 - right))
    hits, alarms = hits.flip(0).cumsum(0).flip(0), alarms.flip(0).cumsum(0).flip(0)
    measure = hits / hits[0] - alarms / alarms[0]
    best = int(measure.eq(measure.max()).nonzero()[-1])
    lowest: Tensor = values[best]
    middle = (lowest + values[max(best - 1, 0)]) / 2
    return middle if best == 0 or middle > values[best - 1] else lowest


def mean_average_precision(
    scores: Float[Tensor, " N"],
    positive: Bool[Tensor, " N"],
    classes: Int[Tensor, " N"],
    weights: Float64[Tensor, "R N"],
) -> Float64[Tensor, " R"]:
    """Average precision of "does this object sound" among the objects of each class, mean over the classes.

    The class tells nothing of the answer there, so what is left is whether *this* one is heard. Classes that always
    sound or never do are left out; chance is the mean share that sounds of the others.

    Args:
        scores: of objects, any scale, finite.
        positive: whether each of them sounds.
        classes: of each of them.
        weights: not negative; how much each object counts, for several weightings at once. A row in which no class has
            both kinds gives nan.

    Example:
        >>> scores, positive = torch.tensor([0.9, 0.1, 0.2, 0.8]), torch.tensor([True, False, True, False])
        >>> mean_average_precision(scores, positive, torch.tensor([0, 0, 1, 1]), torch.ones(1, 4).double())
        tensor([0.7500], dtype=torch.float64)
    """
    members = [classes == label for label in classes.unique()]
    parts = [weighted_average_precision(scores[of], positive[of], weights[:, of]) for of in members]
    return torch.stack(parts).nanmean(0) if parts else weights.new_full((len(weights),), torch.nan)


def _selected(heat_map: Tensor, masks: Tensor, threshold: float) -> Tensor:
    if heat_map.shape[-2:] != masks.shape[-2:]:
        raise ValueError(f"heat_map is {tuple(heat_map.shape)}, masks {tuple(masks.shape)}; bring both to one size")
    if heat_map.numel() and not torch.isfinite(torch.stack(torch.aminmax(heat_map))).all():
        row = int((~torch.isfinite(heat_map)).nonzero()[0, 0])
        raise ValueError(f"heat_map {row} has values that are not finite; find out what made them before scoring")
    return (heat_map >= threshold).flatten(2).float()
