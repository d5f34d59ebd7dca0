from __future__ import annotations

from itertools import pairwise

import librosa
import numpy as np
import pytest
import scipy.fft
import torch

from avlearn.audio.cepstra import COEFFICIENTS, HOP, WINDOW, cepstral_statistics, zero_crossing_rate

RATE = 44_100


def noise(samples: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


def test_equals_a_plain_computation():
    sound = noise(RATE // 2)
    x = sound[0].double().numpy()
    padded = np.pad(x, WINDOW // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    frames = [padded[k : k + WINDOW] * window for k in range(0, len(padded) - WINDOW + 1, HOP)]
    power = np.abs(np.fft.rfft(frames)) ** 2
    mel = power @ librosa.filters.mel(sr=RATE, n_fft=WINDOW).T.astype(np.float64)
    decibels = 10 * np.log10(np.maximum(mel, 1e-10))
    decibels = np.maximum(decibels, decibels.max() - 80)
    cepstra = scipy.fft.dct(decibels, norm="ortho")[:, 1 : COEFFICIENTS + 1]
    crossings = []
    for k in range(len(x) // HOP):
        frame = x[k * HOP : (k + 1) * HOP]
        crossings.append(sum((a > 0) != (b > 0) for a, b in pairwise(frame)) / (HOP - 1))
    expected = [*cepstra.mean(0), np.mean(crossings), *cepstra.std(0), np.std(crossings)]
    found = cepstral_statistics(sound, sample_rate=RATE)[0]
    assert found.numpy() == pytest.approx(np.array(expected), rel=1e-4, abs=1e-4)


def test_loudness_has_no_part_in_it():
    sound = noise(RATE // 4)
    louder = cepstral_statistics(3 * sound, sample_rate=RATE)
    torch.testing.assert_close(louder, cepstral_statistics(sound, sample_rate=RATE), atol=1e-3, rtol=0)


def test_crossings_of_a_tone_are_twice_its_pitch():
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE + 0.1)
    assert zero_crossing_rate(tone).mean() == pytest.approx(2 * 1000 / RATE, rel=0.01)


def test_rows_are_described_by_themselves():
    sounds = torch.cat([noise(HOP * 8, seed) for seed in (1, 2)])
    together = cepstral_statistics(sounds, sample_rate=RATE)
    alone = torch.cat([cepstral_statistics(one[None], sample_rate=RATE) for one in sounds])
    assert torch.equal(together, alone)


def test_silence_is_valid_and_too_short_is_not():
    silent = cepstral_statistics(torch.zeros(1, RATE // 4), sample_rate=RATE)
    assert torch.isfinite(silent).all()
    assert silent[0, COEFFICIENTS] == 0
    with pytest.raises(ValueError, match="511 samples"):
        cepstral_statistics(torch.zeros(1, 511), sample_rate=RATE)
