from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.data.unpacked import read_manifest
from avlearn.tasks.classify import features_of
from avlearn.tasks.descriptors import View
from avlearn.tasks.extraction import ClipFeatures
from avlearn.tasks.named_pictures import evaluate


class Halves:
    """Sees the mean colour of the left and of the right half."""

    view = View(size=8)

    def see(self, frames):
        left, right = frames.float().chunk(2, dim=4)
        return torch.cat([half.mean((2, 3, 4)) for half in (left, right)], dim=1)


@pytest.fixture
def pictures(made, tmp_path):
    return read_manifest("voc2007", made.voc2007(tmp_path))


def features(manifest, values) -> ClipFeatures:
    return ClipFeatures(manifest=manifest, values=values, missing={}, broken={}, silent=())


def test_voc_from_files_to_a_table(pictures, tmp_path):
    result = evaluate(features_of(pictures, Halves(), out=tmp_path))
    assert result["map"] == pytest.approx(1)
    assert result["map_11_points"] == pytest.approx(1)
    assert result["left_out"] == []
    assert result["classes"]["apple"]["shown"] == 10
    # The first picture to test on is a difficult leaf: it counts neither as a leaf nor as none
    assert result["classes"]["leaf"]["shown"] == 9
    assert result["classes"]["leaf"]["share"] == pytest.approx(9 / 19)


def test_scores_that_say_nothing_give_chance(pictures):
    draws = np.random.default_rng(0)
    values = draws.standard_normal((40, 1, 1)).astype(np.float32)
    result = evaluate(features(pictures, values))
    assert abs(result["map"] - result["chance"]) < 0.25


def test_a_class_that_no_picture_shows_is_left_out_and_named(pictures):
    rows = [row for row, clip in enumerate(pictures.clips) if row >= 20 or 0 not in clip.labels]
    values = np.random.default_rng(0).random((len(rows), 1, 2)).astype(np.float32)
    assert evaluate(features(pictures.only(rows), values))["left_out"] == ["apple"]


def test_what_makes_no_sense_is_refused(pictures):
    with pytest.raises(ValueError, match="voc2007 has 20 pictures to learn from and 0 to test on"):
        evaluate(features(pictures.only(range(20)), np.zeros((20, 1, 2), np.float32)))
    with pytest.raises(ValueError, match="aren't finite"):
        evaluate(features(pictures, np.full((40, 1, 2), np.nan, np.float32)))
