"""The commands on data sets as a user types them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from avlearn.cli import main


def run(capsys, *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_esc10_with_hand_made_features_keeps_them_where_asked(made, tmp_path, capsys):
    data = str(made.esc50(tmp_path))
    words = ["evaluate", "esc10", "--data", data, "--features", "mfcc", "--out", str(tmp_path / "kept")]
    status, out, _ = run(capsys, *words, "--json")
    result = json.loads(out.splitlines()[-1])
    assert status == 0
    assert (result["task"], result["features"], result["dimensions"]) == ("esc10", "mfcc", 26)
    assert result["probes"].keys() == {"knn", "svm", "linear"}
    assert result["people"] == pytest.approx(0.957)
    assert np.load(tmp_path / "kept" / "features.npy").shape == (12, 1, 26)


def test_voc2007_with_an_untrained_network(made, tmp_path, capsys):
    status, out, _ = run(capsys, "evaluate", "voc2007", "--data", str(made.voc2007(tmp_path)), "--json")
    result = json.loads(out.splitlines()[-1])
    assert status == 0
    assert (result["task"], result["features"]) == ("voc2007", "random")
    assert 0 < result["map"] <= 1


def test_ucf101_frozen_and_finetuned(made, tmp_path, capsys):
    words = ["evaluate", "ucf101", "--data", str(made.ucf101(tmp_path)), "--frames", "4", "--size", "16"]
    status, out, _ = run(capsys, *words, "--json")
    assert status == 0
    assert json.loads(out.splitlines()[-1])["probes"]["svm"]["accuracy"] > 0.5
    status, out, _ = run(capsys, *words, "--finetune", "--steps", "1", "--json")
    result = json.loads(out.splitlines()[-1])
    assert status == 0
    assert len(result["splits"]) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("esc10", "--data", "nowhere"), "there is no folder nowhere"),
        (("ucf101", "--data", "."), "ucfTrainTestlist lies neither"),
        (("hmdb51", "--data", "."), "testTrainMulti_7030_splits lies neither"),
        (("esc50", "--data", "."), "esc50.csv lies neither"),
        (("dcase2014", "--data", "."), "scenes_stereo lies neither"),
    ],
)
def test_mistakes_give_one_line_and_status_two(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "evaluate", *words)
    assert (status, out) == (2, "")
    assert said in err
