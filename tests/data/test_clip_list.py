"""Lists of clips: what is read, written, found in folders, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from avlearn.data import ClipList, ClipSpan, write_video
from avlearn.data.clip_list import video_files

from .conftest import numbered


def write(path: Path, *, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(
        path, numbered(round(10 * seconds)), torch.rand(round(8000 * seconds)) - 0.5, frame_rate=10, sample_rate=8000
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"start": -0.5}, "start is -0.5"),
        ({"start": float("nan")}, "start is nan"),
        ({"duration": 0.0}, "duration is 0.0"),
        ({"duration": float("inf")}, "duration is inf"),
    ],
)
def test_a_span_makes_sense(settings, said):
    with pytest.raises(ValueError, match=said):
        ClipSpan(**{"path": Path("a.mp4"), "duration": 1.0, **settings})


def test_what_is_written_is_read_back(tmp_path):
    clips = ClipList(
        [
            ClipSpan(path=tmp_path / "videos" / "a, b.mp4", start=0.1 + 0.2, duration=1 / 3, label='say "woof"'),
            ClipSpan(path=Path("/elsewhere/ä.webm"), duration=10.0),
        ]
    )
    clips.write(tmp_path / "clips.csv")
    again = ClipList.read(tmp_path / "clips.csv")
    assert list(again) == list(clips)
    assert again.fingerprint == clips.fingerprint
    assert (again.labels, len(again[1:]), again[-1].duration) == (('say "woof"',), 1, 10.0)
    lines = (tmp_path / "clips.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "path,start,duration,label"
    assert lines[1].startswith('"videos/a, b.mp4",')
    assert [path.name for path in tmp_path.iterdir()] == ["clips.csv"]


def test_a_list_moves_with_its_folder(tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "clips.csv").write_text("path,duration\na/x.mp4,1\nb/y.mp4,2\n")
    here, there = (ClipList.read(tmp_path / name / "clips.csv") for name in ("here", "there"))
    assert here[0].path == tmp_path / "here" / "a" / "x.mp4"
    assert here.fingerprint == there.fingerprint


def test_the_fingerprint_tells_lists_apart():
    clips = [ClipSpan(path=Path(f"/v/{name}.mp4"), duration=1.0) for name in "ab"]
    other = ClipSpan(path=Path("/v/b.mp4"), start=0.5, duration=1.0)
    prints = {ClipList(some).fingerprint for some in (clips, clips[::-1], clips[:1], clips * 2, [clips[0], other])}
    assert len(prints) == 5


def test_columns_in_any_order_with_others_between_them(tmp_path):
    (tmp_path / "clips.csv").write_text("\ufefflabel,note,duration,path\ndog,fine,2.5,x.mp4\n", encoding="utf-8")
    assert list(ClipList.read(tmp_path / "clips.csv")) == [ClipSpan(path=tmp_path / "x.mp4", duration=2.5, label="dog")]


def test_an_end_will_do_for_a_duration(tmp_path):
    (tmp_path / "clips.csv").write_text("path,start,end\nx.mp4,1.5,4\n")
    assert ClipList.read(tmp_path / "clips.csv")[0].duration == 2.5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has no column path; let its first line be path,start,duration,label"),
        ("path,start\nx.mp4,0\n", "line 2 of .*has no duration and no end"),
        ("path,duration\n", "lists no clips"),
        ("path,duration\nx.mp4,1\ny.mp4,long\n", "line 3 of .*long"),
        ("path,duration\nx.mp4\n", "line 2 of "),
        ("path,start,duration\nx.mp4,-1,1\n", "line 2 of .*start is -1.0"),
        ("path,duration\n,1\n", "line 2 of .*has no path"),
    ],
)
def test_refuses_what_is_no_list(tmp_path, content, said):
    (tmp_path / "clips.csv").write_text(content)
    with pytest.raises(ValueError, match=said):
        ClipList.read(tmp_path / "clips.csv")


def test_refuses_other_files(tmp_path):
    (tmp_path / "clips.csv").write_bytes(b"path,duration\n\xff\xfe,1\n")
    with pytest.raises(ValueError, match="is no csv file in UTF-8"):
        ClipList.read(tmp_path / "clips.csv")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv is no file"):
        ClipList.read(tmp_path / "nowhere.csv")


def test_a_folder_is_cut_into_clips(tmp_path):
    write(tmp_path / "b" / "long.mp4", seconds=2.5)
    write(tmp_path / "a.MKV", seconds=1.0)
    write(tmp_path / ".hidden" / "c.mp4", seconds=1.0)
    write(tmp_path / "short.mp4", seconds=0.5)
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "notes.txt").write_text("no video")
    clips = ClipList.of_folder(tmp_path, seconds=1.0)
    assert [(span.path.name, span.start, span.duration) for span in clips] == [
        ("a.MKV", 0.0, 1.0),
        ("long.mp4", 0.0, 1.0),
        ("long.mp4", 1.0, 1.0),
    ]
    reasons = {path.name: reason for path, reason in clips.left_out}
    assert reasons.keys() == {"broken.mp4", "short.mp4"}
    assert "lasts 0.5" in reasons["short.mp4"]
    assert "no media file" in reasons["broken.mp4"]
    overlapping = ClipList.of_folder(tmp_path / "b", seconds=1.0, every=0.5)
    assert [span.start for span in overlapping] == [0.0, 0.5, 1.0, 1.5]
    assert [path.name for path in video_files(tmp_path)] == ["a.MKV", "long.mp4", "broken.mp4", "short.mp4"]


def test_refuses_folders_without_clips(tmp_path):
    with pytest.raises(ValueError, match="holds no video files"):
        ClipList.of_folder(tmp_path, seconds=1.0)
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"none of the 1 video files .*a\.mp4"):
        ClipList.of_folder(tmp_path, seconds=1.0)
    with pytest.raises(ValueError, match="is no folder"):
        ClipList.of_folder(tmp_path / "nowhere", seconds=1.0)
    for wrong in ({"seconds": 0.0}, {"seconds": 1.0, "every": float("nan")}):
        with pytest.raises(ValueError, match="give more than 0"):
            ClipList.of_folder(tmp_path, **wrong)
