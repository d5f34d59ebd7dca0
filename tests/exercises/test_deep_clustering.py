"""Right answers pass, typical mistakes get their hint."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from avlearn.clustering import kmeans
from avlearn.exercises.deep_clustering import check_assignment, check_crossed_loss, check_draw_weights
from avlearn.training.cluster_draws import ClusterDraws

ce = F.cross_entropy


def said(check, answer, capsys) -> str:
    torch.manual_seed(0)
    check(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x, c: torch.cdist(x, c).argmin(1), "✔"),
        (lambda x, c: (x[:, None] - c).square().sum(2).argmin(1), "✔"),
        (lambda x, c: None, "None"),
        (lambda x, c: torch.cdist(x, c).argmax(1), "farthest"),
        (lambda x, c: torch.cdist(x, c).argmin(0), "other axis"),
        (lambda x, c: (x @ c.mT).argmax(1), "grows with the length"),
        (lambda x, c: torch.cdist(x, c).min(1).values, "which centre"),
        (lambda x, c: torch.cdist(x, c).argmin(1) + 1, "from 0"),
        (lambda x, c: torch.zeros(40, dtype=torch.long), "shape (N, K)"),
    ],
)
def test_assignment(capsys, answer, hint):
    assert hint in said(check_assignment, answer, capsys)


def test_the_assignment_is_that_of_the_library():
    points = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    found = kmeans(points, 4, seed=0)
    assert torch.equal(torch.cdist(points, found.centroids).argmin(1), found.labels)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s, h, v, a: ce(s, a) + ce(h, v), "✔"),
        (lambda s, h, v, a: None, "None"),
        (lambda s, h, v, a: ce(s, v) + ce(h, a), "SDC"),
        (lambda s, h, v, a: ce(s, v) + ce(h, a) + ce(s, a) + ce(h, v), "MDC"),
        (lambda s, h, v, a: (ce(s, a) + ce(h, v)) / 2, "not averaged"),
        (lambda s, h, v, a: 12 * (ce(s, a) + ce(h, v)), "before you add"),
        (lambda s, h, v, a: ce(s, a), "eyes alone"),
        (lambda s, h, v, a: ce(h, v), "ears alone"),
        (lambda s, h, v, a: s.sum(), "plus that of what is heard"),
    ],
)
def test_crossed_loss(capsys, answer, hint):
    assert hint in said(check_crossed_loss, answer, capsys)


def weights(labels):
    sizes = labels.bincount()
    return 1 / (sizes > 0).sum() / sizes[labels]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (weights, "✔"),
        (lambda labels: None, "None"),
        (lambda labels: 1 / labels.bincount()[labels] / len(labels.bincount()), "can't be drawn"),
        (lambda labels: torch.ones(9) / 9, "fill the batch"),
        (lambda labels: 1 / labels.bincount()[labels], "sum to 1"),
        (lambda labels: labels.bincount()[labels] / labels.bincount()[labels].sum(), "even more often"),
        (lambda labels: labels.float(), "clip's own cluster"),
    ],
)
def test_draw_weights(capsys, answer, hint):
    assert hint in said(check_draw_weights, answer, capsys)


def test_the_weights_are_those_by_which_the_library_draws():
    class Numbers:
        def batch(self, indices, *, truth=False):
            self.asked = list(indices)
            raise StopIteration

    labels, clips = torch.tensor([3, 0, 0, 3, 0, 4]), Numbers()
    draws = ClusterDraws(clips, {"audio": labels}, among=torch.arange(6), seed=0)
    with pytest.raises(StopIteration):
        draws.batch(range(6000))
    shares = torch.tensor(clips.asked).bincount(minlength=6) / 6000
    torch.testing.assert_close(shares, weights(labels), rtol=0, atol=0.02)
