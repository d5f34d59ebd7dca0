from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from avlearn.viz import bars, curves, scatter


def test_one_series_is_one_line():
    figure = curves({"loss": ([0, 1, 2], torch.tensor([3.0, 2.0, 1.0]))}, x="step", y="loss", alt="It falls.")
    (line,) = figure.data
    assert line.y.tolist() == [3, 2, 1]
    assert not figure.layout.showlegend
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("step", "loss")
    assert figure.layout.meta["alt"] == "It falls."


def test_seeds_become_a_mean_and_a_band_over_all_of_them():
    figure = curves({"loss": ([0, 1], np.array([[1.0, 2.0], [3.0, 6.0]]))}, x="step", y="loss", alt="It rises.")
    band, mean = figure.data
    assert mean.y.tolist() == [2, 4]
    assert band.y.tolist() == [3, 6, 2, 1]
    assert band.x.tolist() == [0, 1, 1, 0]


def test_series_differ_in_shape_not_only_in_colour():
    lines = curves({name: ([0, 1], [0, 1]) for name in "abcdef"}, x="x", y="y", alt="Six.").data
    assert len({line.marker.symbol for line in lines}) == len({line.line.color for line in lines}) == 6


def test_chance_is_dashed_and_named():
    figure = curves({"a": ([0, 1], [0, 1])}, x="x", y="y", alt="A.", chance={"chance": 0.25})
    (line,), (words,) = figure.layout.shapes, figure.layout.annotations
    assert (line.y0, line.y1, line.line.dash) == (0.25, 0.25, "dash")
    assert words.text == "chance"


def test_bars_end_at_the_mean_with_the_deviation_of_the_seeds():
    figure = bars({"ours": [0.8, 0.9, 1.0], "one run": 0.5}, baselines={"centre": 0.4}, x="pointing", alt="Bars.")
    methods, baselines = figure.data
    assert methods.x == pytest.approx((0.9, 0.5))
    assert methods.error_x.array == pytest.approx((0.1, 0.0))
    assert baselines.y == ("centre",)


def test_baselines_look_different_without_colour():
    methods, baselines = bars({"ours": 1.0}, baselines={"centre": 0.4}, x="pointing", alt="Bars.").data
    assert methods.marker.pattern.shape is None
    assert baselines.marker.pattern.shape == "/"


def test_scatter_draws_groups_and_centres():
    figure = scatter({"seen": torch.zeros(3, 2), "heard": np.ones((2, 2))}, centres=[[0.5, 0.5]], alt="Points.")
    assert [len(trace.x) for trace in figure.data] == [3, 2, 1]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


def test_figures_bring_no_ground_and_stay_light():
    figure = json.loads(curves({"a": ([0, 1], [0, 1])}, x="x", y="y", alt="A.").to_json())
    assert figure["layout"]["template"]["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert len(json.dumps(figure)) < 3000


@pytest.mark.parametrize(
    ("show", "complaint"),
    [
        (lambda: curves({}, x="x", y="y", alt="A."), "no series"),
        (lambda: curves({"a": ([0, 1], [0, 1, 2])}, x="x", y="y", alt="A."), "2 x and 3 y"),
        (lambda: curves({"a": ([0, 1], [0, 1])}, x="x", y="y", alt=" "), "alt"),
        (lambda: bars({}, x="x", alt="A."), "no methods"),
        (lambda: bars({"a": 1}, x="x", alt=""), "alt"),
        (lambda: scatter({}, alt="A."), "no groups"),
        (lambda: scatter({"a": np.zeros((3, 3))}, alt="A."), r"\(points, 2\)"),
        (lambda: scatter({"a": np.zeros((3, 2))}, alt=""), "alt"),
    ],
)
def test_refused(show, complaint):
    with pytest.raises(ValueError, match=complaint):
        show()
