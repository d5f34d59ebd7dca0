"""The record that comes with the package is whole, names no picture, and can be repeated."""

from __future__ import annotations

import itertools

import pytest

from avlearn.tasks import annotated_boxes
from avlearn.tasks.measured_boxes import measured, to_record


def key(row):
    return row["data_set"], row["baseline"], row["threshold"]


def test_the_record_has_every_baseline_under_every_rule():
    record = measured()
    sets, baselines = list(record["data_sets"]), {row["baseline"] for row in record["rows"]}
    wanted = set(itertools.product(sets, baselines, annotated_boxes.RULES))
    assert {key(row) for row in record["rows"]} == wanted
    assert sets == ["flickr_soundnet_test", "flickr_soundnet_all", "vggss"]
    values = [row[name] for row in record["rows"] for name in ("mean_iou", "ciou_at_0.5", "success_auc")]
    assert min(values) >= 0
    assert max(values) <= 1
    assert record["date"]
    assert record["command"].startswith("avlearn evaluate boxes")


def test_a_record_names_no_picture():
    result = {
        "size": 32,
        "data_sets": {"a": {"pictures": 5, "missing": ["x1"], "empty": ["x2", "x3"], "boxes_without_area": {"x4": 2}}},
        "rows": [{"data_set": "a"}],
        "reported": [{"system": "other"}],
    }
    record = to_record(result, date="2026-01-01", command="avlearn evaluate boxes")
    assert record["data_sets"]["a"] == {"pictures": 5, "missing": 1, "empty": 2, "boxes_without_area": 1}
    assert "reported" not in record
    assert record["rows"] == [{"data_set": "a"}]


def test_the_record_can_be_repeated(real_data):
    stored = {key(row): row["ciou_at_0.5"] for row in measured()["rows"]}
    result = annotated_boxes.evaluate(real_data / "annotations" / "flickr_soundnet", size=32)
    gaps = [abs(row["ciou_at_0.5"] - stored[key(row)]) for row in result["rows"]]
    assert sum(gaps) / len(gaps) == pytest.approx(0, abs=0.03)  # a coarse grid moves the edges of the boxes
