from __future__ import annotations

import numpy as np
import pytest

from avlearn.metrics.eleven_points import eleven_points


def test_eleven_points_by_a_plain_count():
    draws = np.random.default_rng(1)
    shown, scores = draws.random(30) < 0.3, draws.random(30)
    order = np.argsort(-scores)
    hits = np.cumsum(shown[order])
    precision, recall = hits / np.arange(1, 31), hits / shown.sum()
    expected = np.mean(
        [max(p for p, r in zip(precision, recall, strict=True) if r >= t - 1e-12) for t in np.linspace(0, 1, 11)]
    )
    assert eleven_points(shown, scores) == pytest.approx(expected)


def test_a_perfect_ranking_has_one_and_the_worst_what_the_last_places_give():
    shown = np.array([True, True, False, False])
    assert eleven_points(shown, np.array([4.0, 3.0, 2.0, 1.0])) == pytest.approx(1)
    assert eleven_points(shown, np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(0.5)
