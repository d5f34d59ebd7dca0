"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from avlearn.exercises.max_margin import check_false_negatives, check_hinge, check_info_nce


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


def hinges(s, margin, *, cut=True, sign=1):
    true, wrong = s.diagonal(), ~torch.eye(len(s), dtype=torch.bool)
    both = [margin + sign * (s - true[:, None]), margin + sign * (s - true)]
    return [(part.clamp_min(0) if cut else part)[wrong] for part in both]


def mean(parts):
    return torch.stack([part.mean() for part in parts]).mean()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s, margin: mean(hinges(s, margin)), "✔"),
        (lambda s, margin: None, "None"),
        (lambda s, margin: mean(hinges(s, margin, cut=False)), "max(0"),
        (lambda s, margin: F.relu(margin + s - s.diagonal()[:, None]).mean(), "shape is right"),
        (
            lambda s, margin: (
                (F.relu(margin + s - s.diagonal()[:, None]).mean() + F.relu(margin + s - s.diagonal()).mean()) / 2
            ),
            "diagonal",
        ),
        (lambda s, margin: hinges(s, margin)[0].mean(), "each sound for its picture too"),
        (lambda s, margin: hinges(s, margin)[1].mean(), "each picture for its sound too"),
        (lambda s, margin: mean(hinges(s, margin, sign=-1)), "should lose"),
        (lambda s, margin: sum(part.sum() for part in hinges(s, margin)), "average over the wrong pairs"),
        (lambda s, margin: 2 * mean(hinges(s, margin)), "two directions"),
        (lambda s, margin: mean(hinges(s, 0.0)), "margin is missing"),
    ],
)
def test_hinge(capsys, answer, hint):
    assert hint in said(check_hinge, answer, capsys)


def entropies(s):
    target = torch.arange(len(s))
    return F.cross_entropy(s, target), F.cross_entropy(s.mT, target)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s: sum(entropies(s)) / 2, "✔"),
        (lambda s: None, "None"),
        (lambda s: entropies(s)[0], "each sound for its picture too"),
        (lambda s: entropies(s)[1], "each picture for its sound too"),
        (lambda s: sum(entropies(s)), "two directions"),
        (lambda s: -sum(entropies(s)) / 2, "minus the logarithm"),
        (lambda s: sum(entropies(s)) / 2 * len(s), "average over the scenes"),
        (
            lambda s: -(s.softmax(1).diagonal().mean().log() + s.softmax(0).diagonal().mean().log()) / 2,
            "before you average",
        ),
    ],
)
def test_info_nce(capsys, answer, hint):
    assert hint in said(check_info_nce, answer, capsys)


def count(classes):
    return sum(int(a == b) for i, a in enumerate(classes) for j, b in enumerate(classes) if i != j)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda classes: count(classes) / (len(classes) * (len(classes) - 1)), "✔"),
        (lambda classes: None, "None"),
        (lambda classes: (classes[:, None] == classes).float().mean(), "true pair"),
        (lambda classes: count(classes) / len(classes) ** 2, "all pairs, too"),
        (count, "divide"),
        (lambda classes: count(classes) / 2 / (len(classes) * (len(classes) - 1)), "twice"),
    ],
)
def test_false_negatives(capsys, answer, hint):
    assert hint in said(check_false_negatives, answer, capsys)
