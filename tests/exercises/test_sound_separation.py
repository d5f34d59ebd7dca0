"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from avlearn.exercises.sound_separation import check_query, check_ratio_masks, check_si_sdr


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda m: m / m.sum(1, keepdim=True), "✔"),
        (lambda m: None, "None"),
        (lambda m: (m == m.amax(1, keepdim=True)).float(), "loudest source; the ratio"),
        (lambda m: m**2 / (m**2).sum(1, keepdim=True), "shares of power"),
        (lambda m: m / m.sum(3, keepdim=True), "over time"),
        (lambda m: m / m.sum(2, keepdim=True), "over frequency"),
        (lambda m: m.softmax(1), "softmax"),
        (lambda m: m / m.amax(1, keepdim=True), "not by the loudest"),
    ],
)
def test_ratio_masks(capsys, answer, hint):
    assert hint in said(check_ratio_masks, answer, capsys)


def total(f, w):
    return torch.einsum("bchw,bhw->bc", f, w)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda f, w: F.normalize(total(f, w), dim=1), "✔"),
        (lambda f, w: None, "None"),
        (total, "weighted sum; make it"),
        (lambda f, w: total(f, w) / w.sum((1, 2))[:, None], "weighted mean; make it"),
        (lambda f, w: F.normalize(f.mean((2, 3)), dim=1), "no part in this"),
        (lambda f, w: F.normalize(total(F.normalize(f, dim=1), w), dim=1), "do it after"),
        (lambda f, w: F.normalize(total(f, w), dim=0), "over the batch"),
    ],
)
def test_query(capsys, answer, hint):
    assert hint in said(check_query, answer, capsys)


def parts(e, r):
    target = (e @ r) / (r @ r) * r
    return target.square().sum(), (e - target).square().sum()


def right(e, r):
    part, rest = parts(e, r)
    return 10 * torch.log10(part / rest)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (right, "✔"),
        (lambda e, r: None, "None"),
        (lambda e, r: 10 * torch.log10(r.square().sum() / (e - r).square().sum()), "this is the SNR"),
        (lambda e, r: 2 * right(e, r), "20 is for amplitudes"),
        (lambda e, r: 10 * torch.log(parts(e, r)[0] / parts(e, r)[1]), "natural logarithm"),
        (lambda e, r: -right(e, r), "upside down"),
        (lambda e, r: 10 * torch.log10(parts(e, r)[0] / e.square().sum()), "whole estimate"),
        (lambda e, r: parts(e, r)[0] / parts(e, r)[1], "that is a ratio"),
    ],
)
def test_si_sdr(capsys, answer, hint):
    assert hint in said(check_si_sdr, answer, capsys)
