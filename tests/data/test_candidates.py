"""Videos from a folder, a csv file or a labelled data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from avlearn.data.candidates import Candidate, candidates_in, candidates_of
from avlearn.data.manifests import LabelledClip, Manifest


def test_all_videos_below_a_folder_in_order(shelf: Path) -> None:
    found = candidates_in(shelf)
    names = [candidate.path.relative_to(shelf).as_posix() for candidate in found]
    assert names == sorted(names)
    assert {"good.mp4", "deep/fine.mkv", "empty.mp4"} <= set(names)
    assert {(candidate.start, candidate.duration, candidate.label) for candidate in found} == {(0.0, None, "")}


def test_a_csv_file_names_whole_files_and_pieces(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("\ufeffpath,start,duration,label,more\na.mp4,,,,x\n/b.mp4,1.5,3,dog,y\n")
    assert candidates_in(tmp_path / "list.csv") == [
        Candidate(path=tmp_path / "a.mp4"),
        Candidate(path=Path("/b.mp4"), start=1.5, duration=3.0, label="dog"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("file\na.mp4\n", "has no column path"),
        ("path\n", "has no videos"),
        ("", "has no column path"),
        ("path,start\na.mp4,0\n,1\n", r"line 3 of .*list\.csv names no file"),
        ("path,start\na.mp4,soon\n", r"line 2 of .*could not convert string to float: 'soon'"),
        ("path,start\na.mp4,-1\n", r"line 2 of .*begins at -1\.0 s"),
        ("path,duration\na.mp4,0\n", r"line 2 of .*lasts 0\.0 s"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "list.csv").write_text(content)
    with pytest.raises(ValueError, match=message):
        candidates_in(tmp_path / "list.csv")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"path\n\xff\xfe.mp4\n")
    with pytest.raises(ValueError, match="is no csv file in UTF-8"):
        candidates_in(tmp_path / "list.csv")


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is neither a folder nor a file"):
        candidates_in(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="has no videos"):
        candidates_in(tmp_path)


def test_clips_of_a_data_set_with_the_names_of_their_classes() -> None:
    clips = (
        LabelledClip(name="a", path=Path("/a.mp4"), labels=(1,), group="a", start=30.0, duration=10.0),
        LabelledClip(name="b", path=Path("/b.mp4"), labels=(0, 1), group="b"),
    )
    manifest = Manifest(name="two", kind="video", classes=("cat", "dog"), clips=clips, splits=(), remedy="get it")
    assert candidates_of(manifest) == [
        Candidate(path=Path("/a.mp4"), start=30.0, duration=10.0, label="dog"),
        Candidate(path=Path("/b.mp4"), label="cat;dog"),
    ]
    with pytest.raises(ValueError, match="two holds sounds"):
        candidates_of(replace(manifest, kind="sound"))
