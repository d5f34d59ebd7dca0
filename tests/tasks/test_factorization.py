"""Factorization with an oracle: parts two tones, sums to the mixture, and never answers with silence."""

from __future__ import annotations

import math

import pytest
import torch

from avlearn.audio import STFT_PRESETS
from avlearn.metrics import si_sdr
from avlearn.tasks.factorization import factorize

CONFIG = STFT_PRESETS["small"]


def tones(*pitches: float) -> torch.Tensor:
    """The first tone fades, the second swells."""
    time = torch.arange(8000) / CONFIG.sample_rate
    loudness = torch.linspace(0.2, 0.02, 8000), torch.linspace(0.02, 0.2, 8000)
    return torch.stack(
        [loud * torch.sin(2 * math.pi * pitch * time) for loud, pitch in zip(loudness, pitches, strict=True)]
    )[None]


@pytest.mark.parametrize(("factors", "least"), [(1, 15), (4, 5)])
def test_parts_two_tones(factors, least):
    parts = tones(300.0, 2500.0)
    found = factorize(parts.sum(1), parts, CONFIG, factors=factors, seed=0)
    assert si_sdr(found, parts).min() > least


def test_sums_to_the_mixture_and_repeats_itself():
    parts = torch.randn(2, 3, 4000, generator=torch.Generator().manual_seed(0))
    found = factorize(parts.sum(1), parts, CONFIG, factors=2, seed=0)
    torch.testing.assert_close(found.sum(1), parts.sum(1), atol=1e-4, rtol=0)
    assert torch.equal(found, factorize(parts.sum(1), parts, CONFIG, factors=2, seed=0))


def test_a_source_without_a_factor_is_soft_but_not_silent():
    parts = tones(300.0, 300.0) * torch.tensor([1.0, 1e-3])[:, None]
    found = factorize(parts.sum(1), parts, CONFIG, factors=1, seed=0)
    assert found.any(2).all()
