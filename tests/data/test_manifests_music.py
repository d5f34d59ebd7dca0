from __future__ import annotations

import json

import pytest

from avlearn.data.manifests_music import music

SOLO, DUET, LATER = "jW_AuF6dQYY", "8DHG_hVSw1o", "kw-OQpF9N4E"


@pytest.fixture
def folder(tmp_path):
    for name, videos in (
        ("MUSIC_solo_videos", {"flute": [SOLO]}),
        ("MUSIC_duet_videos", {"flute violin": [DUET]}),
        ("MUSIC21_solo_videos", {"bagpipe": [LATER], "flute": [SOLO]}),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps({"version": 1.0, "videos": videos}))
    return tmp_path


@pytest.mark.parametrize("names", [
    (f"solo/flute/{SOLO}.mp4", f"duet/flute violin/{DUET}.mkv"), (f"{SOLO}.mp4", f"{DUET}.mp4"),
    (f"solo/{SOLO}_0_1000.mp4", f"duet/{DUET}_0_1000.mp4"),
])  # fmt: skip
def test_videos_have_the_instruments_of_the_lists(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    manifest = music(folder)
    assert (manifest.classes, manifest.splits) == (("bagpipe", "flute", "violin"), ())
    assert {clip.name: clip.labels for clip in manifest.clips} == {SOLO: (1,), DUET: (1, 2), LATER: (0,)}
    assert manifest.missing() == [LATER]


def test_what_is_wrong_is_named(folder):
    for content in ("[]", '{"version": 1.0}', '{"videos": {"flute": "x"}}'):
        (folder / "MUSIC_duet_videos.json").write_text(content)
        with pytest.raises(ValueError, match=r"MUSIC_duet_videos\.json must be an object with `videos`"):
            music(folder)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"none of MUSIC_solo_videos\.json, .*roudimit"):
        music(folder)
