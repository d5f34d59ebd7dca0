"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from avlearn.encoders import small_image
from avlearn.exercises.feature_maps import check_best_position, check_receptive_field, check_vectors


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x: x.flatten(2).mT, "✔"),
        (lambda x: x.permute(0, 2, 3, 1).reshape(2, 12, 5), "✔"),
        (lambda x: None, "None"),
        (lambda x: x.reshape(2, 12, 5), "mixes channels"),
        (lambda x: x.flatten(2), "swap the last two"),
        (lambda x: x.permute(0, 3, 2, 1).flatten(1, 2), "row by row"),
    ],
)
def test_vectors(capsys, answer, hint):
    assert hint in said(check_vectors, answer, capsys)


def field(layers, *, order="before", reach=1, start=1):
    size, step = start, 1
    for side, stride in layers:
        if order == "before":
            size, step = size + (side - reach) * step, step * stride
        else:
            step *= stride
            size += (side - reach) * step
    return size


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (field, "✔"),
        (lambda layers: None, "None"),
        (lambda layers: field(layers, reach=0), "not side"),
        (lambda layers: field(layers, order="after"), "before"),
        (lambda layers: field([(side, 1) for side, _ in layers]), "many pixels"),
        (lambda layers: field(layers, start=0), "1 pixel"),
        (lambda layers: torch.tensor([stride for _, stride in layers]).prod(), "whole network"),
    ],
)
def test_receptive_field(capsys, answer, hint):
    assert hint in said(check_receptive_field, answer, capsys)


def test_the_rule_gives_what_the_gradient_of_a_real_encoder_shows():
    x = torch.randn(1, 3, 96, 96, requires_grad=True)
    small_image(4, width=2).eval()(x)[0, :, 6, 6].sum().backward()
    touched = x.grad.abs().sum((0, 1, 2)).nonzero()
    assert touched.max() - touched.min() + 1 == field([(3, 2), (3, 2), (3, 2), (3, 1), (1, 1)]) == 31


def unit(x):
    return F.normalize(x, dim=-1)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda u, a: (unit(u) @ unit(a).mT).amax(1), "✔"),
        (lambda u, a: None, "None"),
        (lambda u, a: (u @ a.mT).amax(1), "both"),
        (lambda u, a: (u @ unit(a).mT).amax(1), "picture have a length"),
        (lambda u, a: (unit(u) @ a.mT).amax(1), "sounds too"),
        (lambda u, a: (unit(u) @ unit(a).mT).mean(1), "averages"),
        (lambda u, a: unit(u.mean(1)) @ unit(a).mT, "average position"),
        (lambda u, a: (unit(u) @ unit(a).mT).amax(1).mT, "swap"),
        (lambda u, a: (F.normalize(u, dim=1) @ unit(a).mT).amax(1), "channels"),
    ],
)
def test_best_position(capsys, answer, hint):
    assert hint in said(check_best_position, answer, capsys)
