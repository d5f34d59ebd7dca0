from __future__ import annotations

from pathlib import Path

import pytest

from avlearn.data.youtube_files import YouTubeFiles

ID = "-_2gk-IN35s"


@pytest.mark.parametrize("name", [
    f"{ID}_000030_000040", f"{ID}_000030", f"{ID}_30_40", f"{ID}_30.000_40.000", f"{ID}_30.0-40.0", f"{ID}_30",
    f"{ID}_30000_40000", ID, f"Y{ID}",
])  # fmt: skip
def test_every_known_name_is_found_in_whatever_folder(name):
    files = YouTubeFiles([f"{ID}x.mp4", f"a/b/{name}.mp4", f"{ID}_000300_000310.mp4"])
    assert files.find(ID, 30.0) == Path(f"a/b/{name}.mp4")


def test_clips_of_one_video_are_told_apart():
    files = YouTubeFiles([f"{ID}_{start:06}.mp4" for start in (0, 3, 30, 400)])
    for start in (0, 3, 30, 400):
        assert files.find(ID, start) == Path(f"{ID}_{start:06}.mp4")
    assert files.find(ID, 10) is None


def test_a_fraction_of_a_second_may_be_cut_off_in_names():
    assert YouTubeFiles([f"{ID}_21.mp4"]).find(ID, 21.3) == Path(f"{ID}_21.mp4")
    assert YouTubeFiles([f"{ID}_21300_31300.mp4"]).find(ID, 21.3) == Path(f"{ID}_21300_31300.mp4")


def test_a_name_that_tells_the_second_goes_before_one_that_does_not():
    files = YouTubeFiles([f"{ID}.mp4", f"{ID}_000030.mp4"])
    assert files.find(ID, 30) == Path(f"{ID}_000030.mp4")
    assert files.find(ID, 0) == Path(f"{ID}.mp4")


def test_an_id_that_begins_with_y_is_itself():
    files = YouTubeFiles(["YouTubeABCD.mp4", "YYouTubeABCD.wav"])
    assert files.find("YouTubeABCD") == Path("YouTubeABCD.mp4")
    assert files.find("ouTubeABCDE") is None


def test_other_files_are_no_clips():
    files = YouTubeFiles([f"{ID}_cut.mp4", f"{ID}_000030_000040_small.mp4", f"prefix_{ID}.mp4", "short.mp4", ""])
    assert files.find(ID, 30) is None
    assert files.find("", 0) is None
