from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from avlearn.data.manifests import LabelledClip, Manifest, folds
from avlearn.tasks.extraction import FILE, extract, readable


def manifest(folder, numbers) -> Manifest:
    clips = tuple(
        LabelledClip(name=f"{n}.txt", path=folder / f"{n}.txt", labels=(0,), group=str(n)) for n in range(numbers)
    )
    splits = folds([n % 2 for n in range(numbers)])
    return Manifest(name="numbers", kind="sound", classes=("all",), clips=clips, splits=splits, remedy="write them")


def read(path):
    return torch.full((3, 4), float(path.read_text()))


def describe(windows):
    return torch.stack([windows.mean(1), windows.sum(1)], dim=1)


@pytest.fixture
def numbers(tmp_path):
    """Five files: 0 is silent, 2 is broken, 4 is missing."""
    for name, text in {"0": "0", "1": "1", "2": "two", "3": "3"}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    return manifest(tmp_path, 5)


def test_features_lie_in_a_file_and_nothing_is_lost_silently(numbers, tmp_path):
    features = extract(numbers, read, describe, out=tmp_path / "out")
    assert [clip.name for clip in features.manifest.clips] == ["0.txt", "1.txt", "3.txt"]
    assert features.values[:, 0].tolist() == [[0, 0], [1, 4], [3, 12]]
    assert isinstance(features.values, np.memmap)
    assert np.load(tmp_path / "out" / FILE, mmap_mode="r").dtype == np.float32
    report = features.report()
    assert (report["listed"], report["present"], report["used"]) == (5, 4, 3)
    assert (report["missing"], report["first_missing"]) == (1, ["4.txt"])
    assert (report["broken"], report["silent"], report["first_silent"]) == (1, 1, ["0.txt"])
    assert "could not convert" in report["first_broken"]["2.txt"]


def test_splits_follow_the_clips_that_are_left(numbers, tmp_path):
    features = extract(numbers, read, describe, out=tmp_path)
    assert [(split.train, split.test) for split in features.manifest.splits] == [((1, 2), (0,)), ((0,), (1, 2))]


def test_files_are_read_one_after_another(numbers, tmp_path):
    events = []
    extract(
        numbers,
        lambda path: (events.append(f"read {path.stem}"), read(path))[1],
        lambda windows: (events.append("describe"), describe(windows))[1],
        out=tmp_path,
    )
    assert events == ["read 0", "describe", "read 1", "describe", "read 2", "read 3", "describe"]


def test_errors_of_the_model_are_not_taken_for_broken_files(numbers, tmp_path):
    def fail(windows):
        raise ValueError("the model fails")

    with pytest.raises(ValueError, match="the model fails"):
        extract(numbers, read, fail, out=tmp_path)


def test_readable_tells_the_rest(numbers, tmp_path):
    left, broken = readable(numbers.present(), read)
    assert [clip.name for clip in left.clips] == ["0.txt", "1.txt", "3.txt"]
    assert list(broken) == ["2.txt"]


def test_nothing_that_can_be_read_is_an_error(tmp_path):
    (tmp_path / "0.txt").write_text("zero")
    alone = manifest(tmp_path, 2)
    for work in (lambda: extract(alone, read, describe, out=tmp_path), lambda: readable(alone.present(), read)):
        with pytest.raises(ValueError, match=r"none of the 1 files of numbers can be read; 0.txt: ValueError"):
            work()


def test_pieces_of_files_are_not_taken_for_files(numbers, tmp_path):
    first, *others = numbers.clips
    cut = replace(numbers, clips=(replace(first, duration=1.0), *others))
    for work in (lambda: extract(cut, read, describe, out=tmp_path), lambda: readable(cut, read)):
        with pytest.raises(ValueError, match=r"1 clips of numbers, such as 0\.txt, are pieces of files"):
            work()
