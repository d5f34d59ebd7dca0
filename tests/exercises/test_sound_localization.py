"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import math

import pytest
import torch

from avlearn.exercises.sound_localization import check_consensus_iou, check_false_alarms, check_success_auc


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


def total(x):
    return x.sum((1, 2))


def ciou(a, g):
    return total(a * g) / (total(g) + total(a & (g == 0)))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (ciou, "✔"),
        (lambda a, g: None, "None"),
        (lambda a, g: total(a & (g > 0)) / total(a | (g > 0)), "one half"),
        (lambda a, g: total(a * g) / (total(g) + total(a)), "too many"),
        (lambda a, g: total(a * g) / (total(g) + total(a) - total(a * g)), "half a pixel"),
        (lambda a, g: total(a * g) / total(g), "must cost something"),
        (lambda a, g: total(a * g) / total(a), "missed must cost"),
        (lambda a, g: (a * g).sum() / (g.sum() + (a & (g == 0)).sum()), "height and width only"),
        (lambda a, g: ciou(a, g).mean(), "not their mean"),
    ],
)
def test_consensus_iou(capsys, answer, hint):
    assert hint in said(check_consensus_iou, answer, capsys)


steps = torch.linspace(0, 1, 21)


def rates(values):
    return (values[:, None] >= steps).float().mean(0)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda v: torch.trapezoid(rates(v), steps), "✔"),
        (lambda v: None, "None"),
        (lambda v: rates(v).mean(), "mean of the 21"),
        (lambda v: torch.trapezoid((v[:, None] > steps).float().mean(0), steps), "is a success"),
        (lambda v: torch.trapezoid(rates(v)), "0.05"),
        (lambda v: v.mean(), "mean of the values"),
        (lambda v: rates(v), "not the rates"),
        (lambda v: rates(v)[:-1].sum() / 20, "rectangles"),
    ],
)
def test_success_auc(capsys, answer, hint):
    assert hint in said(check_success_auc, answer, capsys)


def reached(own, wrong, place):
    return (wrong >= own.sort(descending=True).values[place]).double().mean()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda own, wrong: reached(own, wrong, math.ceil(0.95 * len(own)) - 1), "✔"),
        (lambda own, wrong: None, "None"),
        (lambda own, wrong: 1 - reached(own, wrong, 37), "below the threshold"),
        (lambda own, wrong: reached(own, wrong, 1), "only 5 %"),
        (lambda own, wrong: reached(wrong, wrong, 284), "by the own sounds"),
        (lambda own, wrong: reached(own, wrong, -1), "all own sounds"),
        (lambda own, wrong: reached(own, wrong, 38), "too low"),
        (lambda own, wrong: reached(own, wrong, 36), "too high"),
        (lambda own, wrong: 300 * reached(own, wrong, 37), "a share"),
        (lambda own, wrong: reached(own, wrong, 20), "lowest of the best"),
    ],
)
def test_false_alarms(capsys, answer, hint):
    assert hint in said(check_false_alarms, answer, capsys)
