"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import math

import pytest
import torch

from avlearn.exercises.coclustering import check_entropy, check_soft_assignment, check_squash


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


def length(x):
    return x.norm(dim=-1, keepdim=True)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x: torch.tanh(10 * length(x)) * x / length(x), "✔"),
        (lambda x: None, "None"),
        (lambda x: torch.tanh(length(x)) * x / length(x), "multiplied by 10"),
        (lambda x: torch.tanh(10 * x), "by itself"),
        (lambda x: torch.tanh(10 * length(x)) * x, "scaled twice"),
        (lambda x: x / length(x), "only normalizes"),
        (lambda x: torch.tanh(10 * length(x) ** 2) * x / length(x) ** 2, "root"),
        (lambda x: torch.tanh(10 * x.norm()) * x / x.norm(), "last axis"),
        (lambda x: length(x) / (1 + length(x) ** 2) * x, "capsule"),
    ],
)
def test_squash(capsys, answer, hint):
    assert hint in said(check_squash, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda c, x, z: torch.softmax(-z * torch.cdist(c, x), 0), "✔"),
        (lambda c, x, z: None, "None"),
        (lambda c, x, z: torch.softmax(z * torch.cdist(c, x), 0), "sign"),
        (lambda c, x, z: torch.softmax(-z * torch.cdist(c, x), 1), "over the clusters"),
        (lambda c, x, z: torch.softmax(-z * torch.cdist(c, x) ** 2, 0), "not squared"),
        (lambda c, x, z: torch.softmax(-torch.cdist(c, x), 0), "missing"),
        (lambda c, x, z: torch.softmax(-z * torch.cdist(x, c), 1), "swap"),
        (lambda c, x, z: (torch.cdist(c, x) == torch.cdist(c, x).amin(0)).float(), "hard"),
    ],
)
def test_soft_assignment(capsys, answer, hint):
    assert hint in said(check_soft_assignment, answer, capsys)


def entropy(s, axis=1):
    return -(s * s.log()).sum(axis)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s: entropy(s).mean() / math.log(s.shape[1]), "✔"),
        (lambda s: None, "None"),
        (lambda s: entropy(s).mean(), "divide by log K"),
        (lambda s: -(s * s.log()).mean() / math.log(s.shape[1]), "add up"),
        (lambda s: -entropy(s).mean() / math.log(s.shape[1]), "minus"),
        (lambda s: entropy(s) / math.log(s.shape[1]), "one number"),
        (lambda s: entropy(s, 2).mean() / math.log(s.shape[1]), "axis 1"),
        (lambda s: entropy(s).mean() / s.shape[1], "not by K"),
        (lambda s: entropy(s.mean((0, 2)), 0) / math.log(s.shape[1]), "mean assignment"),
    ],
)
def test_entropy(capsys, answer, hint):
    assert hint in said(check_entropy, answer, capsys)
