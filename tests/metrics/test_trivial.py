from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from avlearn.metrics.trivial import centre_box, centred_disc, centred_gaussian, edge_energy, whole_image


def test_whole_image_is_1_everywhere():
    assert torch.equal(whole_image((3, 5)), torch.ones(1, 3, 5))


@pytest.mark.parametrize(("side", "area"), [(0.5, 0.25), (1.0, 1.0), (0.25, 0.0625)])
def test_centre_box_has_its_area_and_lies_in_the_middle(side, area):
    box = centre_box((64, 32), side=side)
    assert box.mean() == area
    assert torch.equal(box, box.flip(1, 2))
    assert box[0, 32, 16] == 1


@pytest.mark.parametrize("area", [0.1, 0.5, math.pi / 4])
def test_disc_has_its_area_also_as_an_ellipse(area):
    for size in ((200, 200), (100, 300)):
        assert float(centred_disc(size, area=area).mean()) == pytest.approx(area, abs=0.003)


def test_gaussian_falls_as_its_formula_says():
    bell = centred_gaussian((101, 101), spread=0.2)[0]
    assert bell[50, 50] == 1
    assert float(bell[50, 80]) == pytest.approx(math.exp(-((30 / 101) ** 2) / (2 * 0.2**2)), rel=1e-5)
    # Half of the maximum lies at 1.1774 standard deviations
    assert float((bell > 0.5).float().mean()) == pytest.approx(math.pi * (1.1774 * 0.2) ** 2, abs=0.003)


def test_edge_energy_equals_scipy():
    picture = torch.randint(256, (2, 3, 20, 31), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    grey = picture.numpy().astype(np.float64).mean(1) / 255
    energy = (
        np.stack(
            [np.hypot(ndimage.sobel(row, 0, mode="nearest"), ndimage.sobel(row, 1, mode="nearest")) for row in grey]
        )
        / 8
    )
    blurred, spread = np.empty_like(energy), 0.04 * 31
    for row, column in np.ndindex(20, 31):
        near = np.exp(-((np.arange(20) - row) ** 2)[:, None] / (2 * spread**2))
        near = near * np.exp(-((np.arange(31) - column) ** 2) / (2 * spread**2))
        blurred[:, row, column] = (energy * near).sum((1, 2)) / near.sum()
    assert edge_energy(picture).numpy() == pytest.approx(blurred, abs=1e-5)


def test_edge_energy_is_highest_at_the_edge_and_nil_on_plain_ground():
    picture = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    assert (edge_energy(picture) == 0).all()
    picture[..., 20:] = 200
    assert edge_energy(picture)[0].sum(0).argmax() in (19, 20)
    # A constant ground makes no edge at the border of the picture
    assert (edge_energy(torch.full((1, 3, 32, 32), 90, dtype=torch.uint8)) == 0).all()


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="size is"):
        whole_image((0, 4))
    with pytest.raises(ValueError, match=r"side is 1\.2"):
        centre_box((4, 4), side=1.2)
    with pytest.raises(ValueError, match=r"area is 0\.9"):
        centred_disc((4, 4), area=0.9)
    with pytest.raises(ValueError, match="spread is 0"):
        centred_gaussian((4, 4), spread=0.0)
    with pytest.raises(ValueError, match="blur is 0"):
        edge_energy(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), blur=0.0)
    with pytest.raises(ValueError, match="2 x 2 pixels"):
        edge_energy(torch.zeros(1, 3, 8, 1, dtype=torch.uint8))
