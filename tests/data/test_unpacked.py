from __future__ import annotations

import pytest

from avlearn.data.unpacked import DATA_SETS, read_manifest


@pytest.mark.parametrize("name", ["esc50", "dcase2014", "voc2007", "hmdb51"])
def test_every_data_set_has_its_name(made, tmp_path, name):
    assert read_manifest(name, getattr(made, name)(tmp_path)).name == name
    assert name in DATA_SETS


def test_a_csv_file_is_read_as_well_as_a_folder(tmp_path):
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog" / "a.mp4").touch()
    (tmp_path / "clips.csv").write_text("path,label\ndog/a.mp4,dog\n")
    of_csv, of_folder = read_manifest("csv", tmp_path / "clips.csv"), read_manifest("folder", tmp_path)
    assert of_csv.classes == of_folder.classes == ("dog",)
    assert of_csv.clips[0].path == of_folder.clips[0].path
    with pytest.raises(ValueError, match=r"nowhere\.csv is missing"):
        read_manifest("csv", tmp_path / "nowhere.csv")


def test_what_is_wrong_is_named(tmp_path):
    with pytest.raises(ValueError, match="unknown data set 'esc11'; choose one of esc10, esc50"):
        read_manifest("esc11", tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        read_manifest("esc10", tmp_path / "nowhere")
