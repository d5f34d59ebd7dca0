from __future__ import annotations

import pytest
import torch

from avlearn.data import write_video
from avlearn.tasks.descriptors import View
from avlearn.tasks.video_windows import latest_start, video_clip, video_windows


@pytest.fixture(scope="module")
def counting(tmp_path_factory):
    """A video of 2 s whose frame k has the grey value 10 k."""
    path = tmp_path_factory.mktemp("video") / "counting.mkv"
    frames = (10 * torch.arange(20, dtype=torch.uint8)).view(1, 20, 1, 1).expand(3, 20, 16, 16)
    write_video(path, frames.contiguous(), frame_rate=10.0)
    return path


def test_clips_are_equally_spaced_from_the_first_frame_to_the_last(counting):
    clips = video_windows(counting, View(size=8, frames=4, frame_rate=10.0), 3)
    assert clips.shape == (3, 3, 4, 8, 8)
    assert clips[:, 0, :, 0, 0].tolist() == [[0, 10, 20, 30], [80, 90, 100, 110], [160, 170, 180, 190]]


def test_a_slower_rate_skips_frames(counting):
    clip = video_clip(counting, 0.5, View(size=8, frames=3, frame_rate=5.0))
    assert clip[0, :, 0, 0].tolist() == [50, 70, 90]


def test_a_video_shorter_than_a_clip_gives_the_same_clip_again(counting):
    view = View(size=8, frames=30, frame_rate=10.0)
    assert latest_start(counting, view) == 0
    first, second = video_windows(counting, view, 2)
    assert torch.equal(first, second)
    assert first[0, -1, 0, 0] == 190


def test_a_broken_file_is_refused(tmp_path):
    (tmp_path / "broken.avi").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"broken.avi"):
        video_windows(tmp_path / "broken.avi", View(size=8), 2)
