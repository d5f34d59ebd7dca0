"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch

from avlearn.exercises.feature_evaluation import check_clip_class, check_eleven_points, check_leaks


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s: s.mean(0).argmax(), "✔"),
        (lambda s: s.sum(0).argmax(), "✔"),
        (lambda s: None, "None"),
        (lambda s: s.argmax(1).mode().values, "vote"),
        (lambda s: s.amax(0).argmax(), "surest"),
        (lambda s: s.mean(0).amax(), "not its score"),
        (lambda s: s.argmax(1), "not one for each window"),
        (lambda s: torch.tensor(77), "mean over the windows"),
    ],
)
def test_clip_class(capsys, answer, hint):
    assert hint in said(check_clip_class, answer, capsys)


def sides(recordings, train):
    return set(recordings[train].tolist()), set(recordings[~train].tolist())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda r, t: len(sides(r, t)[0] & sides(r, t)[1]), "✔"),
        (lambda r, t: None, "None"),
        (lambda r, t: sum(int(one) in sides(r, t)[0] for one in r[~t]), "count recordings"),
        (lambda r, t: len(sides(r, t)[0]), "recordings to learn from"),
        (lambda r, t: len(r.unique()), "all recordings"),
        (lambda r, t: len(sides(r, t)[0] & sides(r, t)[1]) / 7, "not a share"),
        (lambda r, t: 77, "which recordings"),
    ],
)
def test_leaks(capsys, answer, hint):
    assert hint in said(check_leaks, answer, capsys)


def reached(precision, recall, first=0):
    return [precision[recall >= level / 10 - 1e-12] for level in range(first, 11)]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda p, r: torch.stack([some.max() for some in reached(p, r)]).mean(), "✔"),
        (lambda p, r: None, "None"),
        (lambda p, r: p.mean(), "all places"),
        (lambda p, r: p[torch.cat([r[:1], r.diff()]) > 0].mean(), "usual average precision"),
        (lambda p, r: torch.stack([some[0] for some in reached(p, r)]).mean(), "from there on"),
        (lambda p, r: torch.stack([some.max() for some in reached(p, r, 1)]).mean(), "this has 10"),
        (lambda p, r: torch.stack([some.max() for some in reached(p, r)]), "one number"),
        (lambda p, r: torch.tensor(0.123), "for each of 0"),
    ],
)
def test_eleven_points(capsys, answer, hint):
    assert hint in said(check_eleven_points, answer, capsys)
