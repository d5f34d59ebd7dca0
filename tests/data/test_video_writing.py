"""Videos that are written come back as they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from avlearn.data import probe, read_clip, read_frames, read_sound, write_video
from avlearn.data.encodings import ENCODINGS
from avlearn.data.video_streams import stream_frames, stream_sound
from avlearn.data.video_writing import stream_video

from .conftest import numbered, numbers_of

CLICK = 9600
"""Sample of the click, at 16 kHz: 0.6 s."""


def _click() -> torch.Tensor:
    waveform = torch.zeros(24_000)
    waveform[CLICK : CLICK + 160] = 0.8 * torch.sin(torch.arange(160) * 2 * torch.pi / 16)
    return waveform


@pytest.mark.parametrize("frame_rate", [10, 8.0, 29.97, 30_000 / 1001])
def test_lossless_file_comes_back_bit_for_bit(tmp_path: Path, frame_rate: float) -> None:
    generator = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (3, 9, 17, 23), dtype=torch.uint8, generator=generator)
    waveform = 2 * torch.rand(16_000, generator=generator) - 1
    path = tmp_path / "a.mkv"
    write_video(path, frames, waveform, frame_rate=frame_rate, sample_rate=16_000)
    back = read_frames(path, start=0, duration=9 / frame_rate, frame_rate=frame_rate)
    assert torch.equal(back.frames, frames)
    torch.testing.assert_close(read_sound(path, start=0, duration=1, sample_rate=16_000).waveform, waveform)


@pytest.mark.parametrize("suffix", ENCODINGS)
def test_flash_and_click_stay_together(tmp_path: Path, suffix: str) -> None:
    frames = torch.full((3, 15, 32, 48), 20, dtype=torch.uint8)
    frames[:, 6] = 230  # the seventh of ten a second: 0.6 s
    path = tmp_path / f"a{suffix}"
    write_video(path, frames, _click(), frame_rate=10, sample_rate=16_000)
    clip = read_clip(path, start=0, duration=1.5, frame_rate=100, sample_rate=48_000)
    flash = np.flatnonzero(clip.frames.float().mean(dim=(0, 2, 3)).numpy() > 125)
    assert (flash[0], flash[-1]) == (60, 69)
    wanted = read_sound_of_click(48_000)
    correlation = np.correlate(clip.waveform.numpy(), wanted, mode="valid")
    assert abs(int(np.argmax(correlation)) / 48_000 - CLICK / 16_000) <= 0.001
    assert correlation.max() == pytest.approx(float(wanted @ wanted), rel=0.15), "scale and sign"
    assert clip.remarks == ()


def read_sound_of_click(rate: int) -> np.ndarray:
    time = np.arange(rate // 100) / rate
    return (0.8 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_colours_survive_and_are_labelled(tmp_path: Path, suffix: str) -> None:
    colours = torch.tensor([[200, 40, 40], [40, 200, 40], [40, 40, 200], [128, 128, 128]], dtype=torch.uint8)
    frames = colours.T[:, :, None, None].expand(3, 4, 32, 48).contiguous()
    path = tmp_path / f"a{suffix}"
    write_video(path, frames, frame_rate=10)
    back = read_frames(path, start=0, duration=0.4, frame_rate=10)
    assert (back.frames.int() - frames.int()).abs().max() <= 6
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1)


def test_pictures_and_sound_may_differ_in_length(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(30), torch.zeros(8000), frame_rate=10, sample_rate=16_000)
    info = probe(path)
    assert info.video is not None
    assert info.audio is not None
    assert info.video.duration == pytest.approx(3.0)
    assert info.audio.duration == pytest.approx(0.5, abs=0.03)


def test_sound_at_a_rate_that_the_codec_lacks_keeps_its_pitch(tmp_path: Path) -> None:
    waveform = 0.5 * torch.sin(2 * torch.pi * 500 * torch.arange(11_025) / 11_025)
    path = tmp_path / "a.webm"
    write_video(path, numbered(10), waveform, frame_rate=10, sample_rate=11_025)
    back = read_sound(path, start=0, duration=1, sample_rate=16_000).waveform
    assert int(torch.fft.rfft(back).abs().argmax()) == 500
    assert float(back.square().mean().sqrt()) == pytest.approx(0.5 / 2**0.5, rel=0.05)


def test_without_sound_there_is_no_track(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, numbered(5), frame_rate=10)
    assert probe(path).audio is None
    assert numbers_of(read_frames(path, start=0, duration=0.5, frame_rate=10).frames) == list(range(5))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "a.gif"}, r"a\.gif ends in \.gif; name it \.mp4, \.webm, \.mkv"),
        ({"frames": torch.zeros(3, 0, 4, 4, dtype=torch.uint8)}, r"give uint8 \(3, T, H, W\), none of them 0"),
        ({"frames": torch.zeros(3, 2, 5, 4, dtype=torch.uint8)}, r"5 x 4, but \.mp4 stores even sizes only"),
        ({"frame_rate": 0}, r"frame_rate is 0"),
        ({"waveform": torch.full((80,), 1.5)}, r"in \[-1, 1\]"),
        ({"waveform": torch.full((80,), float("nan"))}, "finite"),
        ({"waveform": torch.zeros(0)}, "at least one sample"),
        ({"sample_rate": None}, "sample_rate is None"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    usual = {
        "path": "a.mp4",
        "frames": torch.zeros(3, 2, 4, 4, dtype=torch.uint8),
        "waveform": torch.zeros(80),
        "frame_rate": 10,
        "sample_rate": 8000,
    }
    arguments = {**usual, **changes}
    with pytest.raises(ValueError, match=message):
        write_video(tmp_path / arguments.pop("path"), arguments.pop("frames"), arguments.pop("waveform"), **arguments)
    assert list(tmp_path.iterdir()) == []


def test_failure_in_the_middle_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("avlearn.data.video_writing._mux", fail)
    with pytest.raises(OSError, match="No space left"):
        write_video(path, numbered(5), frame_rate=10)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_streamed_pictures_and_stereo_come_back(tmp_path: Path) -> None:
    path, draws = tmp_path / "a.mkv", np.random.default_rng(0)
    pictures = draws.integers(0, 256, (7, 16, 24, 3), dtype=np.uint8)
    sound = draws.uniform(-1, 1, (2, 8000)).astype(np.float32)
    blocks = np.split(sound, [100, 4000], axis=1)
    stream_video(path, iter(pictures), iter(blocks), frame_rate=7, sample_rate=8000)
    assert np.array_equal(np.stack(list(stream_frames(path, frame_rate=7))), pictures)
    back = np.concatenate(list(stream_sound(path, sample_rate=8000, channels=2)), axis=1)
    np.testing.assert_allclose(back, sound, atol=1e-6)


def test_streaming_draws_pictures_and_sound_in_turns(tmp_path: Path) -> None:
    drawn: list[str] = []

    def said(what: str, item: np.ndarray, count: int) -> Iterator[np.ndarray]:
        for _ in range(count):
            drawn.append(what)
            yield item

    pictures = said("picture", np.zeros((16, 16, 3), np.uint8), 40)
    blocks = said("sound", np.zeros((1, 4000), np.float32), 8)  # half a second each
    stream_video(tmp_path / "a.mp4", pictures, blocks, frame_rate=10, sample_rate=8000)
    lead = [drawn[: k + 1].count("picture") / 10 - drawn[: k + 1].count("sound") / 2 for k in range(len(drawn))]
    assert max(map(abs, lead)) <= 0.6


@pytest.mark.parametrize(
    ("pictures", "sound", "rate", "message"),
    [
        ([], None, None, "gets no pictures"),
        ([(16, 16, 3), (16, 18, 3)], None, None, r"picture 1 is \(16, 18, 3\)"),
        ([(16, 16)], None, None, r"the pictures are \(16, 16\)"),
        ([(16, 16, 3)], [], 8000, "not one block"),
        ([(16, 16, 3)], [(3, 80)], 8000, "3 channels"),
        ([(16, 16, 3)], [(1, 80)], 8001, "sample_rate is 8001; give the sound's, in Hz, one of 8000"),
    ],
)
def test_streams_that_make_no_sense_are_refused(tmp_path: Path, pictures, sound, rate, message) -> None:
    shown = (np.zeros(shape, np.uint8) for shape in pictures)
    heard = None if sound is None else (np.zeros(shape, np.float32) for shape in sound)
    with pytest.raises(ValueError, match=message):
        stream_video(tmp_path / "a.mp4", shown, heard, frame_rate=10, sample_rate=rate)
    assert not list(tmp_path.iterdir())
