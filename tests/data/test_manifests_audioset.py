from __future__ import annotations

import pytest

from avlearn.data.manifests_audioset import audioset

BALANCED, UNBALANCED, EVALUATED = "--4gqARaEJE", "-0RWZT-miFs", "Y-_--Y__Y--"


@pytest.fixture
def folder(tmp_path):
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "class_labels_indices.csv").write_text(
        'index,mid,display_name\n0,/m/09x0r,"Speech"\n1,/m/05zppz,"Male speech, man speaking"\n2,/m/068hy,"Animal"\n'
    )
    comments = "# Segments csv created Sun Mar  5 10:54:25 2017\n# num_ytids=1, num_segs=1\n# YTID, start_seconds, "
    comments += "end_seconds, positive_labels\n"
    for name, row in (
        ("balanced_train", f'{BALANCED}, 0.000, 10.000, "/m/068hy,/m/09x0r"'),
        ("unbalanced_train", f'{UNBALANCED}, 420.000, 430.000, "/m/05zppz"'),
        ("eval", f'{EVALUATED}, 30.000, 37.500, "/m/09x0r"'),
    ):
        (lists / f"{name}_segments.csv").write_text(f"{comments}{row}\n")
    return tmp_path


def test_clips_have_the_classes_and_parts_of_the_lists(folder):
    manifest = audioset(folder)
    assert manifest.classes == ("Speech", "Male speech, man speaking", "Animal")
    found = {clip.name: clip.labels for clip in manifest.clips}
    assert found == {f"{BALANCED}_0_10": (0, 2), f"{UNBALANCED}_420_430": (1,), f"{EVALUATED}_30_37.5": (0,)}
    (split,) = manifest.splits
    assert {manifest.clips[row].group for row in split.train} == {BALANCED, UNBALANCED}
    assert [manifest.clips[row].group for row in split.test] == [EVALUATED]
    assert len(manifest.missing()) == 3


@pytest.mark.parametrize("name", [
    f"{UNBALANCED}_420.mp4", f"{UNBALANCED}_420.000_430.000.mp4", f"{UNBALANCED}_420000_430000.mkv",
    f"{UNBALANCED}_000420.mp4", f"unbalanced/Y{UNBALANCED}.mp4",
])  # fmt: skip
def test_clips_are_found_by_the_names_that_programs_give(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    manifest = audioset(folder)
    assert manifest.kind == "video"
    assert [clip.path for clip in manifest.present().clips] == [folder / name]


def test_sounds_will_do_where_there_are_no_videos(folder):
    (folder / f"Y{BALANCED}.wav").touch()
    manifest = audioset(folder)
    assert (manifest.kind, len(manifest.present())) == ("sound", 1)
    (folder / f"{EVALUATED}_30.mp4").touch()
    assert (audioset(folder).kind, len(audioset(folder).missing())) == ("video", 2)


def test_any_of_the_lists_will_do(folder):
    (folder / "lists" / "unbalanced_train_segments.csv").unlink()
    (folder / "lists" / "eval_segments.csv").unlink()
    assert [clip.group for clip in audioset(folder).clips] == [BALANCED]


def test_what_is_wrong_is_named(folder):
    (folder / "lists" / "eval_segments.csv").write_text(f'# a\n{EVALUATED}, 30.000, 40.000, "/m/1,/m/2"\n')
    with pytest.raises(ValueError, match=r"line 2 of .*eval_segments\.csv has the label /m/1, which class_labels"):
        audioset(folder)
    (folder / "lists" / "eval_segments.csv").write_text(f"{EVALUATED}, 30.000, 40.000\n")
    with pytest.raises(ValueError, match=r"line 1 of .* has 3 of 4 fields"):
        audioset(folder)
    (folder / "lists" / "class_labels_indices.csv").unlink()
    with pytest.raises(ValueError, match=r"class_labels_indices\.csv is nowhere below .*research\.google\.com"):
        audioset(folder)
    for path in (folder / "lists").iterdir():
        path.unlink()
    (folder / "class_labels_indices.csv").write_text("index,mid,display_name\n")
    with pytest.raises(ValueError, match=r"balanced_train_segments\.csv or .* is nowhere below"):
        audioset(folder)
