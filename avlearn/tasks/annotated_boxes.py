"""What maps that never see a picture score on the annotated boxes of Flickr-SoundNet and VGG-SS.

Anyone with the annotation files can repeat it: no picture, no sound and no model is needed. See `box_files` for the
files and their formats.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from avlearn.metrics.localization import Threshold, consensus_iou, count_boxes, success_auc, success_rate
from avlearn.metrics.trivial import centre_box, centred_disc, centred_gaussian, whole_image
from avlearn.tasks.box_files import BoxSet, read_box_sets
from avlearn.tasks.flat_maps import flat_ious
from avlearn.tasks.learned_box import best_box_of_others
from avlearn.tasks.published import FLICKR_SOUNDNET

RULES: tuple[Threshold, ...] = get_args(Threshold)

SIDES = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Of the centre boxes, as fractions of the picture's side; 0.7 covers half of the picture."""

AT_ONCE = 64
"""Pictures whose maps are in memory together."""


def evaluate(folder: Path | str, *, size: int = 224) -> dict[str, Any]:
    """Scores picture-free maps on every set of boxes in the folder under every published threshold rule.

    The maps: the whole image, centre boxes, the centred disc of half the area and a centred Gaussian (standard
    deviation a quarter of the side), which know nothing; and two that know how the boxes of the *other* pictures lie,
    each picture left out in turn: their mean reference, brought to maximum 1 (`mean_of_others`), and the one box that
    succeeds most often at 0.5 (`box_of_others`). Of flat maps under `top_half` and `true_area`, equal pixels share the
    cut; released code selects all or none of them.

    Args:
        folder: where the files are, see `avlearn.tasks.box_files`; sets whose files are absent are left out.
        size: side of the square maps in pixels, a multiple of 16. Released code uses 224 (LVS, EZ-VSL) or 256 (MSSL).

    Returns:
        - `size` and `rules`.
        - `data_sets`: for each its `pictures`, `boxes`, `boxes_without_area`, `missing` (listed pictures without
          boxes), `empty` (pictures left out because nothing of their boxes is left at this size), `mean_area` of
          the references as a share of the picture, and `best_box` (x1, y1, x2, y2 as fractions) over all pictures.
        - `rows`: `data_set`, `baseline`, `threshold`, `mean_iou`, `ciou_at_0.5` and `success_auc` as fractions.
        - `reported`: what trained systems report, see `avlearn.tasks.published`; in percent.

    Raises:
        ValueError: no file of boxes in the folder, a file not in its format, or an unusable size.
    """
    if size < 16 or size % 16:
        raise ValueError(f"size is {size}; give a positive multiple of 16, 224 or 256 as released code uses")
    facts, rows = {}, []
    for boxes in read_box_sets(folder):
        facts[boxes.name], scores = _evaluate_set(boxes, size)
        rows += scores
    return {
        "task": "annotated_boxes",
        "size": size,
        "rules": list(RULES),
        "data_sets": facts,
        "rows": rows,
        "reported": [{"data_set": "flickr_soundnet_test", **asdict(row)} for row in FLICKR_SOUNDNET],
    }


def _evaluate_set(every: BoxSet, size: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    drawn = torch.cat([every.references(rows, size).flatten(1).any(1) for rows in _portions(every)])
    boxes = every.subset(every.name, drawn)
    total = torch.stack([boxes.references(rows, size).double().sum(0) for rows in _portions(boxes)]).sum(0)
    others, best = best_box_of_others(boxes.references(rows, size) for rows in _portions(boxes))
    values: dict[tuple[str, Threshold], list[Tensor]] = defaultdict(list)
    for rows in _portions(boxes):
        references = boxes.references(rows, size)
        mean = _mean_of_others(total, references)
        for rule in RULES:
            for name, ious in _ious(references, mean, others[rows], rule).items():
                values[name, rule].append(ious)
    facts = {
        "pictures": len(boxes.pictures),
        "missing": list(every.missing),
        "boxes": int(every.given.sum()),
        "boxes_without_area": every.without_area,
        "empty": [every.pictures[row] for row in (~drawn).nonzero().flatten().tolist()],
        "mean_area": float(total.mean()) / len(boxes.pictures),
        "best_box": best.tolist(),
    }
    return facts, [_row(boxes.name, *key, torch.cat(parts)) for key, parts in values.items()]


def _ious(references: Tensor, mean: Tensor, boxes: Tensor, rule: Threshold) -> dict[str, Tensor]:
    size = (references.shape[1], references.shape[2])
    flat, (learned, choice) = _flat(size), boxes.unique(dim=0, return_inverse=True)  # few boxes serve all pictures
    regions = torch.cat([*flat.values(), count_boxes(learned[:, None], size)])
    columns = flat_ious(regions, references, threshold=rule)
    return {
        **dict(zip(flat, columns.T, strict=False)),
        "centred_gaussian": consensus_iou(centred_gaussian(size), references, threshold=rule),
        "mean_of_others": consensus_iou(mean, references, threshold=rule),
        "box_of_others": columns[:, len(flat) :].gather(1, choice[:, None])[:, 0],
    }


def _portions(boxes: BoxSet) -> list[slice]:
    return [slice(start, start + AT_ONCE) for start in range(0, len(boxes.pictures), AT_ONCE)]


def _flat(size: tuple[int, int]) -> dict[str, Tensor]:
    boxes = {f"centre_box_{side}": centre_box(size, side=side) for side in SIDES}
    return {"whole_image": whole_image(size), **boxes, "centred_disc": centred_disc(size)}


def _mean_of_others(total: Float64[Tensor, "H W"], references: Float[Tensor, "n H W"]) -> Float[Tensor, "n H W"]:
    rest = (total - references).clamp_min(0)
    return (rest / rest.amax((1, 2), keepdim=True)).float()


def _row(data_set: str, baseline: str, rule: Threshold, values: Float64[Tensor, " N"]) -> dict[str, Any]:
    return {
        "data_set": data_set,
        "baseline": baseline,
        "threshold": rule,
        "mean_iou": float(values.mean()),
        "ciou_at_0.5": float(success_rate(values, 0.5)),
        "success_auc": float(success_auc(values)),
    }
