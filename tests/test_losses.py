"""Losses against loops over pairs, known values and invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from avlearn.losses import contrastive, info_nce, max_margin


@pytest.fixture
def similarity() -> torch.Tensor:
    return 3 * torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def max_margin_reference(s: np.ndarray, margin: float, negatives: str) -> float:
    n, terms = len(s), []
    for i in range(n):
        by_picture = [max(0.0, margin + s[i, j] - s[i, i]) for j in range(n) if j != i]
        by_sound = [max(0.0, margin + s[j, i] - s[i, i]) for j in range(n) if j != i]
        if negatives == "one":
            terms.append(max(0.0, margin + s[i, (i + 1) % n] - s[i, i]))
        elif negatives == "hardest":
            terms.append((max(by_picture) + max(by_sound)) / 2)
        else:
            terms.append((np.mean(by_picture) + np.mean(by_sound)) / 2)
    return float(np.mean(terms))


@pytest.mark.parametrize("negatives", ["one", "hardest", "all"])
@pytest.mark.parametrize("margin", [0.5, 10.0])
def test_max_margin_equals_the_pairwise_loop(similarity, margin, negatives):
    expected = max_margin_reference(similarity.numpy(), margin, negatives)
    assert max_margin(similarity, margin=margin, negatives=negatives).item() == pytest.approx(expected, rel=1e-12)


def test_info_nce_equals_the_pairwise_loop(similarity):
    s, terms = similarity.numpy(), []
    for i in range(len(s)):
        terms.append(-math.log(math.exp(s[i, i]) / sum(math.exp(x) for x in s[i])))
        terms.append(-math.log(math.exp(s[i, i]) / sum(math.exp(x) for x in s[:, i])))
    assert info_nce(similarity).item() == pytest.approx(np.mean(terms), rel=1e-12)


@pytest.mark.parametrize("negatives", ["one", "hardest", "all"])
def test_contrastive_equals_the_pairwise_loop(similarity, negatives):
    d, terms = similarity.abs().numpy(), []
    wrong = np.maximum(5.0 - d, 0) ** 2
    for i in range(len(d)):
        others = [j for j in range(len(d)) if j != i]
        cost = {
            "one": wrong[i, (i + 1) % len(d)],
            "hardest": (max(wrong[i, j] for j in others) + max(wrong[j, i] for j in others)) / 2,
            "all": np.mean([wrong[i, j] for j in others]),
        }[negatives]
        terms.append((d[i, i] ** 2 / 2 + cost / 2) / 2)
    assert contrastive(similarity.abs(), negatives=negatives).item() == pytest.approx(np.mean(terms), rel=1e-12)


def test_contrastive_is_the_released_loss_on_interleaved_pairs(similarity):
    # Released: mean over a batch of true and wrong pairs of [y d^2 + (1 - y) relu(5 - d)^2] / 2
    d = similarity.abs()
    pairs = torch.cat([d.diagonal(), d.roll(-1, 1).diagonal()])
    y = torch.cat([torch.ones(5), torch.zeros(5)])
    expected = (0.5 * (y * pairs**2 + (1 - y) * torch.relu(5 - pairs) ** 2)).mean()
    torch.testing.assert_close(contrastive(d), expected)


@pytest.mark.parametrize("negatives", ["one", "hardest", "all"])
def test_values_of_equal_similarities(negatives):
    equal = torch.full((6, 6), 0.7)
    assert max_margin(equal, margin=10.0, negatives=negatives).item() == pytest.approx(10.0)
    assert info_nce(equal).item() == pytest.approx(math.log(6))
    assert contrastive(torch.full((6, 6), 2.5), negatives=negatives).item() == pytest.approx(25 / 8)


@pytest.mark.parametrize("negatives", ["one", "hardest", "all"])
def test_max_margin_is_zero_when_all_win_and_shift_invariant(similarity, negatives):
    assert max_margin(20 * torch.eye(4), margin=10.0, negatives=negatives) == 0
    shifted = max_margin(similarity + 3, margin=10.0, negatives=negatives)
    torch.testing.assert_close(shifted, max_margin(similarity, margin=10.0, negatives=negatives))


def test_released_margin_is_linear_for_single_cosines(similarity):
    # papers: with rows of cosines in [-1, 1] and a margin of 10 the hinge never closes
    cosines = torch.tanh(similarity)
    expected = 10 + (cosines.roll(-1, 1).diagonal() - cosines.diagonal()).mean()
    torch.testing.assert_close(max_margin(cosines, margin=10.0), expected)


@pytest.mark.parametrize("loss", [max_margin, info_nce, contrastive])
def test_gradients(similarity, loss):
    settings = {} if loss is info_nce else {"margin": 4.0, "negatives": "all"}
    assert torch.autograd.gradcheck(lambda s: loss(s, **settings), (similarity.abs().requires_grad_(),))


def test_refuses_nonsense():
    with pytest.raises(ValueError, match="1 pair"):
        max_margin(torch.ones(1, 1), margin=1.0)
    with pytest.raises(ValueError, match="margin is 0"):
        max_margin(torch.ones(2, 2), margin=0.0)
    with pytest.raises(ValueError, match="negatives is 'some'"):
        contrastive.__wrapped__(torch.ones(2, 2), negatives="some")
