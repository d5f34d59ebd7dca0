"""Resampling equals scipy's, keeps sums and tones, and refuses what has no answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.signal
import torch

from avlearn.audio import resample


@pytest.mark.parametrize(
    ("samples", "rate", "new_rate"),
    [(1600, 16_000, 11_025), (1601, 16_000, 8000), (999, 8000, 16_000), (1000, 8000, 16_000), (1000, 16_000, 8000)],
)
def test_equals_scipy(samples, rate, new_rate):
    sound = torch.randn(2, samples, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = resample(sound, rate=rate, new_rate=new_rate)
    expected = scipy.signal.resample(sound.numpy(), round(samples * new_rate / rate), axis=-1)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-13)


def test_a_tone_stays_the_same_tone():
    rate, new_rate, pitch = 16_000, 11_025, 440
    sound, expected = (torch.sin(2 * math.pi * pitch * torch.arange(r).double() / r)[None] for r in (rate, new_rate))
    torch.testing.assert_close(resample(sound, rate=rate, new_rate=new_rate), expected, rtol=0, atol=1e-10)


def test_sums_stay_sums_whatever_the_axes_before():
    parts = torch.randn(2, 3, 500, generator=torch.Generator().manual_seed(0))
    both = {"rate": 500, "new_rate": 300}
    torch.testing.assert_close(resample(parts.sum(1), **both), resample(parts, **both).sum(1))


def test_the_same_rate_changes_nothing():
    sound = torch.randn(1, 9)
    assert resample(sound, rate=7, new_rate=7) is sound


@pytest.mark.parametrize(
    ("samples", "rate", "new_rate", "said"), [(9, 0, 5, "rates of 0 and 5 Hz"), (9, 16_000, 5, "9 samples at 16000 Hz")]
)
def test_refuses_what_leaves_nothing(samples, rate, new_rate, said):
    with pytest.raises(ValueError, match=said):
        resample(torch.zeros(1, samples), rate=rate, new_rate=new_rate)
