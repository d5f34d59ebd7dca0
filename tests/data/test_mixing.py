"""Levels, rooms, noise and the peak limit."""

from __future__ import annotations

import numpy as np
import pytest

from avlearn.data.mixing import DRAWS, MEAN_LEVEL, PEAK, limit, mix, reverberate, room_response, set_level
from avlearn.data.settings import WorldSettings

RNG = np.random.default_rng(0)
SOUND = RNG.standard_normal(16_000).astype(np.float32)


def test_set_level() -> None:
    assert np.sqrt(np.mean(set_level(SOUND, level=0.2) ** 2)) == pytest.approx(0.2, rel=1e-5)
    assert not set_level(np.zeros(10, np.float32), level=0.2).any()


def test_reverberation_is_convolution() -> None:
    response = room_response(np.array([0.3, 0.5]), seconds=0.1, sample_rate=16_000)
    expected = np.convolve(SOUND[:4000].astype(np.float64), response)[:4000]
    np.testing.assert_allclose(reverberate(SOUND[:4000], response), expected, atol=1e-4)


def test_a_room_falls_by_sixty_decibels_in_its_time() -> None:
    response = room_response(np.array([0.3, 0.5]), seconds=0.5, sample_rate=16_000)
    assert response[0] == 1
    early, late = np.mean(response[1:801] ** 2), np.mean(response[-800:] ** 2)
    # from the middle of the first 50 ms to the middle of the last: nine tenths of the time
    assert 10 * np.log10(early / late) == pytest.approx(54, abs=3)


def test_limit_scales_all_parts_by_one_factor() -> None:
    parts = [np.array([1.0, 0.5], np.float32), np.array([1.0, -0.5], np.float32)]
    np.testing.assert_allclose(limit(parts), [PEAK, 0.0], atol=1e-6)
    np.testing.assert_allclose(parts[0], [PEAK / 2, PEAK / 4], atol=1e-6)


def test_limit_leaves_quiet_parts_alone() -> None:
    parts = [np.array([0.1, 0.2], np.float32)]
    np.testing.assert_array_equal(limit(parts), parts[0])
    np.testing.assert_array_equal(parts[0], np.array([0.1, 0.2], np.float32))


def test_mix_keeps_levels_and_silence() -> None:
    mixture = mix([SOUND, None, SOUND], [0.0, 3.0, -6.0], np.full(DRAWS, 0.5), settings=WorldSettings())
    first, silent, third = mixture.stems
    assert silent is None
    assert first is not None
    assert third is not None
    assert first.std() == pytest.approx(MEAN_LEVEL, rel=1e-2)
    assert 20 * np.log10(first.std() / third.std()) == pytest.approx(6.0, abs=1e-3)
    assert not mixture.ambience.any()
    np.testing.assert_allclose(mixture.waveform, first + third, atol=1e-6)


def test_a_scene_without_sounds_is_silent_or_noise() -> None:
    quiet = mix([None], [0.0], np.full(DRAWS, 0.5), settings=WorldSettings())
    assert not quiet.waveform.any()
    noisy = mix([None], [0.0], np.full(DRAWS, 0.5), settings=WorldSettings(snr=(0.0, 0.0)))
    assert noisy.waveform.std() == pytest.approx(MEAN_LEVEL, rel=1e-2)
