"""The annotated boxes of Flickr-SoundNet and VGG-SS, where their files are."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from avlearn.tasks import annotated_boxes
from avlearn.tasks.box_files import read_box_sets


@pytest.fixture(scope="module")
def annotations(real_data):
    folder = real_data / "annotations"
    if not (folder / "vggss" / "vggss.json").is_file() or not (folder / "flickr_soundnet").is_dir():
        pytest.skip(f"no annotations of VGG-SS and Flickr-SoundNet in {folder}")
    return folder


def test_known_counts(annotations):
    test, everything, vggss = read_box_sets(annotations)
    assert (len(test.pictures), test.missing) == (249, ("3908875357",))
    assert len(everything.pictures) == 2786
    assert everything.without_area == {"4041216001": 1}
    assert len(vggss.pictures) == 5158


def test_references_equal_a_plain_reading_of_the_file(annotations):
    _, everything, _ = read_box_sets(annotations)
    with gzip.open(annotations / "flickr_soundnet" / "flickr_boxes.json.gz") as file:
        plain = json.load(file)
    drawn = everything.references(slice(0, 40), 224).numpy()
    for picture, g in zip(everything.pictures[:40], drawn, strict=True):
        slow = np.zeros((224, 224))
        for box in plain[picture]:
            x1, y1, x2, y2 = (int(224 * value / 256) for value in box)
            slow[y1:y2, x1:x2] += 0.5
        assert (g == np.minimum(slow, 1)).all()


def test_whole_image_equals_a_plain_computation(annotations, tmp_path):
    # The test pictures alone: reading all sets takes half a minute
    with gzip.open(annotations / "flickr_soundnet" / "flickr_boxes.json.gz") as file:
        plain = json.load(file)
    listed = [line.split(",")[0] for line in (annotations / "flickr_soundnet" / "flickr_test.csv").read_text().split()]
    (tmp_path / "flickr_boxes.json").write_text(json.dumps({picture: plain[picture] for picture in listed}))
    result = annotated_boxes.evaluate(tmp_path)
    values = []
    for picture in listed:
        g = np.zeros((224, 224))
        for box in plain[picture]:
            x1, y1, x2, y2 = (int(224 * value / 256) for value in box)
            g[y1:y2, x1:x2] += 0.5
        g = np.minimum(g, 1)
        values.append(g.sum() / (g.sum() + (g == 0).sum()))
    rates = [np.mean(np.array(values) >= step / 20) for step in range(21)]
    (row,) = [row for row in result["rows"] if (row["baseline"], row["threshold"]) == ("whole_image", "max_half")]
    assert row["mean_iou"] == pytest.approx(np.mean(values), abs=1e-6)
    assert row["ciou_at_0.5"] == pytest.approx(rates[10], abs=1e-12)
    assert row["success_auc"] == pytest.approx(np.trapezoid(rates, dx=0.05), abs=1e-9)
