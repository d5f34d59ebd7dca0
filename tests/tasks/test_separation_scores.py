"""Scores of separated sounds: means over parts, intervals over mixtures, and silence that counts as no answer."""

from __future__ import annotations

import pytest
import torch

from avlearn.metrics.separation import score
from avlearn.tasks.frozen import draws_of
from avlearn.tasks.separation_scores import SeparationScores, score_answers, summarize_answers

PARTS = torch.randn(3, 2, 2000, generator=torch.Generator().manual_seed(0))
MIXTURE = PARTS.sum(1)
ANSWERS = {"good": PARTS + 0.1 * PARTS.flip(1), "none": torch.zeros_like(PARTS)}


def test_scores_are_those_of_the_metrics():
    found, expected = score_answers(ANSWERS, PARTS, MIXTURE, filters=True), score(ANSWERS["good"], PARTS, MIXTURE)
    for name, values in expected.items():
        torch.testing.assert_close(found.measures["good"][name], values.flatten())
    assert found.mixture.tolist() == [0, 0, 1, 1, 2, 2]


def test_a_silent_answer_counts_as_the_mixture():
    found = score_answers(ANSWERS, PARTS, MIXTURE, filters=False)
    assert found.measures["none"]["si_sdr_gain"].abs().max() == 0
    assert set(found.measures["none"]) == {"si_sdr", "mixture/si_sdr", "si_sdr_gain"}


def test_summary_is_the_mean_over_parts_with_an_interval_over_mixtures():
    scores = score_answers(ANSWERS, PARTS, MIXTURE, filters=False)
    draws = draws_of(3, torch.Generator().manual_seed(0))
    found = summarize_answers(scores, draws)["good"]
    values = scores.measures["good"]["si_sdr_gain"]
    assert found["si_sdr_gain"] == pytest.approx(float(values.mean()))
    low, high = found["intervals"]["si_sdr_gain"]
    means = values.unflatten(0, (3, 2)).mean(1)
    assert float(means.min()) <= low <= found["si_sdr_gain"] <= high <= float(means.max())
    assert not any("/" in name for name in found)


def test_joined_scores_number_their_mixtures_through():
    part = score_answers(ANSWERS, PARTS, MIXTURE, filters=False)
    joined = SeparationScores.join([part, part])
    assert joined.mixture.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert len(joined.measures["good"]["si_sdr"]) == 12
