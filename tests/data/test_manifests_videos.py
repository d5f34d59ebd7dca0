from __future__ import annotations

import pytest

from avlearn.data.manifests_videos import hmdb51, ucf101


def test_ucf101_by_its_lists(made, tmp_path):
    manifest = ucf101(made.ucf101(tmp_path, videos=False))
    assert (len(manifest), manifest.classes, manifest.kind) == (8, ("Archery", "Bowling"), "video")
    assert [(split.name, len(split.train), len(split.test)) for split in manifest.splits] == [
        ("split 1", 6, 2),
        ("split 2", 6, 2),
        ("split 3", 6, 2),
    ]
    clip = manifest.clips[0]
    assert (clip.name, clip.labels, clip.group) == ("Archery/v_Archery_g01_c01.avi", (0,), "v_Archery_g01")
    assert clip.path == tmp_path / "UCF-101" / "Archery" / "v_Archery_g01_c01.avi"
    tested = [manifest.clips[row].name for row in manifest.splits[1].test]
    assert tested == ["Archery/v_Archery_g02_c01.avi", "Bowling/v_Bowling_g02_c01.avi"]


def test_test_lists_may_carry_labels(made, tmp_path):
    made.ucf101(tmp_path, videos=False)
    plain = ucf101(tmp_path)
    for path in (tmp_path / "ucfTrainTestlist").glob("testlist*.txt"):
        path.write_text("".join(f"{line} 1\n" for line in path.read_text().splitlines()))
    assert ucf101(tmp_path) == plain


def test_hmdb51_by_its_lists(made, tmp_path):
    manifest = hmdb51(made.hmdb51(tmp_path))
    assert manifest.classes == ("clap", "shoot_bow")
    assert [(len(split.train), len(split.test)) for split in manifest.splits] == [(6, 4), (6, 4), (8, 2)]
    assert {clip.group for clip in manifest.clips} == {"Film_0", "Film_1", "Film_2"}
    assert all("Film_2_clap_u_nm_np1_fr_med_1" not in clip.name for clip in manifest.clips)  # marked 0 in every split


@pytest.mark.parametrize("name", ["classInd.txt", "trainlist02.txt", "testlist03.txt"])
def test_a_missing_list_is_named(made, tmp_path, name):
    made.ucf101(tmp_path, videos=False)
    (tmp_path / "ucfTrainTestlist" / name).unlink()
    with pytest.raises(ValueError, match=f"{name} is missing; unpack UCF101.rar"):
        ucf101(tmp_path)


def test_what_is_wrong_is_named(made, tmp_path):
    with pytest.raises(ValueError, match="ucfTrainTestlist lies neither"):
        ucf101(tmp_path)
    with pytest.raises(ValueError, match="testTrainMulti_7030_splits lies neither"):
        hmdb51(tmp_path)
    made.ucf101(tmp_path, videos=False)
    (tmp_path / "ucfTrainTestlist" / "classInd.txt").write_text("1 Archery\n")
    with pytest.raises(ValueError, match="name the class Bowling"):
        ucf101(tmp_path)
    made.hmdb51(tmp_path)
    (tmp_path / "testTrainMulti_7030_splits" / "clap_test_split2.txt").write_text("a.avi 3\n")
    with pytest.raises(ValueError, match=r"clap_test_split2.txt has the line 'a.avi 3'"):
        hmdb51(tmp_path)
    (tmp_path / "testTrainMulti_7030_splits" / "clap_test_split2.txt").unlink()
    with pytest.raises(ValueError, match=r"clap_test_split2.txt is missing"):
        hmdb51(tmp_path)
