"""Wavetables, rhythm and noise."""

from __future__ import annotations

import numpy as np

from avlearn.data.oscillators import TABLE, band_noise, beat, harmonics, low_noise, oscillate, sine, white_noise

TIME = np.arange(16_000) / 16_000


def test_a_table_holds_its_harmonics() -> None:
    phase = np.arange(TABLE) / TABLE
    expected = np.sin(2 * np.pi * phase) + 0.5 * np.sin(6 * np.pi * phase)
    np.testing.assert_allclose(harmonics(np.array([1.0, 0.0, 0.5])), expected, atol=1e-6)


def test_sine_follows_its_phase() -> None:
    # the table is not interpolated: half a step of phase may be missing
    np.testing.assert_allclose(sine(TIME * 440), np.sin(2 * np.pi * 440 * TIME), atol=2 * np.pi / TABLE)


def test_oscillate_wraps() -> None:
    table = harmonics(np.array([1.0]))
    np.testing.assert_array_equal(oscillate(np.array([0.25]), table), oscillate(np.array([7.25]), table))


def test_beat_counts_events_and_the_time_since_them() -> None:
    number, since = beat(np.array([0.0, 0.1, 0.25, 0.9]), rate=2.0, phase=0.5)
    np.testing.assert_array_equal(number, [0, 0, 1, 2])
    np.testing.assert_allclose(since, [0.25, 0.35, 0.0, 0.15], atol=1e-6)


def test_noises_have_unit_variance_and_start_where_they_are_told() -> None:
    assert abs(white_noise(50_000, offset=0.3).std() - 1) < 0.02
    assert not np.array_equal(white_noise(100, offset=0.1), white_noise(100, offset=0.2))
    np.testing.assert_array_equal(white_noise(100, offset=0.1), white_noise(200, offset=0.1)[:100])


def test_low_noise_is_low() -> None:
    power = np.abs(np.fft.rfft(low_noise(16_000, cutoff=250.0, offset=0.0, sample_rate=16_000))) ** 2
    assert power[:500].sum() > 0.95 * power.sum()


def test_band_noise_lies_around_its_centre() -> None:
    noise = band_noise(TIME, centre=3000.0, width=500.0, offset=0.5, sample_rate=16_000)
    power = np.abs(np.fft.rfft(noise)) ** 2
    assert power[2500:3501].sum() > 0.9 * power.sum()
