from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from avlearn.data.unpacked import read_manifest
from avlearn.tasks.classify import accuracy_rows, evaluate, features_of
from avlearn.tasks.clip_probes import Probe
from avlearn.tasks.descriptors import Cepstra, View
from avlearn.tasks.extraction import ClipFeatures
from avlearn.tasks.video_windows import CLIPS_PER_VIDEO

NEAREST = Probe(name="nearest", choices=(1.0,), make=lambda number: KNeighborsClassifier(int(number)))


class Pitch:
    """Hears the strongest frequency of each window."""

    sample_rate, whole = 8000, False

    def hear(self, waveform):
        return torch.fft.rfft(waveform).abs().argmax(1, keepdim=True) / waveform.shape[1]


class Colour:
    """Sees the mean of each colour."""

    view = View(size=8, frames=4, frame_rate=8.0)

    def see(self, frames):
        return frames.float().mean((2, 3, 4))


def test_esc50_from_files_to_a_table(made, tmp_path):
    manifest = read_manifest("esc50", made.esc50(tmp_path))
    features = features_of(manifest, Pitch(), out=tmp_path)
    assert features.values.shape == (18, 10, 1)
    result = evaluate(features, probes=[NEAREST])
    assert result["probes"] == {"nearest": {"accuracy": 1.0, "deviation": 0.0}}
    assert [(split["split"], split["train"], split["test"]) for split in result["splits"]] == [
        ("fold 1", 12, 6),
        ("fold 2", 12, 6),
        ("fold 3", 12, 6),
    ]
    assert accuracy_rows({"pitch": result}) == [{"features": "pitch", "nearest": [1.0, 1.0, 1.0]}]
    assert result["chance"] == pytest.approx(1 / 3)
    assert (result["people"], result["published"]["svm"]) == pytest.approx((0.813, 0.396))
    assert result["data"]["remedy"].startswith("unpack")  # 18 of 2000 sounds


def test_dcase_has_sixty_windows_and_one_split(made, tmp_path):
    features = features_of(read_manifest("dcase2014", made.dcase2014(tmp_path)), Pitch(), out=tmp_path)
    assert features.values.shape == (12, 60, 1)
    result = evaluate(features, probes=[NEAREST])
    # These sounds last half a second: most windows are silent in every class, and silence can't be told apart
    assert result["probes"]["nearest"]["deviation"] is None
    assert [(split["split"], split["train"], split["test"]) for split in result["splits"]] == [("official", 8, 4)]


def test_hand_made_features_describe_whole_clips(made, tmp_path):
    manifest = read_manifest("dcase2014", made.dcase2014(tmp_path))
    features = features_of(manifest, Cepstra(), out=tmp_path)
    assert features.values.shape == (12, 1, 26)
    assert evaluate(features)["probes"].keys() == {"knn", "svm", "linear"}


def test_ucf101_on_three_splits(made, tmp_path):
    manifest = read_manifest("ucf101", made.ucf101(tmp_path))
    broken = tmp_path / "UCF-101" / "Archery" / "v_Archery_g04_c01.avi"
    broken.write_bytes(b"no video")
    (tmp_path / "UCF-101" / "Bowling" / "v_Bowling_g04_c01.avi").unlink()
    features = features_of(manifest, Colour(), out=tmp_path)
    assert features.values.shape == (6, CLIPS_PER_VIDEO, 3)
    result = evaluate(features, probes=[NEAREST])
    assert result["probes"]["nearest"]["accuracy"] == 1
    assert len(result["splits"]) == 3
    data = result["data"]
    assert (data["listed"], data["used"], data["missing"], data["broken"]) == (8, 6, 1, 1)
    assert list(data["first_broken"]) == ["Archery/v_Archery_g04_c01.avi"]
    assert data["first_missing"] == ["Bowling/v_Bowling_g04_c01.avi"]


def made_features(manifest, values) -> ClipFeatures:
    return ClipFeatures(manifest=manifest, values=values, missing={}, broken={}, silent=())


def test_a_class_without_clips_to_learn_from_is_named_and_counts_as_wrong(made, tmp_path):
    manifest = read_manifest("esc50", made.esc50(tmp_path))
    labels = np.array([clip.labels[0] for clip in manifest.clips])
    # Class 2 is only in fold 1
    rows = [row for row in range(18) if labels[row] != 2 or manifest.clips[row].name[0] == "1"]
    values = labels[rows].astype(np.float32)[:, None, None]
    result = evaluate(made_features(manifest.only(rows), values), probes=[NEAREST])
    first = result["splits"][0]
    assert first["untaught"] == ["class2"]
    assert first["nearest"]["accuracy"] == pytest.approx(4 / 6)
    assert [split["untaught"] for split in result["splits"][1:]] == [[], []]


def test_what_makes_no_sense_is_refused(made, tmp_path):
    pictures = read_manifest("voc2007", made.voc2007(tmp_path))
    with pytest.raises(ValueError, match="holds files of picture, which a Pitch can't take; give features that see"):
        features_of(pictures, Pitch(), out=tmp_path)
    with pytest.raises(ValueError, match=r"several classes; use avlearn.tasks.named_pictures"):
        evaluate(made_features(pictures, np.zeros((40, 1, 2), np.float32)))
    scenes = read_manifest("dcase2014", made.dcase2014(tmp_path))
    with pytest.raises(ValueError, match="official of dcase2014 has 8 clips to learn from and 0 to test on"):
        evaluate(made_features(scenes.only(range(8)), np.zeros((8, 1, 2), np.float32)))
