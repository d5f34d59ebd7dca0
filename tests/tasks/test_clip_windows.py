from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from avlearn.tasks.clip_windows import WINDOWS, Windows, cut, picture_window, sound_windows
from avlearn.tasks.descriptors import View


def test_windows_reach_from_the_beginning_to_the_end():
    sound = torch.arange(50.0)
    windows = cut(sound, Windows(count=4, seconds=2.0), sample_rate=10)
    assert windows.shape == (4, 20)
    assert windows[:, 0].tolist() == [0, 10, 20, 30]
    assert windows[-1, -1] == 49


def test_dcase_windows_begin_as_published_and_run_into_silence():
    windows = cut(torch.ones(300), WINDOWS["dcase2014"], sample_rate=10)
    assert windows.shape == (60, 20)
    assert windows[-1].tolist() == [1.0] * 10 + [0.0] * 10
    assert WINDOWS["dcase2014"].starts(30.0) == pytest.approx(np.linspace(0, 29, 60))


def test_a_short_sound_is_filled_up_with_silence():
    windows = cut(torch.ones(5), Windows(count=3, seconds=1.0), sample_rate=10)
    assert windows.tolist() == [[1.0] * 5 + [0.0] * 5] * 3


def test_files_are_mixed_to_mono_and_resampled(tmp_path):
    left = 0.5 * np.sin(2 * np.pi * 100 * np.arange(8000) / 8000)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, -left / 2], axis=1), 8000)
    (whole,) = sound_windows(tmp_path / "stereo.wav", None, sample_rate=4000)
    assert whole.shape == (4000,)
    expected = 0.125 * torch.sin(2 * torch.pi * 100 * torch.arange(4000) / 4000)
    assert (whole - expected)[100:-100].abs().max() < 1e-3
    assert sound_windows(tmp_path / "stereo.wav", Windows(count=2, seconds=0.5), sample_rate=4000).shape == (2, 2000)


def test_a_picture_is_its_middle_square(tmp_path):
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = (10, 200, 30)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    (picture,) = picture_window(tmp_path / "wide.png", View(size=8))
    assert picture.shape == (3, 1, 8, 8)
    assert picture.flatten(1).T.unique(dim=0).tolist() == [[10, 200, 30]]


def test_what_cannot_be_read_is_named(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    soundfile.write(tmp_path / "nan.wav", np.full(800, np.nan), 8000, subtype="FLOAT")
    for name in ("empty", "nan"):
        with pytest.raises(ValueError, match=rf"{name}.wav has"):
            sound_windows(tmp_path / f"{name}.wav", None, sample_rate=8000)
    with pytest.raises(ValueError, match="need at least one window"):
        Windows(count=0)
