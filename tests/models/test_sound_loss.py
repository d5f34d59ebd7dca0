"""The loss in decibels: a slow reference, known values, and silence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.models.sound_loss import CUT, TINY, negative_snr


def spectra(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.complex64, generator=torch.Generator().manual_seed(seed))


def test_equals_a_slow_reference():
    estimate, reference = spectra(2, 3, 4, 5), spectra(2, 3, 4, 5, seed=1)
    total = 0.0
    for e, r in zip(estimate.numpy().astype(complex), reference.numpy().astype(complex), strict=True):
        mixture = (np.abs(r.sum(0)) ** 2).sum()
        for m in range(3):
            energy, error = (np.abs(r[m]) ** 2).sum(), (np.abs(e[m] - r[m]) ** 2).sum()
            total += 10 * np.log10((error + CUT * energy + TINY) / (energy + CUT * mixture + TINY))
    assert float(negative_snr(estimate, reference)) == pytest.approx(total / 6, rel=1e-5)


@pytest.mark.parametrize(("factor", "expected"), [(0.0, 0.0), (1.0, -30.0), (0.9, -19.6), (2.0, 0.0)])
def test_known_values(factor, expected):
    parts = spectra(1, 2, 64, 50)
    assert float(negative_snr(factor * parts, parts)) == pytest.approx(expected, abs=0.1)


def test_loudness_of_a_mixture_does_not_matter():
    estimate, reference = spectra(1, 2, 8, 8), spectra(1, 2, 8, 8, seed=1)
    torch.testing.assert_close(negative_snr(9 * estimate, 9 * reference), negative_snr(estimate, reference))


def test_silence_is_finite_and_so_is_its_gradient():
    reference = spectra(1, 2, 4, 4)
    reference[:, 1] = 0
    for quiet in (reference, torch.zeros_like(reference)):
        mask = torch.full((1, 2, 4, 4), 0.5, requires_grad=True)
        loss = negative_snr(mask * quiet.sum(1, keepdim=True), quiet)
        loss.backward()
        assert torch.isfinite(loss)
        assert torch.isfinite(mask.grad).all()
