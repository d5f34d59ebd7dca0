"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch

from avlearn.exercises.sounding_scenes import check_decibels, check_pointing, check_random_object


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


def rms(x):
    return x.square().mean().sqrt()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x: 20 * torch.log10(rms(x) / 0.07), "✔"),
        (lambda x: None, "None"),
        (lambda x: 10 * torch.log10(rms(x) / 0.07), "20 times"),
        (lambda x: 20 * torch.log10(rms(x) ** 2 / 0.07), "square root"),
        (lambda x: 20 * torch.log(rms(x) / 0.07), "base 10"),
        (lambda x: 20 * torch.log10(rms(x)), "divide by 0.07"),
        (lambda x: 20 * torch.log10(0.07 / rms(x)), "louder"),
        (lambda x: 20 * torch.log10(x.abs().mean() / 0.07), "absolute"),
    ],
)
def test_decibels(capsys, answer, hint):
    assert hint in said(check_decibels, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda truth: (truth.sounding.sum(1) / truth.visible.sum(1)).mean(), "✔"),
        (lambda truth: None, "None"),
        (lambda truth: truth.sounding.sum() / truth.visible.sum(), "divide first"),
        (lambda truth: (truth.sounds.sum(1) / truth.visible.sum(1)).mean(), "off-screen"),
        (lambda truth: truth.sounding.sum(1) / truth.visible.sum(1), "one number"),
        (lambda truth: (truth.silent.sum(1) / truth.visible.sum(1)).mean(), "silent object"),
    ],
)
def test_random_object(capsys, answer, hint):
    assert hint in said(check_random_object, answer, capsys)


def hits(heat, mask):
    highest = heat.flatten(1).argmax(1)
    return mask.flatten(1)[torch.arange(len(mask)), highest].double()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda heat, mask: hits(heat, mask).mean(), "✔"),
        (lambda heat, mask: None, "None"),
        (lambda heat, mask: mask.flatten()[heat.argmax()], "whole batch"),
        (lambda heat, mask: hits(heat, mask), "one number"),
        (lambda heat, mask: hits(-heat, mask).mean(), "lowest"),
        (lambda heat, mask: ((heat * mask).sum((1, 2)) / heat.sum((1, 2))).mean(), "share of the heat"),
    ],
)
def test_pointing(capsys, answer, hint):
    assert hint in said(check_pointing, answer, capsys)
