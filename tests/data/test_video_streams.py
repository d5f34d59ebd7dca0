"""What is streamed equals what is read at once."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch

from avlearn.data import MediaError, read_frames, read_sound, write_video
from avlearn.data.video_streams import stream_frames, stream_sound

from .conftest import numbered, numbers_of, write_blocks, write_pictures


def _streamed(path: Path, **wanted: int) -> np.ndarray:
    return np.concatenate(list(stream_sound(path, **wanted)), axis=1)


@pytest.mark.parametrize("frame_rate", [4, 25, 29.97, 60])
def test_pictures_are_those_of_read_frames(long_video: Path, frame_rate: float) -> None:
    pictures = list(stream_frames(long_video, frame_rate=frame_rate, size=(16, 24)))
    whole = read_frames(long_video, start=0, duration=8, frame_rate=frame_rate, size=(16, 24)).frames
    assert len(pictures) in (whole.shape[1], whole.shape[1] + 1)
    streamed = torch.from_numpy(np.stack(pictures[: whole.shape[1]])).permute(3, 0, 1, 2)
    assert torch.equal(streamed, whole)


def test_pictures_of_a_varying_rate_are_shown_at_their_times(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    pictures = [np.full((32, 48, 3), 20 + 8 * k, np.uint8) for k in range(4)]
    write_pictures(path, pictures, [0, 0.1, 0.5, 0.6])
    shown = torch.from_numpy(np.stack(list(stream_frames(path, frame_rate=10)))).permute(3, 0, 1, 2)
    assert numbers_of(shown) == [0, 1, 1, 1, 1, 2, 3]


@pytest.mark.parametrize("sample_rate", [48_000, 44_100, 16_000])
def test_sound_is_that_of_read_sound(long_video: Path, sample_rate: int) -> None:
    streamed = _streamed(long_video, sample_rate=sample_rate)[0]
    whole = read_sound(long_video, start=0, duration=8, sample_rate=sample_rate).waveform.numpy()
    inside = slice(sample_rate // 4, 7 * sample_rate)
    assert abs(len(streamed) - len(whole)) <= 0.05 * sample_rate
    assert np.abs(streamed[inside] - whole[inside]).max() < 2e-3


def test_resampled_noise_has_no_seams_and_no_delay(tmp_path: Path) -> None:
    noise = np.convolve(np.random.default_rng(0).standard_normal(32_000), np.hanning(32) / 16, mode="same")
    noise = (0.3 * noise / np.abs(noise).max()).astype(np.float32)
    path = tmp_path / "a.mkv"
    write_video(path, numbered(10), torch.from_numpy(noise), frame_rate=10, sample_rate=32_000)
    streamed = _streamed(path, sample_rate=16_000)[0]
    whole = librosa.resample(noise, orig_sr=32_000, target_sr=16_000)
    assert len(streamed) == 16_000
    assert np.abs(streamed[200:-200] - whole[200:-200]).max() < 1e-3


def test_a_gap_is_silent_and_what_follows_comes_in_time(tmp_path: Path) -> None:
    path, block = tmp_path / "a.mkv", np.full((1, 800), 0.5, np.float32)
    write_blocks(path, [(0, block), (0.5, block)], rate=8000, codec="pcm_f32le")
    sound = _streamed(path, sample_rate=8000)[0]
    assert np.flatnonzero(np.diff(sound)).tolist() == [799, 3999]
    assert len(sound) == 4800


def test_stereo_stays_and_more_channels_are_mixed(tmp_path: Path) -> None:
    stereo, surround = tmp_path / "a.mkv", tmp_path / "b.mkv"
    write_blocks(stereo, [(0, np.array([[0.5] * 80, [-0.25] * 80]))], rate=8000, codec="pcm_f32le", layout="stereo")
    six = np.repeat(np.arange(6)[:, None] / 10, 80, axis=1)
    write_blocks(surround, [(0, six)], rate=8000, codec="pcm_f32le", layout="5.1")
    assert _streamed(stereo, sample_rate=8000, channels=2)[:, 40].tolist() == [0.5, -0.25]
    assert _streamed(stereo, sample_rate=8000)[:, 40].tolist() == [0.125]
    assert _streamed(surround, sample_rate=8000, channels=2)[:, 40] == pytest.approx([0.25, 0.25])


def test_what_cannot_be_streamed_says_why(tmp_path: Path) -> None:
    mute = tmp_path / "mute.mkv"
    write_video(mute, numbered(3), frame_rate=10)
    write_blocks(tmp_path / "blind.mkv", [(0, np.zeros((1, 80)))], rate=8000, codec="pcm_f32le")
    (tmp_path / "text.mp4").write_text("no video")
    for stream, words in (
        (stream_sound(mute, sample_rate=8000), r"mute\.mkv: the file has no sound"),
        (stream_frames(tmp_path / "blind.mkv", frame_rate=4), r"blind\.mkv: the file has no pictures"),
        (stream_frames(tmp_path / "text.mp4", frame_rate=4), r"text\.mp4 is no media file"),
    ):
        with pytest.raises(MediaError, match=words):
            next(stream)
    with pytest.raises(FileNotFoundError, match="is no file"):
        next(stream_sound(tmp_path / "none.mp4", sample_rate=8000))


@pytest.mark.parametrize(
    ("wanted", "words"), [({"frame_rate": 0}, "frame_rate is 0"), ({"frame_rate": 4, "size": 0}, "size is 0")]
)
def test_pictures_that_make_no_sense_are_refused(long_video: Path, wanted: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        next(stream_frames(long_video, **wanted))


@pytest.mark.parametrize(
    ("wanted", "words"), [({"sample_rate": 0}, "sample_rate is 0"), ({"sample_rate": 8000, "channels": 3}, "1 or 2")]
)
def test_sounds_that_make_no_sense_are_refused(long_video: Path, wanted: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        next(stream_sound(long_video, **wanted))
