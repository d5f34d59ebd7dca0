"""The voices: each plays what it should, and its motion follows its sound."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from avlearn.data.classes import SOUNDING
from avlearn.data.sounds import DRAWS, VOICES, Score

TIME = np.arange(16_000) / 16_000


def _score(name: str, seed: int) -> Score:
    return VOICES[name].compose(np.random.default_rng(seed).random(DRAWS))


def _play(name: str, seed: int) -> np.ndarray:
    return VOICES[name].play(_score(name, seed), TIME, 16_000)


@pytest.mark.parametrize("name", SOUNDING)
def test_every_voice_is_heard_finite_and_below_nyquist(name: str) -> None:
    for seed in range(5):
        sound = _play(name, seed)
        assert sound.shape == (16_000,)
        assert np.isfinite(sound).all()
        assert sound.std() > 1e-4
        power = np.abs(np.fft.rfft(sound)) ** 2
        assert power[7500:].sum() < 0.1 * power.sum()


@pytest.mark.parametrize("name", SOUNDING)
def test_a_sound_can_be_evaluated_at_any_moment_on_its_own(name: str) -> None:
    control = VOICES[name].control
    score = _score(name, 3)
    np.testing.assert_allclose(control(score, TIME)[4000:4004], control(score, TIME[4000:4004]), atol=1e-6)
    assert np.abs(control(score, TIME)).max() <= 1.5


@pytest.mark.parametrize("name", SOUNDING)
def test_members_of_a_family_differ(name: str) -> None:
    assert not np.allclose(_play(name, 0), _play(name, 1), atol=1e-2)


@pytest.mark.parametrize("name", SOUNDING)
def test_scores_stay_in_the_ranges_of_their_voice(name: str) -> None:
    voice = VOICES[name]
    for corner in (0.0, 1.0 - 1e-9):
        score = voice.compose(np.full(DRAWS, corner))
        expected = [limits[int(corner > 0)] for limits in (voice.pitch, voice.rate, voice.decay)]
        np.testing.assert_allclose([score.pitch, score.rate, score.decay], expected, rtol=1e-6)


def _pitch_trend(name: str, seed: int) -> float:
    """How much more often the strongest frequency rises than falls."""
    magnitude = np.abs(librosa.stft(_play(name, seed), n_fft=1024, hop_length=128))
    return float(np.mean(np.sign(np.diff(np.argmax(magnitude, axis=0)))))


def test_rockets_rise_and_drops_fall() -> None:
    assert all(_pitch_trend("rocket", seed) > 0 for seed in range(6))
    assert all(_pitch_trend("drop", seed) < 0 for seed in range(6))


@pytest.mark.parametrize("name", ["clicker", "bell", "harp", "ghost", "kettle"])
def test_loudness_follows_the_rhythm_of_the_score(name: str) -> None:
    score = _score(name, 1)
    time = np.arange(8 * 16_000) / 16_000
    envelope = np.abs(VOICES[name].play(score, time, 16_000))

    def strength(rate: float) -> float:
        return float(np.abs((envelope * np.exp(-2j * np.pi * rate * time)).sum()) / envelope.sum())

    assert strength(score.rate) > 0.15
    assert strength(score.rate) > 4 * strength(1.37 * score.rate)


@pytest.mark.parametrize(("name", "sign"), [("siren", 1), ("fiddle", 1)])
def test_the_swing_of_the_picture_is_the_swing_of_the_pitch(name: str, sign: int) -> None:
    score = _score(name, 2)
    sound = VOICES[name].play(score, TIME, 16_000)
    pitch = librosa.yin(
        np.asarray(sound, np.float32), fmin=100, fmax=2500, sr=16_000, frame_length=1024, hop_length=160
    )
    times = np.arange(len(pitch)) * 160 / 16_000
    control = VOICES[name].control(score, times)
    assert sign * np.corrcoef(pitch[5:-5], control[5:-5])[0, 1] > 0.8


def test_a_clicker_is_highest_when_it_clicks() -> None:
    score = _score("clicker", 0)
    control = VOICES["clicker"].control(score, TIME)
    envelope = np.abs(VOICES["clicker"].play(score, TIME, 16_000))
    assert control[envelope > 0.3 * envelope.max()].min() > 0.8
    assert control.min() < 0.4
