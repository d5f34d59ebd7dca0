from __future__ import annotations

import pytest

from avlearn.data.manifests_flickr import flickr_soundnet


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "flickr_10k.txt").write_text("10004743663\n10011898123\n2432219254")
    (tmp_path / "test_list.txt").write_text("2432219254.png\n2542659118.png")
    return tmp_path


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_videos_are_found_by_their_ids(folder):
    put(folder, "videos/10004743663.mp4", "2542659118.mp4", "frames/10011898123.jpg")
    manifest = flickr_soundnet(folder)
    assert (manifest.kind, manifest.classes, {clip.labels for clip in manifest.clips}) == ("video", (), {()})
    assert manifest.missing() == ["10011898123", "2432219254"]


def test_a_pair_is_a_picture_and_a_sound(folder):
    put(folder, "frames/2432219254.jpg", "audio/2432219254.wav", "frames/2542659118.jpg", "audio/10004743663.mp3")
    manifest = flickr_soundnet(folder)
    assert manifest.kind == "picture"
    (clip,) = manifest.present().clips
    assert (clip.path.name, clip.sound.name) == ("2432219254.jpg", "2432219254.wav")


def test_what_is_tested_on_is_not_learnt_from(folder):
    manifest = flickr_soundnet(folder)
    (split,) = manifest.splits
    assert [manifest.clips[row].name for row in split.train] == ["10004743663", "10011898123"]
    assert [manifest.clips[row].name for row in split.test] == ["2432219254", "2542659118"]


def test_one_list_will_do_and_the_larger_one_goes_first(folder):
    (folder / "test_list.txt").unlink()
    (folder / "flickr_144k.csv").write_text("1\n2\n3\n4\n")
    assert [clip.name for clip in flickr_soundnet(folder).clips] == ["1", "2", "3", "4"]
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"none of flickr_144k\.csv, .*, flickr_test\.csv is below"):
        flickr_soundnet(folder)
