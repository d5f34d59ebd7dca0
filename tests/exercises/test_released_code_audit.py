"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from avlearn.exercises.released_code_audit import check_collect, check_margin, check_similarity


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s, u: torch.einsum("bkn,bknd->bkd", s, u), "✔"),
        (lambda s, u: (s[..., None] * u).sum(2), "✔"),
        (lambda s, u: None, "None"),
        (lambda s, u: torch.einsum("bkn,blnd->bld", s, u), "cancelled out"),
        (lambda s, u: torch.einsum("bkn,bknd->bd", s, u), "all clusters are one"),
        (lambda s, u: torch.einsum("bkn,blnd->bkld", s, u), "one letter less"),
        (lambda s, u: torch.einsum("bkn,bknd->bkd", s, u) / s.sum(-1, keepdim=True), "weighted sum"),
        (lambda s, u: (s[..., None] * u).mean(2), "over the positions, not a mean"),
        (lambda s, u: s[..., None] * u, "the letter n"),
    ],
)
def test_collect(capsys, answer, hint):
    assert hint in said(check_collect, answer, capsys)


def cosines(joined):
    return F.cosine_similarity(*joined.chunk(2, dim=-1), dim=-1)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda joined: cosines(joined).sum(1), "✔"),
        (lambda joined: None, "None"),
        (lambda joined: F.cosine_similarity(*joined.chunk(2, dim=1), dim=-1), "released split"),
        (lambda joined: F.cosine_similarity(*joined.chunk(2, dim=1), dim=-1).sum(1), "still cuts the clusters"),
        (cosines, "one number for each pair"),
        (lambda joined: cosines(joined).mean(1), "not their mean"),
        (lambda joined: torch.mul(*joined.chunk(2, dim=-1)).sum((1, 2)), "lengths of both"),
        (lambda joined: F.cosine_similarity(joined[..., :5].flatten(1), joined[..., 5:].flatten(1)), "of its own"),
    ],
)
def test_similarity(capsys, answer, hint):
    assert hint in said(check_similarity, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda right, wrong: (right - wrong).median(), "✔"),
        (lambda right, wrong: None, "None"),
        (lambda right, wrong: (wrong - right).median(), "right minus wrong"),
        (lambda right, wrong: 10.0, "2 at most"),
        (lambda right, wrong: 2.0, "perfect pair"),
        (lambda right, wrong: (right - wrong).min(), "all hinges rest"),
        (lambda right, wrong: (right - wrong).max(), "only the best"),
        (lambda right, wrong: (right - wrong).mean(), "leaves open"),
        (lambda right, wrong: (right - wrong).sum(1).median(), "don't sum"),
        (lambda right, wrong: (right - wrong).mean(1).median(), "don't average"),
    ],
)
def test_margin(capsys, answer, hint):
    assert hint in said(check_margin, answer, capsys)


def test_the_right_margin_rests_half_of_the_hinges(capsys):
    """By counting, not by the formula of the check."""

    def by_counting(right, wrong):
        leads = sorted((right - wrong).flatten().tolist(), reverse=True)
        return next(margin for margin in leads if sum(lead >= margin for lead in leads) >= len(leads) / 2)

    assert "✔" in said(check_margin, by_counting, capsys)
