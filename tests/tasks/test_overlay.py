"""The heat map that is painted into a video, against the model's own on the same moments."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from avlearn import pretrained
from avlearn.data import DIFFICULTIES, MediaError, World, read_frames, read_sound, write_video
from avlearn.data.probe import probe
from avlearn.tasks.overlay import VideoHeat, video_heat, write_overlay, written_rate, written_size
from avlearn.types import AVBatch

RATE = 16_000


@pytest.fixture(scope="module")
def model():
    return pretrained.load_localizer("cavl")


@pytest.fixture(scope="module")
def scenes() -> AVBatch:
    """Scenes in which one thing sounds and another is silent."""
    return World(DIFFICULTIES["big_test"], seed=5).batch(range(3), truth=True)


@pytest.fixture(scope="module")
def video(scenes: AVBatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of each scene, without loss."""
    path = tmp_path_factory.mktemp("video") / "scenes.mkv"
    frames = scenes.frames[:, :, 0].permute(1, 0, 2, 3).repeat_interleave(8, 1)
    write_video(path, frames, scenes.waveform.flatten(), frame_rate=8, sample_rate=RATE)
    return path


def test_heat_is_what_the_model_says_of_the_scenes(model, scenes: AVBatch, video: Path) -> None:
    found = video_heat(model, video)
    with torch.inference_mode():
        expected = model.localize(scenes.without_truth()).attention.clamp(min=0)
    middle = found.heat[[2, 6, 10]].float()  # half a second into each scene, whose sound is then heard alone
    torch.testing.assert_close(middle, expected, atol=2e-3, rtol=2e-3)
    assert found.clusters is None


def test_the_overlay_glows_where_it_sounds(model, scenes: AVBatch, video: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    written = write_overlay(model, video, tmp_path / "a.mkv", progress=shares.append)
    assert (written.size, written.frame_rate, written.pictures, written.silent_moments) == ((96, 96), 8.0, 24, 0)
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1.0
    seen = read_frames(tmp_path / "a.mkv", start=0, duration=3, frame_rate=8).frames[:, [4, 12, 20]].float()
    colour = (seen.amax(0) - seen.amin(0))[:, None]  # grey has none
    masks = scenes.truth.masks[:, :, 0].float()
    glowing = (colour * masks).sum((2, 3)) / masks.sum((2, 3)).clamp(min=1)
    for row in range(3):
        sounding, silent = (glowing[row][slots[row]] for slots in (scenes.truth.sounding, scenes.truth.silent))
        assert sounding.min() > 2 * silent.max()


def test_sound_and_size_are_the_videos_own(model, tmp_path: Path) -> None:
    frames = torch.randint(0, 256, (3, 20, 33, 57), dtype=torch.uint8)
    sound = 0.4 * torch.sin(2 * torch.pi * 440 * torch.arange(44_100) / 44_100)
    write_video(tmp_path / "a.mkv", frames, sound, frame_rate=20, sample_rate=44_100)
    write_overlay(model, tmp_path / "a.mkv", tmp_path / "b.mkv")
    back = read_sound(tmp_path / "b.mkv", start=0, duration=1, sample_rate=44_100)
    torch.testing.assert_close(back.waveform, sound, atol=1e-6, rtol=0)
    write_overlay(model, tmp_path / "a.mkv", tmp_path / "b.mp4")
    info = probe(tmp_path / "b.mp4")
    assert (info.video.height, info.video.width, info.video.frame_rate, info.audio.sample_rate) == (32, 56, 20, 44_100)


def test_silence_shows_no_heat(model, scenes: AVBatch, tmp_path: Path) -> None:
    waveform = torch.cat([torch.zeros(2 * RATE), scenes.waveform[0], torch.zeros(RATE)])
    frames = scenes.frames[0].repeat_interleave(40, 1)
    write_video(tmp_path / "a.mkv", frames, waveform, frame_rate=10, sample_rate=RATE)
    found = video_heat(model, tmp_path / "a.mkv")
    assert found.silent.tolist() == [time <= 1.5 or time >= 3.5 for time in found.times.tolist()]
    assert found.heat[found.silent].abs().max() == 0
    assert found.heat[9:13].float().amax((1, 2)).min() > 0


def test_between_moments_the_map_changes_in_proportion() -> None:
    heat = torch.stack([torch.full((2, 2), 1.0), torch.full((2, 2), 3.0)]).half()
    found = VideoHeat(
        times=torch.tensor([0.0, 0.25]), heat=heat, clusters=None, silent=torch.zeros(2, dtype=torch.bool)
    )
    assert [float(found.at(time)[0][0, 0]) for time in (0, 0.125, 0.25, 9)] == [1, 2, 3, 3]


def test_peaks_are_fractions_of_the_picture() -> None:
    heat = F.one_hot(torch.tensor([6]), 8).reshape(1, 2, 4).half()
    found = VideoHeat(times=torch.zeros(1), heat=heat, clusters=None, silent=torch.zeros(1, dtype=torch.bool))
    assert found.peaks().tolist() == [[0.625, 0.75]]


def test_rate_and_size_where_headers_say_odd_things(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", torch.zeros(3, 3, 5, 9, dtype=torch.uint8), frame_rate=1000)
    pictures = probe(tmp_path / "a.mkv").video
    assert written_rate(pictures) == 120
    assert (written_size(pictures, even=True), written_size(pictures, even=False)) == ((4, 8), (5, 9))


def test_refused(model, video: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="hottest is -1"):
        write_overlay(model, video, tmp_path / "a.mkv", hottest=-1)
    with pytest.raises(FileNotFoundError, match="is no file"):
        write_overlay(model, tmp_path / "none.mp4", tmp_path / "a.mkv")
    write_video(
        tmp_path / "quiet.mkv", torch.zeros(3, 8, 16, 16, dtype=torch.uint8), torch.zeros(RATE), frame_rate=8,
        sample_rate=RATE,
    )  # fmt: skip
    with pytest.raises(MediaError, match="is silent"):
        video_heat(model, tmp_path / "quiet.mkv")
