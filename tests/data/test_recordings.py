"""Banks of real recordings and excerpts of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from avlearn.data.recordings import RecordingBank, excerpt, lively_starts

TONE = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000).astype(np.float32)


def _bank(**changes: Any) -> RecordingBank:
    usual = {
        "waveforms": (TONE, TONE[:4000]),
        "labels": np.array([0, 1]),
        "class_names": ("a", "b"),
        "sample_rate": 8000,
    }
    return RecordingBank(**{**usual, **changes})


def test_resampling_keeps_pitch_and_length_in_seconds() -> None:
    bank = _bank().resampled(16_000)
    assert [len(waveform) for waveform in bank.waveforms] == [16_000, 8000]
    assert bank.sample_rate == 16_000
    assert np.argmax(np.abs(np.fft.rfft(bank.waveforms[0]))) == 440
    assert _bank().resampled(8000).waveforms[0] is TONE


def test_take_keeps_recordings_with_their_labels() -> None:
    bank = _bank().take([1])
    assert len(bank) == 1
    assert len(bank.waveforms[0]) == 4000
    assert bank.labels.tolist() == [1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"waveforms": ()}, "waveforms is empty"),
        ({"waveforms": (TONE, TONE[:0])}, "recording 1 has shape"),
        ({"waveforms": (np.stack([TONE, TONE]), TONE)}, r"recording 0 has shape \(2, 8000\)"),
        ({"waveforms": (TONE, TONE * np.nan)}, "recording 1 .* not finite"),
        ({"sample_rate": 0}, "sample_rate is 0"),
        ({"labels": np.array([0, 5])}, "labels run from 0 to 5"),
    ],
)
def test_nonsense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _bank(**changes)


def test_a_short_recording_lies_once_in_silence() -> None:
    early, late = (excerpt(TONE[:4000], draw, samples=10_000) for draw in (0.0, 0.9999))
    np.testing.assert_array_equal(early[:4000], TONE[:4000])
    assert not early[4000:].any()
    np.testing.assert_array_equal(late[-4000:], TONE[:4000])


def test_a_very_short_recording_is_repeated_at_equal_distances() -> None:
    sound = np.ones(500, np.float32)
    stretch = excerpt(sound, 0.5, samples=10_000)
    onsets = np.flatnonzero(np.diff(stretch, prepend=0) > 0)
    assert len(onsets) == 10
    assert set(np.diff(onsets)) == {1000}
    assert stretch.sum() == 5000


def test_a_long_recording_gives_a_lively_stretch() -> None:
    long = np.zeros(50_000, np.float32)
    long[20_000:24_000] = 1
    assert all(excerpt(long, draw, samples=8000).sum() >= 0.3 * 4000 for draw in np.linspace(0, 0.999, 20))
    starts = lively_starts(long, 8000)
    assert starts.min() >= 12_000
    assert starts.max() <= 24_000


def test_a_silent_recording_gives_silence() -> None:
    assert not excerpt(np.zeros(9000, np.float32), 0.7, samples=8000).any()


def test_an_excerpt_may_be_the_whole() -> None:
    np.testing.assert_array_equal(excerpt(TONE, 0.99, samples=8000), TONE)


def test_folders_become_banks(tmp_path: Path) -> None:
    for name, form in (("dog", "wav"), ("cat", "flac")):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / f"stereo.{form}", np.stack([TONE, TONE], 1) * 0.5, 8000)
    np.save(tmp_path / "dog" / "array.npy", TONE)
    bank = RecordingBank.from_folder(tmp_path, sample_rate=16_000)
    assert bank.class_names == ("cat", "dog")
    assert bank.labels.tolist() == [0, 1, 1]
    assert [len(waveform) for waveform in bank.waveforms] == [16_000, 8000, 16_000]
    assert np.abs(bank.waveforms[0]).max() == pytest.approx(0.5, abs=0.02)


def test_folders_without_recordings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no class folders with \.wav"):
        RecordingBank.from_folder(tmp_path, sample_rate=16_000)
