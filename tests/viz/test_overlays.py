"""What is painted into pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avlearn.viz.heat import OPAQUE, glow
from avlearn.viz.overlays import paint_clusters, paint_heat, paint_ring
from avlearn.viz.palette import CLUSTERS, rgb

GREY = np.full((8, 12, 3), 200, np.uint8)


def test_without_heat_the_grey_picture_is_left() -> None:
    red = np.zeros((8, 12, 3), np.uint8)
    red[..., 0] = 255
    painted = paint_heat(red, torch.tensor([[0.0, -1.0]]), hottest=1.0)
    assert len(np.unique(painted)) == 1
    assert painted[0, 0, 0] == 76 * 191 // 255


def test_heat_is_the_glow_of_the_figures_over_the_same_ground() -> None:
    heat = torch.linspace(0, 1, 12).expand(8, 12)
    colours = glow(heat, 0.0, 1.0).astype(float)
    expected = 150 + (colours[..., :3] - 150) * colours[..., 3:] / 255
    assert np.abs(paint_heat(GREY, heat, hottest=1.0) - expected).max() <= 4  # 256 levels, whole numbers


def test_heat_beyond_the_hottest_is_cut_and_half_of_it_is_half() -> None:
    flat = [paint_heat(GREY, torch.full((2, 3), heat), hottest=2.0)[0, 0] for heat in (1.0, 2.0, 9.0)]
    assert np.array_equal(flat[1], flat[2])
    assert np.array_equal(flat[0], paint_heat(GREY, torch.full((1, 1), 0.5), hottest=1.0)[0, 0])


def test_the_map_covers_the_whole_picture_as_it_lies() -> None:
    heat = torch.zeros(2, 2)
    heat[0, 1] = 1.0
    painted = paint_heat(GREY, heat, hottest=1.0).astype(int)
    warmth = np.abs(painted - 150).sum(2)
    assert warmth[0, -1] == warmth.max()
    assert warmth[-1, 0] <= 3  # rounding


def test_clusters_colour_the_heat_by_their_shares() -> None:
    shares = torch.zeros(3, 1, 2)
    shares[1, 0, 0] = shares[2, 0, 1] = 1.0
    painted = paint_clusters(GREY, torch.ones(1, 2), shares, hottest=1.0)
    for column, number in ((0, 1), (-1, 2)):
        expected = [(colour * OPAQUE + 150 * (255 - OPAQUE)) / 255 for colour in rgb(CLUSTERS[number])]
        assert painted[0, column] == pytest.approx(expected, abs=2)
    assert np.array_equal(
        paint_clusters(GREY, torch.zeros(1, 2), shares, hottest=1.0), paint_heat(GREY, torch.zeros(1, 1), hottest=1.0)
    )


def test_a_ring_is_about_its_place_and_leaves_the_rest() -> None:
    black = np.zeros((100, 200, 3), np.uint8)
    ringed = paint_ring(black, (0.75, 0.5), colour="#00ff00")
    rows, columns = np.nonzero(ringed[..., 1])
    assert (columns.min() + columns.max()) / 2 == pytest.approx(150, abs=1)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(50, abs=1)
    assert columns.max() - columns.min() == pytest.approx(28, abs=4)
    assert not ringed[45:55, 145:155].any()
    assert not black.any()


@pytest.mark.parametrize("hottest", [0, -1.0, float("nan")])
def test_a_scale_without_length_is_refused(hottest: float) -> None:
    with pytest.raises(ValueError, match="hottest is"):
        paint_heat(GREY, torch.ones(1, 1), hottest=hottest)
