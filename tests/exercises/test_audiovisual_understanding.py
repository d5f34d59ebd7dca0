"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch

from avlearn.exercises.audiovisual_understanding import check_average_precision, check_nmi, check_recall


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


def place(similarity):
    return (similarity > similarity.diagonal()[:, None]).sum(1)


def recall(similarity, k):
    found = similarity.topk(k, dim=1).indices == torch.arange(len(similarity))[:, None]
    return found.any(1).double().mean()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (recall, "✔"),
        (lambda s, k: None, "None"),
        (lambda s, k: recall(s, k - 1), "too few"),
        (lambda s, k: (place(s) <= k).double().mean(), "too many"),
        (lambda s, k: recall(s.mT, k), "a query is a row"),
        (lambda s, k: recall(-s, k), "least similar"),
        (lambda s, k: recall(s, 1), "k = 1"),
        (lambda s, k: (place(s) < k).sum(), "not a number of queries"),
        (lambda s, k: (place(s) < k).double(), "mean over the queries"),
        (lambda s, k: torch.tensor(0.5), "rank each row"),
    ],
)
def test_recall(capsys, answer, hint):
    assert hint in said(check_recall, answer, capsys)


def precisions(relevant, *, first=1):
    return relevant.cumsum(0) / torch.arange(first, first + len(relevant)).clamp_min(1)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda r: precisions(r)[r].mean(), "✔"),
        (lambda r: None, "None"),
        (lambda r: precisions(r).mean(), "only those with a relevant"),
        (lambda r: precisions(r)[r].sum() / len(r), "not of all"),
        (lambda r: precisions(r, first=0)[r].mean(), "from 1"),
        (lambda r: precisions(r)[r][-1], "last relevant place"),
        (lambda r: r.double().mean(), "no ranking can change"),
        (lambda r: precisions(r)[r], "one number"),
        (lambda r: torch.tensor(0.123), "at each relevant place"),
    ],
)
def test_average_precision(capsys, answer, hint):
    assert hint in said(check_average_precision, answer, capsys)


def parts(table):
    joint = table / table.sum()
    rows, columns = (torch.special.entr(joint.sum(axis)).sum() for axis in (1, 0))
    return rows + columns - torch.special.entr(joint).sum(), rows, columns


def over(table, mean):
    information, rows, columns = parts(table)
    return information / mean(rows, columns)


def with_plain_logarithms(table):
    p = table / table.sum()
    outer = p.sum(1, keepdim=True) * p.sum(0)
    return (p * (p / outer).log()).sum()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda t: over(t, lambda a, b: (a + b) / 2), "✔"),
        (lambda t: None, "None"),
        (lambda t: parts(t)[0], "mutual information"),
        (lambda t: over(t, lambda a, b: a + b), "half of it"),
        (lambda t: over(t, lambda a, b: (a * b).sqrt()), "geometric"),
        (lambda t: over(t, torch.maximum), "larger one"),
        (lambda t: over(t, torch.minimum), "smaller one"),
        (lambda t: 1 - over(t, lambda a, b: (a + b) / 2), "one minus"),
        (with_plain_logarithms, "logarithm of zero"),
        (lambda t: torch.tensor(0.123), "information = "),
    ],
)
def test_nmi(capsys, answer, hint):
    assert hint in said(check_nmi, answer, capsys)


def test_nmi_of_counts_gets_its_hint(capsys):
    def answer(table):
        rows, columns = (torch.special.entr(table.sum(axis)).sum() for axis in (1, 0))
        return 2 * (rows + columns - torch.special.entr(table).sum()) / (rows + columns)

    assert "sum to one" in said(check_nmi, answer, capsys)
