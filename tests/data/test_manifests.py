from __future__ import annotations

import os
from dataclasses import replace

import pytest

from avlearn.data.manifests import LabelledClip, Manifest, Split, folds, read_lines, report_missing, root_of


def manifest(folder, *, names="abc") -> Manifest:
    clips = tuple(
        LabelledClip(name=name, path=folder / name, labels=(k % 2,), group=name) for k, name in enumerate(names)
    )
    return Manifest(
        name="letters",
        kind="sound",
        classes=("even", "odd"),
        clips=clips,
        splits=folds([1 + k % 2 for k in range(len(names))]),
        remedy="download them",
    )


def test_report_names_what_is_missing(tmp_path):
    (tmp_path / "b").touch()
    report = report_missing(manifest(tmp_path))
    assert report == {
        "data_set": "letters",
        "listed": 3,
        "present": 1,
        "missing": 2,
        "missing_by_class": {"even": 2},
        "first_missing": ["a", "c"],
        "expected": None,
        "remedy": "download them",
    }


def test_report_of_a_whole_set_has_no_remedy_and_of_a_short_list_has_one(tmp_path):
    for name in "abc":
        (tmp_path / name).touch()
    assert report_missing(manifest(tmp_path))["remedy"] is None
    assert report_missing(replace(manifest(tmp_path), expected=4))["remedy"] == "download them"


def test_present_keeps_the_splits_of_what_is_there(tmp_path):
    for name in "bc":
        (tmp_path / name).touch()
    there = manifest(tmp_path).present()
    assert [clip.name for clip in there.clips] == ["b", "c"]
    assert [(split.train, split.test) for split in there.splits] == [((0,), (1,)), ((1,), (0,))]
    assert there.missing() == []


def test_nothing_there_says_where_to_get_it(tmp_path):
    with pytest.raises(ValueError, match=r"none of the 3 files of letters is there.*download them"):
        manifest(tmp_path).present()


def test_folds_test_each_clip_once():
    splits = folds([2, 1, 3, 1])
    assert [split.name for split in splits] == ["fold 1", "fold 2", "fold 3"]
    assert sorted(row for split in splits for row in split.test) == [0, 1, 2, 3]
    assert all(sorted(split.train + split.test) == [0, 1, 2, 3] for split in splits)
    with pytest.raises(ValueError, match="at least two folds"):
        folds([1, 1])


def test_lists_that_make_no_sense_are_refused(tmp_path):
    good = manifest(tmp_path)
    with pytest.raises(ValueError, match="trains and tests on b"):
        replace(good, splits=(Split(name="s", train=(0, 1), test=(1, 2)),))
    with pytest.raises(ValueError, match="letters has no clips"):
        replace(good, clips=(), splits=())
    with pytest.raises(ValueError, match="a has the class 0, but there are 0"):
        replace(good, classes=())


def test_folders_and_lists_are_looked_for(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "list.txt").write_text("\ufeffone\r\n\r\n two \r\n", encoding="utf-8")
    place = root_of(tmp_path, "list.txt", "inner", remedy="x")
    assert read_lines(place / "list.txt", remedy="x") == ["one", "two"]
    with pytest.raises(ValueError, match=r"other.txt lies neither in .* nor in .*inner; get it"):
        root_of(tmp_path, "other.txt", "inner", remedy="get it")
    with pytest.raises(ValueError, match=r"other.txt is missing; get it"):
        read_lines(tmp_path / "other.txt", remedy="get it")


def test_a_clip_may_be_a_piece_of_a_file_and_have_no_label(tmp_path):
    clip = LabelledClip(name="a", path=tmp_path / "a.mp4", group="a")
    assert (clip.labels, clip.start, clip.duration) == ((), 0.0, None)
    assert replace(clip, start=2.5, duration=10.0).duration == 10.0
    for start, duration in ((-1.0, None), (float("nan"), None), (0.0, 0.0), (0.0, float("inf"))):
        with pytest.raises(ValueError, match=r"a begins at .* give a start of at least 0"):
            replace(clip, start=start, duration=duration)


def test_a_clip_of_two_files_needs_both(tmp_path):
    pair = LabelledClip(name="a", path=tmp_path / "a.jpg", sound=tmp_path / "a.wav", group="a")
    pairs = replace(manifest(tmp_path), clips=(pair, replace(pair, name="b", path=tmp_path / "b.jpg")), splits=())
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.jpg").touch()
    assert pairs.missing() == ["a", "b"]
    (tmp_path / "a.wav").touch()
    assert pairs.there() == [True, True]


def test_clips_of_one_name_are_counted_each(tmp_path):
    clip = LabelledClip(name="a", path=tmp_path / "a", labels=(1,), group="a", duration=1.0)
    report = report_missing(replace(manifest(tmp_path), clips=(clip, replace(clip, start=1.0)), splits=()))
    assert (report["missing"], report["missing_by_class"]) == (2, {"odd": 2})


def test_the_report_of_many_clips_lists_folders_and_looks_at_no_file(tmp_path, monkeypatch):
    for k in range(0, 40, 2):
        (tmp_path / str(k)).touch()
    clips = tuple(LabelledClip(name=str(k), path=tmp_path / str(k), group=str(k)) for k in range(40))
    many = replace(manifest(tmp_path), clips=clips, splits=())
    listings, scandir = [], os.scandir

    def counted(folder):
        listings.append(folder)
        return scandir(folder)

    def refused(*arguments, **options):
        raise AssertionError("a file was looked at")

    monkeypatch.setattr(os, "scandir", counted)
    monkeypatch.setattr(os, "stat", refused)
    report = report_missing(many)
    monkeypatch.undo()
    assert (report["missing"], len(listings)) == (20, 1)
