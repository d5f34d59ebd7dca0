"""Videos from a folder, a csv file or a labelled data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from avlearn.data.candidates import Candidate, candidates_of, manifest_of
from avlearn.data.manifests import LabelledClip, Manifest

if TYPE_CHECKING:
    from tests.conftest import MadeDataSets


def test_all_videos_below_a_folder_in_order(shelf: Path) -> None:
    found = candidates_of(manifest_of(shelf))
    names = [candidate.path.relative_to(shelf).as_posix() for candidate in found]
    assert names == sorted(names)
    assert {"good.mp4", "deep/fine.mkv", "empty.mp4"} <= set(names)
    assert {candidate.label for candidate in found} == {"", "deep"}, "the folder is the class"


def test_a_csv_file_names_whole_files_and_pieces(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path,start,duration,label\na.mp4,,,\n/b.mp4,1.5,3,dog\n")
    assert candidates_of(manifest_of(tmp_path / "list.csv")) == [
        Candidate(path=tmp_path / "a.mp4"),
        Candidate(path=Path("/b.mp4"), start=1.5, duration=3.0, label="dog"),
    ]


def test_a_data_set_by_its_name(made: MadeDataSets, tmp_path: Path) -> None:
    found = candidates_of(manifest_of(made.ucf101(tmp_path, videos=False), "ucf101"))
    assert len(found) == 8
    assert {candidate.label for candidate in found} == {"Archery", "Bowling"}


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is neither a folder nor a file"):
        manifest_of(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="holds no videos"):
        manifest_of(tmp_path)
    with pytest.raises(ValueError, match="unknown data set 'ucf'"):
        manifest_of(tmp_path, "ucf")


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
