from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from avlearn.viz.boxes import _candidates, _common, label_marks, off_screen_marks, seen_spots, truth_marks


def test_nothing_is_drawn_without_the_truth(scene):
    assert truth_marks(replace(scene, truth=None), 0, (0, 0, 100, 50)) == []


def test_an_invisible_frame_has_no_box(scene):
    scene.truth.boxes[0, 2] = 0
    assert sum("<rect" in mark for mark in truth_marks(scene, 2, (0, 0, 100, 50))) == 1


@pytest.mark.parametrize("spot", [(0, 0, 20, 20), (170, 80, 30, 20), (90, 0, 20, 100), (0, 0, 200, 100)])
def test_names_stay_inside_the_picture(spot):
    for x, y, width, height in _candidates("♪ clicker", spot, (0, 0, 200, 100), 12):
        assert x >= 0
        assert x + width <= 200
        assert y >= 0
        assert y + height <= 100


def test_names_of_neighbours_keep_apart(scene, drawn):
    scene.truth.boxes[0] = torch.tensor([0.1, 0.3, 0.3, 0.5])
    scene.truth.boxes[1] = torch.tensor([0.1, 0.6, 0.3, 0.8])
    marks = truth_marks(scene, 0, (0, 0, 300, 200), names=("clicker", "kettle", "siren"))
    heights = [float(mark.split('y="')[1].split('"')[0]) for mark in marks if mark.startswith("<text")]
    assert abs(heights[0] - heights[1]) > 12


def test_common_area():
    assert _common((0, 0, 4, 4), (2, 3, 4, 4)) == 2
    assert _common((0, 0, 4, 4), (4, 0, 4, 4)) == 0


def test_labels_hide_neither_boxes_nor_each_other():
    spots = [(20, 60, 40, 40), (20, 102, 40, 40)]
    marks = label_marks(["found", "missed"], spots, (0, 0, 200, 200))
    heights = [float(mark.split('y="')[1].split('"')[0]) for mark in marks]
    assert heights[0] < 60
    assert heights[1] > 142


def test_spots_are_the_boxes_that_can_be_seen(scene):
    assert seen_spots(scene.truth, 0, (0, 0, 100, 50)) == {0: (25.0, 25.0, 25.0, 25.0), 1: (75.0, 0.0, 25.0, 12.5)}


def test_off_screen_sounds_are_named_or_not(scene):
    assert "off screen: siren" in off_screen_marks(scene.truth, (0, 0, 9, 9), names=("bell", "brick", "siren"))[0]
    assert "off screen: a sound" in off_screen_marks(scene.truth, (0, 0, 9, 9))[0]
