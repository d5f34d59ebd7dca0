from __future__ import annotations

import json
import math
from typing import get_args

import pytest

from avlearn.metrics.localization import Threshold
from avlearn.tasks import annotated_boxes

BASELINES = {
    "whole_image", "centre_box_0.5", "centre_box_0.6", "centre_box_0.7", "centre_box_0.8", "centre_box_0.9",
    "centred_disc", "centred_gaussian", "mean_of_others", "box_of_others",
}  # fmt: skip


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Ten pictures: nine with a box in the middle that covers a quarter, one with a box along the left."""
    folder = tmp_path_factory.mktemp("annotations")
    rows = [{"file": f"p{number}", "class": "x", "bbox": [[0.25, 0.25, 0.75, 0.75]]} for number in range(9)]
    rows.append({"file": "left", "class": "x", "bbox": [[0.0, 0.0, 0.125, 1.0]]})
    rows.append({"file": "flat", "class": "x", "bbox": [[0.5, 0.5, 0.5, 0.9]]})
    (folder / "vggss.json").write_text(json.dumps(rows))
    return annotated_boxes.evaluate(folder, size=64)


def pick(result, baseline: str, rule: str) -> dict:
    (row,) = [row for row in result["rows"] if (row["baseline"], row["threshold"]) == (baseline, rule)]
    return row


def test_every_baseline_is_there_under_every_rule_and_all_is_json(result):
    assert json.loads(json.dumps(result)) == result
    keys = {(row["data_set"], row["baseline"], row["threshold"]) for row in result["rows"]}
    assert keys == {("vggss", baseline, rule) for baseline in BASELINES for rule in get_args(Threshold)}
    assert len(result["rows"]) == len(keys)
    assert result["size"] == 64
    assert {row["data_set"] for row in result["reported"]} == {"flickr_soundnet_test"}


def test_facts_tell_what_was_left_out(result):
    facts = result["data_sets"]["vggss"]
    assert facts == {
        "pictures": 10,
        "boxes": 11,
        "missing": [],
        "empty": ["flat"],
        "boxes_without_area": {"flat": 1},
        "mean_area": pytest.approx((9 * 0.25 + 0.125) / 10),
        "best_box": [0.25, 0.25, 0.75, 0.75],
    }


@pytest.mark.parametrize("rule", ["max_half", "tenth_of_max", "fixed_0.1", "fixed_0.001"])
def test_flat_maps_score_by_arithmetic_under_every_rule_with_a_threshold(result, rule):
    whole = pick(result, "whole_image", rule)
    assert whole["mean_iou"] == pytest.approx((9 * 0.25 + 0.125) / 10)
    assert whole["ciou_at_0.5"] == 0
    centre = pick(result, "centre_box_0.5", rule)
    assert centre["ciou_at_0.5"] == 0.9
    assert centre["success_auc"] == pytest.approx(0.9 * 1 + 0.1 * 0.025)
    assert pick(result, "box_of_others", rule) == {**centre, "baseline": "box_of_others"}


def test_a_bell_is_cut_by_its_formula(result):
    # Above half of the maximum: a disc of 1.1774 standard deviations, which the middle box of half the side holds
    disc = math.pi * (1.1774 * 0.25) ** 2
    overlap = pick(result, "centred_gaussian", "max_half")["mean_iou"]
    inside = 0.25 - 4 * corner_beyond(1.1774 * 0.25, 0.25)
    assert overlap == pytest.approx(0.9 * inside / (0.25 + disc - inside), abs=0.01)
    # Everything exceeds a thousandth of it
    assert pick(result, "centred_gaussian", "fixed_0.001")["mean_iou"] == pytest.approx(0.2375)
    # Its higher half is the disc of half the area
    assert pick(result, "centred_gaussian", "top_half")["mean_iou"] == pytest.approx(
        pick(result, "centred_disc", "max_half")["mean_iou"], abs=0.005
    )


def corner_beyond(radius: float, half_side: float, steps: int = 400) -> float:
    """Area of one corner of the square that a concentric disc doesn't reach."""
    points = [(i + 0.5) / steps * half_side for i in range(steps)]
    return sum(x * x + y * y > radius * radius for x in points for y in points) * (half_side / steps) ** 2


def test_mean_of_others_leaves_the_picture_itself_out(result):
    # For the nine it is 8 : 1 for the middle; for the last it is the middle alone, which never touches its box
    assert pick(result, "mean_of_others", "max_half")["mean_iou"] == pytest.approx(0.9)
    assert pick(result, "mean_of_others", "fixed_0.1")["mean_iou"] == pytest.approx(0.9 * 0.25 / 0.375)
    assert pick(result, "mean_of_others", "true_area")["mean_iou"] < 0.95


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match="size is 100"):
        annotated_boxes.evaluate(tmp_path, size=100)
    with pytest.raises(ValueError, match="give the folder of annotations"):
        annotated_boxes.evaluate(tmp_path)
