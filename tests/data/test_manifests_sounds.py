from __future__ import annotations

import pytest

from avlearn.data.manifests_sounds import dcase2014, esc10, esc50


def test_esc50_by_its_list(made, tmp_path):
    manifest = esc50(made.esc50(tmp_path))
    assert (len(manifest), manifest.classes, manifest.expected) == (18, ("class0", "class1", "class2"), 2000)
    assert [split.name for split in manifest.splits] == ["fold 1", "fold 2", "fold 3"]
    clip = manifest.clips[0]
    assert (clip.name, clip.labels, clip.group) == ("1-1000-A-0.wav", (0,), "1000")
    assert manifest.missing() == []
    first = {manifest.clips[row].name[0] for row in manifest.splits[0].test}
    assert first == {"1"}


def test_esc10_as_a_part_of_esc50_one_folder_down(made, tmp_path):
    (tmp_path / "ESC-50-master").mkdir()
    made.esc50(tmp_path / "ESC-50-master")
    manifest = esc10(tmp_path)
    assert (len(manifest), manifest.classes, manifest.expected) == (12, ("class0", "class1"), 400)


@pytest.mark.parametrize("place", ["", "audio", "ESC-10-master"])
def test_esc10_by_the_folders_of_its_repository(tmp_path, place):
    for name in ("001 - Dog bark/1-100032-A.ogg", "001 - Dog bark/2-7-B.ogg", "002 - Rain/1-17367-A.ogg"):
        (tmp_path / place / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place / name).touch()
    manifest = esc10(tmp_path)
    assert manifest.classes == ("dog_bark", "rain")
    assert [clip.group for clip in manifest.clips] == ["100032", "7", "17367"]
    assert [split.test for split in manifest.splits] == [(0, 2), (1,)]


def test_esc10_with_a_list_knows_what_is_missing(tmp_path):
    (tmp_path / "meta.csv").write_text(
        "filename,fold,class_name,freesound_id\n"
        "audio/001_dog_bark/1-1-A.ogg,1,dog_bark,1\naudio/002_rain/2-2-A.ogg,2,rain,2\n"
    )
    manifest = esc10(tmp_path)
    assert manifest.classes == ("dog_bark", "rain")
    assert manifest.missing() == ["audio/001_dog_bark/1-1-A.ogg", "audio/002_rain/2-2-A.ogg"]


def test_dcase_learns_from_one_folder_and_tests_on_the_other(made, tmp_path):
    manifest = dcase2014(made.dcase2014(tmp_path))
    (split,) = manifest.splits
    assert manifest.classes == ("bus", "tubestation")
    assert (len(split.train), len(split.test)) == (8, 4)
    assert {manifest.clips[row].name.split("/")[0] for row in split.test} == {"scenes_stereo_testset"}


def test_what_is_wrong_is_named(made, tmp_path):
    with pytest.raises(ValueError, match=r"meta/esc50.csv lies neither.*karolpiczak/ESC-50"):
        esc50(tmp_path)
    with pytest.raises(ValueError, match=r"no folders of .ogg files.*karolpiczak/ESC-10"):
        esc10(tmp_path)
    with pytest.raises(ValueError, match="scenes_stereo lies neither"):
        dcase2014(tmp_path)
    (tmp_path / "001_dog").mkdir()
    (tmp_path / "001_dog" / "bark.ogg").touch()
    with pytest.raises(ValueError, match=r"bark.ogg isn't named"):
        esc10(tmp_path)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text("filename,fold\na,1\n")
    with pytest.raises(ValueError, match="has no column category, src_file"):
        esc50(tmp_path)
    (tmp_path / "scenes_stereo").mkdir()
    with pytest.raises(ValueError, match=r"holds no \.wav files"):
        dcase2014(tmp_path)
