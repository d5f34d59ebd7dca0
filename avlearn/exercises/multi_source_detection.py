"""Checks of the page "Multi-source detection"."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from avlearn.exercises.feedback import compare
from avlearn.metrics.detection import best_threshold, class_aware_iou, detections

SCENES, SLOTS, SIZE = 24, 4, 12


def check_precision_recall(answer: Callable[[Tensor, Tensor, Tensor, float], object]) -> None:
    """Check `answer(heat_BM, sounding_BM, silent_BM, threshold) -> (precision, recall)` over all scenes together."""
    heat, sounding, silent = _objects()
    threshold = float(heat[0, 0])  # one object lies exactly on it
    hits, detected, sources = (count.sum() for count in detections(heat, sounding, silent, threshold=threshold))
    own = [count.double() for count in detections(heat, sounding, silent, threshold=threshold)]
    above = (heat > threshold) & (sounding | silent)
    compare(
        _stacked(answer(heat, sounding, silent, threshold)),
        torch.stack([hits / detected, hits / sources]),
        mistakes={
            "precision comes first, recall second": torch.stack([hits / sources, hits / detected]),
            "an object that reaches the threshold exactly is detected too": torch.stack(
                [(above & sounding).sum() / above.sum(), (above & sounding).sum() / sources]
            ),
            "empty slots are no objects: count only slots that sound or are silent": torch.stack(
                [hits / (heat >= threshold).sum(), hits / sources]
            ),
            "count over all scenes first and divide then; scenes without detections have no precision": torch.stack(
                [(own[0] / own[1]).nanmean(), (own[0] / own[2]).nanmean()]
            ),
        },
        otherwise="hits are detected and sound; divide them by all that is detected, and by all that sounds",
    )


def check_class_aware_iou(answer: Callable[[Tensor, Tensor, Tensor], object]) -> None:
    """Check `answer(selected_BHW, masks_BMHW, sounding_BM) -> mean over its sources of each scene's IoU`."""
    masks, sounding = _masks(), torch.rand(SCENES, SLOTS) < 0.5
    sounding[:, 0] = True
    selected = torch.rand(SCENES, SIZE, SIZE) < 0.5
    value, _ = class_aware_iou(selected[:, None].float(), masks, sounding, threshold=0.5)
    both = (selected[:, None] & masks).sum((2, 3)).double()
    every = (selected[:, None] | masks).sum((2, 3)).double()
    union = (masks & sounding[..., None, None]).any(1)
    ious, sources = both / every * sounding, sounding.sum(1)
    compare(
        answer(selected, masks, sounding),
        value,
        mistakes={
            "this compares with all sources at once; compare with each source by itself and take the mean": (
                (selected & union).sum((1, 2)).double() / (selected | union).sum((1, 2))
            ),
            "take the mean over the sources only; silent and empty slots don't count": (both / every).mean(1),
            "silent slots don't count: divide by the number of sources, not of slots": ious.mean(1),
            "this is the sum over the sources; take their mean": ious.sum(1),
            "below the line stands the union: pixels that are selected, or the source's, or both": (
                (both / masks.sum((2, 3)) * sounding).sum(1) / sources
            ),
            "give one number for each scene": value.mean(),
        },
        otherwise="for each source: selected and its own pixels, over selected or its own pixels; then the mean",
    )


def check_threshold(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(heat_N, sounds_N) -> threshold` by the balanced accuracy that it reaches."""
    sounds = torch.rand(400) < 0.8
    heat = torch.randn(400) + 1.2 * sounds
    best = best_threshold(heat[:, None], sounds[:, None], ~sounds[:, None])
    given = answer(heat, sounds)
    compare(
        None if given is None else _balanced(heat, sounds, torch.as_tensor(given)),
        _balanced(heat, sounds, best),
        mistakes={
            f"this is the threshold of the highest {name}, which takes too much where most objects sound": _balanced(
                heat, sounds, max(heat, key=lambda cut: measure(heat >= cut, sounds))
            )
            for name, measure in {"F-measure": _f_measure, "accuracy": _accuracy}.items()
        },
        otherwise="another threshold has a higher mean of recall and share of silent objects that are left alone",
    )


def _objects() -> tuple[Tensor, Tensor, Tensor]:
    kind = torch.randint(3, (SCENES, SLOTS))
    kind[0, 0], kind[1], kind[2, :2] = 0, 2, torch.tensor([0, 1])
    heat = torch.rand(SCENES, SLOTS) + 0.3 * (kind == 0)
    heat[0, 0], heat[2, :2] = 0.6, torch.tensor([0.9, 0.8])
    return heat, kind == 0, kind == 1


def _masks() -> Tensor:
    owner = torch.randint(SLOTS + 1, (SCENES, SIZE, SIZE))
    return owner[:, None] == torch.arange(SLOTS)[:, None, None]


def _stacked(pair: object) -> object:
    if isinstance(pair, tuple | list) and all(isinstance(part, Tensor | float | int) for part in pair):
        return torch.stack([torch.as_tensor(part).double() for part in pair])
    return pair


def _balanced(heat: Tensor, sounds: Tensor, threshold: Tensor) -> Tensor:
    detected = heat >= threshold
    return (detected[sounds].double().mean() + (~detected[~sounds]).double().mean()) / 2


def _f_measure(detected: Tensor, sounds: Tensor) -> float:
    return float(2 * (detected & sounds).sum() / (detected.sum() + sounds.sum()))


def _accuracy(detected: Tensor, sounds: Tensor) -> float:
    return float((detected == sounds).double().mean())
