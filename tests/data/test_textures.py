"""Patterns of the classes, and grounds."""

from __future__ import annotations

import numpy as np
import pytest

from avlearn.data.classes import CLASSES
from avlearn.data.shapes import SHAPES
from avlearn.data.textures import BACKGROUND_DRAWS, TEXTURES, background

SIDE = np.linspace(-1, 1, 101, dtype=np.float32)
V, U = np.meshgrid(SIDE, SIDE, indexing="ij")


@pytest.mark.parametrize("name", CLASSES)
def test_a_texture_is_a_share_that_varies_inside_its_outline(name: str) -> None:
    for k in (0.0, 0.5, 0.99):
        share = TEXTURES[name](U, V, k)
        assert share.min() >= 0
        assert share.max() <= 1
        assert share[SHAPES[name](U, V, k) < 0].std() > 0.1


def test_grounds_differ_in_place_and_colour() -> None:
    rng = np.random.default_rng(0)
    grounds = np.stack([background(rng.random(BACKGROUND_DRAWS), size=32, strength=1.0) for _ in range(200)])
    assert grounds.shape == (200, 3, 32, 32)
    assert 90 < grounds.mean() < 160
    assert grounds.mean((2, 3)).std() > 20
    assert grounds.std((2, 3)).mean() > 15


def test_a_plain_ground_has_no_texture() -> None:
    ground = background(np.random.default_rng(0).random(BACKGROUND_DRAWS), size=32, strength=0.0)
    np.testing.assert_array_equal(ground, np.broadcast_to(ground[:, :1, :1], ground.shape))


def test_grounds_have_the_spectrum_of_one_over_f() -> None:
    rng = np.random.default_rng(1)
    power = np.zeros((64, 64))
    for _ in range(300):
        ground = background(rng.random(BACKGROUND_DRAWS), size=64, strength=1.0).mean(0)
        power += np.abs(np.fft.fft2((ground - ground.mean()) * np.outer(np.hanning(64), np.hanning(64)))) ** 2
    line = power[0, 3:25]
    slope = np.polyfit(np.log(np.arange(3, 25)), np.log(line), 1)[0]
    # amplitude 1/f is power 1/f^2
    assert -2.5 < slope < -1.5
