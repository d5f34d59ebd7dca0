from __future__ import annotations

import os
from pathlib import Path

import pytest

from avlearn.data.listing import Listing, are_files


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_all_files_below_are_listed_and_hidden_ones_passed_over(tmp_path):
    make(tmp_path, "b.mp4", "a/c.MKV", "a/deep/d.txt", ".hidden/e.mp4", "a/.f.mp4")
    files = Listing.below(tmp_path)
    assert [os.path.relpath(path, tmp_path) for path in files.paths] == ["a/c.MKV", "a/deep/d.txt", "b.mp4"]
    assert [Path(path).name for path in files.ending({".mp4", ".mkv"})] == ["c.MKV", "b.mp4"]


def test_lists_are_found_by_name_the_first_name_before_the_others(tmp_path):
    make(tmp_path, "lists/train.csv", "old/train.csv", "val.csv")
    files = Listing.below(tmp_path)
    assert files.named("train.csv") == [tmp_path / "lists" / "train.csv", tmp_path / "old" / "train.csv"]
    assert files.first("test.csv", "val.csv", "train.csv") == tmp_path / "val.csv"
    assert files.first("train.csv") == tmp_path / "lists" / "train.csv"
    assert files.first("nowhere.csv") is None


def test_links_to_folders_are_followed_and_circles_are_not(tmp_path):
    make(tmp_path, "elsewhere/v.mp4", "data/w.mp4")
    (tmp_path / "data" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data" / "above").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "broken.mp4").symlink_to(tmp_path / "nowhere.mp4")
    root = tmp_path / "data"
    assert [os.path.relpath(path, root) for path in Listing.below(root).paths] == ["linked/v.mp4", "w.mp4"]


def test_files_are_told_from_folders_and_from_what_is_not_there(tmp_path, monkeypatch):
    make(tmp_path, "a/x.mp4", "a/y.mp4/inside")
    (tmp_path / "a" / "link.mp4").symlink_to("x.mp4")
    (tmp_path / "a" / "broken.mp4").symlink_to("gone.mp4")
    names = ["a/x.mp4", "a/y.mp4", "a/link.mp4", "a/broken.mp4", "a/z.mp4", "b/x.mp4", "a/x.mp4/under"]
    assert are_files(tmp_path / name for name in names) == [True, False, True, False, False, False, False]
    monkeypatch.chdir(tmp_path / "a")
    assert are_files(["x.mp4", Path("x.mp4")]) == [True, True]


def test_a_folder_is_listed_once_and_its_files_are_not_looked_at_one_by_one(tmp_path, monkeypatch):
    make(tmp_path, *(f"{k % 3}/{k}.mp4" for k in range(60)))
    listings, scandir = [], os.scandir

    def counted(folder):
        listings.append(folder)
        return scandir(folder)

    def refused(*arguments, **options):
        raise AssertionError("a file was looked at")

    monkeypatch.setattr(os, "scandir", counted)
    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, refused)
    found = are_files(tmp_path / f"{k % 3}" / f"{k}.mp4" for k in range(120))
    monkeypatch.undo()
    assert found == [True] * 60 + [False] * 60
    assert len(listings) == 3


def test_no_such_folder_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        Listing.below(tmp_path / "nowhere")
