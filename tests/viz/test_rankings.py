from __future__ import annotations

import pytest
import torch

from avlearn.viz import precision_recall
from avlearn.viz.rankings import POINTS

SCORES = torch.tensor([0.9, 0.7, 0.4, 0.1])
POSITIVE = torch.tensor([True, False, True, False])


def test_every_threshold_is_a_point():
    figure = precision_recall({"ours": SCORES}, POSITIVE, alt="A curve.")
    (curve,) = figure.data
    assert curve.x.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert curve.y.tolist() == pytest.approx([1, 0.5, 0.6667, 0.5])
    assert curve.customdata.tolist() == pytest.approx(SCORES.tolist())
    assert figure.layout.meta["alt"] == "A curve."


def test_detecting_everything_is_drawn_beside():
    figure = precision_recall({"ours": SCORES}, POSITIVE, alt="A curve.")
    assert figure.layout.shapes[0].y0 == 0.5
    assert figure.layout.annotations[0].text == "all objects"


def test_the_chosen_threshold_lies_on_the_curve():
    figure = precision_recall({"a": SCORES, "b": -SCORES}, POSITIVE, alt="Two.", chosen={"a": 0.4})
    first, star, second = figure.data
    assert (star.x[0], star.y[0]) == (1.0, pytest.approx(2 / 3))
    assert (first.line.color, first.legendgroup) == (star.marker.color, star.legendgroup)
    assert second.name == "b"


def test_a_threshold_above_all_finds_nothing():
    star = precision_recall({"a": SCORES}, POSITIVE, alt="One.", chosen={"a": 5}).data[1]
    assert (star.x[0], star.y[0]) == (0.0, 0.0)


def test_long_curves_are_thinned_and_keep_their_ends():
    generator = torch.Generator().manual_seed(0)
    scores, positive = torch.rand(2000, generator=generator), torch.rand(2000, generator=generator) < 0.3
    (curve,) = precision_recall({"a": scores}, positive, alt="One.").data
    assert len(curve.x) == POINTS
    assert curve.customdata[[0, -1]].tolist() == [float(scores.max()), float(scores.min())]


def test_refused():
    with pytest.raises(ValueError, match="no scores"):
        precision_recall({}, POSITIVE, alt="None.")
    with pytest.raises(ValueError, match="alt"):
        precision_recall({"a": SCORES}, POSITIVE, alt=" ")
    with pytest.raises(ValueError, match="4 of 4 scores are positive"):
        precision_recall({"a": SCORES}, POSITIVE | True, alt="One.")
