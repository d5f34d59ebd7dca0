"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch

from avlearn.exercises.scaling_out import check_share, check_step_seconds, check_whole_gradient


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda n, r, p: n[r * (len(n) // p) : (r + 1) * (len(n) // p)], "✔"),
        (lambda n, r, p: n.chunk(p)[r], "✔"),
        (lambda n, r, p: None, "None"),
        (lambda n, r, p: n[r::p], "like cards"),
        (lambda n, r, p: n.chunk(p)[r - 1], "rank before"),
        (lambda n, r, p: n.chunk(p)[r + 1], "next rank"),
        (lambda n, r, p: n, "whole batch"),
        (lambda n, r, p: torch.arange(len(n)).chunk(p)[r], "not the rows"),
        (lambda n, r, p: n.chunk(p)[r] + 1, "where does that"),
    ],
)
def test_share(capsys, answer, hint):
    assert hint in said(check_share, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda g, n: (g * n[:, None]).sum(0) / n.sum(), "✔"),
        (lambda g, n: (n / n.sum()) @ g, "✔"),
        (lambda g, n: None, "None"),
        (lambda g, n: g.mean(0), "mean of the means"),
        (lambda g, n: g.sum(0), "sum of the means"),
        (lambda g, n: (g * n[:, None]).sum(0), "add up to 1"),
        (lambda g, n: g * (n / n.sum())[:, None], "add them up"),
        (lambda g, n: g[0], "divide once"),
    ],
)
def test_whole_gradient(capsys, answer, hint):
    assert hint in said(check_whole_gradient, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda b, r, c, w: None, "None"),
        (lambda b, r, c, w: b * r / w + b * c, "don't add"),
        (lambda b, r, c, w: min(b * r / w, b * c), "not the faster"),
        (lambda b, r, c, w: max(b * r, b * c), "side by side"),
        (lambda b, r, c, w: max(r / w, c), "one clip"),
        (lambda b, r, c, w: b * max(r, c) / w, "the learner is one"),
        (lambda b, r, c, w: -1.0, "which one waits"),
    ],
)
def test_step_seconds_hints(capsys, answer, hint):
    assert hint in said(check_step_seconds, answer, capsys)


def test_step_seconds(capsys):
    printed = said(check_step_seconds, lambda b, r, c, w: max(b * r / w, b * c), capsys)
    assert printed == "✔ right\n✔ right\n"
