"""Sound at the right time, in the right scale, with the right sign."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import torch

from avlearn.data import read_sound, write_video
from avlearn.data.media import MediaError

from .conftest import numbered, sweep_at, write_blocks

RATE = 48_000
PULSE = 24_000
"""Sample of the pulse, at 48 kHz: 0.5 s."""


def _pulse(samples: int = RATE) -> np.ndarray:
    """Ten milliseconds of a tone, which begin upwards."""
    sound = np.zeros(samples, np.float32)
    sound[PULSE : PULSE + 480] = 0.7 * np.sin(2 * np.pi * 1000 * np.arange(480) / RATE)
    return sound


@pytest.mark.parametrize(
    ("subtype", "step"),
    [("PCM_U8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("PCM_32", 2**-24), ("FLOAT", 0), ("DOUBLE", 2**-24)],
)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_every_format_has_full_scale_one(tmp_path: Path, subtype: str, step: float, channels: int) -> None:
    generator = np.random.default_rng(0)
    samples = generator.uniform(-0.99, 0.99, (4000, channels))
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, 8000, subtype=subtype)
    read = read_sound(path, start=0, duration=0.5, sample_rate=8000)
    np.testing.assert_allclose(read.waveform, samples.mean(axis=1), atol=step + 1e-6)
    assert read.remarks == ()


@pytest.mark.parametrize(
    ("name", "codec", "layout"),
    [
        ("a.mp4", "aac", "mono"),
        ("a.mp4", "aac", "stereo"),
        ("a.mp4", "aac", "5.1"),
        ("a.webm", "libopus", "mono"),
        ("a.webm", "libopus", "stereo"),
        ("a.mp3", "libmp3lame", "mono"),
        ("a.mkv", "flac", "stereo"),
        ("a.mkv", "ac3", "5.1"),
        ("a.ogg", "libopus", "mono"),
        ("a.mov", "pcm_s24le", "stereo"),
        ("a.avi", "pcm_s16le", "mono"),
    ],
)
def test_a_pulse_stays_where_it_was(tmp_path: Path, name: str, codec: str, layout: str) -> None:
    path = tmp_path / name
    channels = av.AudioLayout(layout).nb_channels
    sound = np.repeat(_pulse()[None], channels, axis=0)
    blocks = [(k / 10, sound[:, k * 4800 : (k + 1) * 4800]) for k in range(10)]
    write_blocks(path, blocks, rate=RATE, codec=codec, layout=layout)
    for start in (0.0, 0.31):
        read = read_sound(path, start=start, duration=0.6, sample_rate=RATE).waveform.numpy()
        pulse = _pulse()[PULSE : PULSE + 480]
        correlation = np.correlate(read, pulse, mode="valid")
        assert abs(np.argmax(correlation) / RATE + start - 0.5) <= 0.001
        # A sub-woofer is filtered, and quiet channels are coded coarsely
        assert correlation.max() / (pulse @ pulse) == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
@pytest.mark.parametrize("start", [0.0, 0.2, 3.456, 6.789])
def test_spans_equal_the_formula_of_the_sound(long_video: Path, start: float, rate: int) -> None:
    read = read_sound(long_video, start=start, duration=1, sample_rate=rate)
    expected = sweep_at(start + np.arange(rate) / rate)
    middle = slice(rate // 50, -rate // 50)  # where the sound begins the codec has a soft edge
    # The codec loses a little, and the beginning is rounded to samples of both rates
    rounding = 2 * np.pi * 1000 * (1 / rate + 1 / 48_000) / 2
    assert np.abs(read.waveform.numpy()[middle] - expected[middle]).mean() < 0.5 * rounding + 0.02


def test_resampling_keeps_phase_and_size_up_to_the_edges_of_the_span(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    time = np.arange(2 * 44_100) / 44_100
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 700 * time), 44_100, subtype="FLOAT")
    read = read_sound(path, start=0.123, duration=1, sample_rate=16_000).waveform
    expected = 0.5 * np.sin(2 * np.pi * 700 * (0.123 + np.arange(16_000) / 16_000))
    np.testing.assert_allclose(read, expected, atol=0.03)  # half a sample of 44.1 kHz
    assert float(read.abs().max()) == pytest.approx(0.5, abs=1e-3)


def test_a_gap_is_silent_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    tone = 0.5 * np.ones((1, 4800))
    write_blocks(path, [(0.0, tone), (0.1, tone), (0.5, tone), (0.6, tone)], rate=RATE, codec="pcm_s16le")
    read = read_sound(path, start=0, duration=0.7, sample_rate=RATE)
    loud = np.flatnonzero(read.waveform.numpy() > 0.25)
    assert (loud[0], loud[-1], len(loud)) == (0, 0.7 * RATE - 1, 0.4 * RATE)
    assert read.waveform[9600:24_000].abs().max() == 0
    (remark,) = read.remarks
    assert (remark.kind, remark.text) == (
        "sound_missing",
        "0.300 s of 0.000 to 0.700 s, from 0.200 s on, have no sound and are silent here",
    )


def test_time_stamps_that_are_a_little_off_make_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    sound = sweep_at(np.arange(RATE) / RATE)
    generator = np.random.default_rng(0)
    # The first block is on time; WebM would round the others to milliseconds, this is worse
    blocks = [
        (k / 50 + (k > 0) * generator.uniform(-0.004, 0.004), sound[None, k * 960 : (k + 1) * 960]) for k in range(50)
    ]
    write_blocks(path, blocks, rate=RATE, codec="pcm_s16le")
    read = read_sound(path, start=0, duration=0.99, sample_rate=RATE)
    assert read.remarks == ()
    lags = np.arange(-96, 97)
    middle = sound[9600:38_400]
    fits = [float(middle @ read.waveform.numpy()[9600 + lag : 38_400 + lag]) for lag in lags]
    assert abs(lags[int(np.argmax(fits))]) <= RATE // 1000


def test_sound_outside_the_track(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(8000, 0.5), 8000)
    read = read_sound(path, start=0.75, duration=1, sample_rate=8000)
    assert (read.waveform[:1980] > 0.4).all()
    assert (read.waveform[2010:] == 0).all()
    assert [remark.kind for remark in read.remarks] == ["sound_missing"]
    with pytest.raises(MediaError, match=r"a\.wav: no sound in 1\.500 to 2\.000 s: it runs from 0\.000 to 1\.000 s"):
        read_sound(path, start=1.5, duration=0.5, sample_rate=8000)


def test_silence_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(8000), 8000)
    (remark,) = read_sound(path, start=0, duration=1, sample_rate=8000).remarks
    assert (remark.kind, remark.text) == ("silent", "the sound is digital silence")


def test_channels_that_cancel_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    tone = 0.5 * np.sin(np.arange(16_000) / 5)
    tone[:8000] = 0
    soundfile.write(path, np.stack([tone, -tone], axis=1), 8000)
    (remark,) = read_sound(path, start=1, duration=1, sample_rate=8000).remarks
    assert (remark.kind, remark.text) == ("silent", "the sound is silent: its channels cancel each other")
    (remark,) = read_sound(path, start=0, duration=0.9, sample_rate=8000).remarks
    assert remark.text == "the sound is digital silence"


def test_samples_beyond_full_scale_are_clipped_and_damaged_ones_are_finite(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    samples = np.zeros(8000, np.float32)
    samples[:4] = [1.7, -3.0, np.nan, np.inf]
    samples[100:110] = 1e30
    soundfile.write(path, samples, 8000, subtype="FLOAT")
    for rate in (8000, 16_000):
        waveform = read_sound(path, start=0, duration=1, sample_rate=rate).waveform
        assert torch.isfinite(waveform).all()
        assert waveform.abs().max() == 1
    assert read_sound(path, start=0, duration=1, sample_rate=8000).waveform[:4].tolist() == [1, -1, 0, 1]


def test_a_file_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_video(path, numbered(3), frame_rate=10)
    with pytest.raises(
        MediaError, match=r"a\.mkv: the file has no sound in a known codec; read_frames reads its pictures"
    ):
        read_sound(path, start=0, duration=0.3, sample_rate=8000)
