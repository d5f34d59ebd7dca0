"""Choosing scenes by a score."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from avlearn.training import between, paced, simplest

SCORES = torch.tensor([3.0, 1.0, 9.0, 0.5, 1.0])


@pytest.mark.parametrize(("share", "numbers"), [(0.01, [3]), (0.4, [1, 3]), (0.6, [1, 3, 4]), (1.0, [0, 1, 2, 3, 4])])
def test_the_simplest_scenes(share, numbers):
    assert simplest(SCORES, share).tolist() == numbers


def test_the_simplest_equal_a_slow_reference():
    scores = torch.rand(50, generator=torch.Generator().manual_seed(0))
    ranked = np.argsort(scores.numpy(), kind="stable")
    assert simplest(scores, 0.3).tolist() == sorted(ranked[:15].tolist())


def test_only_the_order_of_the_scores_counts():
    assert torch.equal(simplest(SCORES, 0.4), simplest((5 * SCORES).exp(), 0.4))


def test_scores_in_between():
    assert between(SCORES, 1.0, 3.0).tolist() == [0, 1, 4]
    with pytest.raises(ValueError, match=r"no scene has a score from 4 to 5; the data has 0\.5 to 9, ask for less or"):
        between(SCORES, 4.0, 5.0)


def test_stages_let_in_more_and_more(scenes):
    curriculum = paced(scenes, SCORES, [(0.2, 0.4), (0.6, 0.6), (1.0, 1.0)], restart=True)
    assert [stage.until for stage in curriculum.stages] == [0.2, 0.6, 1.0]
    assert [stage.scenes.indices for stage in curriculum.stages] == [[1, 3], [1, 3, 4], [0, 1, 2, 3, 4]]
    assert all(stage.restart and stage.scenes.scenes is scenes for stage in curriculum.stages)


@pytest.mark.parametrize(
    ("scores", "share", "message"),
    [
        (torch.zeros(0), 0.5, "there are no scores; give one for each scene"),
        (torch.tensor([1.0, math.nan]), 0.5, "the score of scene 1 is nan; give finite scores"),
        (SCORES, 0.0, r"the share of simplest scenes is 0\.0; give a number in \(0, 1\]"),
        (SCORES, 1.5, r"the share of simplest scenes is 1\.5"),
    ],
)
def test_refuses_nonsense(scores, share, message):
    with pytest.raises(ValueError, match=message):
        simplest(scores, share)


def test_refuses_a_pace_that_goes_back(scenes):
    with pytest.raises(ValueError, match=r"stage 'simplest 100 %' ends at 0\.2, .* give stages in order"):
        paced(scenes, SCORES, [(0.5, 0.4), (0.2, 1.0)])
