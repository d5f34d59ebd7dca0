"""Which pictures and sounds of a video a model is shown together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from avlearn.data import MediaError, write_video
from avlearn.models import DCC, DCCConfig
from avlearn.tasks.moments import Pace, centred_windows, moments_of, picture_track, tiling_for

RATE = 16_000


def _blocks(sound: np.ndarray, length: int) -> Iterator[np.ndarray]:
    return (sound[None, start : start + length] for start in range(0, len(sound), length))


@pytest.mark.parametrize("length", [1, 7, 50, 1000])
@pytest.mark.parametrize(("samples", "rate", "window"), [(100, 4, 1.0), (95, 3, 1.6), (31, 10, 3.0), (100, 1, 0.1)])
def test_windows_are_centred_and_stay_within_the_sound(length: int, samples: int, rate: float, window: float) -> None:
    sound, wanted = np.arange(1, samples + 1, dtype=np.float32), round(window * 20)
    windows = list(islice(centred_windows(_blocks(sound, length), Pace(rate=rate, window=window), sample_rate=20), 40))
    for number, heard in enumerate(windows):
        moment = number * 20 / rate
        begin = max(0, round(moment - wanted / 2))
        if moment <= samples:
            begin = max(0, min(begin, samples - wanted))
        expected = np.pad(sound[begin : begin + wanted], (0, wanted))[:wanted]
        assert np.array_equal(heard, expected), number


def test_a_sound_of_less_than_half_a_window_is_refused() -> None:
    with pytest.raises(MediaError, match=r"its sound lasts 0\.40 s; half of 1\.0 s is the least"):
        next(centred_windows(_blocks(np.ones(8), 3), Pace(), sample_rate=20))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of pictures that get brighter; a second of tone after a second of silence, then silence."""
    path = tmp_path_factory.mktemp("video") / "a.mkv"
    frames = (10 * torch.arange(24)).byte()[None, :, None, None].expand(3, 24, 36, 64).contiguous()
    waveform = torch.zeros(3 * RATE)
    waveform[RATE : 2 * RATE] = 0.5 * torch.sin(torch.arange(RATE) * 0.3)
    write_video(path, frames, waveform, frame_rate=8, sample_rate=RATE)
    return path


def test_pictures_and_sounds_are_of_the_same_time(video: Path) -> None:
    tiling = tiling_for(DCC(DCCConfig()), picture_track(video))
    some = list(moments_of(video, tiling, Pace(rate=4, window=0.25, batch_size=5), sample_rate=RATE))
    assert [len(part.times) for part in some] == [5, 5, 2]
    times = torch.cat([part.times for part in some])
    torch.testing.assert_close(times, torch.arange(12) / 4)
    squares = torch.cat([part.squares.frames for part in some])
    assert squares.shape == (24, 3, 1, 96, 96)
    brightness = squares.float().mean((1, 2, 3, 4)).reshape(12, 2)
    torch.testing.assert_close(brightness, (20.0 * torch.arange(12))[:, None].expand(12, 2), atol=1.5, rtol=0)
    silent = torch.cat([part.silent for part in some])
    assert silent.tolist() == [not 0.875 < time < 2.125 for time in times.tolist()]
    heard = torch.cat([part.squares.waveform for part in some])
    assert torch.equal(heard[0::2], heard[1::2])


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"window": -1.0}, {"batch_size": 0}])
def test_a_pace_of_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be more than 0"):
        Pace(**wrong)


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    write_video(tmp_path / "mute.mkv", torch.zeros(3, 4, 16, 16, dtype=torch.uint8), frame_rate=8)
    with pytest.raises(MediaError, match=r"mute\.mkv: the file has no sound"):
        picture_track(tmp_path / "mute.mkv")
