"""Official lists and real sounds of data sets, where they are."""

from __future__ import annotations

import csv
import gzip
import io

import pytest

from avlearn.data.manifests import report_missing
from avlearn.data.unpacked import read_manifest
from avlearn.tasks.classify import evaluate, features_of
from avlearn.tasks.descriptors import Cepstra
from avlearn.tasks.esc_baselines import PUBLISHED, published_probes


@pytest.fixture(scope="module")
def esc10(real_data):
    if not (real_data / "esc10" / "meta.csv").is_file():
        pytest.skip(f"no ESC-10 in {real_data}")
    return read_manifest("esc10", real_data / "esc10")


def test_esc10_is_whole_and_no_recording_is_in_two_folds(esc10):
    report = report_missing(esc10)
    assert (report["listed"], report["missing"], report["expected"], report["remedy"]) == (400, 0, 400, None)
    assert [len(split.test) for split in esc10.splits] == [80] * 5
    for split in esc10.splits:
        assert not {esc10.clips[row].group for row in split.train} & {esc10.clips[row].group for row in split.test}


def test_the_folders_alone_tell_the_same_as_the_list(esc10, real_data, tmp_path):
    (tmp_path / "audio").symlink_to(real_data / "esc10" / "audio")
    found = read_manifest("esc10", tmp_path)
    assert found.classes == esc10.classes
    listed = {clip.path.name: (clip.labels, clip.group) for clip in esc10.clips}
    assert {clip.path.name: (clip.labels, clip.group) for clip in found.clips} == listed


def test_the_published_baselines_are_repeated(esc10, tmp_path):
    features = features_of(esc10, Cepstra(), out=tmp_path)
    assert features.report()["used"] == 400
    result = evaluate(features, probes=published_probes())
    for name, percent in PUBLISHED["esc10"].items():
        assert 100 * result["probes"][name]["accuracy"] == pytest.approx(percent, abs=3)
    folds = [100 * split["knn"]["accuracy"] for split in result["splits"]]
    assert folds == pytest.approx([58.75, 72.5, 67.5, 72.5, 62.5], abs=1.3)  # a clip is 1.25 points


def test_official_lists_of_ucf101(real_data, tmp_path):
    folder = real_data / "annotations" / "ucf101"
    if not folder.is_dir():
        pytest.skip(f"no lists of UCF101 in {folder}")
    lists = tmp_path / "ucfTrainTestlist"
    lists.mkdir()
    (lists / "classInd.txt").write_bytes((folder / "classInd.txt").read_bytes())
    for path in folder.glob("*.gz"):
        (lists / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    manifest = read_manifest("ucf101", tmp_path)
    assert (len(manifest), len(manifest.classes)) == (13_320, 101)
    counts = [(len(split.train), len(split.test)) for split in manifest.splits]
    assert counts == [(9537, 3783), (9586, 3734), (9624, 3696)]
    for split in manifest.splits:
        train = {manifest.clips[row].group for row in split.train}
        assert not train & {manifest.clips[row].group for row in split.test}
    assert len({clip.group for clip in manifest.clips}) == 25 * 101


def test_official_lists_of_hmdb51(real_data, tmp_path):
    folder = real_data / "annotations" / "hmdb51"
    if not folder.is_dir():
        pytest.skip(f"no lists of HMDB51 in {folder}")
    lists = tmp_path / "testTrainMulti_7030_splits"
    lists.mkdir()
    for number in (1, 2, 3):
        text = gzip.decompress((folder / f"split{number}.csv.gz").read_bytes()).decode()
        lines: dict[str, list[str]] = {}
        for row in csv.DictReader(io.StringIO(text)):
            part = 1 if row["part"] == "train" else 2
            lines.setdefault(row["class_name"], []).append(f"{row['video']}.avi {part} ")
        for name, listed in lines.items():
            (lists / f"{name}_test_split{number}.txt").write_text("\n".join(listed) + "\n")
    manifest = read_manifest("hmdb51", tmp_path)
    assert len(manifest.classes) == 51
    for split in manifest.splits:
        for rows, wanted in ((split.train, 70), (split.test, 30)):
            counts = [0] * 51
            for row in rows:
                counts[manifest.clips[row].labels[0]] += 1
            assert counts == [wanted] * 51
