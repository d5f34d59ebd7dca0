"""Outlines as signed distances."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from avlearn.data.classes import CLASSES
from avlearn.data.shapes import SHAPES, radius_and_cosine

SIDE = np.linspace(-1.3, 1.3, 131, dtype=np.float32)
V, U = np.meshgrid(SIDE, SIDE, indexing="ij")


@pytest.mark.parametrize("name", CLASSES)
def test_an_outline_fits_the_unit_disc_and_is_no_sliver(name: str) -> None:
    for k in (0.0, 0.5, 0.99):
        inside = SHAPES[name](U, V, k) < 0
        assert np.sqrt(U**2 + V**2)[inside].max() < 1.06
        assert 0.2 < inside.sum() * (SIDE[1] - SIDE[0]) ** 2 / np.pi < 0.85


@pytest.mark.parametrize("name", CLASSES)
def test_distance_has_a_slope_that_gives_smooth_edges(name: str) -> None:
    distance = SHAPES[name](U, V, 0.5)
    slope = np.hypot(*np.gradient(distance, SIDE, SIDE))
    edge = np.abs(distance) < 0.02
    assert 0.5 < np.median(slope[edge]) < 2.0


def test_no_two_outlines_are_alike() -> None:
    inside = {name: SHAPES[name](U, V, 0.5) < 0 for name in CLASSES}
    for first, second in combinations(CLASSES, 2):
        overlap = (inside[first] & inside[second]).sum() / (inside[first] | inside[second]).sum()
        assert overlap < 0.88, (first, second)


def test_radius_and_cosine() -> None:
    r, cosine = radius_and_cosine(U, V, 7)
    np.testing.assert_allclose(r, np.hypot(U, V), rtol=1e-5)
    away = r > 0.1
    np.testing.assert_allclose(cosine[away], np.cos(7 * np.arctan2(V, U))[away], atol=1e-3)
