from __future__ import annotations

import pytest

from avlearn.data.manifests_own import csv_of_videos, folder_of_videos


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_folders_are_classes(tmp_path):
    put(tmp_path, "dog/a.mp4", "dog/2026/b.mp4", "cat/c.MOV", "d.mkv", "notes.txt")
    manifest = folder_of_videos(tmp_path)
    assert (manifest.name, manifest.classes, manifest.splits) == (tmp_path.name, ("cat", "dog"), ())
    assert {clip.name: clip.labels for clip in manifest.clips} == {
        "dog/a.mp4": (1,), "dog/2026/b.mp4": (1,), "cat/c.MOV": (0,), "d.mkv": ()
    }  # fmt: skip
    assert manifest.missing() == []


def test_a_flat_folder_has_no_classes(tmp_path):
    put(tmp_path, "a.mp4", "b.mp4")
    manifest = folder_of_videos(tmp_path)
    assert (manifest.classes, [clip.labels for clip in manifest.clips]) == ((), [(), ()])


def test_folders_called_train_and_val_are_the_split(tmp_path):
    put(tmp_path, "train/dog/a.mp4", "train/b.mp4", "val/cat/c.mp4")
    manifest = folder_of_videos(tmp_path)
    assert {clip.name: clip.labels for clip in manifest.clips} == {
        "train/b.mp4": (), "train/dog/a.mp4": (1,), "val/cat/c.mp4": (0,)
    }  # fmt: skip
    (split,) = manifest.splits
    assert [manifest.clips[row].name for row in split.test] == ["val/cat/c.mp4"]
    put(tmp_path, "train.mp4")
    assert folder_of_videos(tmp_path).classes == ("train", "val")


def test_a_list_names_pieces_of_videos(tmp_path):
    (tmp_path / "clips.csv").write_text(
        "label,path,start,end,duration,split,by\ndog,a.mp4,1.5,4,,train,me\n,a.mp4,,,2,val,\ncat,sub/b.mp4,,,,,you\n"
    )
    put(tmp_path, "a.mp4")
    manifest = csv_of_videos(tmp_path / "clips.csv")
    assert (manifest.name, manifest.classes) == ("clips", ("cat", "dog"))
    assert [(clip.start, clip.duration, clip.labels, clip.group) for clip in manifest.clips] == [
        (1.5, 2.5, (1,), "a.mp4"),
        (0.0, 2.0, (), "a.mp4"),
        (0.0, None, (0,), "sub/b.mp4"),
    ]
    assert [(split.train, split.test) for split in manifest.splits] == [((0,), (1,))]
    assert manifest.missing() == ["sub/b.mp4"]


def test_a_path_is_enough(tmp_path):
    (tmp_path / "clips.csv").write_text(f"path\n{tmp_path / 'a.mp4'}\n")
    (clip,) = csv_of_videos(tmp_path / "clips.csv").clips
    assert (clip.path, clip.start, clip.duration, clip.labels) == (tmp_path / "a.mp4", 0.0, None, ())


@pytest.mark.parametrize(("text", "problem"), [
    ("start\n1\n", "has no column path; let its first line name the columns"),
    ("path\n", "lists no clips"),
    ("path,start\na.mp4,1\n,2\n", "line 3 of .*clips.csv has no path"),
    ("path,start\na.mp4,soon\n", "line 2 of .* has the start 'soon'; give a number"),
    ("path,start,end\na.mp4,3,2\n", "line 2 of .* makes no sense: a.mp4 begins at 3.0 s and lasts -1.0 s"),
    ("path,duration,end\na.mp4,3,2\n", "line 2 of .* has a duration and an end; leave one of them empty"),
    ("path,split\na.mp4,learn\n", "line 2 of .* has the split 'learn'; give one of train, val"),
])  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, problem):
    (tmp_path / "clips.csv").write_text(text)
    with pytest.raises(ValueError, match=problem):
        csv_of_videos(tmp_path / "clips.csv")


def test_a_folder_without_videos_is_refused(tmp_path):
    put(tmp_path, "notes.txt")
    with pytest.raises(ValueError, match="holds no videos; put videos there"):
        folder_of_videos(tmp_path)
