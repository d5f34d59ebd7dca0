"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import math

import pytest
import torch

from avlearn.exercises.training_dcc import check_assignment_entropy, check_effective_rank, check_warm_up_weight

entr = torch.special.entr


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


def count(values):
    return entr(values / values.sum()).sum().exp()


def spread(x):
    return torch.linalg.svdvals(x - x.mean(0))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s: entr(s).sum(1).mean() / math.log(s.shape[1]), "✔"),
        (lambda s: None, "None"),
        (lambda s: entr(s).sum(1).mean(), "divide by log K"),
        (lambda s: entr(s).sum(1).mean() / math.log(2) / math.log(5), "same base"),
        (lambda s: entr(s).mean() / math.log(5), "axis 1"),
        (lambda s: -entr(s).sum(1).mean() / math.log(5), "not negative"),
        (lambda s: entr(s.mean((0, 2, 3))).sum() / math.log(5), "mean assignment"),
        (lambda s: entr(s).sum(1) / math.log(5), "one number"),
        (lambda s: (-s * s.log()).sum(1).mean() / math.log(5), "logarithm of zero"),
    ],
)
def test_assignment_entropy(capsys, answer, hint):
    assert hint in said(check_assignment_entropy, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x: count(spread(x)), "✔"),
        (lambda x: None, "None"),
        (lambda x: count(torch.linalg.svdvals(x)), "subtract the mean"),
        (lambda x: count(spread(x)).log(), "exponential at the end"),
        (lambda x: count(spread(x).square()), "not their squares"),
        (lambda x: entr(spread(x)).sum(), "by their sum"),
        (lambda x: torch.linalg.matrix_rank(x), "plain rank"),
        (lambda x: spread(x).sum(), "centre"),
    ],
)
def test_effective_rank(capsys, answer, hint):
    assert hint in said(check_effective_rank, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda step: max(0.25, 1 - step / 40), "✔"),
        (lambda step: None, "None"),
        (lambda step: 1 - step / 40, "goes on below"),
        (lambda step: max(0.0, 1 - step / 40), "falls to 0"),
        (lambda step: min(0.75, step / 40), "other loss"),
        (lambda step: 0.25 + 0.75 * max(0.0, 1 - step / 40), "aims at the floor"),
        (lambda step: max(0.25, 1 - (step + 1) / 40), "step 0, is 1"),
        (lambda step: math.exp(-step / 40), "straight line"),
    ],
)
def test_warm_up_weight(capsys, answer, hint):
    assert hint in said(check_warm_up_weight, answer, capsys)
