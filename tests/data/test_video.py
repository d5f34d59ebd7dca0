"""Clips: pictures and sound on one clock."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from avlearn.data import Clip, read_clip, read_frames, read_sound, write_video
from avlearn.data.isolation import Isolated
from avlearn.data.media import MediaError
from avlearn.types import AVBatch

from .conftest import numbered, numbers_of


def test_a_clip_is_its_two_halves(long_video: Path) -> None:
    clip = read_clip(long_video, start=2.5, duration=1.2, frame_rate=10, size=16, sample_rate=16_000)
    frames = read_frames(long_video, start=2.5, duration=1.2, frame_rate=10, size=16)
    sound = read_sound(long_video, start=2.5, duration=1.2, sample_rate=16_000)
    assert torch.equal(clip.frames, frames.frames)
    torch.testing.assert_close(clip.waveform, sound.waveform, atol=2e-3, rtol=0)
    assert (clip.start, clip.frame_rate, clip.sample_rate, clip.remarks) == (2.5, 10.0, 16_000, ())


def test_clips_stack_to_a_batch(long_video: Path) -> None:
    clips = [read_clip(long_video, start=k, duration=1, frame_rate=8, size=16, sample_rate=8000) for k in range(3)]
    batch = AVBatch.stack([clip.scene(k) for k, clip in enumerate(clips)])
    assert batch.frames.shape == (3, 3, 8, 16, 16)
    assert batch.waveform.shape == (3, 8000)
    assert batch.index.tolist() == [0, 1, 2]
    assert (batch.sample_rate, batch.frame_rate) == (8000, 8.0)


@pytest.mark.parametrize(("video_start", "audio_start"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (5.0, 5.2)])
@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_both_tracks_keep_their_distance_wherever_they_begin(
    tmp_path: Path, suffix: str, video_start: float, audio_start: float
) -> None:
    path = tmp_path / f"a{suffix}"
    codec, sound_codec = ("ffv1", "pcm_s16le") if suffix == ".mkv" else ("libx264", "mp2")
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=25, options={"bf": "0"})
        video.height, video.width, video.pix_fmt = 32, 48, "bgr0" if suffix == ".mkv" else "yuv420p"
        audio = container.add_stream(sound_codec, rate=48_000, layout="mono")
        for k in range(25):
            level = 220 if k == 12 else 30
            frame = av.VideoFrame.from_ndarray(np.full((32, 48, 3), level, np.uint8), format="rgb24")
            frame.pts, frame.time_base = round(video_start * 25) + k, Fraction(1, 25)
            container.mux(video.encode(frame))
        sound = np.zeros((1, 48_000), np.float32)
        sound[0, 24_000:24_480] = 0.7 * np.sin(2 * np.pi * 1000 * np.arange(480) / 48_000)
        block = av.AudioFrame.from_ndarray(sound, format="fltp", layout="mono")
        block.sample_rate, block.time_base, block.pts = 48_000, Fraction(1, 48_000), round(audio_start * 48_000)
        container.mux(audio.encode(block))
        container.mux([*video.encode(None), *audio.encode(None)])
    clip = read_clip(path, start=0, duration=1.3, frame_rate=250, sample_rate=48_000)
    flash = np.flatnonzero(clip.frames.float().mean(dim=(0, 2, 3)).numpy() > 125)[0] / 250
    beep = np.argmax(np.correlate(clip.waveform.numpy(), sound[0, 24_000:24_480], mode="valid")) / 48_000
    # A frame rate of 25 rounds the start of the pictures; the tracks' distance is what counts
    apart = round(video_start * 25) / 25 + 12 / 25 - (audio_start + 0.5)
    assert flash - beep == pytest.approx(apart, abs=0.005 + (0.025 if suffix == ".ts" else 0.0))
    assert flash == pytest.approx(12 / 25 + max(0, video_start - audio_start), abs=0.005 + 0.03)


def test_remarks_of_both_halves_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_video(path, torch.zeros(3, 10, 16, 16, dtype=torch.uint8), torch.zeros(4000), frame_rate=10, sample_rate=8000)
    clip = read_clip(path, start=0, duration=1.2, frame_rate=10, sample_rate=8000)
    assert [remark.kind for remark in clip.remarks] == ["pictures_missing", "black", "sound_missing", "silent"]


def test_a_video_without_sound_gives_no_clip(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_video(path, numbered(10), frame_rate=10)
    with pytest.raises(MediaError, match="has no sound"):
        read_clip(path, start=0, duration=1, frame_rate=10, sample_rate=8000)
    assert numbers_of(read_frames(path, start=0, duration=1, frame_rate=10).frames) == list(range(10))


def _clip_or_reason(path: Path) -> Clip | str:
    try:
        return read_clip(path, start=0.2, duration=1, frame_rate=8, size=24, sample_rate=8000)
    except MediaError as error:
        return str(error)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_damaged_files_are_read_or_refused(tmp_path: Path, suffix: str) -> None:
    whole, path = tmp_path / f"whole{suffix}", tmp_path / f"damaged{suffix}"
    sound = 0.3 * torch.sin(torch.arange(16_000) / 5)
    write_video(whole, numbered(20), sound, frame_rate=10, sample_rate=8000)
    content, rng = whole.read_bytes(), random.Random(0)
    outcomes = {"read": 0, "refused": 0}
    with Isolated(timeout=120) as isolated:
        for _ in range(40):
            damaged = bytearray(content)
            for _ in range(rng.choice((1, 4, 30))):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            path.write_bytes(damaged[: rng.choice((len(damaged), rng.randrange(len(damaged))))])
            clip = isolated(_clip_or_reason, path)
            if isinstance(clip, str):
                assert clip.startswith(str(path))
                outcomes["refused"] += 1
                continue
            assert clip.frames.shape == (3, 8, 24, 24)
            assert clip.waveform.shape == (8000,)
            assert torch.isfinite(clip.waveform).all()
            assert clip.waveform.abs().max() <= 1
            outcomes["read"] += 1
    assert min(outcomes.values()) > 0
