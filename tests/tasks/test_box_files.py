from __future__ import annotations

import gzip
import json

import pytest
import torch

from avlearn.tasks.box_files import read_box_sets

FLICKR = {
    "11": [[0, 0, 256, 256], [0, 0, 128, 256]],
    "22": [[64, 64, 128, 128]],
    "33": [[60, 80, 60, 80], [0, 0, 9, 9]],
}
VGGSS = [
    {"file": "abc_000010", "class": "dog", "bbox": [[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]]},
    {"file": "def_000020", "class": "cat", "bbox": [[0.25, 0.25, 0.5, -2.8e16]]},
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "flickr").mkdir()
    (tmp_path / "flickr" / "flickr_boxes.json.gz").write_bytes(gzip.compress(json.dumps(FLICKR).encode()))
    (tmp_path / "flickr" / "test_list.txt").write_text("22.png\n44.png\n11.png\n\n")
    (tmp_path / "vggss.json").write_text(json.dumps(VGGSS))
    return tmp_path


def test_all_sets_are_found(folder):
    test, everything, vggss = read_box_sets(folder)
    assert [boxes.name for boxes in (test, everything, vggss)] == [
        "flickr_soundnet_test",
        "flickr_soundnet_all",
        "vggss",
    ]
    assert (test.pictures, test.missing) == (("11", "22"), ("44",))
    assert everything.pictures == ("11", "22", "33")
    assert everything.boxes[0].tolist() == [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 1.0]]
    assert everything.given.tolist() == [[True, True], [True, False], [True, True]]
    assert vggss.pictures == ("abc_000010", "def_000020")


def test_boxes_without_area_are_counted(folder):
    test, everything, vggss = read_box_sets(folder)
    assert test.without_area == {}
    assert everything.without_area == {"33": 1}
    assert vggss.without_area == {"def_000020": 1}


def test_flickr_counts_annotators_and_vggss_takes_the_union(folder):
    _, everything, vggss = read_box_sets(folder)
    consensus = everything.references(slice(0, 2), 8)
    assert consensus[0].tolist() == [[1.0] * 4 + [0.5] * 4] * 8
    assert float(consensus[1].sum()) == 0.5 * 4
    union = vggss.references(slice(0, 1), 4)[0]
    assert union.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]
    assert (vggss.references(slice(1, 2), 4) == 0).all()


def test_flickr_boxes_are_drawn_as_lvs_draws_them(folder):
    _, everything, _ = read_box_sets(folder)
    g = everything.references(slice(2, 3), 224)[0]
    # int(224 * 9 / 256) = 7
    assert float(g.sum()) == 0.5 * 7 * 7
    assert (g[:7, :7] == 0.5).all()


def test_the_csv_of_the_list_and_plain_json_do_as_well(tmp_path):
    (tmp_path / "flickr_boxes.json").write_text(json.dumps(FLICKR))
    (tmp_path / "flickr_test.csv").write_text("11,202\n22,0\n")
    test, everything = read_box_sets(tmp_path)
    assert test.pictures == ("11", "22")
    assert len(everything.pictures) == 3
    assert everything.boxes.dtype == torch.float64


def test_sets_without_files_are_left_out(tmp_path):
    (tmp_path / "vggss.json").write_text(json.dumps(VGGSS))
    assert [boxes.name for boxes in read_box_sets(tmp_path)] == ["vggss"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vggss.json", "{", "can't be read as JSON"),
        ("vggss.json", '[{"file": "a"}]', "list of objects with `file` and `bbox`"),
        ("vggss.json", '[{"file": "a", "bbox": [[0, 1, 2]]}]', r"list of boxes \[x1, y1, x2, y2\]"),
        ("flickr_boxes.json", "[1]", "must be an object"),
        ("flickr_boxes.json", "{}", r"list of boxes \[x1, y1, x2, y2\]"),
        ("flickr_boxes.json", '{"a": [["x", 1, 2, 3]]}', r"list of boxes \[x1, y1, x2, y2\]"),
    ],
)
def test_files_in_another_format_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        read_box_sets(tmp_path)


def test_broken_gzip_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"neither Annotations/\*\.xml nor flickr_boxes\.json\(\.gz\) nor vggss\.json"):
        read_box_sets(tmp_path)
    (tmp_path / "flickr_boxes.json.gz").write_bytes(b"no gzip")
    with pytest.raises(ValueError, match="can't be read as JSON"):
        read_box_sets(tmp_path)


def test_xml_files_of_each_picture_say_the_same(folder, tmp_path):
    _, expected, _ = read_box_sets(folder)
    (tmp_path / "flickr" / "flickr_boxes.json.gz").unlink()
    (tmp_path / "flickr" / "Annotations").mkdir()
    for name, boxes in FLICKR.items():
        parts = "".join(f"<bbox><who>one</who>{''.join(f'<c>{side}</c>' for side in box)}</bbox>" for box in boxes)
        (tmp_path / "flickr" / "Annotations" / f"{name}.xml").write_text(f"<a><annotator>{parts}</annotator></a>")
    test, everything, _ = read_box_sets(folder)
    assert everything.pictures == expected.pictures
    assert torch.equal(everything.boxes, expected.boxes)
    assert test.pictures == ("11", "22")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<a><b>", "isn't in the form of Flickr-SoundNet"),
        ("<a><b><bbox><who>one</who><c>left</c></bbox></b></a>", "isn't in the form of Flickr-SoundNet"),
        ("<a><b><bbox><who>one</who><c>2</c></bbox></b></a>", "each an element and x1, y1, x2, y2"),
        ("<a></a>", "must have one or more `bbox`"),
    ],
)
def test_other_xml_files_are_refused(tmp_path, text, said):
    (tmp_path / "anno").mkdir()
    (tmp_path / "anno" / "11.xml").write_text(text)
    with pytest.raises(ValueError, match=said):
        read_box_sets(tmp_path)
