from __future__ import annotations

import pytest

from avlearn.data.manifests_kinetics import kinetics400, kinetics600, kinetics700

HEAD = "label,youtube_id,time_start,time_end,split"
FIRST, SECOND, THIRD, FOURTH = "-3B32lodo2M", "_dbcJuKJQNs", "0347ZoDXyP0", "zzz_0-Y_aaa"


@pytest.fixture
def folder(tmp_path):
    """Lists of three parts, one of them without labels, as two editions write them."""
    lists = tmp_path / "annotations"
    lists.mkdir()
    (lists / "train.csv").write_text(
        f'{HEAD},is_cc\n"air drumming",{FIRST},59,69,train,0\nabseiling,{SECOND},0,10,train,0\n'
    )
    (lists / "validate.csv").write_text(f"{HEAD}\nabseiling,{THIRD},95,105,validate\n")
    (lists / "test.csv").write_text(f"youtube_id,time_start,time_end,split\n{FOURTH},4,14,test\n")
    (lists / "other.csv").write_text("a,b\n1,2\n")
    return tmp_path


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


LAYOUTS = {
    "parts": (f"train/{FIRST}_000059_000069.mp4", f"val/{THIRD}_000095_000105.mp4"),
    "classes": (f"train/air drumming/{FIRST}_000059_000069.mp4", f"val/abseiling/{THIRD}_000095_000105.mp4"),
    "flat": (f"{FIRST}_000059_000069.mp4", f"{THIRD}_000095_000105.webm"),
    "ids": (f"videos/{FIRST}.mkv", f"videos/{THIRD}.mp4"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_clips_are_found_in_every_layout(folder, layout):
    put(folder, *LAYOUTS[layout])
    manifest = kinetics400(folder)
    names = {clip.name: clip for clip in manifest.clips}
    assert (manifest.kind, manifest.classes) == ("video", ("abseiling", "air drumming"))
    assert names[f"{FIRST}_000059_000069"].path == folder / LAYOUTS[layout][0]
    assert names[f"{THIRD}_000095_000105"].path == folder / LAYOUTS[layout][1]
    assert sorted(manifest.missing()) == [f"{SECOND}_000000_000010", f"{FOURTH}_000004_000014"]


def test_classes_and_the_split_come_from_the_lists(folder):
    manifest = kinetics700(folder)
    clips = {clip.group: (number, clip.labels) for number, clip in enumerate(manifest.clips)}
    assert {video: labels for video, (_, labels) in clips.items()} == {
        FIRST: (1,), SECOND: (0,), THIRD: (0,), FOURTH: ()
    }  # fmt: skip
    (split,) = manifest.splits
    assert {manifest.clips[row].group for row in split.train} == {FIRST, SECOND}
    assert [manifest.clips[row].group for row in split.test] == [THIRD]


def test_a_replacement_goes_before_the_damaged_video(folder):
    put(folder, f"train/{FIRST}_000059_000069.mp4", f"replacement/for_corrupted/{FIRST}_000059_000069.mp4")
    found = {clip.group: clip.path for clip in kinetics600(folder).clips}
    assert found[FIRST].parent.name == "for_corrupted"


def test_a_list_that_is_there_twice_counts_once(folder):
    (folder / "copy.csv").write_bytes((folder / "annotations" / "train.csv").read_bytes())
    assert len(kinetics400(folder)) == 4


def test_what_is_wrong_is_named(folder, tmp_path):
    (folder / "annotations" / "train.csv").write_text(f"{HEAD}\nabseiling,{FIRST},late,69,train\n")
    with pytest.raises(ValueError, match=r"line 2 of .*train\.csv has the time_start 'late'; give a number"):
        kinetics400(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"no csv file below .*empty has the columns youtube_id, .*cvdfoundation"):
        kinetics400(tmp_path / "empty")
