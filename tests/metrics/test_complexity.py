"""Estimates of complexity: known values, slow references, invariances, parity."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from avlearn.losses import info_nce
from avlearn.metrics.complexity import (
    effective_bands,
    effective_clusters,
    effective_directions,
    effective_number,
    one_centre_residual,
    pair_losses,
    peaks,
    spectral_flatness,
)

GENERATOR = torch.Generator().manual_seed(0)


def noise(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def test_an_effective_number_counts_equal_masses():
    masses = torch.tensor([[3.0, 3.0, 3.0, 0.0], [0.0, 7.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    assert effective_number(masses).tolist() == pytest.approx([3, 1, 1])


def test_an_effective_number_equals_a_slow_reference():
    masses = noise(5, 7).abs()
    for row, found in zip(masses.numpy(), effective_number(masses), strict=True):
        share = row / row.sum()
        assert float(found) == pytest.approx(np.exp(-sum(p * np.log(p) for p in share)), rel=1e-12)
    torch.testing.assert_close(effective_number(9 * masses), effective_number(masses))


def test_clusters_in_use_are_counted_by_scene():
    hard = torch.nn.functional.one_hot(torch.tensor([[0, 0, 1, 1], [2, 2, 2, 2]]), 3).mT.float()
    assert effective_clusters(hard).tolist() == pytest.approx([2, 1])
    grid = torch.softmax(noise(3, 4, 5, 6), 1)
    torch.testing.assert_close(effective_clusters(grid), effective_clusters(grid.flatten(2).flip(2)))
    torch.testing.assert_close(effective_clusters(grid), effective_clusters(grid[:, [2, 0, 3, 1]]))


def test_one_centre_explains_what_is_equal():
    centre = noise(2, 5, 1)
    torch.testing.assert_close(one_centre_residual(centre.expand(-1, -1, 6)), torch.zeros(2).double())
    opposite = torch.cat([centre, -centre], dim=2)
    torch.testing.assert_close(one_centre_residual(opposite), torch.ones(2).double())
    assert one_centre_residual(torch.zeros(1, 3, 4)).item() == 0


def test_the_residual_of_one_centre_equals_a_slow_reference():
    features = noise(3, 4, 2, 3)
    for scene, found in zip(features.flatten(2).numpy(), one_centre_residual(features), strict=True):
        mean = scene.mean(1)
        rest = sum(((scene[:, i] - mean) ** 2).sum() for i in range(6))
        assert float(found) == pytest.approx(rest / (scene**2).sum(), rel=1e-12)
    torch.testing.assert_close(one_centre_residual(5 * features), one_centre_residual(features))


@pytest.mark.parametrize("directions", [1, 2, 4])
def test_orthogonal_directions_are_counted(directions):
    basis = torch.linalg.qr(noise(8, 8))[0][:, :directions]
    features = basis.repeat(1, 3)[None]
    assert effective_directions(features).item() == pytest.approx(directions)
    rotation = torch.linalg.qr(noise(8, 8))[0]
    assert effective_directions(rotation @ features).item() == pytest.approx(directions)


def test_directions_of_weighted_positions():
    features = torch.eye(4).double()[None]
    weights = torch.tensor([[1.0, 1.0, 0.0, 0.0]]).double()
    assert effective_directions(features, weights).item() == pytest.approx(2)
    grid, heat = noise(2, 5, 3, 4), noise(2, 3, 4).abs()
    second_moments = torch.einsum("bchw,bdhw,bhw->bcd", grid, grid, heat)
    expected = effective_number(torch.linalg.eigvalsh(second_moments).clamp_min(0))
    torch.testing.assert_close(effective_directions(grid, heat), expected)


def test_peaks_are_hills_that_are_high_enough():
    heat = torch.zeros(3, 5, 5)
    heat[0, 0, 0], heat[0, 2, 3], heat[0, 4, 0] = 1.0, 0.6, 0.4
    heat[1, 1:3, 1] = torch.tensor([0.9, 1.0])
    heat[2, 3, 3] = -1.0
    assert peaks(heat).tolist() == [2, 1, 24]  # the third is flat but for a hollow
    assert peaks(heat[:1], share=0.3).tolist() == [3]
    assert peaks(7 * heat[:2] + 2).tolist() == [2, 1]
    with pytest.raises(ValueError, match=r"share is 1\.5; give a number in \[0, 1\]"):
        peaks(heat, share=1.5)


def test_pair_losses_average_to_info_nce():
    similarity = 3 * noise(6, 6)
    torch.testing.assert_close(pair_losses(similarity).mean(), info_nce(similarity))
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(pair_losses(similarity[order][:, order]), pair_losses(similarity)[order])


def test_flatness_equals_librosa():
    power = noise(3, 20, 7).square()
    expected = librosa.feature.spectral_flatness(S=power.sqrt().numpy())[:, 0].mean(-1)
    # librosa squares the magnitudes in between
    torch.testing.assert_close(spectral_flatness(power), torch.from_numpy(expected), rtol=1e-10, atol=0)


def test_flatness_of_noise_and_of_a_tone():
    tone = torch.zeros(1, 50, 4)
    tone[:, 7] = 1
    assert spectral_flatness(torch.ones(1, 50, 4)).item() == pytest.approx(1)
    assert spectral_flatness(tone).item() < 1e-6
    assert spectral_flatness(torch.zeros(1, 50, 4)).item() == pytest.approx(1, rel=1e-5)  # silence; float32 logarithms


def test_bands_in_use():
    power = torch.zeros(1, 6, 4)
    power[0, 1, :2], power[0, 4, 2:] = 2.0, 2.0
    assert effective_bands(power).item() == pytest.approx(2)
