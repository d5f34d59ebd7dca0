"""Official lists of data sets of videos, where they are; no video is needed."""

from __future__ import annotations

import csv
import gzip

import pytest

from avlearn.data.manifests import report_missing
from avlearn.data.unpacked import read_manifest
from avlearn.tasks.box_files import read_box_sets


@pytest.fixture
def lists(real_data):
    folder = real_data / "annotations"
    if not (folder / "index.csv").is_file():
        pytest.skip(f"no lists in {folder}")
    return folder


def test_vggss_has_a_clip_for_each_picture_with_boxes(lists):
    manifest = read_manifest("vggss", lists / "vggss")
    (boxes,) = read_box_sets(lists / "vggss")
    assert tuple(clip.name for clip in manifest.clips) == boxes.pictures
    assert (len(manifest), len(manifest.classes)) == (5158, 221)
    report = report_missing(manifest)
    assert (report["present"], sum(report["missing_by_class"].values())) == (0, 5158)


def test_vggsound_has_its_309_classes(lists, tmp_path):
    # The list of the authors' page isn't at hand; that of the clips to test on is, and here takes its form
    rows = csv.reader(gzip.decompress((lists / "vggsound" / "test.csv.gz").read_bytes()).decode().splitlines())
    with (tmp_path / "vggsound.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([name[:11], int(name[12:18]), label, "test"] for name, label in rows)
    manifest = read_manifest("vggsound", tmp_path)
    (split,) = manifest.splits
    assert (len(manifest.classes), len(split.train), len(split.test)) == (309, 0, 15_446)
    tested = {clip.name: manifest.classes[clip.labels[0]] for clip in manifest.clips}
    boxes = read_manifest("vggss", lists / "vggss")
    assert all(tested[clip.name] == boxes.classes[clip.labels[0]] for clip in boxes.clips)


def test_ave_has_4143_events_of_28_classes(lists):
    manifest = read_manifest("ave", lists / "ave")
    assert (len(manifest), len(manifest.classes), len({clip.group for clip in manifest.clips})) == (4143, 28, 4097)


def test_music_has_536_solos_and_149_duets(lists):
    manifest = read_manifest("music", lists / "music")
    counts = [len(clip.labels) for clip in manifest.clips]
    assert (counts.count(1), counts.count(2), len(counts)) == (536, 149, 685)
    assert len(manifest.classes) == 11


def test_audioset_has_527_classes(lists, tmp_path):
    (tmp_path / "class_labels_indices.csv").write_bytes((lists / "audioset" / "class_labels_indices.csv").read_bytes())
    (tmp_path / "eval_segments.csv").write_text(
        '# YTID, start_seconds, end_seconds, positive_labels\n--4gqARaEJE, 0.000, 10.000, "/m/05zppz,/m/09x0r"\n'
    )
    manifest = read_manifest("audioset", tmp_path)
    assert (len(manifest.classes), manifest.clips[0].labels) == (527, (0, 1))
    assert manifest.classes[1] == "Male speech, man speaking"


def test_flickr_soundnet_tests_on_the_250_pairs_of_its_list(lists):
    manifest = read_manifest("flickr_soundnet", lists / "flickr_soundnet")
    (split,) = manifest.splits
    assert len(split.test) == 250
    assert 9_000 < len(split.train) <= 10_000
    annotated = next(boxes for boxes in read_box_sets(lists / "flickr_soundnet") if boxes.name == "flickr_soundnet_all")
    tested = {manifest.clips[row].name for row in split.test}
    assert len(tested & set(annotated.pictures)) == 249
