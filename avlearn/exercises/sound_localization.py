"""Checks of the page "Sound localization"."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from avlearn.exercises.feedback import compare
from avlearn.metrics import consensus, consensus_iou, success_auc
from avlearn.metrics.ranking import false_alarm_rate

SCENES, SIZE = 20, (12, 16)


def check_consensus_iou(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(selected_BHW, g_BHW) -> cIoU of each picture`; g has values 0, 0.5 and 1."""
    g = consensus(_boxes(annotators=3), SIZE)
    heat = torch.rand(SCENES, *SIZE)
    selected = heat > 0.5 * heat.amax((1, 2), keepdim=True)
    hit, all_g, area = (selected * g).sum((1, 2)), g.sum((1, 2)), selected.sum((1, 2))
    support = g > 0
    both, union = (selected & support).sum((1, 2)), (selected | support).sum((1, 2))
    values = consensus_iou(heat, g, threshold="max_half")
    compare(
        answer(selected, g),
        values,
        mistakes={
            "this is the intersection over union with g > 0; pixels that one annotator marked count one half": both
            / union,
            "only the selected pixels outside g > 0 are added below; all selected ones are too many": hit
            / (all_g + area),
            "where g is 0.5, area minus hit leaves half a pixel that isn't outside: count pixels with g = 0": hit
            / (all_g + area - hit),
            "selected pixels where nobody drew a box must cost something": hit / all_g,
            "this is the share of the selected area that is right; what was missed must cost too": hit / area,
            "give one number for each picture; sum over height and width only": hit.sum() / (all_g + area - both).sum(),
            "give one number for each picture, not their mean": values.mean(),
        },
    )


def check_success_auc(answer: Callable[[Tensor], object]) -> None:
    """Check `answer(values_B) -> trapezoid area under the success rate over the thresholds 0, 0.05, ..., 1`."""
    values = torch.cat([torch.rand(15), torch.tensor([0.0, 0.25, 0.5, 0.5, 0.75, 1.0, 1.0])])
    steps = torch.linspace(0, 1, 21)
    rates = (values[:, None] >= steps).float().mean(0)
    above = (values[:, None] > steps).float().mean(0)
    compare(
        answer(values),
        success_auc(values),
        mistakes={
            "this is the mean of the 21 rates; the trapezoid rule counts the first and the last one half": rates.mean(),
            "a value that equals the threshold is a success": torch.trapezoid(above, steps),
            "multiply by the distance of the thresholds, 0.05": torch.trapezoid(rates),
            "this is the mean of the values; their area on this grid differs a little, and papers use the grid": (
                values.mean()
            ),
            "give one number: the area, not the rates": rates,
            "this adds rectangles; the trapezoid rule takes the mean of both ends of each interval": rates[:-1].mean(),
        },
    )


def check_false_alarms(answer: Callable[[Tensor, Tensor], object]) -> None:
    """Check `answer(own_N, wrong_M) -> share of the wrong sounds that reach the threshold which 95 % of own reach`."""
    own, wrong = 1 + torch.randn(40), 1.5 * torch.randn(300)
    rate = false_alarm_rate(torch.cat([own, wrong]), torch.arange(340) < 40, recall=0.95)
    ranked = own.sort(descending=True).values
    compare(
        answer(own, wrong),
        rate,
        mistakes={
            "this is the share of wrong sounds below the threshold": 1 - rate,
            "this threshold lets only 5 % of the own sounds pass; it must let 95 % pass": _reached(wrong, ranked[1]),
            "set the threshold by the own sounds, then count the wrong ones that reach it": torch.tensor(0.95),
            "this threshold lets all own sounds pass; set it as high as 95 % allow": _reached(wrong, ranked[-1]),
            "this is one place too low: 38 of 40 own sounds are 95 %": _reached(wrong, ranked[38]),
            "this is one place too high: the own sound at the threshold itself passes": _reached(wrong, ranked[36]),
            "give a share, not a number of scenes": rate * len(wrong),
        },
        otherwise="sort the own scores, take the lowest of the best 95 %, count the wrong scores that reach it",
    )


def _reached(scores: Tensor, threshold: Tensor) -> Tensor:
    return (scores >= threshold).double().mean()


def _boxes(*, annotators: int) -> Tensor:
    corner = 0.5 * torch.rand(SCENES, annotators, 2)
    return torch.cat([corner, corner + 0.2 + 0.3 * torch.rand(SCENES, annotators, 2)], dim=2)
