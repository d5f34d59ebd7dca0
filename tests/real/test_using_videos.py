"""Real videos, annotated and taken apart: whatever their shape, rate, codec and channels."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from avlearn import pretrained
from avlearn.data import probe
from avlearn.tasks.moments import Pace
from avlearn.tasks.overlay import write_overlay
from avlearn.tasks.video_separation import separate_video

CLIPS = ("bbb_one_second.webm", "stream_of_water.mp4", "clay_branch.mp4")
"""Wide and nearly square, VP8 and H.264, stereo and mono; the shortest of all."""


@pytest.mark.parametrize("name", CLIPS)
def test_the_overlay_has_the_length_size_and_channels_of_the_video(real_data: Path, tmp_path: Path, name: str) -> None:
    video, out = real_data / "video" / "clips" / name, tmp_path / "overlay.mp4"
    written = write_overlay(pretrained.load_localizer("cavl"), video, out, pace=Pace(rate=2))
    before, after = probe(video), probe(out)
    assert after.problems == ()
    assert (after.video.height, after.video.width) == (before.video.height, before.video.width) == written.size
    assert after.video.frame_rate == pytest.approx(before.video.frame_rate, rel=0.01)
    assert after.audio.channels == before.audio.channels
    assert after.duration == pytest.approx(before.duration, abs=0.1)


def test_a_real_video_is_taken_apart(real_data: Path, tmp_path: Path) -> None:
    video = real_data / "video" / "clips" / "bbb_one_second.webm"
    told = separate_video(pretrained.load_separator("separator"), video, tmp_path, points=[(0.4, 0.5)])
    mixture, rest, stem = (soundfile.read(path)[0] for path in (told.mixture, told.rest, told.sources[0].sound))
    assert len(mixture) / told.sample_rate == pytest.approx(probe(video).duration, abs=0.05)
    assert abs(rest + stem - mixture).max() < 3 * 2**-15
    assert probe(told.sources[0].video).problems == ()
